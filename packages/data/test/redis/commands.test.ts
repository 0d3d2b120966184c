/** Commands, what goes together, and what a connection of one's own is for. */
import {
  ConnectionLostError,
  MissingDriverError,
  QueryError,
  type Redis,
  redis,
  WatchError,
} from "@brigade/data/redis";
import {
  collect,
  type CoroutineBody,
  coroutine,
  createTask,
  gather,
  InvalidStateError,
  run,
  sleep,
  type Task,
  use,
} from "brigade";
import { describe, expect, expectTypeOf, test } from "vitest";
import { expectNothingLeft } from "../../../brigade/test/node/hostile/leaves-nothing.ts";
import { errorOf, somebodyWaits, TestServer, until } from "./server.ts";

const there = new TestServer();

test("commands answer as the driver types them, in strings and in bytes", async () => {
  await there.run(function* (db) {
    const set = yield* db.set("k", "v", "EX", 10);
    expectTypeOf(set).toEqualTypeOf<"OK">();
    const value = yield* db.get("k");
    expectTypeOf(value).toEqualTypeOf<string | null>();
    expect([set, value, yield* db.get("nothing")]).toEqual(["OK", "v", null]);
    expect(yield* db.getBuffer("k")).toEqual(Buffer.from("v"));
    yield* db.hset("h", { a: 1, b: "two" });
    expect(yield* db.hgetall("h")).toEqual({ a: "1", b: "two" });
    yield* db.set("bytes", Buffer.from([0, 255, 10]));
    expect(yield* db.getBuffer("bytes")).toEqual(Buffer.from([0, 255, 10]));
    expect(yield* db.call("GET", "k")).toBe("v");
    const [name, element] = (yield* db.blpopBuffer("nothing", 0.01)) ?? [];
    expect([name, element]).toEqual([undefined, undefined]);
  });
});

test("calls of one turn travel together, in their order", async () => {
  await there.run(function* (db) {
    yield* db.ping();
    const before = Number(/total_reads_processed:(\d+)/.exec(yield* db.info("stats"))?.[1]);
    const numbers = yield* gather(Array.from({ length: 200 }, () => db.incr("n")));
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    const after = Number(/total_reads_processed:(\d+)/.exec(yield* db.info("stats"))?.[1]);
    expect(after - before).toBeLessThan(100);
  });
});

test("a pipeline gives the results of the commands that are asked for, with their types", async () => {
  await there.run(function* (db) {
    const results = yield* db.pipeline((p) => {
      p.set("a", 1);
      const b = p.incr("b");
      return [p.get("a"), b];
    });
    expectTypeOf(results).toEqualTypeOf<[string | null, number]>();
    expect(results).toEqual(["1", 1]);
    expect(yield* db.pipeline(() => [])).toEqual([]);
  });
});

test("a pipeline in which a command fails says which, and the others were run", async () => {
  await there.run(function* (db) {
    yield* db.set("text", "x");
    const error = yield* errorOf(db.pipeline((p) => [p.incr("n"), p.lpush("text", 1), p.incr("n")]));
    expect(error).toBeInstanceOf(QueryError);
    expect(error).toMatchObject({ code: "WRONGTYPE", details: { command: "lpush", index: "1" } });
    expect(error.message).toContain("command 2 of 3");
    expect(yield* db.get("n")).toBe("2");
  });
});

test("nothing of a transaction is run when the server refuses a command of it", async () => {
  await there.run(function* (db) {
    const error = yield* errorOf(db.multi((m) => [m.incr("n"), m.call("nonsense")]));
    expect(error).toBeInstanceOf(QueryError);
    expect(error.message).toContain("nonsense");
    expect(yield* db.get("n")).toBeNull();
  });
});

