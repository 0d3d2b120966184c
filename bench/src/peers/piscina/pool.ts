/** Piscina's threads, with its own settings but for how many there are. */
import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import { assertGone, assertMarked, newLoad, WARM_UP_TRIPS } from "../../node/ferry.ts";
import { assertSpun, IN_FLIGHT, JOB_STEPS, timedCalls, WORKERS } from "../../node/pool-runs.ts";
import type { Programs } from "../../program.ts";

const jobs: string = fileURLToPath(new URL("../../node/jobs.ts", import.meta.url));
const ferry: string = fileURLToPath(new URL("ferry.ts", import.meta.url));

async function withPool<T>(
  filename: string,
  name: string,
  threads: number,
  body: (pool: Piscina<unknown>) => Promise<T>,
): Promise<T> {
  const pool = new Piscina<unknown>({ filename, name, minThreads: threads, maxThreads: threads });
  try {
    return await body(pool);
  } finally {
    await pool.destroy();
  }
}

function calls(threads: number, lanes: number, count: number): Promise<number> {
  return withPool(jobs, "increment", threads, (pool) =>
    timedCalls(lanes, count, (value) => pool.run(value) as Promise<number>),
  );
}

async function spin(pool: Piscina<unknown>, count: number): Promise<void> {
  const results = await Promise.all(Array.from({ length: count }, () => pool.run(JOB_STEPS) as Promise<number>));
  assertSpun(results, count);
}

export const programs: Programs = {
  "pool-thread-sequential": (count) => calls(1, 1, count),

  "pool-thread-in-flight": (count) => calls(WORKERS, IN_FLIGHT, count),

  "two-cores-threads": (count) =>
    withPool(jobs, "spin", WORKERS, async (pool) => {
      await spin(pool, WORKERS);
      const begun = performance.now();
      await spin(pool, count);
      return performance.now() - begun;
    }),

  "transfer-time": (count) =>
    withPool(ferry, "default", 1, async (pool) => {
      let load = newLoad();
      let begun = 0;
      for (let trip = 0; trip < WARM_UP_TRIPS + count; trip++) {
        if (trip === WARM_UP_TRIPS) begun = performance.now();
        const sent = load;
        load = (await pool.run(Piscina.move(sent))) as typeof load;
        assertGone(sent, true);
      }
      const ms = performance.now() - begun;
      assertMarked(load, WARM_UP_TRIPS + count);
      return ms;
    }),
};
