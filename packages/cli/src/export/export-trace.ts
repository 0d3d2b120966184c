/** `brigade export`: a trace in a format of other programs; and the exit code. In pieces: a long trace fits into no text. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { toChromeTrace, toJson, toSvg, type Trace } from "brigade/trace";
import { codeOf, unwritable } from "../fetch/stop.ts";
import { printable } from "../fetch/summary/printable.ts";
import { openTrace } from "../timeline/open-trace.ts";
import { TraceRefusal } from "../timeline/trace-refusal.ts";
import type { ExportOptions, Format } from "./options.ts";

const brokenOff = 1;
const refused = 2;

const exporters: Readonly<Record<Format, (trace: Trace) => Iterable<string>>> = {
  chrome: toChromeTrace,
  svg: toSvg,
  json: toJson,
};

export async function exportTrace({ file, format, output }: ExportOptions): Promise<number> {
  try {
    const { trace } = openTrace(file);
    await write(exporters[format](trace), output);
    if (typeof trace.end === "string") return 0;
    console.error(`brigade export: ${printable(trace.end.message)}: what stands before it is written`);
    return brokenOff;
  } catch (error) {
    if (!(error instanceof TraceRefusal)) throw error;
    console.error(`brigade export: ${error.message}`);
    return refused;
  }
}

async function write(pieces: Iterable<string>, output: string | undefined): Promise<void> {
  const from = Readable.from(pieces);
  try {
    if (output === undefined) await pipeline(from, process.stdout, { end: false });
    else await pipeline(from, createWriteStream(output));
  } catch (error) {
    if (output === undefined && codeOf(error) === "EPIPE") return; // whoever read it has had enough
    throw new TraceRefusal(printable(unwritable(output ?? "stdout", error).message));
  }
}
