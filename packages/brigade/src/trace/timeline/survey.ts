/** What has to be known of a trace before its tasks and spans can be made: one walk over its events. */
import type { Trace } from "../format/reader.ts";
import { A_TASK, CANCEL, CLOCK, CREATED, LOST, STEP, TICKS, WAITS, WOKEN } from "../format/schema.ts";

export interface Survey {
  /** Earliest and latest time; a step ends after the time that stands in its event. */
  readonly start: number;
  readonly end: number;
  /** Every clock in it is a virtual one: its time stands still while a step runs. */
  readonly virtual: boolean;
  /** All times are finite. */
  readonly finite: boolean;
  readonly highestId: number;
  readonly steps: number;
  /** The indices of events that tell that others are missing. */
  readonly lost: Uint32Array;
}

export function survey(trace: Trace): Survey {
  const { count, type, time, task, a, b } = trace;
  const clocks = { virtual: 0, real: 0 };
  const lost: number[] = [];
  let start = Infinity;
  let end = -Infinity;
  let endOfSteps = -Infinity; // counts with a real clock
  let finite = true;
  let highestId = 0;
  let steps = 0;
  for (let i = 0; i < count; i++) {
    const kind = type[i] as number;
    const at = time[i] as number;
    const id = task[i] as number;
    if (at - at !== 0) finite = false;
    if (at < start) start = at;
    if (at > end) end = at;
    if (id > highestId) highestId = id;
    if (kind === STEP) {
      steps++;
      const until = at + (a[i] as number) / TICKS;
      if (until > endOfSteps) endOfSteps = until;
      continue;
    }
    const other = otherTask(kind, a[i] as number, b[i] as number);
    if (other > highestId) highestId = other;
    if (kind === LOST) lost.push(i);
    else if (kind === CLOCK) clocks[a[i] === 1 ? "virtual" : "real"]++;
  }
  if (count === 0) start = end = 0;
  const virtual = clocks.virtual > 0 && clocks.real === 0;
  if (!virtual) end = Math.max(end, endOfSteps);
  return { start, end, virtual, finite, highestId, steps, lost: Uint32Array.from(lost) };
}

/** The other task that an event names, or 0. */
export function otherTask(type: number | undefined, a: number, b: number): number {
  return type === WOKEN || type === CREATED || type === CANCEL || (type === WAITS && b === A_TASK) ? a : 0;
}
