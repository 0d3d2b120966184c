/** Calls that wait on the server: for how long, on which connection, and what a stream of entries misses: nothing. */
import { ElementLostError, redis } from "@brigade/data/redis";
import {
  type CoroutineBody,
  coroutine,
  createTask,
  fromPromise,
  gather,
  moveOnAfter,
  run,
  sleep,
  timeout,
  TimeoutError,
  use,
} from "brigade";
import { expect, test } from "vitest";
import { startProxy } from "../servers/proxy.ts";
import { errorOf, somebodyWaits, TestServer, until } from "./server.ts";

const there = new TestServer();

test("calls that wait do not hold up the others, nor each other", async () => {
  await there.run(function* (db) {
    const waits = Array.from({ length: 5 }, (_, i) => createTask(db.blpop(`l${i}`, 0)));
    yield* until(
      "all wait",
      coroutine(function* () {
        return /blocked_clients:5/.test(yield* db.info("clients"));
      }),
    );
    expect(yield* db.ping()).toBe("PONG");
    for (let i = 4; i >= 0; i--) yield* db.rpush(`l${i}`, i);
    expect(yield* gather(waits)).toEqual([0, 1, 2, 3, 4].map((i) => [`l${i}`, String(i)]));
  });
});

test("a wait with an end gives null at its end, however it is cut into slices", async () => {
  await there.run(
    function* (db) {
      const begun = performance.now();
      expect(yield* db.blpop("nothing", 0.3)).toBeNull();
      expect(yield* db.bzpopmin("nothing", 0.3)).toBeNull();
      expect(yield* db.xread("BLOCK", 300, "STREAMS", "nothing", "$")).toBeNull();
      expect(performance.now() - begun).toBeGreaterThanOrEqual(890);
      const slices = Number(/cmdstat_blpop:calls=(\d+)/.exec(yield* db.info("commandstats"))?.[1]);
      expect(slices).toBeGreaterThan(1);
    },
    { silence: 600 },
  );
});

test("an element that comes in a later slice is taken", async () => {
  await there.run(
    function* (db) {
      const waits = createTask(db.blmove("from", "to", "LEFT", "RIGHT", 0));
      yield* moveOnAfter(500, db.blpop("nothing", 0));
      yield* db.rpush("from", "x");
      expect(yield* waits).toBe("x");
    },
    { silence: 600 },
  );
});

test('"from now on" means the beginning of the call in every slice', async () => {
  const proxy = await startProxy(there.server.port);
  await there.run(
    function* (db) {
      yield* db.xadd("s", "1-0", "n", 1);
      const waits = createTask(db.xread("BLOCK", 0, "STREAMS", "other", "s", "$", "$"));
      yield* until("it waits", () => somebodyWaits(db));
      proxy.slow({ delay: 80 }); // so that it is between two slices for most of the time
      yield* until(
        "no slice is at the server",
        coroutine(function* (): CoroutineBody<boolean> {
          return /blocked_clients:0/.test(yield* fromPromise(there.watcher.info("clients")));
        }),
      );
      yield* fromPromise(there.watcher.xadd("s", "2-0", "n", 2));
      expect(yield* waits).toEqual([["s", [["2-0", ["n", "2"]]]]]);
    },
    { silence: 600 },
    `redis://127.0.0.1:${proxy.port}`,
  );
  await proxy.stop();
});

test("what the server says is wrong with a wait comes as its error", async () => {
  await there.run(function* (db) {
    yield* db.set("text", "x");
    expect(yield* errorOf(db.blpop("text", 0))).toMatchObject({ name: "QueryError", code: "WRONGTYPE" });
    expect(yield* errorOf(db.blpop("l", -1))).toMatchObject({ name: "QueryError", code: "ERR" });
    expect(yield* db.blpop("l", 0.01)).toBeNull();
  });
});

test("what is put back goes under the key it came from, prefix and bytes and all", async () => {
  const proxy = await startProxy(there.server.port);
  const bytes = Buffer.from([0xff, 0, 0xfe]);
  try {
    await run(
      use(redis({ host: "127.0.0.1", port: proxy.port, keyPrefix: "app:" }), function* (db) {
        for (const pop of [
          () => db.blpop("nothing", "list", 0),
          () => db.blmove("list", "to", "LEFT", "LEFT", 0),
          () => db.blmpop(0, 2, "nothing", "list", "LEFT", "COUNT", 2),
        ]) {
          yield* db.del("list", "to");
          const task = createTask<unknown>(pop());
          yield* until("it waits", () => somebodyWaits(db));
          proxy.slow({ delay: 30 }); // so that the element is on its way when the wait is cancelled
          yield* fromPromise(there.watcher.rpush("app:list", bytes, "second"));
          expect(yield* fromPromise(there.watcher.llen("app:list"))).toBeLessThan(2);
          task.cancel();
          yield* gather([task], { returnExceptions: true });
          proxy.slow({});
          expect(task.cancelled).toBe(true);
          expect(yield* db.lrangeBuffer("list", 0, -1)).toEqual([bytes, Buffer.from("second")]);
          expect(yield* db.llen("to")).toBe(0);
        }
      }),
    );
  } finally {
    await proxy.stop();
  }
});

test("a request to end a wait that overtakes the call is made again, and its connection stays", async () => {
  const proxy = await startProxy(there.server.port);
  await there.run(
    function* (db) {
      yield* db.blpop("warm", 0.001);
      const made = proxy.accepted;
      proxy.slow({ delay: 100 });
      const task = createTask(db.blpop("list", 0));
      yield* sleep(20); // it was sent, and is on its way
      proxy.slow({});
      task.cancel();
      yield* gather([task], { returnExceptions: true });
      expect(yield* db.blpop("list", 0.001)).toBeNull();
      expect(proxy.accepted).toBe(made);
      expect(yield* somebodyWaits(db)).toBe(false);
    },
    { grace: "10s" },
    `redis://127.0.0.1:${proxy.port}`,
  );
  await proxy.stop();
});

