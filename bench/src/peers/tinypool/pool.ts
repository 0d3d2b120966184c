/** Tinypool's threads and child processes, with its own settings but for how many there are. */
import { fileURLToPath } from "node:url";
import { Tinypool } from "tinypool";
import { assertSpun, IN_FLIGHT, JOB_STEPS, timedCalls, WORKERS } from "../../node/pool-runs.ts";
import type { Programs } from "../../program.ts";

type Runtime = "worker_threads" | "child_process";

const filename: string = fileURLToPath(new URL("../../node/jobs.ts", import.meta.url));

async function withPool<T>(
  runtime: Runtime,
  name: string,
  workers: number,
  body: (pool: Tinypool) => Promise<T>,
): Promise<T> {
  const pool = new Tinypool({ filename, name, runtime, minThreads: workers, maxThreads: workers });
  try {
    return await body(pool);
  } finally {
    await pool.destroy();
  }
}

function calls(runtime: Runtime, workers: number, lanes: number, count: number): Promise<number> {
  return withPool(runtime, "increment", workers, (pool) =>
    timedCalls(lanes, count, (value) => pool.run(value) as Promise<number>),
  );
}

async function spin(pool: Tinypool, count: number): Promise<void> {
  const results = await Promise.all(Array.from({ length: count }, () => pool.run(JOB_STEPS) as Promise<number>));
  assertSpun(results, count);
}

export const programs: Programs = {
  "pool-thread-sequential": (count) => calls("worker_threads", 1, 1, count),

  "pool-thread-in-flight": (count) => calls("worker_threads", WORKERS, IN_FLIGHT, count),

  "pool-process-sequential": (count) => calls("child_process", 1, 1, count),

  "pool-process-in-flight": (count) => calls("child_process", WORKERS, IN_FLIGHT, count),

  "two-cores-processes": (count) =>
    withPool("child_process", "spin", WORKERS, async (pool) => {
      await spin(pool, WORKERS);
      const begun = performance.now();
      await spin(pool, count);
      return performance.now() - begun;
    }),
};
