/** What every pool is asked for in the works of pools, and how its answers are checked. A pool starts anew in each round, and warms up. */
import { availableParallelism } from "node:os";

/** Calls in flight in the works named so. */
export const IN_FLIGHT = 4;

/** Workers that answer them. */
export const WORKERS: number = Math.min(2, availableParallelism());

/** Steps of one job of the `two-cores` works: about 100 ms. */
export const JOB_STEPS = 80_000_000;

/** Before the calls that count: enough for the compiler and the scheduler to have settled. */
export function warmUpCalls(count: number): number {
  return Math.ceil(count / 2);
}

/** The sum of `increment(0)` … `increment(count - 1)`. */
export function assertIncremented(total: number, count: number): void {
  const expected = (count * (count + 1)) / 2;
  if (total !== expected) throw new Error(`The calls gave ${total} in all and should give ${expected}.`);
}

/** `lanes` loops, each of which makes the next call when its last has been answered; the sum of the answers. */
async function callInLanes(lanes: number, count: number, call: (value: number) => Promise<number>): Promise<number> {
  let next = 0;
  let total = 0;
  const lane = async (): Promise<void> => {
    // `total +=` around an await would lose what other lanes add meanwhile.
    while (next < count) {
      const answer = await call(next++);
      total += answer;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return total;
}

/** Milliseconds of `count` calls of a pool that gives promises. */
export async function timedCalls(
  lanes: number,
  count: number,
  call: (value: number) => Promise<number>,
): Promise<number> {
  await callInLanes(lanes, warmUpCalls(count), call);
  const begun = performance.now();
  const total = await callInLanes(lanes, count, call);
  const ms = performance.now() - begun;
  assertIncremented(total, count);
  return ms;
}

/** Jobs must all have been done, and all give the same. */
export function assertSpun(results: readonly number[], jobs: number): void {
  if (results.length !== jobs || new Set(results).size !== 1)
    throw new Error(`${jobs} jobs gave ${results.join(", ")}.`);
}
