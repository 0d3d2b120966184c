/** What a recorder is made with, and what those who made it can do with it. */
import type { Duration } from "../../duration.ts";
import type { LoopObserver } from "../../types.ts";
import type { TraceSink } from "../format/writer.ts";

export interface RecorderOptions {
  /** Keeps the last so many events in memory, and no more: a flight recorder, cheap enough to be always on. */
  readonly last?: number;
  /** Takes the trace as it grows: see `fileSink` of "brigade/instruments". Without it the trace is kept in memory. */
  readonly sink?: TraceSink;
  /** How long events may wait before the sink is given them; 250 ms unless given. */
  readonly flushEvery?: Duration;
  /** Which part of the time may be spent on reading the lines at which tasks wait, from 0 (never) to 1; 0.05, of a flight recorder 0.01. */
  readonly lines?: number;
  /** What the trace says of the program: its command line, a name. */
  readonly program?: string;
}

/** Writes down what happens on the loops that it observes: `run(main, { observer: recorder() })`. */
export interface Recorder extends LoopObserver {
  /** How many events were written. */
  readonly events: number;
  /** How many of them are gone: overwritten in the ring, or refused by the sink. */
  readonly lost: number;
  /** A whole file of what it holds, for `readTrace`. Throws `InvalidStateError` when a sink has taken it. */
  bytes(): Uint8Array;
  /** Gives the sink what has come since. Done by itself every `flushEvery`, and when a run ends. */
  flush(): void;
  /** Ends the trace: what happens from now on is not recorded. A second time it does nothing. */
  close(): void;
}
