/**
 * What the environment asks for, of this thread: `BRIGADE_TRACE=file` a trace of all runs, `BRIGADE_FLIGHT=file` a flight recorder
 * whose events are written when the program comes to a bad end, `BRIGADE_INSPECT=1` a local socket at which it can be watched. The
 * last one may come later, by a signal.
 */
import { host } from "../../kernel/host.ts";
import type { Loop } from "../../kernel/loop.ts";
import { liveLoops } from "../../kernel/loops.ts";
import { FLIGHT_EVENTS } from "../../trace/live/answers.ts";
import { makeRecorder } from "../../trace/recorder/recorder.ts";
import type { TraceRecorder } from "../../trace/recorder/trace-recorder.ts";
import { fileSink } from "./files/file-sink.ts";
import { postMortem, writePostMortem } from "./files/post-mortem-file.ts";
import { tracePath } from "./files/trace-path.ts";
import { commandLine, Watched } from "./watched.ts";

let asked = false; // the environment was read
let trace: TraceRecorder | undefined;
let flight: TraceRecorder | undefined;
let watched: Watched | undefined;
const observed = new WeakMap<Loop, Set<TraceRecorder>>(); // by whom

/** Observes the new loop as the environment asks, or as a signal has asked since. Never throws. */
export function observe(loop: Loop): void {
  readEnvironment();
  attach(loop);
}

/** SIGUSR2 has come: from now on the program can be watched. Where the environment names a file for it, writes what there is. Never throws. */
export function opened(): void {
  readEnvironment();
  const file = process.env["BRIGADE_FLIGHT"];
  if (file && flight) writePostMortem(flight, file, "the signal SIGUSR2");
  open();
  for (const loop of liveLoops) attach(loop);
}

function attach(loop: Loop): void {
  for (const recorder of [trace, flight]) {
    if (recorder === undefined || observed.get(loop)?.has(recorder)) continue;
    loop.observe(recorder);
    const recorders = observed.get(loop) ?? new Set();
    observed.set(loop, recorders.add(recorder));
  }
}

function readEnvironment(): void {
  if (asked) return;
  asked = true;
  const { BRIGADE_TRACE, BRIGADE_FLIGHT, BRIGADE_INSPECT } = process.env;
  if (BRIGADE_TRACE) {
    const recorder = makeRecorder({ sink: fileSink(tracePath(BRIGADE_TRACE)), program: commandLine() });
    process.once("exit", () => recorder.close());
    trace = recorder;
  }
  if (BRIGADE_FLIGHT) postMortem({ recorder: flightRecorder(), file: BRIGADE_FLIGHT });
  if (BRIGADE_INSPECT && BRIGADE_INSPECT !== "0") open();
}

function flightRecorder(): TraceRecorder {
  return (flight ??= makeRecorder({ last: FLIGHT_EVENTS, program: commandLine() }));
}

function open(): void {
  if (watched) return;
  try {
    watched = new Watched(flightRecorder());
  } catch (error) {
    host.warn(`brigade: this program can't be watched: ${error instanceof Error ? error.message : String(error)}`);
  }
}
