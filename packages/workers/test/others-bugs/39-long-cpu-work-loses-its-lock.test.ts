/** BullMQ: long CPU work lost its lock and ran twice (bullmq#3078). */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTask, Event, run, use } from "brigade";
import { bullmq, taskNames, worker, type WorkerEvent, workers } from "@brigade/workers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../../../data/test/servers/redis.ts";
import type * as tasks from "../suite/tasks.ts";

const names = taskNames<typeof tasks>();
const TASKS = new URL("../suite/tasks.ts", import.meta.url);

let server: RedisServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "brigade-row39-"));
  server = await startRedis();
}, 60_000);

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

// The lease is the engine's, in real time.
test("jobs that compute for three leases run once, though another worker waits for them", async () => {
  const engine = bullmq(server.url);
  const logs = [join(folder, "one"), join(folder, "two")];
  const events: WorkerEvent[] = [];
  await run(
    use(workers({ engine }), function* ({ submit }) {
      const stop = new Event();
      const options = {
        engine,
        stop,
        lease: "1s",
        concurrency: 2,
        onEvent: (event: WorkerEvent) => events.push(event),
      } as const;
      const serving = [createTask(worker(TASKS, options)), createTask(worker(TASKS, options))];
      const jobs = [];
      for (const log of logs) jobs.push(yield* submit(names.busy, [3_000, log]));
      for (const job of jobs) expect(yield* job.result()).toBe("computed");
      stop.set();
      for (const task of serving) yield* task;
    }),
  );
  expect(logs.map((log) => readFileSync(log, "utf8"))).toEqual(["x", "x"]);
  expect(events.filter(({ kind }) => kind === "started").length).toBe(2);
  expect(events.filter(({ kind }) => kind === "trouble")).toEqual([]);
}, 90_000);