test("an element is put back although the request to end the wait is not answered in time; the connection is given up", async () => {
  const proxy = await startProxy(there.server.port);
  await there.run(
    function* (db) {
      const task = createTask(db.blpop("list", 0));
      yield* until("it waits", () => somebodyWaits(db));
      proxy.slow({ delay: 300 });
      yield* fromPromise(there.watcher.rpush("list", "x"));
      task.cancel(); // the element comes after 300 ms, the answer to the request after 600
      yield* sleep(350);
      proxy.slow({});
      yield* gather([task], { returnExceptions: true });
      expect(task.cancelled).toBe(true);
      expect(yield* fromPromise(there.watcher.lrange("list", 0, -1))).toEqual(["x"]);
      yield* until("the connection is closed", () => proxy.connections === 1);
    },
    { grace: 450 },
    `redis://127.0.0.1:${proxy.port}`,
  );
  await proxy.stop();
});

test("an element that can't be put back is in the error, which is what the task ends with", async () => {
  const proxy = await startProxy(there.server.port);
  try {
    await there.run(
      function* (db) {
        const task = createTask(db.blpop("list", 0));
        yield* until("it waits", () => somebodyWaits(db));
        proxy.slow({ delay: 30 });
        yield* fromPromise(there.watcher.rpush("list", "x"));
        yield* fromPromise(there.watcher.set("list", "another kind")); // to which nothing can be put back
        task.cancel();
        const error = yield* errorOf(task);
        expect(error).toBeInstanceOf(ElementLostError);
        expect(error).toMatchObject({ key: "list", elements: [Buffer.from("x")] });
        expect(error.message).toContain("WRONGTYPE");
        proxy.slow({});
        expect(yield* db.ping()).toBe("PONG");
      },
      {},
      `redis://127.0.0.1:${proxy.port}`,
    );
  } finally {
    await proxy.stop();
  }
});

test("waiting calls wait their turn for a connection, and say so when none comes free", async () => {
  await there.run(
    function* (db) {
      const first = createTask(db.blpop("a", 0));
      yield* until("it waits", () => somebodyWaits(db));
      const error = yield* errorOf(db.blpop("b", 0));
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error.message).toContain("1 of at most 1");
      yield* db.rpush("a", "x");
      expect(yield* first).toEqual(["a", "x"]);
      yield* db.rpush("b", "y");
      expect(yield* db.blpop("b", 0)).toEqual(["b", "y"]);
    },
    { max: 1, acquireTimeout: 100 },
  );
});

test("a timeout around a wait gives the time-out, and the element to the next", async () => {
  await there.run(function* (db) {
    expect(yield* errorOf(timeout(50, db.brpop("l", 0)))).toBeInstanceOf(TimeoutError);
    yield* db.rpush("l", "x");
    expect(yield* db.llen("l")).toBe(1);
    expect(yield* db.brpop("l", 1)).toEqual(["l", "x"]);
  });
});

test("entries of streams come in order, from where they are wanted", async () => {
  await there.run(function* (db) {
    yield* db.xadd("s", "*", "n", 0);
    const late = db.entries("s");
    const all = db.entries({ s: "0" }, { count: 3 });
    const first = createTask(late.next());
    yield* until("it waits", () => somebodyWaits(db));
    for (let n = 1; n < 8; n++) yield* db.xadd("s", "*", "n", n);
    expect((yield* first).value).toMatchObject({ stream: "s", fields: { n: "1" } });
    for (let n = 0; n < 8; n++) expect((yield* all.next()).value).toMatchObject({ fields: { n: String(n) } });
    yield* late.close();
    yield* all.close();
  });
});

test("a consumer of a group gets first what it has not acknowledged, then what is new, and never twice", async () => {
  await there.run(function* (db) {
    yield* db.xgroup("CREATE", "s", "g", "0", "MKSTREAM");
    for (let n = 0; n < 5; n++) yield* db.xadd("s", "*", "n", n);
    const options = { group: "g", consumer: "c", count: 2 };
    const take = coroutine(function* (
      from: ReturnType<typeof db.groupEntries>,
      count: number,
      acknowledged: number,
    ): CoroutineBody<string[]> {
      const taken: string[] = [];
      while (taken.length < count) {
        const { value } = yield* from.next();
        if (!value) break;
        taken.push(value.fields["n"] as string);
        if (taken.length <= acknowledged) yield* db.xack("s", "g", value.id);
      }
      yield* from.close();
      return taken;
    });
    expect(yield* take(db.groupEntries("s", options), 3, 2)).toEqual(["0", "1", "2"]);
    // "2" and "3" were given to the consumer together; "2" was read and neither was acknowledged.
    expect(yield* take(db.groupEntries("s", options), 3, 3)).toEqual(["2", "3", "4"]);
    expect(yield* db.xpending("s", "g")).toEqual([0, null, null, null]);
    for (let n = 5; n < 9; n++) yield* db.xadd("s", "*", "n", n);
    expect(yield* take(db.groupEntries("s", options), 3, 0)).toEqual(["5", "6", "7"]);
    yield* db.xadd("s", "*", "n", 9);
    expect(yield* take(db.groupEntries("s", options), 5, 0)).toEqual(["5", "6", "7", "8", "9"]);
  });
});
