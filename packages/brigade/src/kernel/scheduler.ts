/** What can stand in the place of a loop's ready queue: the schedule explorer does. */
import type { Runnable } from "./timers.ts";

/** Decides what runs next, in place of first in, first out. */
export interface Scheduler {
  readonly size: number;
  push(item: Runnable): void;
  /** Only called when there is one. */
  shift(): Runnable;
  /** Calls back soon, when nothing of the host's can be on its way. */
  readonly defer: (callback: () => void) => void;
}
