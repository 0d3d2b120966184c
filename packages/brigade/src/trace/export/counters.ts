/** How many tasks there were, and how many of them could go on: a course of a thousand points at most. */
import { READY } from "../timeline/columns.ts";
import type { Timeline } from "../timeline/timeline.ts";

/** Means over the time until the next point. */
export interface CounterPoint {
  readonly time: number;
  readonly tasks: number;
  readonly ready: number;
}

const POINTS = 1_000;

export function countersOf(timeline: Timeline): CounterPoint[] {
  const { start, end, taskCount, created, ended, spanCount, spanState, spanStart, spanEnd } = timeline;
  if (!(end > start)) return [];
  const width = (end - start) / POINTS;
  const tasks = new Shares(start, width);
  const ready = new Shares(start, width);
  for (let task = 1; task <= taskCount; task++) {
    tasks.add(Math.max(start, created[task] as number), Math.min(end, ended[task] as number));
  }
  for (let span = 0; span < spanCount; span++) {
    if (spanState[span] === READY) ready.add(spanStart[span] as number, spanEnd[span] as number);
  }
  const [tasksAt, readyAt] = [tasks.means(), ready.means()];
  return tasksAt.map((mean, point) => ({ time: start + point * width, tasks: mean, ready: readyAt[point] as number }));
}

/** Sums up of how much of each point's time something was there. */
class Shares {
  readonly #start: number;
  readonly #width: number;
  readonly #parts = new Float64Array(POINTS + 1); // of points that something began or ended in
  readonly #whole = new Float64Array(POINTS + 1); // differences: of points that it was there throughout

  constructor(start: number, width: number) {
    this.#start = start;
    this.#width = width;
  }

  add(from: number, to: number): void {
    if (!(to > from)) return;
    const begin = (from - this.#start) / this.#width;
    const end = (to - this.#start) / this.#width;
    const first = Math.min(POINTS - 1, Math.floor(begin));
    const last = Math.min(POINTS - 1, Math.floor(end));
    if (first === last) {
      (this.#parts[first] as number) += end - begin;
      return;
    }
    (this.#parts[first] as number) += first + 1 - begin;
    (this.#parts[last] as number) += end - last;
    (this.#whole[first + 1] as number)++;
    (this.#whole[last] as number)--;
  }

  means(): number[] {
    let whole = 0;
    return Array.from({ length: POINTS }, (_, point) => {
      whole += this.#whole[point] as number;
      return Math.round((whole + (this.#parts[point] as number)) * 1_000) / 1_000;
    });
  }
}
