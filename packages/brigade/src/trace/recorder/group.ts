/**
 * Steps that ran between two looks at the clock. Looking takes as long as a switch between tasks: after steps that only
 * yield nobody looks, but the loop does every few callbacks. Then the time is known that they took together.
 */
import { CALLBACK } from "../format/schema.ts";
import { type EventLog, ticks } from "./event-log.ts";

/** Milliseconds: of that much it matters which of several took it. */
export const TELLING_APART = 1;

export class StepGroup {
  readonly #log: EventLog;
  #began = 0; // on the host's clock
  #time = 0; // the same, on the loop's
  #last = 0; // the event of the last one
  /** How many steps it has. */
  size = 0;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Adds a step that has ended. */
  add(event: number, began: number, time: number): void {
    if (this.size++ === 0) {
      this.#began = began;
      this.#time = time;
    }
    this.#last = event;
  }

  /** The clock shows this now. The last one is said to have taken it all; nobody, where that is long and it may have been another. */
  close(now: number): void {
    const took = now - this.#began;
    if (this.size > 1 && took >= TELLING_APART) this.#log.write(CALLBACK, this.#time, 0, ticks(took), 0);
    else if (this.size > 0) this.#log.setTook(this.#last, ticks(took));
    this.size = 0;
  }

  /** Forgets them: what they took is not known. */
  drop(): void {
    this.size = 0;
  }
}
