/** The jobs of the works of queues: each doubles its number. */

/** Jobs that run at the same time. */
export const JOB_CONCURRENCY = 50;

export function doubled(value: number): number {
  return 2 * value;
}

export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Milliseconds since then, once every result is known to be right. */
export function tookFor(results: readonly unknown[], since: number): number {
  const took = performance.now() - since;
  const wrong = results.findIndex((result, index) => result !== doubled(index));
  if (wrong >= 0) throw new Error(`Job ${wrong} gave ${String(results[wrong])} and not ${doubled(wrong)}.`);
  return took;
}

/** A queue of a run's own: nothing is left in it from the run before. */
export function queueName(): string {
  return `bench-${process.pid}-${Math.round(performance.timeOrigin + performance.now())}`;
}
