/** Gives tasks rows without gaps, in the order of their ids. A foreign file may hold any numbers: room is taken by events, never by ids. */
import type { Trace } from "../format/reader.ts";
import { CANCEL, CREATED, STEP, WAITS, WOKEN } from "../format/schema.ts";
import { otherTask } from "./survey.ts";

/** Which row a task has. */
export interface Rows {
  /** Rows 1 to `count`. */
  readonly count: number;
  /** The id of each row. */
  readonly ids: Uint32Array;
  /** By row, how many events spans are made of: see `TELLING`. */
  readonly telling: Uint32Array;
  /** 0 for 0 and for an id that no event mentions. */
  rowOf(id: number): number;
}

/** 1 for the events that spans are made of. */
export const TELLING: Uint8Array = Uint8Array.from({ length: 256 }, (_, type) =>
  [STEP, WOKEN, CREATED, CANCEL, WAITS].includes(type) ? 1 : 0,
);

const FEW = 65_536;
/** Ids count up by one, and a task makes several events: a table by id is smaller than the events, unless the ids are not the recorder's. */
const IDS_PER_EVENT = 4;

export function rowsOf(trace: Trace, highestId: number): Rows {
  return highestId < FEW + trace.count * IDS_PER_EVENT ? new TableRows(trace, highestId) : new SortedRows(trace);
}

class TableRows implements Rows {
  readonly count: number;
  readonly ids: Uint32Array;
  readonly telling: Uint32Array;
  readonly #rows: Uint32Array; // by id

  constructor({ count, type, task, a, b }: Trace, highest: number) {
    const rows = new Uint32Array(highest + 1); // at first, twice the number of telling events, and 1 where there are none
    for (let i = 0; i < count; i++) {
      const kind = type[i] as number;
      const id = task[i] as number;
      if (TELLING[kind] === 1) (rows[id] as number) += 2;
      else (rows[id] as number) |= 1;
      const other = otherTask(kind, a[i] as number, b[i] as number);
      if (other !== 0) (rows[other] as number) |= 1;
    }
    let known = 0;
    for (let id = 1; id <= highest; id++) if (rows[id] !== 0) known++;
    this.count = known;
    this.ids = new Uint32Array(known + 1);
    this.telling = new Uint32Array(known + 1);
    this.telling[0] = (rows[0] as number) >>> 1;
    rows[0] = 0;
    for (let id = 1, row = 0; id <= highest; id++) {
      if (rows[id] === 0) continue;
      this.ids[++row] = id;
      this.telling[row] = (rows[id] as number) >>> 1;
      rows[id] = row;
    }
    this.#rows = rows;
  }

  rowOf(id: number): number {
    return this.#rows[id] ?? 0;
  }
}

class SortedRows implements Rows {
  readonly count: number;
  readonly ids: Uint32Array;
  readonly telling: Uint32Array;

  constructor({ count, type, task, a, b }: Trace) {
    const ids = new Uint32Array(2 * count + 1); // with a 0 that sorts to the front, as row 0
    for (let i = 0; i < count; i++) {
      ids[2 * i] = task[i] as number;
      ids[2 * i + 1] = otherTask(type[i], a[i] as number, b[i] as number);
    }
    ids.sort();
    let known = 0;
    for (const id of ids) if (id !== ids[known]) ids[++known] = id;
    this.count = known;
    this.ids = ids.slice(0, known + 1);
    this.telling = new Uint32Array(known + 1);
    for (let i = 0; i < count; i++) {
      if (TELLING[type[i] as number] === 1) (this.telling[this.rowOf(task[i] as number)] as number)++;
    }
  }

  rowOf(id: number): number {
    let low = 0;
    let high = this.count;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.ids[middle] as number;
      if (found === id) return middle;
      if (found < id) low = middle + 1;
      else high = middle - 1;
    }
    return 0;
  }
}
