/** From the arguments of `brigade timeline` to what it has to do: what they say together, and what they say of files. */
import type { TimelineOptions } from "../../timeline/options.ts";
import { UsageError } from "../usage-error.ts";
import { assertDistinct, assertReadable, assertWritable } from "../values/files.ts";
import type { TimelineArguments } from "./arguments.ts";

/** Throws UsageError. */
export function toOptions(
  given: TimelineArguments,
  screen: { readonly colors: boolean; readonly width: number },
): TimelineOptions {
  const { file, from = 0, to, html, chrome, svg, json } = given;
  if (to !== undefined && to <= from) throw new UsageError("--to is not after --from: turn them round");
  assertReadable("FILE", file);
  const written = [
    { name: "--html", path: html },
    { name: "--chrome", path: chrome },
    { name: "--svg", path: svg },
    { name: "--json", path: json },
  ].flatMap(({ name, path }) => (path === undefined ? [] : [{ name, path }]));
  for (const { name, path } of written) assertWritable(name, path);
  assertDistinct([{ name: "FILE", path: file }, ...written]);
  return { ...given, ...screen, width: given.width ?? screen.width };
}