test("a transaction under a changed key throws WatchError, and nothing of it was run", async () => {
  await there.run(function* (db) {
    const error = yield* errorOf(
      use(db.watch("stock"), function* (watched) {
        yield* db.set("stock", 5);
        return yield* watched.multi((m) => [m.set("stock", 1), m.set("sold", 1)]);
      }),
    );
    expect(error).toBeInstanceOf(WatchError);
    expect(yield* db.mget("stock", "sold")).toEqual(["5", null]);
  });
});

test("a transaction that is tried again sells each piece once to many at a time", async () => {
  await there.run(function* (db) {
    yield* db.set("stock", 10);
    const buy = coroutine(function* (): CoroutineBody<boolean> {
      return yield* db.transaction(
        ["stock"],
        coroutine(function* (watched): CoroutineBody<boolean> {
          if (Number(yield* watched.get("stock")) === 0) return false;
          yield* watched.multi((m) => [m.decr("stock"), m.incr("sold")]);
          return true;
        }),
      );
    });
    const bought = yield* gather(Array.from({ length: 15 }, () => buy()));
    expect(bought.filter(Boolean)).toHaveLength(10);
    expect(yield* db.mget("stock", "sold")).toEqual(["0", "10"]);
  });
});

test("a transaction that is never let through throws WatchError after its retries", async () => {
  let attempts = 0;
  const error = await there.run((db) =>
    errorOf(
      db.transaction(
        ["k"],
        coroutine(function* (watched): CoroutineBody<void> {
          yield* db.set("k", ++attempts);
          yield* watched.multi((m) => [m.get("k")]);
        }),
        { retries: 2 },
      ),
    ),
  );
  expect(error).toBeInstanceOf(WatchError);
  expect(attempts).toBe(3);
});

test("a body that leaves its watch early leaves nothing watched on the connection", async () => {
  await there.run(function* (db) {
    yield* use(db.watch("k"), () => db.get("k"));
    yield* db.set("k", 1);
    const [value] = yield* use(db.connection(), (own) => own.multi((m) => [m.get("k")]));
    expect(value).toBe("1");
  });
});

test("a connection of one's own waits for its own writes, and refuses calls after its body", async () => {
  const kept = await there.run(function* (db) {
    return yield* use(db.connection(), function* (own) {
      yield* own.set("k", 1);
      expect(yield* own.wait(0, 10)).toBe(0);
      expect(yield* own.pipeline((p) => [p.get("k")])).toEqual(["1"]);
      return own;
    });
  });
  await expect(run(kept.get("k"))).rejects.toThrow(InvalidStateError);
});

test("a connection that a body leaves with a call under way is not given to the next, and is closed", async () => {
  await there.run(function* (db) {
    const left = yield* use(
      db.connection(),
      coroutine(function* (own): CoroutineBody<Task<Error>> {
        const waits = createTask(errorOf(own.wait(1, 60_000)));
        yield* until("it waits", () => somebodyWaits(db));
        return waits;
      }),
    );
    const error = yield* left;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error.message).toContain("the body that had it has ended");
    expect(yield* use(db.connection(), (own) => own.ping())).toBe("PONG");
    expect(yield* somebodyWaits(db)).toBe(false);
  });
});

test("a script is sent once, and again when the server has forgotten it", async () => {
  await there.run(function* (db) {
    const script = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
    expect(yield* db.lua<number>(script, ["n"], [2])).toBe(2);
    expect(yield* db.lua<number>(script, ["n"], [2])).toBe(4);
    yield* db.script("FLUSH");
    expect(yield* db.lua<number>(script, ["n"], [2])).toBe(6);
    expect((yield* errorOf(db.lua("return redis.error_reply('NOPE not so')"))) as QueryError).toMatchObject({
      code: "NOPE",
    });
  });
});

