/** A Redis server for a test file, and what it says about its clients. Time is real: the server lives in it. */
import { type Redis, redis, type RedisSettings } from "@brigade/data/redis";
import {
  type AwaitableLike,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  type Awaitable,
  run,
  sleep,
  use,
} from "brigade";
import { Redis as Driver } from "ioredis";
import { afterAll, beforeAll, expect } from "vitest";
import { type RedisServer, type RedisServerOptions, startRedis } from "../servers/redis.ts";

/** Started before the tests of a file, and stopped behind them. */
export class TestServer {
  #server: RedisServer | undefined;
  #watcher: Driver | undefined;

  constructor(options: RedisServerOptions = {}) {
    beforeAll(async () => {
      this.#server = await startRedis(options);
    }, 60_000);
    afterAll(async () => {
      this.#watcher?.disconnect();
      await this.#server?.stop();
    });
  }

  get server(): RedisServer {
    if (this.#server === undefined) throw new Error("the server is started by beforeAll");
    return this.#server;
  }

  /** Runs a body with a client, on an empty database. */
  run<T>(
    body: (db: Redis) => AwaitableLike<T>,
    settings: RedisSettings = {},
    url: string = this.server.url,
  ): Promise<T> {
    return run(
      use(redis(url, settings), function* (db) {
        yield* db.flushall();
        return yield* body(db) as Awaitable<T>;
      }),
    );
  }

  /** Another client, which is not counted. */
  get watcher(): Driver {
    this.#watcher ??= new Driver(this.server.url, { connectionName: "watcher" }).on("error", () => undefined);
    return this.#watcher;
  }

  /** How many clients the server has, the watcher aside. */
  async clients(): Promise<number> {
    const list = String(await this.watcher.client("LIST"));
    return list.split("\n").filter((line) => line !== "" && !line.includes("name=watcher")).length;
  }

  async expectClients(count: number): Promise<void> {
    await expect.poll(() => this.clients(), { timeout: 10_000, interval: 20 }).toBe(count);
  }
}

/** Looks until it is so. */
export const until: (what: string, holds: () => AwaitableLike<boolean> | boolean) => Coroutine<void> = coroutine(
  function* until(what: string, holds: () => AwaitableLike<boolean> | boolean): CoroutineBody<void> {
    for (const begun = performance.now(); ; yield* sleep(5)) {
      const answer = holds();
      if (typeof answer === "boolean" ? answer : yield* answer as Awaitable<boolean>) return;
      if (performance.now() - begun > 15_000) throw new Error(`not within 15 s: ${what}`);
    }
  },
);

/** Whether the server holds the connection of somebody who waits. */
export const somebodyWaits: (db: Redis) => Coroutine<boolean> = coroutine(function* somebodyWaits(
  db: Redis,
): CoroutineBody<boolean> {
  return /blocked_clients:[1-9]/.test(yield* db.info("clients"));
});

/** The same numbers for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Starts it, cancels it after so many turns of the loop (and milliseconds), and gives what it gave when it was faster. */
export const cutAfter: <T>(body: AwaitableLike<T>, turns: number, delay: number) => Coroutine<T | undefined> =
  coroutine(function* cutAfter(body: AwaitableLike<unknown>, turns: number, delay: number): CoroutineBody<unknown> {
    const task = createTask(body);
    if (delay > 0) yield* sleep(delay);
    for (let i = 0; i < turns; i++) yield* sleep(0);
    task.cancel();
    try {
      return yield* task;
    } catch (error) {
      if (task.cancelled) return undefined;
      throw error;
    }
  }) as <T>(body: AwaitableLike<T>, turns: number, delay: number) => Coroutine<T | undefined>;

export const errorOf: (awaitable: AwaitableLike<unknown>) => Coroutine<Error> = coroutine(function* errorOf(
  awaitable: AwaitableLike<unknown>,
): CoroutineBody<Error> {
  let value: unknown;
  try {
    value = yield* awaitable as Awaitable<unknown>;
  } catch (error) {
    return error as Error;
  }
  throw new Error(`expected an error, not ${String(value)}`);
});
