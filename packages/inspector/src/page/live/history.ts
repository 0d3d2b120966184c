/** What the charts show: the last minutes, and no more however long the page is open. */
import type { Stats } from "brigade/trace";

const MOST_POINTS = 600;

/** Columns of the same length; `time` in seconds since 1970, as the charts want it. */
export interface Series {
  readonly time: Float64Array;
  readonly tasks: Float64Array;
  readonly steps: Float64Array;
  readonly lag: Float64Array;
}

type Name = keyof Series;
const names: readonly Name[] = ["time", "tasks", "steps", "lag"];

export class History {
  // One copy of the last points, and room to go on for as many again before they are moved to the front.
  readonly #columns: Series = {
    time: new Float64Array(MOST_POINTS * 2),
    tasks: new Float64Array(MOST_POINTS * 2),
    steps: new Float64Array(MOST_POINTS * 2),
    lag: new Float64Array(MOST_POINTS * 2),
  };
  #count = 0;
  #before: Stats | undefined;

  add(stats: Stats): void {
    const before = this.#before;
    this.#before = stats;
    if (before === undefined || stats.at <= before.at) return;
    if (this.#count === MOST_POINTS * 2) {
      for (const name of names) this.#columns[name].copyWithin(0, MOST_POINTS);
      this.#count = MOST_POINTS;
    }
    const seconds = (stats.at - before.at) / 1_000;
    const at = this.#count++;
    this.#columns.time[at] = stats.at / 1_000;
    this.#columns.tasks[at] = stats.tasks;
    this.#columns.steps[at] = Math.max(0, stats.steps - before.steps) / seconds;
    this.#columns.lag[at] = stats.lag;
  }

  /** Views of the last points, not copies. */
  series(): Series {
    const from = Math.max(0, this.#count - MOST_POINTS);
    const { time, tasks, steps, lag } = this.#columns;
    const part = (column: Float64Array): Float64Array => column.subarray(from, this.#count);
    return { time: part(time), tasks: part(tasks), steps: part(steps), lag: part(lag) };
  }
}
