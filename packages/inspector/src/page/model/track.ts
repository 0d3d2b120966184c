/** Spans in the order of time, with sums over blocks of them, so that a million spans in a pixel cost no more than a hundred. */
import { READY, RUNNING } from "brigade/trace";

/** A block of the first level is this many spans, and a block of each further level this many blocks. */
export const FAN = 32;

/** What a step counts for that takes no time at all, as all do by a virtual clock: it is seen all the same. */
export const MOMENT = 1e-9;

/** Sums over blocks of spans; in milliseconds. */
export interface Level {
  readonly running: Float32Array;
  readonly ready: Float32Array;
  readonly waiting: Float32Array;
  /** The longest span that runs. */
  readonly longest: Float32Array;
}

/** Spans, each of which begins where the one before has ended, or later. Several tracks may share the columns, as ranges of them. */
export interface Track {
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** Undefined: they all run. */
  readonly state: Uint8Array | undefined;
  /** From the finest to the coarsest. */
  readonly levels: readonly Level[];
}

export function trackOf(start: Float64Array, end: Float64Array, state: Uint8Array | undefined): Track {
  const levels: Level[] = [];
  let level = finest(start, end, state);
  levels.push(level);
  while (level.running.length > FAN) levels.push((level = coarser(level)));
  return { start, end, state, levels };
}

function finest(start: Float64Array, end: Float64Array, state: Uint8Array | undefined): Level {
  const level = emptyLevel(Math.ceil(start.length / FAN));
  for (let block = 0; block < level.running.length; block++) {
    const last = Math.min(start.length, (block + 1) * FAN);
    let running = 0;
    let ready = 0;
    let waiting = 0;
    let longest = 0;
    for (let i = block * FAN; i < last; i++) {
      const duration = (end[i] as number) - (start[i] as number);
      const is = state === undefined ? RUNNING : state[i];
      if (is === RUNNING) {
        running += Math.max(duration, MOMENT);
        if (duration > longest) longest = duration;
      } else if (is === READY) ready += duration;
      else waiting += duration;
    }
    level.running[block] = running;
    level.ready[block] = ready;
    level.waiting[block] = waiting;
    level.longest[block] = longest;
  }
  return level;
}

function coarser(fine: Level): Level {
  const level = emptyLevel(Math.ceil(fine.running.length / FAN));
  for (let i = 0; i < fine.running.length; i++) {
    const block = Math.floor(i / FAN);
    level.running[block] = (level.running[block] as number) + (fine.running[i] as number);
    level.ready[block] = (level.ready[block] as number) + (fine.ready[i] as number);
    level.waiting[block] = (level.waiting[block] as number) + (fine.waiting[i] as number);
    level.longest[block] = Math.max(level.longest[block] as number, fine.longest[i] as number);
  }
  return level;
}

function emptyLevel(blocks: number): Level {
  return {
    running: new Float32Array(blocks),
    ready: new Float32Array(blocks),
    waiting: new Float32Array(blocks),
    longest: new Float32Array(blocks),
  };
}

/** The first of the sorted values, from `low` up to `high`, that is greater than `value`; `high` where none is. */
export function firstAbove(sorted: Float64Array, value: number, low = 0, high: number = sorted.length): number {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] as number) > value) to = middle;
    else from = middle + 1;
  }
  return from;
}
