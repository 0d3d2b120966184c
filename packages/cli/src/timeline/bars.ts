/** What the tasks of each row did, column by column: the time that they ran, waited and were ready in it, together. */
import { READY, RUNNING, type Timeline, WAITING } from "brigade/trace";

/** Milliseconds from the trace's own beginning on. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** What a column shows: the state that took most of it. */
export type Cell = "running" | "waiting" | "ready" | "nothing";

/** `rowOf` tells the row of each task, −1 for none. */
export function barsOf(
  timeline: Timeline,
  rowOf: Int32Array,
  window: Window,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): readonly (readonly Cell[])[] {
  const sums = new Sums(rows, columns);
  const { spanTask, spanStart, spanEnd, spanState, spanCount } = timeline;
  const { from, to } = window;
  const perColumn = (to - from) / columns || 1;
  for (let span = 0; span < spanCount; span++) {
    const row = rowOf[spanTask[span] as number] as number;
    if (row < 0) continue;
    const begin = spanStart[span] as number;
    const end = spanEnd[span] as number;
    if (end < from || begin > to) continue;
    const state = spanState[span] as number;
    const first = Math.max(0, (begin - from) / perColumn);
    const last = Math.min(columns, (end - from) / perColumn);
    if (last > first) sums.add(row, state, first, last);
    else sums.mark(row, state, first);
  }
  return Array.from({ length: rows }, (_, row) => sums.cells(row));
}

/** Times by row, state and column. A span of many columns costs no more than one of one. */
class Sums {
  readonly #columns: number;
  readonly #width: number;
  readonly #parts: Float64Array; // of a column: spent in it by spans that begin or end there
  readonly #fills: Float64Array; // how many more spans fill this column than the one before
  readonly #moments: Uint8Array; // by row and column: the state of what took no time

  constructor(rows: number, columns: number) {
    this.#columns = columns;
    this.#width = columns + 1;
    this.#parts = new Float64Array(rows * states * this.#width);
    this.#fills = new Float64Array(rows * states * this.#width);
    this.#moments = new Uint8Array(rows * columns);
  }

  /** `first` and `last` are columns, with fractions. */
  add(row: number, state: number, first: number, last: number): void {
    const at = this.#at(row, state);
    const begin = Math.min(this.#columns - 1, Math.floor(first));
    const end = Math.floor(last);
    if (begin >= end) {
      (this.#parts[at + begin] as number) += last - first;
      return;
    }
    (this.#parts[at + begin] as number) += begin + 1 - first;
    (this.#parts[at + end] as number) += last - end;
    (this.#fills[at + begin + 1] as number)++;
    (this.#fills[at + end] as number)--;
  }

  mark(row: number, state: number, at: number): void {
    this.#moments[row * this.#columns + Math.min(this.#columns - 1, Math.floor(at))] = state;
  }

  #at(row: number, state: number): number {
    return (row * states + state - 1) * this.#width;
  }

  cells(row: number): readonly Cell[] {
    const full = [0, 0, 0]; // spans that fill the column, by state
    const cells: Cell[] = [];
    for (let column = 0; column < this.#columns; column++) {
      let most: Cell = "nothing";
      let longest = crumb;
      for (const state of [RUNNING, WAITING, READY]) {
        const at = this.#at(row, state) + column;
        full[state - 1] = (full[state - 1] as number) + (this.#fills[at] as number);
        const time = (full[state - 1] as number) + (this.#parts[at] as number);
        if (time <= longest) continue;
        longest = time;
        most = cellOf(state);
      }
      cells.push(most);
    }
    return cells.map((cell, column) => (isAlone(cells, column) ? this.#moment(row, column) : cell));
  }

  #moment(row: number, column: number): Cell {
    return cellOf(this.#moments[row * this.#columns + column] as number);
  }
}

const states = 3;
const crumb = 1e-9; // what differences of sums leave

function cellOf(state: number): Cell {
  if (state === RUNNING) return "running";
  if (state === WAITING) return "waiting";
  return state === READY ? "ready" : "nothing";
}

/** What takes no time is seen where nothing else is: beside a bar, it is the first or the last step of what is drawn there. */
function isAlone(cells: readonly Cell[], column: number): boolean {
  return [column - 1, column, column + 1].every((near) => (cells[near] ?? "nothing") === "nothing");
}
