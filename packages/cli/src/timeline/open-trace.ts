/** A trace from a file: as far as it goes, or one line that says why it can't be read. */
import { readFileSync } from "node:fs";
import { readTrace, type Trace, TraceError } from "brigade/trace";
import { unreadable } from "../fetch/stop.ts";
import { printable } from "../fetch/summary/printable.ts";
import { TraceRefusal } from "./trace-refusal.ts";

export interface OpenedTrace {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly trace: Trace;
}

/** Throws a TraceRefusal. */
export function openTrace(file: string): OpenedTrace {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new TraceRefusal(printable(unreadable(file, error).message));
  }
  try {
    return { file, bytes, trace: readTrace(bytes, { name: file }) };
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    throw new TraceRefusal(printable(error.message));
  }
}
