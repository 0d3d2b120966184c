/** What a lane does in each column of pixels: how much of the column's time it runs, is ready, waits. */
import { READY, RUNNING } from "brigade/trace";
import { FAN, firstAbove, MOMENT, type Track } from "./track.ts";

/** The columns of one lane; filled again for each lane of each frame. */
export class Bins {
  readonly width: number;
  /** Shares of the column's time, 0 to 1. */
  readonly running: Float32Array;
  readonly ready: Float32Array;
  readonly waiting: Float32Array;
  /** Milliseconds: the longest step that has a part in the column. */
  readonly longest: Float32Array;
  /** Spans and blocks that were looked at since this was set to 0. */
  touched = 0;

  constructor(width: number) {
    this.width = width;
    this.running = new Float32Array(width);
    this.ready = new Float32Array(width);
    this.waiting = new Float32Array(width);
    this.longest = new Float32Array(width);
  }

  /** Fills the columns with the spans `low` up to `high` of the track; column 0 begins at `from`, and each is `scale` milliseconds wide. */
  fill(track: Track, low: number, high: number, from: number, scale: number): void {
    this.running.fill(0);
    this.ready.fill(0);
    this.waiting.fill(0);
    this.longest.fill(0);
    let i = firstAbove(track.end, from, low, high);
    for (let x = 0; x < this.width && i < high; x++) {
      const begins = track.start[i] as number;
      // Columns in which nothing is are passed at once.
      const column = Math.floor((begins - from) / scale);
      if (column > x) x = column;
      if (x >= this.width) break;
      i = this.#column(track, i, high, x, from + x * scale, from + (x + 1) * scale);
    }
  }

  /** Gives the span that the next column begins with. */
  #column(track: Track, first: number, high: number, x: number, left: number, right: number): number {
    const { start, end, state } = track;
    let running = 0;
    let ready = 0;
    let waiting = 0;
    let longest = 0;
    let i = first;
    while (i < high && (start[i] as number) < right) {
      this.touched += 1;
      const size = (start[i] as number) >= left ? blockAt(track, i, high, right) : 1;
      if (size > 1) {
        const level = track.levels[levelOf(size)] as Track["levels"][number];
        const block = i / size;
        running += level.running[block] as number;
        ready += level.ready[block] as number;
        waiting += level.waiting[block] as number;
        longest = Math.max(longest, level.longest[block] as number);
        i += size;
        continue;
      }
      const ends = end[i] as number;
      const begins = start[i] as number;
      const share = Math.min(ends, right) - Math.max(begins, left);
      const is = state === undefined ? RUNNING : state[i];
      if (is === RUNNING) {
        running += Math.max(share, MOMENT);
        longest = Math.max(longest, ends - begins);
      } else if (is === READY) ready += share;
      else waiting += share;
      if (ends > right) break;
      i += 1;
    }
    const scale = right - left;
    this.running[x] = Math.min(1, running / scale);
    this.ready[x] = Math.min(1, ready / scale);
    this.waiting[x] = Math.min(1, waiting / scale);
    this.longest[x] = longest;
    return i;
  }
}

/** The largest block that begins at span `i` and ends before `right`; 1 where there is none. */
function blockAt({ end, levels }: Track, i: number, high: number, right: number): number {
  let size = 1;
  for (let level = 0; level < levels.length; level++) {
    const next = size * FAN;
    if (i % next !== 0 || i + next > high || (end[i + next - 1] as number) > right) break;
    size = next;
  }
  return size;
}

function levelOf(size: number): number {
  return size === FAN ? 0 : size === FAN * FAN ? 1 : size === FAN ** 3 ? 2 : 3;
}
