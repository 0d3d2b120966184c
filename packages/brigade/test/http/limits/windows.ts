/** How many starts fell into a window of time. */

const ROUNDING = 1e-6; // ms: thirds of a second add up inexactly

/**
 * The least burst with which the starts, in order, keep to one each `interval`: 1 means that no window of time t has more
 * than t / interval + 1.
 */
export function mostOver(times: readonly number[], interval: number): number {
  let most = 0;
  let earliest = Infinity; // of the windows that begin with a start: the one that has seen the most
  for (const [index, time] of times.entries()) {
    const due = index * interval - time;
    earliest = Math.min(earliest, due);
    most = Math.max(most, due - earliest);
  }
  return 1 + Math.ceil(most / interval - ROUNDING);
}
