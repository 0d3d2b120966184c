/** bottleneck: jobs whose rate is kept in Redis stalled for ever, until somebody removed its keys (bottleneck#194). */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type CoroutineBody, fromPromise, gather, run, sleep, timeout, use } from "brigade";
import { bullmq, type JobCounts, taskNames, type Workers, workers } from "@brigade/workers";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../../../data/test/servers/redis.ts";
import type * as tasks from "../suite/tasks.ts";

const names = taskNames<typeof tasks>();
const PROGRAM = new URL("../suite/programs/serve.ts", import.meta.url).pathname;
const JOBS = 20; // four seconds at their rate, 5/s

let server: RedisServer;
const processes = new Set<ChildProcess>();

beforeAll(async () => {
  server = await startRedis();
}, 60_000);

afterEach(async () => {
  await Promise.all([...processes].map((child) => killed(child)));
});

afterAll(() => server.stop());

/** A worker of its own; ready when the promise is done. */
async function startWorker(queue: string): Promise<ChildProcess> {
  const options = { queue, concurrency: 4, lease: 1_500, grace: 1_000 };
  const args = ["--conditions=@brigade/source", PROGRAM, server.url, JSON.stringify(options)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  processes.add(child);
  await once(child.stdout, "data");
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  processes.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Something happens when a few of the jobs have run. All of them have to end, in about their time. */
function afterAllHaveEnded(queue: string, happens: (worker: ChildProcess) => Promise<unknown>): Promise<JobCounts> {
  return run(
    use(workers({ engine: bullmq(server.url), queue, trouble: () => {} }), function* (w): CoroutineBody<JobCounts> {
      const jobs = yield* w.submitMany(
        names.limited,
        Array.from({ length: JOBS }, (): [] => []),
      );
      const child = yield* fromPromise(startWorker(queue));
      for (let over = 0; over < 5; over = JOBS - (yield* left(w))) yield* sleep(20);
      expect(yield* left(w)).toBeGreaterThan(0);
      yield* fromPromise(happens(child));
      yield* timeout("60s", gather(jobs.map((job) => job.result())));
      return yield* w.counts();
    }),
  );
}

function* left({ counts }: Workers): CoroutineBody<number> {
  const { waiting, delayed, running } = yield* counts();
  return waiting + delayed + running;
}

const NONE: JobCounts = { waiting: 0, delayed: 0, running: 0, dead: 0 };

test("jobs with a rate go on when the worker that had taken turns is killed", async () => {
  const counts = await afterAllHaveEnded("killed", async (child) => {
    await killed(child);
    await startWorker("killed");
  });
  expect(counts).toEqual(NONE);
}, 90_000);

test("jobs with a rate go on when Redis was stopped for longer than a lease", async () => {
  const counts = await afterAllHaveEnded("paused", async () => {
    server.pause();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    server.resume();
  });
  expect(counts).toEqual(NONE);
}, 90_000);

test("jobs with a rate go on when Redis was killed and started again", async () => {
  const counts = await afterAllHaveEnded("restarted", async () => {
    await server.kill();
    await server.restart();
  });
  expect(counts).toEqual(NONE);
}, 90_000);
