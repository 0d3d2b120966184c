/** Bare pg-boss: jobs inserted in one go, and workers in this process; it has no way to await a job, so what ran is counted. */
import { PgBoss } from "pg-boss";
import { doubled, JOB_CONCURRENCY, numbers, queueName, tookFor } from "../../data/jobs.ts";
import type { Programs } from "../../program.ts";

async function jobs(count: number, url: string): Promise<number> {
  const boss = new PgBoss(url);
  boss.on("error", () => undefined);
  await boss.start();
  const name = queueName();
  await boss.createQueue(name);
  let results: number[] = [];
  let ended = (): void => undefined;
  const options = { batchSize: JOB_CONCURRENCY, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 } as const;
  await boss.work<{ value: number }>(name, options, async (batch) => {
    for (const { data } of batch) results[data.value] = doubled(data.value);
    if (Object.keys(results).length === results.length) ended();
    await Promise.resolve();
  });
  const inGo = async (size: number): Promise<number> => {
    results = Array.from<number>({ length: size });
    const all = new Promise<void>((resolve) => {
      ended = () => {
        if (!results.includes(undefined as never)) resolve();
      };
    });
    const begun = performance.now();
    await boss.insert(
      name,
      numbers(size).map((value) => ({ data: { value } })),
    );
    await all;
    return tookFor(results, begun);
  };
  try {
    await inGo(count / 10);
    return await inGo(count);
  } finally {
    await boss.stop({ graceful: false });
  }
}

export const programs: Programs = { "jobs-pg-boss": jobs };
