/**
 * Gives each bar the first lane that is free when it begins. The result: lanes, each in order of time. The times are
 * rounded, so that one that ends when the next begins may seem to end after.
 */
import type { PageBar } from "./model.ts";

export function packLanes(bars: readonly PageBar[], withWaiting: boolean): PageBar[][] {
  const begin = (bar: PageBar): number => (withWaiting ? bar.began : bar.start);
  const lanes: PageBar[][] = [];
  const ends: number[] = [];
  for (const bar of bars.toSorted((a, b) => begin(a) - begin(b))) {
    let lane = ends.findIndex((end) => end <= begin(bar) + 0.1);
    if (lane === -1) lane = lanes.push([]) - 1;
    bar.lane = lane;
    ends[lane] = bar.end;
    lanes[lane]?.push(bar);
  }
  return lanes;
}
