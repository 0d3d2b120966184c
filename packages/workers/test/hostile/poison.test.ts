/** Jobs that do what a job should not. Each has its end, which says what happened, and the worker goes on to the next. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  type AwaitableLike,
  collect,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  gather,
  run,
  sleep,
  timeout,
  use,
} from "brigade";
import { engineFrom, JobFailedError, type TaskReference, type Workers, workers } from "@brigade/workers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventuallyLeft, type Held, held, processesBelow, warmedUp } from "../../../brigade/test/node/left.ts";
import { type PostgresServer, startPostgres } from "../../../data/test/servers/postgres.ts";
import { type RedisServer, startRedis } from "../../../data/test/servers/redis.ts";
import { JobFolder } from "../engines/keepers.ts";
import * as poison from "./programs/poison.ts";

let redis: RedisServer | undefined;
let database: PostgresServer | undefined;
let folder: JobFolder | undefined;
const long = process.env["BRIGADE_LONG"] !== undefined;
beforeAll(async () => {
  redis = await startRedis();
  if (long) database = await startPostgres();
  if (long) folder = await JobFolder.made();
}, 60_000);
afterAll(async () => {
  await redis?.stop();
  await database?.stop();
  await folder?.[Symbol.asyncDispose]();
}, 60_000);

const engines: Readonly<Record<string, () => string>> = {
  bullmq: () => redis!.url,
  ...(long && { "pg-boss": () => database!.url, local: () => `local:${folder!.path}` }),
};

const program = new URL("./programs/serve.ts", import.meta.url).pathname;

let queues = 0;

/** A worker in a process of its own, two jobs at a time: what its jobs print goes here. */
class Serving {
  readonly engine: string;
  readonly queue = `poison-${++queues}`;
  readonly #child: ChildProcess;
  /** The end of what it has printed, and how much that was. */
  said = "";
  bytes = 0;

