/** Steps and tasks in the order of time, whichever task they belong to. */
import { RUNNING, type Timeline } from "brigade/trace";

export interface Orders {
  /** The RUNNING spans of all tasks, as they ended. */
  readonly steps: Uint32Array;
  /** Tasks as they were made. */
  readonly created: Uint32Array;
  /** Those that have ended, in that order. */
  readonly ended: Uint32Array;
}

export function ordersOf(timeline: Timeline): Orders {
  const steps = stepsOf(timeline);
  const { taskCount, ended: endedAt, spanTask } = timeline;
  const lastStep = new Uint32Array(taskCount + 1).fill(0xffff_ffff);
  for (let at = 0; at < steps.length; at++) lastStep[spanTask[steps[at] as number] as number] = steps[at] as number;
  const ended = new Uint32Array(taskCount);
  let count = 0;
  for (let task = 1; task <= taskCount; task++) {
    // It was ended before its first step, and has no place among the steps.
    if (lastStep[task] === 0xffff_ffff && endedAt[task] !== Infinity) ended[count++] = task;
  }
  const withoutStep = count;
  for (let at = 0; at < steps.length; at++) {
    const span = steps[at] as number;
    const task = spanTask[span] as number;
    if (lastStep[task] === span && endedAt[task] !== Infinity) ended[count++] = task;
  }
  const order = ended.slice(0, count);
  if (withoutStep > 0 || !isSorted(order, endedAt)) sortBy(order, endedAt);
  const created = new Uint32Array(taskCount);
  for (let task = 1; task <= taskCount; task++) created[task - 1] = task;
  if (!isSorted(created, timeline.created)) sortBy(created, timeline.created);
  return { steps, created, ended: order };
}

/** A step's event is written at its end: events give the order that sorting would. */
function stepsOf({ trace, spanCount, spanState, spanEvent }: Timeline): Uint32Array {
  const spanOfEvent = new Uint32Array(trace.count + 2);
  let count = 0;
  for (let span = 0; span < spanCount; span++) {
    if (spanState[span] !== RUNNING) continue;
    spanOfEvent[spanEvent[span] as number] = span + 1;
    count += 1;
  }
  const steps = new Uint32Array(count);
  let next = 0;
  for (let event = 0; event < spanOfEvent.length; event++) {
    const span = spanOfEvent[event] as number;
    if (span !== 0) steps[next++] = span - 1;
  }
  return steps.subarray(0, next);
}

function isSorted(order: Uint32Array, by: Float64Array): boolean {
  for (let i = 1; i < order.length; i++) {
    if ((by[order[i] as number] as number) < (by[order[i - 1] as number] as number)) return false;
  }
  return true;
}

function sortBy(order: Uint32Array, by: Float64Array): void {
  // −Infinity less itself is not a number.
  order.sort((one, other) => ((by[one] as number) < (by[other] as number) ? -1 : by[one] === by[other] ? 0 : 1));
}
