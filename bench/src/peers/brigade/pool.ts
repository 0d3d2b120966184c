/** threadPool and processPool of brigade/node, with their own settings but for how many workers there are. */
import { coroutine, gather, run, use } from "brigade";
import { type Pool, processPool, threadPool } from "brigade/node";
import { assertIncremented, assertSpun, IN_FLIGHT, JOB_STEPS, warmUpCalls, WORKERS } from "../../node/pool-runs.ts";
import type { Programs } from "../../program.ts";
import { sum } from "../../results.ts";

type Jobs = typeof import("../../node/jobs.ts");
type Open = (size: number) => Pool<Jobs>;

const jobs: URL = new URL("../../node/jobs.ts", import.meta.url);
const threads: Open = (size) => threadPool<Jobs>(jobs, { size });
const processes: Open = (size) => processPool<Jobs>(jobs, { size });

interface Values {
  next: number;
  readonly end: number;
}

const lane = coroutine(function* (pool: Pool<Jobs>, values: Values) {
  let total = 0;
  while (values.next < values.end) total += yield* pool.call("increment", values.next++);
  return total;
});

const inLanes = coroutine(function* (pool: Pool<Jobs>, lanes: number, end: number) {
  const values: Values = { next: 0, end };
  return sum(yield* gather(Array.from({ length: lanes }, () => lane(pool, values))));
});

/** Milliseconds of `count` calls. */
function calls(opened: Pool<Jobs>, lanes: number, count: number): Promise<number> {
  return run(
    use(opened, function* (pool) {
      yield* inLanes(pool, lanes, warmUpCalls(count));
      const begun = performance.now();
      const total = yield* inLanes(pool, lanes, count);
      const ms = performance.now() - begun;
      assertIncremented(total, count);
      return ms;
    }),
  );
}

const spinAtOnce = coroutine(function* (pool: Pool<Jobs>, count: number) {
  return yield* gather(Array.from({ length: count }, () => pool.call("spin", JOB_STEPS)));
});

const spinInTurn = coroutine(function* (pool: Pool<Jobs>, count: number) {
  const results: number[] = [];
  while (results.length < count) results.push(yield* pool.call("spin", JOB_STEPS));
  return results;
});

/** Milliseconds of `count` jobs. Every worker has done one before. */
function jobsDone(opened: Pool<Jobs>, spin: typeof spinAtOnce, count: number): Promise<number> {
  return run(
    use(opened, function* (pool) {
      yield* spinAtOnce(pool, WORKERS);
      const begun = performance.now();
      assertSpun(yield* spin(pool, count), count);
      return performance.now() - begun;
    }),
  );
}

export const programs: Programs = {
  "pool-thread-sequential": (count) => calls(threads(1), 1, count),
  "pool-thread-in-flight": (count) => calls(threads(WORKERS), IN_FLIGHT, count),
  "pool-process-sequential": (count) => calls(processes(1), 1, count),
  "pool-process-in-flight": (count) => calls(processes(WORKERS), IN_FLIGHT, count),
  "two-cores-threads": (count) => jobsDone(threads(WORKERS), spinAtOnce, count),
  "two-cores-threads-one": (count) => jobsDone(threads(WORKERS), spinInTurn, count),
  "two-cores-processes": (count) => jobsDone(processes(WORKERS), spinAtOnce, count),
  "two-cores-processes-one": (count) => jobsDone(processes(WORKERS), spinInTurn, count),
};
