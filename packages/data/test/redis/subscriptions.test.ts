/** What is published comes to those who are subscribed, within a bound, and a gap is told. */
import { type Gap, type Message, type Redis, redis, SlowSubscriberError, type Subscription } from "@brigade/data/redis";
import {
  type CoroutineBody,
  coroutine,
  createTask,
  forEach,
  gather,
  InvalidStateError,
  run,
  sleep,
  use,
} from "brigade";
import { expect, test } from "vitest";
import { startProxy } from "../servers/proxy.ts";
import { errorOf, TestServer, until } from "./server.ts";

const there = new TestServer();

type Item<M = string> = Message<M> | Gap;
const take = coroutine(function* take(from: Subscription, count: number): CoroutineBody<Item[]> {
  const items: Item[] = [];
  while (items.length < count) items.push((yield* from.next()).value as Item);
  return items;
});
const texts = (items: readonly Item[]): string[] =>
  items.map((item) => (item.kind === "message" ? item.message : item.kind));
const publish = coroutine(function* publish(db: Redis, channel: string, count: number): CoroutineBody<void> {
  for (let i = 0; i < count; i++) yield* db.publish(channel, String(i));
});

/** Publishes so many messages, and waits until those who were subscribed before have them: all subscriptions share a connection. */
const publishedTo = coroutine(function* publishedTo(db: Redis, channel: string, count: number): CoroutineBody<void> {
  yield* use(db.subscribe(channel, { buffer: count }), function* (last) {
    yield* publish(db, channel, count);
    yield* take(last, count);
  });
});

test("what is published in the body of a subscription comes, in order, with its channel", async () => {
  await there.run(function* (db) {
    yield* use(db.subscribe(["a", "b"]), function* (messages) {
      yield* db.publish("b", "1");
      yield* db.publish("a", "2");
      expect(yield* take(messages, 2)).toEqual([
        { kind: "message", channel: "b", message: "1" },
        { kind: "message", channel: "a", message: "2" },
      ]);
    });
    expect(yield* db.pubsub("CHANNELS")).toEqual([]);
  });
});

test("patterns, shard channels and bytes", async () => {
  await there.run(function* (db) {
    yield* use(db.psubscribe("news.*"), function* (messages) {
      yield* db.publish("news.art", "x");
      expect(yield* take(messages, 1)).toEqual([
        { kind: "message", channel: "news.art", pattern: "news.*", message: "x" },
      ]);
    });
    yield* use(db.ssubscribe("shard"), function* (messages) {
      yield* db.spublish("shard", "y");
      expect(yield* take(messages, 1)).toEqual([{ kind: "message", channel: "shard", message: "y" }]);
    });
    yield* use(db.subscribeBuffer("bytes"), function* (messages) {
      yield* db.publish("bytes", Buffer.from([255, 0]));
      expect((yield* messages.next()).value).toEqual({
        kind: "message",
        channel: "bytes",
        message: Buffer.from([255, 0]),
      });
    });
  });
});

test("all subscriptions share a connection; the last reader of a channel ends it there", async () => {
  await there.run(function* (db) {
    const outer = db.subscribe("c");
    yield* outer.enter();
    yield* use(db.subscribe(["c", "d"]), function* (inner) {
      yield* publish(db, "c", 1);
      expect(texts(yield* take(inner, 1))).toEqual(["0"]);
      expect(
        String(yield* db.client("LIST", "TYPE", "PUBSUB"))
          .trim()
          .split("\n"),
      ).toHaveLength(1);
    });
    expect(yield* db.pubsub("CHANNELS")).toEqual(["c"]);
    expect(texts(yield* take(outer, 1))).toEqual(["0"]);
    yield* outer.close();
    yield* until(
      "the connection is closed",
      coroutine(function* () {
        return String(yield* db.client("LIST", "TYPE", "PUBSUB")).trim() === "";
      }),
    );
  });
});

