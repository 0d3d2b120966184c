/** What is written when a program comes to a bad end: the flight recorder's events, and a report to read beside them. */
import { closeSync, openSync, writeSync } from "node:fs";
import { host } from "../../../kernel/host.ts";
import { postMortemText } from "../../../trace/live/live.ts";
import type { Recorder } from "../../../trace/recorder/options.ts";
import { TraceRecorder } from "../../../trace/recorder/trace-recorder.ts";
import type { Report } from "../../../types.ts";
import { fileSink } from "./file-sink.ts";
import { tracePath } from "./trace-path.ts";

export interface PostMortemOptions {
  /** Whose events are written: one with `last`, that the program runs with. */
  readonly recorder: Recorder;
  /** The name of the file; the report's is the same with `.txt` behind it. `%p` in it is the number of the process. */
  readonly file: string;
  /** Signals at which it is written too. They no longer do what they do by default, such as to end the process. */
  readonly signals?: readonly NodeJS.Signals[];
}

/**
 * From now on, when the program crashes (an error that nobody caught, a rejection that nobody handled), when a run of the recorder's
 * loops is in a deadlock, and at the signals given, writes what the flight recorder holds, and a report: why, circles of tasks that wait
 * for one another, the tasks with their frames, the last events. The process ends as it would without this, with the same exit
 * code. What can't be written is said on stderr. Disposing it ends that; nothing is left listening then.
 *
 * Throws `TypeError` for a recorder whose events go elsewhere, to a sink or nowhere.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { postMortem } from "brigade/instruments";
 * import { recorder } from "brigade/trace";
 *
 * const observer = recorder({ last: 65_536 });
 * using _written = postMortem({ recorder: observer, file: "crash-%p.brigade" });
 * await run(sleep("1ms"), { observer });
 * ```
 */
export function postMortem({ recorder, file, signals = [] }: PostMortemOptions): Disposable {
  if (!(recorder instanceof TraceRecorder)) throw new TypeError("postMortem takes a recorder made by recorder()");
  if (typeof file !== "string" || file === "") throw new TypeError("postMortem: file is the name of a file");
  const write = (reason: string): void => writePostMortem(recorder, file, reason);
  let told: unknown; // the deadlock that was written down; when it has ended the process, less would be left to tell
  const crashed = (error: unknown, origin: string): void => {
    if (error === told && error !== undefined) return;
    const what = origin === "unhandledRejection" ? "a rejection that nobody handled" : "an error that nobody caught";
    write(`${what}: ${text(error)}`);
  };
  const releases = signals.map((signal) => host.onSignal(signal, () => write(`the signal ${signal}`)));
  process.on("uncaughtExceptionMonitor", crashed);
  recorder.onReport = ({ kind, message, error }: Report): void => {
    if (kind !== "deadlock") return;
    told = error;
    write(`deadlock: ${message}`);
  };
  return {
    [Symbol.dispose]() {
      process.off("uncaughtExceptionMonitor", crashed);
      recorder.onReport = undefined;
      for (const release of releases) release();
    },
  };
}

/** Never throws: it may run while the process ends. */
export function writePostMortem(recorder: TraceRecorder, file: string, reason: string): void {
  try {
    const path = tracePath(file);
    const sink = fileSink(path);
    sink(recorder.bytes());
    sink.close();
    writeReport(`${path}.txt`, postMortemText(reason, recorder));
    host.warn(`brigade: the last events are in ${path}, and what they say in ${path}.txt (${firstLine(reason)})`);
  } catch (error) {
    host.warn(
      `brigade: no post-mortem could be written to ${file}: ${error instanceof Error ? error.message : text(error)}`,
    );
  }
}

function writeReport(path: string, pieces: Iterable<string>): void {
  const file = openSync(path, "w", 0o600);
  try {
    for (const piece of pieces) writeSync(file, piece);
  } finally {
    closeSync(file);
  }
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}

function firstLine(reason: string): string {
  return reason.split("\n", 1)[0] as string;
}
