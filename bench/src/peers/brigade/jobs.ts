/** Brigade's workers on each engine: jobs submitted in one go, a worker beside them, and each job's result awaited. */
import { coroutine, createTask, gather, run, use } from "brigade";
import { bullmq, type Engine, local, pgBoss, worker, type Workers, workers } from "@brigade/workers";
import { JOB_CONCURRENCY, numbers, queueName, tookFor } from "../../data/jobs.ts";
import type { Program, Programs } from "../../program.ts";
import { double } from "./tasks-of-jobs.ts";

const inGo = coroutine(function* inGo({ submitMany }: Workers, count: number) {
  const begun = performance.now();
  const jobs = yield* submitMany(
    double,
    numbers(count).map((value): [number] => [value]),
  );
  return tookFor(yield* gather(jobs.map((job) => job.result())), begun);
});

function jobsOn(engineAt: (url: string) => Engine): Program {
  return async (count, url) => {
    const engine = engineAt(url);
    const queue = queueName();
    return run(
      use(workers({ engine, queue }), function* (connected) {
        const module = new URL("tasks-of-jobs.ts", import.meta.url);
        const serving = createTask(worker(module, { engine, queue, concurrency: JOB_CONCURRENCY }));
        yield* inGo(connected, count / 10);
        const took = yield* inGo(connected, count);
        serving.cancel();
        return took;
      }),
    );
  };
}

export const programs: Programs = {
  "jobs-bullmq": jobsOn((url) => bullmq(url)),
  "jobs-pg-boss": jobsOn((url) => pgBoss(url)),
  "jobs-local": jobsOn((folder) => local(folder)),
};
