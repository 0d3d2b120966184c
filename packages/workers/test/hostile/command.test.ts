/** `brigade worker` when all goes wrong: two interrupts, SIGKILL, a queue that goes away, a module that never loads, a wrong clock. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, Site } from "../../../cli/test/worker/site.ts";
import { eventuallyLeft, held, warmedUp } from "../../../brigade/test/node/left.ts";
import { type RedisServer, startRedis } from "../../../data/test/servers/redis.ts";

// Each of these starts several processes: the short run has one of a kind.
const long = process.env["BRIGADE_LONG"] !== undefined;
const PASSWORD = "hush-hush-7";
let redis: RedisServer;
let queues = 0;

beforeAll(async () => {
  redis = await startRedis({ password: PASSWORD });
}, 60_000);
afterAll(() => redis.stop(), 60_000);

const tasks = `
import { sleep } from "brigade";
import { appendFileSync } from "node:fs";
import { currentJob, task } from "@brigade/workers";

export const note = task(function* note(text: string, ms: number) {
  const { id, attempt } = currentJob();
  appendFileSync("notes", ["begin", text, attempt, process.pid].join(" ") + "\\n");
  yield* sleep(ms);
  appendFileSync("notes", ["end", text, attempt, process.pid].join(" ") + "\\n");
  return text;
});
`;

const submitter = `
import { run, use } from "brigade";
import { engineFrom, workers } from "@brigade/workers";
import { note } from "./tasks.ts";

const [engine = "", queue = "", text = "", ms = "", delay = "0"] = process.argv.slice(2);
await run(
  use(workers({ engine: engineFrom(engine), queue }), function* ({ submit }) {
    const job = yield* submit(note, [text, Number(ms)], { delay: Number(delay) });
    console.log("submitted");
    console.log("result", yield* job.result());
  }),
);
`;

/** A folder with the tasks, and a queue of its own. */
class Place extends Site {
  readonly queue: string = `command-${++queues}`;

  constructor() {
    super();
    this.write("tasks.ts", tasks);
    this.write("submit.ts", submitter);
  }

  worker(grace?: string): Running {
    return this.workerOf("tasks.ts", {}, grace);
  }

  workerOf(file: string, env: Readonly<Record<string, string>> = {}, grace = "500ms"): Running {
    const at = ["--engine", redis.url, "--queue", this.queue, "--lease", "2s", "--grace", grace];
    return this.start(["worker", file, ...at], env);
  }

  submit(text: string, ms: number, delay = 0): Running {
    return this.program("submit.ts", redis.url, this.queue, text, String(ms), String(delay));
  }

  notes(): string[] {
    const file = join(this.path, "notes");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }
}

const patience = { timeout: 20_000, interval: 50 };
const begun = (place: Place, text: string) =>
  expect.poll(() => place.notes().some((line) => line.startsWith(`begin ${text} `)), patience);

/** With a place; afterwards no process is left, and nobody has written the password. */
async function at(body: (place: Place) => Promise<readonly Running[]>): Promise<void> {
  await warmedUp();
  const before = held();
  {
    await using place = new Place();
    const all = await body(place);
    for (const { said } of all) expect(said).not.toContain(PASSWORD);
  }
  // The queue's own server may be another process by now.
  const left = await eventuallyLeft(before, { patience: 5_000 });
  expect(left.filter((line) => !line.includes("redis-server"))).toEqual([]);
}

test("a second SIGINT ends it at once, with its processes; another worker does what it left", {
  timeout: 60_000,
}, async () => {
  await at(async (place) => {
    const first = place.worker("1m");
    await first.says("ready");
    const submitted = place.submit("long", 3_000);
    await begun(place, "long").toBe(true);
    first.kill("SIGINT");
    await first.says("stopping");
    const asked = performance.now();
    first.kill("SIGINT");
    expect((await first.ended).exitCode).toBe(130);
    expect(performance.now() - asked).toBeLessThan(2_500);
    const second = place.worker();
    expect((await submitted.ended).stdout).toContain("result long");
    second.kill("SIGTERM");
    expect((await second.ended).exitCode).toBe(0);
    expect(place.notes().filter((line) => line.startsWith("end long"))).toHaveLength(1);
    return [first, second, submitted];
  });
});

