/** What time it is on a loop's clock. */
import type { Loop } from "../../kernel/loop.ts";
import type { LoopTime } from "../../types.ts";

/** The time on a clock that the program brought: what that throws is not the recorder's to throw. */
export function ownTime(loop: LoopTime): number {
  try {
    return loop.time();
  } catch {
    return 0;
  }
}

/** A moment of the host's clock, on the loop's. One that keeps its own time is asked for it. */
export function onClockOf(loop: LoopTime, hostTime: number): number {
  return (loop as Loop).hostTimed ? hostTime : ownTime(loop);
}