  constructor(engine: string) {
    this.engine = engine;
    const options = JSON.stringify({ queue: this.queue, concurrency: 2, grace: 300 });
    const args = ["--conditions=@brigade/source", program, engine, options, "./poison.ts"];
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const output of [this.#child.stdout!, this.#child.stderr!])
      output.on("data", (data: Buffer) => {
        this.bytes += data.length;
        this.said = (this.said + data.toString()).slice(-20_000);
      });
  }

  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its exit code. */
  async end(): Promise<number | null> {
    if (this.runs) {
      this.#child.kill("SIGTERM");
      await once(this.#child, "exit");
    }
    return this.#child.exitCode;
  }
}

/** With a client of the worker's queue; both are as good as before afterwards. */
async function served(serving: Serving, body: (client: Workers) => AwaitableLike<unknown>): Promise<void> {
  const reports: string[] = [];
  await run(
    use(workers({ engine: engineFrom(serving.engine), queue: serving.queue }), function* (client) {
      yield* timeout("50s", body(client));
      yield* client.discard("all");
    }),
    { onReport: ({ message }) => reports.push(message) },
  );
  expect(reports).toEqual([]);
  expect(serving.runs, serving.said).toBe(true);
}

/** The job's failure, which is one of a job, and is told within a bound. */
const failure: <A extends readonly unknown[]>(
  client: Workers,
  task: TaskReference<A, unknown>,
  args: A,
) => Coroutine<JobFailedError> = coroutine(function* failure<A extends readonly unknown[]>(
  client: Workers,
  task: TaskReference<A, unknown>,
  args: A,
): CoroutineBody<JobFailedError> {
  try {
    const value = yield* client.run(task, args);
    throw new Error(`${task.taskName}(${args.join(", ")}) gave ${String(value)}`);
  } catch (error) {
    if (!(error instanceof JobFailedError)) throw error;
    expect(error.message.length).toBeLessThan(3_000_000);
    expect(typeof error.error.message).toBe("string");
    return error;
  }
});

/** The worker is as good as before. */
const expectServing = coroutine(function* (client: Workers): CoroutineBody<void> {
  const answers = yield* gather([1, 2, 3].map((n) => client.run(poison.echo, [n])));
  expect(answers).toEqual([1, 2, 3]);
});

describe.each(Object.entries(engines))("%s", (_, engine) => {
  let before: Held;
  let serving: Serving;
  beforeAll(async () => {
    await warmedUp();
    before = held();
    serving = new Serving(engine());
  }, 60_000);
  // It is still there after all of this, goes when it is told to, and leaves nothing.
  afterAll(async () => {
    expect(await serving.end(), serving.said).toBe(0);
    expect(await eventuallyLeft(before)).toEqual([]);
  }, 60_000);

  test("deaths of the process: exit, SIGKILL, no memory, no end, no cleanup, no channel", {
    timeout: 60_000,
  }, async () => {
    await served(serving, function* (client) {
      const said: Record<string, string> = {};
      const dies: readonly [string, TaskReference<[], unknown>][] = [
        ["SIGKILL", poison.isKilled],
        ["memory", poison.hoards],
        ["no end", poison.blocks],
        ["hangs", poison.hangs],
        ["clings", poison.clings],
      ];
      for (const [what, task] of dies) {
        said[what] = (yield* failure(client, task, [])).error.message;
        yield* expectServing(client);
      }
      for (const code of [0, 255]) {
        said[`exit ${code}`] = (yield* failure(client, poison.exits, [code])).error.message;
        yield* expectServing(client);
      }
      expect(said["SIGKILL"]).toMatch(/SIGKILL/);
      expect(said["memory"]).toMatch(/memory|SIGABRT|SIGTRAP|SIGKILL|code 1\d\d/i);
      for (const slow of ["no end", "hangs", "clings"]) expect(said[slow]).toMatch(/\d+ ?ms|timeout|took longer/i);
      expect(said["exit 0"]).toMatch(/exit/i);
      expect(said["exit 255"]).toMatch(/255/);
      // A process that can't say anything any more: whatever the end of its job is, it has one.
      yield* gather([client.run(poison.closesAll, [])], { returnExceptions: true });
      yield* expectServing(client);
    });
  });

  test("whatever is thrown, the job fails and says something", { timeout: 60_000 }, async () => {
    await served(serving, function* (client) {
      for (const what of poison.THROWN) {
        const inProcess = yield* failure(client, poison.throws, [what]);
        const onLoop = yield* failure(client, poison.throwsOnLoop, [what]);
        for (const { error } of [inProcess, onLoop]) expect(`${error.name}${error.message}`, what).not.toBe("");
      }
      yield* expectServing(client);
      const letters = yield* collect(client.deadLetters());
      expect(letters.length).toBe(2 * poison.THROWN.length);
    });
  });

  test("a result that can't be carried is a failure that says why", { timeout: 60_000 }, async () => {
    await served(serving, function* (client) {
      for (const what of poison.RETURNED) {
        const { error } = yield* failure(client, poison.returns, [what]);
        expect(error.message, what).toMatch(what === "a proxy" ? /trap/ : /carried|copied|clone/i);
      }
      const progress = yield* gather([client.run(poison.reportsOdd, [])], { returnExceptions: true });
      expect(String(progress[0])).toMatch(/carried|copied|reported/);
      yield* expectServing(client);
      expect((yield* client.run(poison.fills, [5_000_000])).length).toBe(5_000_000);
    });
  });

  test("noise: output, uncaught errors, processes of its own, a changed world", { timeout: 60_000 }, async () => {
    await served(serving, function* (client) {
      expect(yield* client.run(poison.prints, [5_000_000])).toBe("printed");
      yield* expectServing(client);
      while (serving.bytes < 9_000_000) yield* sleep(20); // or the time limit says that it was not passed on
      yield* gather([client.run(poison.leavesBehind, [])], { returnExceptions: true });
      yield* client.run(poison.echo, ["after"], { retries: 5, backoff: 50 }); // the process goes down with what runs in it next
      yield* sleep(100);
      yield* expectServing(client);
      const sleepers = (): number =>
        [...processesBelow(process.pid).values()].filter(({ name }) => name === "sleep").length;
      yield* failure(client, poison.breeds, [30]);
      yield* expectServing(client);
      expect(sleepers(), "processes of an ended process").toBe(0);
      yield* gather([client.run(poison.vandalises, [])], { returnExceptions: true });
      // A process that was spoilt may spoil what runs in it next: it must not hang, nor take the worker with it.
      yield* gather(
        Array.from({ length: 6 }, () => client.run(poison.echo, ["after"])),
        { returnExceptions: true },
      );
    });
  });

  test("a flood of progress keeps the last of it, and the job ends", { timeout: 60_000 }, async () => {
    await served(serving, function* (client) {
      for (const task of [poison.floods, poison.floodsOnLoop]) {
        const job = yield* client.submit(task, [10_000]);
        const [seen, result] = yield* gather([collect(job.progress()), job.result()]);
        expect(result).toBe(10_000);
        expect(seen.length).toBeLessThan(1_000);
        const last = seen.at(-1) as number | { i: number };
        expect(typeof last === "number" ? last : last.i).toBe(10_000);
      }
      yield* expectServing(client);
    });
  });

  test("odd keys are kept apart, and equal ones together", { timeout: 60_000 }, async () => {
    await served(serving, function* (client) {
      const big = "k".repeat(1_000_000);
      const keys = [
        "",
        " ",
        "\0",
        "\0\0",
        "a:b",
        "a::b",
        ":",
        "::",
        "0",
        "-1",
        "1e3",
        "💥",
        "é",
        "e\u0301",
        "\ud800",
        "\ud801",
        "\ufffd",
      ];
      keys.push(
        "../../x",
        "__proto__",
        "constructor",
        "toString",
        "{a}",
        "a\nb",
        "'; drop table jobs; --",
        "%00",
        "$1",
        big,
        `${big}!`,
      );
      const first = yield* gather(keys.map((key) => client.submit(poison.echo, [key], { key })));
      expect(new Set(first.map(({ id }) => id)).size).toBe(keys.length);
      for (const [i, job] of first.entries()) expect(yield* job.result()).toBe(keys[i]);
      const again = yield* gather(keys.map((key) => client.submit(poison.echo, ["another"], { key })));
      expect(again.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
      for (const [i, job] of again.entries()) expect(yield* job.result()).toBe(keys[i]);
      // Neither the task nor the key runs over into the other.
      const pairs = [
        ["ab", "c"],
        ["a", "bc"],
        ["a", ":bc"],
        ["a:", "bc"],
      ] as const;
      const mixed = yield* gather(
        pairs.map(([taskName, key]) => client.submit<[], unknown>({ taskName }, [], { key })),
      );
      expect(new Set(mixed.map(({ id }) => id)).size).toBe(pairs.length);
      const many = yield* gather(Array.from({ length: 50 }, () => client.submit(poison.echo, ["one"], { key: "one" })));
      expect(new Set(many.map(({ id }) => id)).size).toBe(1);
    });
  });

  test("what can be carried arrives as it is, and what can't is refused where it is submitted", {
    timeout: 60_000,
  }, async () => {
    await served(serving, function* (client) {
      const circle: { self?: unknown; list: unknown[] } = { list: [1] };
      circle.list[2] = 3; // and nothing before it
      circle.self = circle;
      const values = [
        undefined,
        null,
        -0,
        Number.NaN,
        Infinity,
        10n ** 40n,
        "\0\ud800\u2028",
        new Date(8.64e15),
        new Map<unknown, unknown>([[{ a: 1 }, new Set([1, "1"])]]),
        new Uint8Array([0, 255]),
        new Float64Array([Number.NaN, -0]),
        /a\/b/gu,
        Object.create(null),
        { __proto__: null, "": 1, "a.b": [[[]]] },
        new URL("https://example.com/?q=1"),
        new RangeError("an error", { cause: new TypeError("its cause") }),
      ];
      for (const value of values) {
        const back = yield* client.run(poison.echo, [value]);
        expect(back).toEqual(value);
        if (value === 0) expect(Object.is(back, -0)).toBe(true);
      }
      const round = (yield* client.run(poison.echo, [circle])) as typeof circle;
      expect(round.self).toBe(round);
      expect(round.list.length).toBe(3);
      expect(1 in round.list).toBe(false);

      const refused = [
        () => {},
        Symbol("s"),
        new (class Own {
          readonly a = 1;
        })(),
        new WeakMap(),
        Promise.resolve(),
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error("trap");
            },
          },
        ),
      ];
      for (const value of refused) {
        const [error] = yield* gather([client.submit(poison.echo, [{ deep: [value] }])], { returnExceptions: true });
        expect(error).toBeInstanceOf(TypeError);
      }
      let deep: unknown = 0;
      for (let i = 0; i < 100_000; i++) deep = [deep];
      const [error] = yield* gather([client.submit(poison.echo, [deep])], { returnExceptions: true });
      expect(error).toBeInstanceOf(TypeError);
      const large = "x".repeat(long ? 50_000_000 : 10_000_000);
      expect(((yield* client.run(poison.echo, [large])) as string).length).toBe(large.length);
      yield* expectServing(client);
    });
  });
});
