/** `brigade worker` and `brigade jobs`, with a real Redis. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../../../data/test/servers/redis.ts";
import { Site } from "./site.ts";

let redis: RedisServer;
let queues = 0;

beforeAll(async () => {
  redis = await startRedis({ password: "hush-hush" });
});
afterAll(() => redis.stop());

const tasks = `
import { coroutine, sleep } from "brigade";
import { appendFileSync } from "node:fs";
import { currentJob, task } from "@brigade/workers";

export const double = task(function double(n: number): number {
  return 2 * n;
});
export const broken = task(function broken(): never {
  throw new RangeError("no such order");
});
export const slow = task(function* slow(seconds: number) {
  appendFileSync("slow.log", "began " + currentJob().attempt + "\\n");
  yield* sleep(seconds * 1_000);
  return "slept";
});
`;

/** Submits and prints what comes of it. */
const submitter = `
import { run, use } from "brigade";
import { engineFrom, workers } from "@brigade/workers";
import * as tasks from "./tasks.ts";

const [engine = "", queue = "", name = "", ...args] = process.argv.slice(2);
await run(
  use(workers({ engine: engineFrom(engine), queue }), function* ({ submit }) {
    const job = yield* submit((tasks as never as Record<string, typeof tasks.double>)[name]!, args.map(Number) as [number]);
    console.log("submitted", job.id);
    try {
      console.log("result", yield* job.result());
    } catch (error) {
      console.log("error", (error as Error).message);
    }
  }),
);
`;

function siteWithTasks(): Site {
  const site = new Site();
  site.write("tasks.ts", tasks);
  site.write("submit.ts", submitter);
  return site;
}

function workerOn(site: Site, queue: string, ...args: readonly string[]) {
  return site.start(["worker", "tasks.ts", "--engine", redis.url, "--queue", queue, "--concurrency", "2", ...args]);
}

test("a worker runs what is submitted, tells of what fails, and stops on SIGTERM with 0", async () => {
  await using site = siteWithTasks();
  const queue = `q${++queues}`;
  const worker = workerOn(site, queue);
  await worker.says("ready: broken, double, slow; 2 at a time");
  expect(await site.program("submit.ts", redis.url, queue, "double", "21").ended).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("result 42"),
  });
  const failing = await site.program("submit.ts", redis.url, queue, "broken").ended;
  expect(failing.stdout).toContain("RangeError: no such order");
  await worker.says("failed for the last time");
  worker.kill("SIGTERM");
  const { exitCode, stdout, stderr } = await worker.ended;
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
  expect(stderr).toContain("no such order");
  expect(stderr).toContain("stopped: 1 completed, 1 failed for the last time");
  expect(stderr).not.toContain("hush-hush");
}, 60_000);

test("a job that runs when the worker stops is handed back after the grace, and another worker runs it", async () => {
  await using site = siteWithTasks();
  const queue = `q${++queues}`;
  const first = workerOn(site, queue, "--grace", "100ms", "--verbose");
  await first.says("ready");
  const submitted = site.program("submit.ts", redis.url, queue, "slow", "1");
  await first.says("slow");
  await first.says("started");
  first.kill("SIGINT");
  const { exitCode, stderr } = await first.ended;
  expect(exitCode).toBe(0);
  expect(stderr).toContain("1 handed back");
  const second = workerOn(site, queue);
  await second.says("ready");
  expect((await submitted.ended).stdout).toContain("result slept");
  second.kill("SIGTERM");
  await second.ended;
}, 60_000);

test("brigade jobs lists dead letters, puts them back, and discards them", async () => {
  await using site = siteWithTasks();
  const queue = `q${++queues}`;
  const at = ["--engine", redis.url, "--queue", queue];
  const worker = workerOn(site, queue);
  await worker.says("ready");
  const { stdout } = await site.program("submit.ts", redis.url, queue, "broken").ended;
  const id = /submitted (\S+)/.exec(stdout)?.[1] as string;
  const listed = await site.start(["jobs", ...at]).ended;
  expect(listed.stdout).toContain("0 waiting, 0 delayed, 0 running; 1 dead letter:");
  expect(listed.stdout).toContain(`${id}  broken  1 attempt`);
  expect(listed.stdout).toContain("RangeError: no such order");
  const [json] = (await site.start(["jobs", ...at, "--json"]).ended).stdout.split("\n");
  expect(JSON.parse(json ?? "")).toMatchObject({ id, task: "broken", attempts: 1, error: { name: "RangeError" } });
  const back = await site.start(["jobs", ...at, "--put-back", id]).ended;
  expect(back).toMatchObject({ exitCode: 0, stderr: "brigade jobs: 1 was put back\n" });
  await worker.says(`broken ${id} failed for the last time`);
  const gone = "00000000-0000-4000-8000-000000000000";
  let discarded = await site.start(["jobs", ...at, "--discard", id, "--discard", gone]).ended;
  // The worker may be running it at this moment: then it is no dead letter yet.
  while (discarded.stderr.includes("0 were"))
    discarded = await site.start(["jobs", ...at, "--discard", id, "--discard", gone]).ended;
  expect(discarded).toMatchObject({ exitCode: 1 });
  expect(discarded.stderr).toContain("1 was discarded");
  expect(discarded.stderr).toContain("1 of 2 are no dead letters of this queue");
  expect((await site.start(["jobs", ...at, "--schedules"]).ended).stdout).toBe("nothing is scheduled\n");
  worker.kill("SIGTERM");
  await worker.ended;
}, 60_000);

test("what is wrong is one line, exit code 2, and no secret", async () => {
  await using site = siteWithTasks();
  site.write("empty.ts", "export const nothing = 1;\n");
  site.write("throws.ts", "throw new Error('the table of prices is missing');\n");
  const refused = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await site.start(args).ended;
    expect({ args, exitCode, stdout }).toEqual({ args, exitCode: 2, stdout: "" });
    expect(stderr).not.toContain("hush-hush");
    expect(stderr).not.toContain("s3cret");
    return stderr;
  };
  const wrong = `redis://:s3cret@127.0.0.1:${redis.port}`;
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [["worker"], /name the file with the tasks/],
    [["worker", "missing.ts"], /there is no such file/],
    [["worker", "empty.ts", "--engine", redis.url], /it exports no task/],
    [["worker", "throws.ts", "--engine", redis.url], /the table of prices is missing/],
    [["worker", "tasks.ts", "--engine", wrong], /password|WRONGPASS/i],
    [["jobs", "--engine", wrong], /password|WRONGPASS/i],
    [["worker", "tasks.ts", "--engine", "redis://127.0.0.1:9"], /127\.0\.0\.1:9/],
    [["worker", "tasks.ts", "--engine", "mysql://x"], /write bullmq or redis:/],
    [["worker", "tasks.ts", "--fetch"], /FILE and --fetch are both given/],
    [["jobs", "--put-back", "7"], /copy it from brigade jobs, or write all/],
    [["jobs", "--put-back", "all", "--schedules"], /one thing at a time/],
  ];
  const answers = await Promise.all(cases.map(([args]) => refused(...args)));
  for (const [i, [, said]] of cases.entries()) expect(answers[i]).toMatch(said);
}, 60_000);
