/** From the arguments of `brigade run` to what it has to do: what they say together, and what they say of files. */
import type { RunFileOptions } from "../../run/options.ts";
import { UsageError } from "../usage-error.ts";
import { assertDistinct, assertReadable, assertWritable } from "../values/files.ts";
import type { RunArguments } from "./arguments.ts";

/** Throws UsageError. */
export function toOptions(given: RunArguments, { width }: { readonly width: number }): RunFileOptions {
  checkCombinations(given);
  checkFiles(given);
  return { ...given, width };
}

/** Schedules are tried on loops and clocks of their own. */
function checkCombinations({ explore, replay, ...others }: RunArguments): void {
  if (explore !== undefined && replay !== undefined)
    throw new UsageError("--explore looks for a schedule, and --replay has one: leave one out");
  const option = explore === undefined ? "--replay" : "--explore";
  if (explore === undefined && replay === undefined) return;
  const { trace, advise, flight, inspect, watchBlocking, debug, virtual, timeout, json } = others;
  const given = {
    trace: trace !== undefined,
    advise,
    flight: flight !== undefined,
    inspect,
    "watch-blocking": watchBlocking,
    debug,
    virtual,
    timeout: timeout !== undefined,
    json,
  };
  for (const [name, isGiven] of Object.entries(given)) {
    if (!isGiven) continue;
    const why = name === "virtual" ? "runs in virtual time anyway" : `does not go with --${name}`;
    throw new UsageError(`${option} ${why}: leave ${name === "virtual" ? "--virtual" : "one"} out`);
  }
}

function checkFiles({ file, trace, flight }: RunArguments): void {
  assertReadable("FILE", file);
  const written = [
    { name: "--trace", path: trace },
    { name: "--flight", path: flight },
  ].flatMap(({ name, path }) => (path === undefined ? [] : [{ name, path }]));
  for (const { name, path } of written) assertWritable(name, path);
  assertDistinct([{ name: "FILE", path: file }, ...written]);
}
