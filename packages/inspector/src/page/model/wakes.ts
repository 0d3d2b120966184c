/** Who woke whom, as far as one task is concerned: arrows of the timeline. */
import { READY, type Timeline } from "brigade/trace";
import type { Wake } from "../draw/scene.ts";
import { firstAbove } from "./track.ts";

/** Sorted by time. */
export interface TaskWakes {
  readonly time: Float64Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

/** Wakes of the task, and by it. Looks at every span: for one task at a time. */
export function wakesOfTask(timeline: Timeline, task: number): TaskWakes {
  const { spanCount, spanBy, spanState, spanTask, spanStart } = timeline;
  const found: number[] = [];
  for (let span = 0; span < spanCount; span++) {
    if (spanState[span] !== READY || spanBy[span] === 0) continue;
    if (spanBy[span] === task || spanTask[span] === task) found.push(span);
  }
  found.sort((one, other) => (spanStart[one] as number) - (spanStart[other] as number));
  return {
    time: Float64Array.from(found, (span) => spanStart[span] as number),
    from: Uint32Array.from(found, (span) => spanBy[span] as number),
    to: Uint32Array.from(found, (span) => spanTask[span] as number),
  };
}

/** Those from `begin` to `end`, both included; at most `most`. */
export function wakesBetween(wakes: TaskWakes, begin: number, end: number, most: number): Wake[] {
  const result: Wake[] = [];
  let at = firstAbove(wakes.time, begin);
  while (at > 0 && wakes.time[at - 1] === begin) at -= 1;
  for (; at < wakes.time.length && (wakes.time[at] as number) <= end && result.length < most; at++) {
    result.push({ time: wakes.time[at] as number, from: wakes.from[at] as number, to: wakes.to[at] as number });
  }
  return result;
}