test.runIf(long)(
  "SIGKILL takes its processes with it, and another worker does what it left",
  { timeout: 60_000 },
  async () => {
    await at(async (place) => {
      const first = place.worker();
      await first.says("ready");
      const submitted = place.submit("long", 2_000);
      await begun(place, "long").toBe(true);
      const pid = Number(place.notes()[0]!.split(" ")[3]);
      first.kill("SIGKILL");
      await first.ended;
      await expect.poll(() => existsSync(`/proc/${pid}`), patience).toBe(false);
      const second = place.worker();
      expect((await submitted.ended).stdout).toContain("result long");
      second.kill("SIGTERM");
      expect((await second.ended).exitCode).toBe(0);
      return [first, second, submitted];
    });
  },
);

test.runIf(long)(
  "the queue goes away and comes back, stands still and goes on: the worker waits for it",
  {
    timeout: 90_000,
  },
  async () => {
    await at(async (place) => {
      const worker = place.worker();
      await worker.says("ready");
      const before = place.submit("before", 10);
      expect((await before.ended).stdout).toContain("result before");
      await redis.kill();
      await new Promise((done) => setTimeout(done, 1_500)); // some attempts to connect
      expect(worker.child.exitCode).toBe(null);
      await redis.restart();
      const after = place.submit("after", 10);
      expect((await after.ended).stdout).toContain("result after");
      redis.pause();
      await new Promise((done) => setTimeout(done, 1_500));
      redis.resume();
      const last = place.submit("last", 10);
      expect((await last.ended).stdout).toContain("result last");
      worker.kill("SIGTERM");
      expect((await worker.ended).exitCode).toBe(0);
      return [worker, before, after, last];
    });
  },
);

test("it stops on SIGTERM while the queue is away, and while it stands still", { timeout: 90_000 }, async () => {
  await at(async (place) => {
    const first = place.worker();
    const second = place.worker();
    await first.says("ready");
    await second.says("ready");
    redis.pause();
    first.kill("SIGTERM");
    // Its goodbye has nobody to hear it: a bound of seconds, not for ever.
    const ended = await Promise.race([
      first.ended,
      new Promise<undefined>((done) => setTimeout(() => done(undefined), 30_000)),
    ]);
    redis.resume();
    expect(ended, first.said).toBeDefined();
    await redis.kill();
    second.kill("SIGTERM");
    const gone = await Promise.race([
      second.ended,
      new Promise<undefined>((done) => setTimeout(() => done(undefined), 30_000)),
    ]);
    await redis.restart();
    expect(gone, second.said).toBeDefined();
    return [first, second];
  });
});

test.each([
  ["never loads", "await new Promise(() => {});", "loading"],
  ["holds something open", "", "ready"],
])("a module that %s can be left: SIGTERM ends the worker", { timeout: 60_000 }, async (_, line, says) => {
  await at(async (place) => {
    const lines = [
      'import { task } from "@brigade/workers";',
      "setInterval(() => {}, 1000);", // as a pool of connections does
      'console.error("loading");',
      line,
      "export const t = task(function t() {});",
    ];
    place.write("stuck.ts", `${lines.join("\n")}\n`);
    const worker = place.workerOf("stuck.ts");
    await worker.says(says);
    worker.kill("SIGTERM");
    const ended = await Promise.race([
      worker.ended,
      new Promise<undefined>((done) => setTimeout(() => done(undefined), 15_000)),
    ]);
    expect(ended, worker.said).toBeDefined();
    return [worker];
  });
});

/** Patches the clock of a process: what a machine with a wrong one sees. */
const clock = (ms: number): string =>
  `--import=data:text/javascript,${encodeURIComponent(`const Real = Date; globalThis.Date = class Date extends Real { constructor(...a) { if (a.length === 0) super(Real.now() + ${ms}); else super(...a); } static now() { return Real.now() + ${ms}; } };`)}`;

test.runIf(long).each([-3_600_000, 3_600_000])(
  "a worker whose clock is wrong by %i ms does each job once",
  { timeout: 60_000 },
  async (ms) => {
    await at(async (place) => {
      const worker = place.workerOf("tasks.ts", { NODE_OPTIONS: clock(ms) });
      await worker.says("ready");
      const right = place.worker();
      await right.says("ready");
      // Longer than a lease: it is renewed, whatever the clock says.
      const some = [place.submit("a", 3_000), place.submit("b", 3_000), place.submit("c", 10)];
      for (const submitted of some) expect((await submitted.ended).stdout).toContain("result");
      expect(place.notes().filter((line) => line.startsWith("begin"))).toHaveLength(3);
      for (const one of [worker, right]) {
        one.kill("SIGTERM");
        expect((await one.ended).exitCode).toBe(0);
      }
      return [worker, right, ...some];
    });
  },
);
