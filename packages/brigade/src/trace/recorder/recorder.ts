/** Makes recorders: of everything, or of what happened last. */
import { FlightRecorder } from "./flight.ts";
import { FullRecorder } from "./full.ts";
import type { Recorder, RecorderOptions } from "./options.ts";
import type { TraceRecorder } from "./trace-recorder.ts";

/**
 * Makes a recorder, for one run or several. A full trace holds everything: 17 bytes an event, a few events a wait. With
 * `last` it is a flight recorder. It never waits and never throws into the program. Throws `RangeError` for a bad option.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { readTrace, recorder, STEP } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(sleep("10ms"), { observer });
 * const trace = readTrace(observer.bytes());
 * for (let i = 0; i < trace.count; i++) {
 *   if (trace.type[i] === STEP) console.log(trace.places[trace.b[i] ?? 0]?.kind);
 * }
 * ```
 */
export function recorder(options: RecorderOptions = {}): Recorder {
  return makeRecorder(options);
}

/** The same, for those who know it from inside. */
export function makeRecorder(options: RecorderOptions): TraceRecorder {
  const { last, lines } = options;
  if (last !== undefined && !(Number.isInteger(last) && last >= 1 && last <= 2 ** 27)) {
    throw new RangeError(`recorder: last is a whole number of events from 1 to ${2 ** 27}, not ${last}`);
  }
  if (lines !== undefined && !(lines >= 0 && lines <= 1)) {
    throw new RangeError(`recorder: lines is a part of the time, 0 to 1, not ${lines}`);
  }
  if (last !== undefined && options.sink) throw new RangeError("recorder: a flight recorder (last) has no sink");
  return last === undefined ? new FullRecorder(options) : new FlightRecorder(last, options);
}