test("a subscriber that is too slow gets what was in the buffer, and then the error", async () => {
  await there.run(function* (db) {
    yield* use(db.subscribe("c", { buffer: 10 }), function* (messages) {
      yield* publishedTo(db, "c", 15);
      expect(texts(yield* take(messages, 10))).toEqual("0123456789".split(""));
      expect(yield* errorOf(messages.next())).toBeInstanceOf(SlowSubscriberError);
    });
  });
});

test("or the newest messages, and how many are missing before them", async () => {
  await there.run(function* (db) {
    yield* use(db.subscribe("c", { buffer: 10, overflow: "drop-oldest" }), function* (messages) {
      yield* publishedTo(db, "c", 2_500);
      const [gap, ...rest] = yield* take(messages, 11);
      expect(gap).toEqual({ kind: "gap", reason: "overflow", dropped: 2_490 });
      expect(texts(rest)).toEqual(Array.from({ length: 10 }, (_, i) => String(2_490 + i)));
    });
  });
});

test("what is dropped is let go of", async () => {
  await there.run(function* (db) {
    yield* use(db.subscribe("c", { buffer: 10, overflow: "drop-oldest" }), function* (messages) {
      const text = "x".repeat(10_000);
      const publishing = coroutine(function* (): CoroutineBody<void> {
        for (let i = 0; i < 200; i++) yield* db.publish("c", text + i);
      });
      const used = (): number => {
        globalThis.gc?.();
        return process.memoryUsage().heapUsed;
      };
      const before = used();
      yield* gather(Array.from({ length: 40 }, () => publishing())); // 80 MB
      yield* publishedTo(db, "c", 1);
      expect(used() - before).toBeLessThan(40e6);
      yield* messages.close();
    });
  });
});

test("a connection that is reset is made again, and the gap is told to every subscriber", async () => {
  const proxy = await startProxy(there.server.port);
  try {
    await run(
      use(redis(`redis://127.0.0.1:${proxy.port}`), function* (db) {
        yield* use(db.subscribe("a"), function* (a) {
          yield* use(db.psubscribe("b*"), function* (b) {
            proxy.reset();
            expect(texts(yield* take(a, 1))).toEqual(["gap"]);
            expect(yield* take(b, 1)).toEqual([{ kind: "gap", reason: "reconnected" }]);
            yield* publish(db, "a", 1);
            yield* publish(db, "b1", 1);
            expect(texts(yield* take(a, 1))).toEqual(["0"]);
            expect(texts(yield* take(b, 1))).toEqual(["0"]);
          });
        });
      }),
    );
  } finally {
    await proxy.stop();
  }
  await there.expectClients(0);
});

test("a connection that died silently is noticed without anybody publishing, and made again", async () => {
  const proxy = await startProxy(there.server.port);
  try {
    await run(
      use(redis(`redis://127.0.0.1:${proxy.port}`, { silence: 600, connectTimeout: 300 }), function* (db) {
        yield* use(db.subscribe("a"), function* (a) {
          proxy.cut();
          const next = createTask(a.next());
          yield* sleep(1_500); // longer than the silence: it has tried to connect in vain
          proxy.heal();
          expect((yield* next).value).toEqual({ kind: "gap", reason: "reconnected" });
          yield* until(
            "it comes through",
            coroutine(function* () {
              return (yield* db.publish("a", "x")) === 1;
            }),
          );
          expect(texts(yield* take(a, 1))).toEqual(["x"]);
        });
      }),
    );
  } finally {
    await proxy.stop();
  }
});

test("a subscription ends with an error when redis() is closed around it", async () => {
  await run(function* () {
    const reading = yield* use(redis(there.server.url), function* (db) {
      const messages = db.subscribe("c");
      yield* messages.enter();
      return createTask(errorOf(forEach(messages, () => {})));
    });
    expect(yield* reading).toBeInstanceOf(InvalidStateError);
  });
  await there.expectClients(0);
});

test("an unread subscription that is never begun holds nothing", async () => {
  await there.run(function* (db) {
    const messages = db.subscribe("c");
    yield* messages.close();
    expect(yield* db.pubsub("CHANNELS")).toEqual([]);
    expect(() => db.subscribe([])).toThrow(TypeError);
    expect(() => db.subscribe("c", { buffer: 0 })).toThrow(RangeError);
  });
});
