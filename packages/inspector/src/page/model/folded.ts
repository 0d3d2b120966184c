/** Lanes of what is folded: the steps of all its tasks as one track, and how many of them there are at each moment. */
import type { Timeline } from "brigade/trace";
import type { Orders } from "./orders.ts";
import type { Rows } from "./rows.ts";
import { firstAbove, type Track, trackOf } from "./track.ts";

export interface FoldedLanes {
  /** The steps of row `r` stand from `from[r]` up to `from[r + 1]`. */
  readonly track: Track;
  readonly from: Uint32Array;
  /** Of each step of the track, its span. */
  readonly span: Uint32Array;
  /** When tasks of the row began and ended, sorted. */
  readonly created: Moments;
  readonly ended: Moments;
  /** The most tasks of the row that there were at once. */
  readonly most: Uint32Array;
}

interface Moments {
  readonly time: Float64Array;
  readonly from: Uint32Array;
}

export function foldedLanes(timeline: Timeline, orders: Orders, rows: Rows): FoldedLanes {
  const { spanTask, spanStart, spanEnd } = timeline;
  const { rowOfTask, folded } = rows;
  const from = counts(rows, orders.steps, (span) => rowOfTask[spanTask[span] as number] as number);
  const next = from.slice();
  const size = from.at(-1) ?? 0;
  const start = new Float64Array(size);
  const end = new Float64Array(size);
  const spans = new Uint32Array(size);
  for (let i = 0; i < orders.steps.length; i++) {
    const span = orders.steps[i] as number;
    const row = rowOfTask[spanTask[span] as number] as number;
    if (folded[row] !== 1) continue;
    const at = next[row] as number;
    next[row] = at + 1;
    start[at] = spanStart[span] as number;
    end[at] = spanEnd[span] as number;
    spans[at] = span;
  }
  const created = moments(rows, orders.created, timeline.created);
  const ended = moments(rows, orders.ended, timeline.ended);
  return { track: trackOf(start, end, undefined), from, span: spans, created, ended, most: most(rows, created, ended) };
}

/** How many of the row's tasks there are at this time. */
export function aliveAt({ created, ended }: FoldedLanes, row: number, time: number): number {
  const begun = upTo(created, row, time);
  return begun - upTo(ended, row, time);
}

function upTo({ time, from }: Moments, row: number, at: number): number {
  const first = from[row] as number;
  return firstAbove(time, at, first, from[row + 1]) - first;
}

/** Where the part of each folded row begins in columns that hold one row after the other. */
function counts(rows: Rows, list: Uint32Array, rowOf: (item: number) => number): Uint32Array {
  const from = new Uint32Array(rows.count + 1);
  for (let i = 0; i < list.length; i++) {
    const row = rowOf(list[i] as number);
    if (rows.folded[row] === 1) from[row + 1] = (from[row + 1] as number) + 1;
  }
  for (let row = 0; row < rows.count; row++) from[row + 1] = (from[row + 1] as number) + (from[row] as number);
  return from;
}

function moments(rows: Rows, tasks: Uint32Array, timeOf: Float64Array): Moments {
  const rowOf = (task: number): number => rows.rowOfTask[task] as number;
  const from = counts(rows, tasks, rowOf);
  const next = from.slice();
  const time = new Float64Array(from.at(-1) ?? 0);
  for (const task of tasks) {
    const row = rowOf(task);
    if (rows.folded[row] !== 1) continue;
    const at = next[row] as number;
    next[row] = at + 1;
    time[at] = timeOf[task] as number;
  }
  return { time, from };
}

function most(rows: Rows, created: Moments, ended: Moments): Uint32Array {
  const result = new Uint32Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    let at = ended.from[row] as number;
    const last = ended.from[row + 1] as number;
    let alive = 0;
    let greatest = 0;
    for (let i = created.from[row] as number; i < (created.from[row + 1] as number); i++) {
      while (at < last && (ended.time[at] as number) <= (created.time[i] as number)) {
        at += 1;
        alive -= 1;
      }
      alive += 1;
      greatest = Math.max(greatest, alive);
    }
    result[row] = greatest;
  }
  return result;
}
