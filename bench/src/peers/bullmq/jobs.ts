/** Bare BullMQ: jobs added in one go, a worker beside them, and each job's end heard of; that is faster than `waitUntilFinished` for each. */
import { type Job, Queue, QueueEvents, Worker } from "bullmq";
import { doubled, JOB_CONCURRENCY, numbers, queueName, tookFor } from "../../data/jobs.ts";
import type { Programs } from "../../program.ts";

async function jobs(count: number, url: string): Promise<number> {
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const name = queueName();
  const queue = new Queue<number, number>(name, { connection });
  const events = new QueueEvents(name, { connection });
  const worker = new Worker<number, number>(name, async ({ data }: Job<number>) => Promise.resolve(doubled(data)), {
    connection,
    concurrency: JOB_CONCURRENCY,
  });
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()]);
  let completed = (_id: string, _result: unknown): void => undefined;
  events.on("completed", ({ jobId, returnvalue }) => completed(jobId, JSON.parse(returnvalue)));
  const inGo = async (size: number): Promise<number> => {
    const begun = performance.now();
    const results = new Map<string, unknown>();
    const all = new Promise<void>((resolve) => {
      completed = (id, result) => {
        results.set(id, result);
        if (results.size === size) resolve();
      };
    });
    const added = await queue.addBulk(numbers(size).map((data) => ({ name: "double", data })));
    await all;
    return tookFor(
      added.map(({ id = "" }) => results.get(id)),
      begun,
    );
  };
  try {
    await inGo(count / 10);
    return await inGo(count);
  } finally {
    await worker.close();
    await events.close();
    await queue.close();
  }
}

export const programs: Programs = { "jobs-bullmq": jobs };
