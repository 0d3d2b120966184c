/** A trace as files: the page, and what other programs read. Written in pieces: a long trace is no text that fits into one. */
import { createWriteStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { advise, toChromeTrace, toJson, toSvg } from "brigade/trace";
import { unwritable } from "../fetch/stop.ts";
import { printable } from "../fetch/summary/printable.ts";
import type { OpenedTrace } from "./open-trace.ts";
import type { TimelineFiles } from "./options.ts";
import { TraceRefusal } from "./trace-refusal.ts";

type Pieces = Iterable<string | Uint8Array>;

const makers: { readonly [Kind in keyof TimelineFiles]: (opened: OpenedTrace) => Pieces | Promise<Pieces> } = {
  html: page,
  chrome: ({ trace }) => toChromeTrace(trace),
  svg: ({ trace }) => toSvg(trace),
  json: ({ trace }) => toJson(trace),
};

/** With the advice, and the code that it takes from the program's source where that is still there. */
async function page({ trace, bytes, file }: OpenedTrace): Promise<Pieces> {
  const [{ timelineHtml }, { sourceReader }] = await Promise.all([
    import("@brigade/inspector"),
    import("../source/reader.ts"),
  ]);
  const advice = advise(trace, { source: sourceReader({ startedAt: trace.meta.startedAt }) });
  return timelineHtml({ trace: bytes, advice, title: basename(file) });
}

/** Throws a TraceRefusal. */
export async function writeFiles(opened: OpenedTrace, files: TimelineFiles): Promise<void> {
  for (const [kind, make] of Object.entries(makers)) {
    const path = files[kind as keyof TimelineFiles];
    if (path !== undefined) await write(path, await make(opened));
  }
}

async function write(path: string, pieces: Pieces): Promise<void> {
  try {
    await pipeline(Readable.from(pieces), createWriteStream(path));
  } catch (error) {
    throw new TraceRefusal(printable(unwritable(path, error).message));
  }
}
