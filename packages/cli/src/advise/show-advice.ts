/** `brigade advise`: reads a trace, asks for advice with the program's source at hand, and prints it; and the exit code. */
import { readFileSync } from "node:fs";
import { type AdviceReport, adviceReport, readTrace, type Trace, TraceError } from "brigade/trace";
import { unreadable } from "../fetch/stop.ts";
import { printable } from "../fetch/summary/printable.ts";
import { sourceReader } from "../source/reader.ts";
import type { AdviseOptions } from "./options.ts";
import { adviceText } from "./print.ts";

const brokenOff = 1;
const refused = 2;

export function showAdvice(options: AdviseOptions): number {
  const trace = opened(options.file);
  if (typeof trace === "string") {
    console.error(`brigade advise: ${printable(trace)}`);
    return refused;
  }
  const { minSaving } = options;
  const report = adviceReport(trace, {
    source: sourceReader({ startedAt: trace.meta.startedAt }),
    ...(minSaving === undefined ? {} : { minSaving }),
  });
  process.stdout.write(options.json ? `${JSON.stringify(jsonOf(report))}\n` : adviceText(report, options));
  if (typeof trace.end === "string") return 0;
  console.error(`brigade advise: ${printable(trace.end.message)}: this is of what stands before it`);
  return brokenOff;
}

/** A string says why there is no trace. */
function opened(file: string): Trace | string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return unreadable(file, error).message;
  }
  try {
    return readTrace(bytes, { name: file });
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    return error.message;
  }
}

/** Milliseconds to three places: what stands behind them is noise. */
function jsonOf(report: AdviceReport): unknown {
  const round = (_key: string, value: unknown): unknown =>
    typeof value === "number" && !Number.isInteger(value) ? Math.round(value * 1_000) / 1_000 : value;
  return JSON.parse(JSON.stringify(report, round));
}
