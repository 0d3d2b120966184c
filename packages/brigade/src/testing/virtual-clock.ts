/** A clock that stands still until the loop moves it. */
import { type Duration, milliseconds } from "../duration.ts";
import type { Clock } from "../types.ts";

export interface VirtualClock extends Clock {
  advanceTo(when: number): void;
  /** Milliseconds of real time that foreign work may take without progress before time goes on without it. */
  readonly patience: number;
}

/**
 * A clock for `run(main, { clock })` that begins at 0. When nothing is ready, and no foreign work is in flight, time
 * jumps to the next timer: a program that sleeps for a day ends in milliseconds, and two runs of it do the same. Promise
 * code that waits for a task or future of the loop is not foreign work; the loop counts both, and can't tell which
 * promise belongs to which, so that such code beside real foreign work lets time go on too early.
 *
 * @example
 * ```ts
 * import { getRunningLoop, run, sleep } from "brigade";
 * import { virtualClock } from "brigade/testing";
 *
 * const elapsed = await run(
 *   function* () {
 *     yield* sleep("24h");
 *     return getRunningLoop().time();
 *   },
 *   { clock: virtualClock() },
 * );
 * console.log(elapsed);
 * ```
 */
export function virtualClock(options: { readonly patience?: Duration } = {}): VirtualClock {
  let now = 0;
  return {
    patience: milliseconds(options.patience ?? 100),
    now: () => now,
    advanceTo(when) {
      if (when < now) throw new RangeError(`advanceTo: ${when} is before ${now}; time does not go back`);
      now = when;
    },
  };
}