test("a scan gives every key, field, member and score once when nothing changes", async () => {
  await there.run(function* (db) {
    const keys = Array.from({ length: 700 }, (_, i) => `key ${i}`);
    yield* db.mset(Object.fromEntries(keys.map((key) => [key, 1])));
    yield* db.sadd("set", ...keys);
    yield* db.hset("hash", Object.fromEntries(keys.map((key) => [key, key])));
    yield* db.zadd("sorted", ...keys.flatMap((key, i) => [i, key]));
    expect(new Set(yield* collect(db.scanStream({ match: "key *", count: 50, type: "string" })))).toEqual(
      new Set(keys),
    );
    expect(new Set(yield* collect(db.sscanStream("set")))).toEqual(new Set(keys));
    expect(new Map(yield* collect(db.hscanStream("hash")))).toEqual(new Map(keys.map((key) => [key, key])));
    expect(new Map(yield* collect(db.zscanStream("sorted")))).toEqual(new Map(keys.map((key, i) => [key, String(i)])));
  });
});

describe("what would change the shared connection for all is refused, with what to use instead", () => {
  test.each([
    ["select", [1]],
    ["unsubscribe", ["c"]],
    ["quit", []],
    ["exec", []],
    ["call", ["SELECT", 1]],
    ["client", ["REPLY", "OFF"]],
    ["wait", [1, 0]],
  ])("%s", async (name, args) => {
    await there.run(function* (db) {
      yield* db.ping();
      const call = (db as unknown as Record<string, (...all: unknown[]) => unknown>)[name];
      expect(() => call?.apply(db, args)).toThrow(InvalidStateError);
      expect(() => db.get("k", () => undefined)).toThrow(TypeError);
    });
  });
});

test("call() of a command that waits does not hold up the others", async () => {
  await there.run(function* (db) {
    const waiting = createTask(db.call("BLPOP", "list", 0));
    yield* until("it waits", () => somebodyWaits(db));
    yield* db.rpush("list", "x");
    expect(yield* waiting).toEqual(["list", "x"]);
  });
});

test("the address is checked without being shown", () => {
  for (const address of [
    "http://h",
    "localhost:6379",
    "redis://:se/same@h",
    "redis://u:12/se#same@h",
    "redis://:%zz@h",
    "redis://h/x",
  ]) {
    expect(() => redis(address)).toThrow(TypeError);
    expect(() => redis(address)).not.toThrow(/same|zz/);
  }
  expect(() => redis("redis://h", { max: 0 })).toThrow(RangeError);
  expect(() => redis("redis://h", { grace: -1 })).toThrow(RangeError);
});

test("a connection is opened by the first call, and everything is closed at the end", async () => {
  await expectNothingLeft(() =>
    use(redis(there.server.url), function* (db) {
      yield* db.get("k");
      yield* db.blpop("l", 0.01);
      yield* use(db.subscribe("c"), () => db.publish("c", "m"));
      yield* use(db.connection(), (own) => own.ping());
    }),
  );
  await there.expectClients(0);
});

test("nothing is opened when nothing is called", async () => {
  expect(await run(use(redis("redis://127.0.0.1:1"), () => sleep(0, "done")))).toBe("done");
});

test("closing waits for calls under way, and those after it are refused", async () => {
  const kept: Redis[] = [];
  await there.run(function* (db) {
    kept.push(db);
    for (let i = 0; i < 50; i++) createTask(db.incr("n"));
    yield* sleep(0);
  });
  expect(await there.watcher.get("n")).toBe("50");
  await expect(run((kept[0] as Redis).get("k"))).rejects.toThrow(InvalidStateError);
});

test("closing ends calls that wait, with an error", async () => {
  await run(function* () {
    const waits = yield* use(redis(there.server.url), function* (db) {
      const task = createTask(errorOf(db.blpop("nothing", 0)));
      yield* until("it waits", () => somebodyWaits(db));
      return task;
    });
    expect(yield* waits).toBeInstanceOf(InvalidStateError);
  });
  await there.expectClients(0);
});

test("without the driver the error says what to install", () => {
  expect(new MissingDriverError("redis()", ["ioredis"]).message).toContain("npm install ioredis");
});
