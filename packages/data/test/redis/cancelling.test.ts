/** Calls are cancelled at 1,000 random points: nothing is lost or doubled, and what follows is right. */
import type { Redis } from "@brigade/data/redis";
import { type Awaitable, type CoroutineBody, coroutine, createTask, gather, sleep } from "brigade";
import { describe, expect, test } from "vitest";
import { cutAfter, random, somebodyWaits, TestServer, until } from "./server.ts";

const POINTS = Number(process.env["BRIGADE_REDIS_POINTS"] ?? 1_000);
const there = new TestServer();

/** The next calls on the same connections are answered right: each by what was asked. */
const expectRight = coroutine(function* expectRight(db: Redis): CoroutineBody<void> {
  const ask = coroutine(function* (i: number): CoroutineBody<void> {
    yield* db.set(`right ${i}`, `value ${i}`);
    expect(yield* db.get(`right ${i}`)).toBe(`value ${i}`);
    yield* db.rpush(`list ${i}`, `element ${i}`);
    expect(yield* db.blpop(`list ${i}`, 0)).toEqual([`list ${i}`, `element ${i}`]);
  });
  yield* gather(
    Array.from({ length: 250 }, (_, i) => i).map((i) => ask(i)),
    { limit: 20 },
  );
});

test("ordinary calls, pipelines and transactions that are cancelled anywhere leave each answer to who asked", async () => {
  const next = random(1);
  await there.run(function* (db) {
    const calls: ((i: number) => Awaitable<unknown>)[] = [
      (i) => db.set(`k${i}`, `v${i}`),
      (i) => db.get(`k${i}`),
      () => db.incr("counter"),
      (i) => db.pipeline((p) => [p.set(`a${i}`, i), p.get(`a${i}`), p.incr("counter")]),
      (i) => db.multi((m) => [m.set(`b${i}`, i), m.incr("counter"), m.incr("atomic")]),
      (i) => db.transaction([`w${i % 5}`], (w) => w.multi((m) => [m.incr(`w${i % 5}`)])),
    ];
    const one = coroutine(function* (i: number): CoroutineBody<void> {
      const call = calls[i % calls.length] as (i: number) => Awaitable<unknown>;
      const kept = `kept ${i}`;
      const cut = cutAfter(call(i), Math.floor(next() * 6), next() < 0.3 ? next() * 2 : 0);
      const [, answer] = yield* gather([cut, db.echo(kept)]); // its neighbour on the connection
      expect(answer).toBe(kept);
    });
    yield* gather(
      Array.from({ length: POINTS }, (_, i) => i).map((i) => one(i)),
      { limit: 20 },
    );
    yield* expectRight(db);
    const counter = Number(yield* db.get("counter"));
    expect(counter).toBeLessThanOrEqual(POINTS);
    expect(counter).toBeGreaterThanOrEqual(Number(yield* db.get("atomic")));
    expect(yield* db.keys("b*")).toHaveLength(Number(yield* db.get("atomic"))); // no transaction was half run
  });
  await there.expectClients(0);
});

interface Way {
  readonly name: string;
  /** Puts an element where it is popped last. */
  push(db: Redis, n: number): Awaitable<unknown>;
  pop(db: Redis): Awaitable<number | undefined>;
  /** The command that only puts back, if there is one. */
  readonly puts?: string;
  /** What is still there, in the order of popping. */
  left(db: Redis): Awaitable<number[]>;
}

const numbers = (texts: readonly string[]): number[] => texts.map(Number);
/** A pop and what it gives, taken apart. */
const element = coroutine(function* element(
  pop: () => Awaitable<unknown>,
  pick: (answer: never) => unknown,
): CoroutineBody<number> {
  const answer = yield* pop();
  return Number(pick(answer as never));
});
const list = coroutine(function* list(db: Redis): CoroutineBody<number[]> {
  return numbers(yield* db.lrange("l", 0, -1));
});
const reversed = coroutine(function* reversed(db: Redis): CoroutineBody<number[]> {
  return numbers(yield* db.lrange("l", 0, -1)).toReversed();
});
const sorted = coroutine(function* sorted(db: Redis): CoroutineBody<number[]> {
  return numbers(yield* db.zrange("z", "0", "-1"));
});

/** How often the server has run a command. */
const calls = coroutine(function* calls(db: Redis, command: string): CoroutineBody<number> {
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(yield* db.info("commandstats"))?.[1] ?? 0);
});

const ways: readonly Way[] = [
  {
    name: "blpop",
    puts: "lpush",
    push: (db, n) => db.rpush("l", n),
    pop: (db) =>
      element(
        () => db.blpop("l", 0),
        (a: [string, string]) => a[1],
      ),
    left: list,
  },
  {
    name: "brpop",
    puts: "rpush",
    push: (db, n) => db.lpush("l", n),
    pop: (db) =>
      element(
        () => db.brpop("l", 0),
        (a: [string, string]) => a[1],
      ),
    left: reversed,
  },
  {
    name: "blmpop",
    puts: "lpush",
    push: (db, n) => db.rpush("l", n),
    pop: (db) =>
      element(
        () => db.blmpop(0, 1, "l", "LEFT"),
        (a: [string, string[]]) => a[1][0],
      ),
    left: list,
  },
  {
    name: "blmove",
    puts: "eval",
    push: (db, n) => db.rpush("l", n),
    pop: (db) =>
      element(
        () => db.blmove("l", "taken", "LEFT", "RIGHT", 0),
        (a: string) => a,
      ),
    left: list,
  },
  {
    name: "brpoplpush",
    puts: "eval",
    push: (db, n) => db.lpush("l", n),
    pop: (db) =>
      element(
        () => db.brpoplpush("l", "taken", 0),
        (a: string) => a,
      ),
    left: reversed,
  },
  {
    name: "bzpopmin",
    push: (db, n) => db.zadd("z", n, String(n)),
    pop: (db) =>
      element(
        () => db.bzpopmin("z", 0),
        (a: [string, string, string]) => a[1],
      ),
    left: sorted,
  },
  {
    name: "bzmpop",
    push: (db, n) => db.zadd("z", n, String(n)),
    pop: (db) =>
      element(
        () => db.bzmpop(0, 1, "z", "MIN"),
        (a: [string, [string, string][]]) => a[1][0]?.[0],
      ),
    left: sorted,
  },
];

const EACH = Math.ceil(POINTS / ways.length);

describe.each(ways)("$name", (way) => {
  test("one reader that is cancelled again and again gets every element once, in order", async () => {
    const next = random(7);
    const got: number[] = [];
    await there.run(function* (db) {
      const total = EACH;
      const pushing = createTask(
        coroutine(function* (): CoroutineBody<void> {
          for (let n = 0; n < total; n++) {
            yield* way.push(db, n);
            if (next() < 0.5) yield* sleep(next() * 2);
          }
        })(),
      );
      for (let cuts = 0; cuts < EACH || !pushing.done; cuts++) {
        const n = yield* cutAfter(way.pop(db), Math.floor(next() * 8), next() < 0.6 ? next() * 3 : 0);
        if (n !== undefined) got.push(n);
      }
      yield* pushing;
      const left = yield* way.left(db);
      expect([...got, ...left]).toEqual(Array.from({ length: total }, (_, n) => n));
      if (way.name.startsWith("blmove") || way.name.startsWith("brpop")) {
        const taken = numbers(yield* db.lrange("taken", 0, -1));
        expect(taken.length === 0 || taken.length === got.length).toBe(true);
      }
      yield* expectRight(db);
    });
    await there.expectClients(0);
  });

  test("of several readers that are cancelled, none loses or doubles an element", async () => {
    const next = random(8);
    const got: number[] = [];
    await there.run(function* (db) {
      const total = EACH;
      yield* db.config("RESETSTAT");
      const pushing = createTask(
        coroutine(function* (): CoroutineBody<void> {
          for (let n = 0; n < total; n++) yield* way.push(db, n);
        })(),
      );
      const reader = coroutine(function* (): CoroutineBody<void> {
        for (let cuts = 0; cuts < EACH / 8 || !pushing.done; cuts++) {
          const n = yield* cutAfter(way.pop(db), Math.floor(next() * 8), next() < 0.6 ? next() * 3 : 0);
          if (n !== undefined) got.push(n);
        }
      });
      yield* gather(Array.from({ length: 8 }, () => reader()));
      yield* pushing;
      if (way.puts) expect(yield* calls(db, way.puts)).toBeGreaterThan(0); // else the test would not test it
      const all = [...got, ...(yield* way.left(db))].toSorted((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: total }, (_, n) => n));
    });
    await there.expectClients(0);
  });
});

test("a reader of a group that is cancelled leaves every entry given or pending", async () => {
  const next = random(9);
  await there.run(function* (db) {
    yield* db.xgroup("CREATE", "s", "g", "$", "MKSTREAM");
    const ids: string[] = [];
    const pushing = createTask(
      coroutine(function* (): CoroutineBody<void> {
        for (let n = 0; n < 200; n++) {
          ids.push((yield* db.xadd("s", "*", "n", n)) as string);
          if (next() < 0.5) yield* sleep(next() * 2);
        }
      })(),
    );
    const seen: string[] = [];
    while (!pushing.done) {
      const read = db.xreadgroup("GROUP", "g", "c", "COUNT", 1, "BLOCK", 0, "STREAMS", "s", ">");
      const found = (yield* cutAfter(read, Math.floor(next() * 8), next() * 3)) as
        | [string, [string, string[]][]][]
        | undefined;
      const id = found?.[0]?.[1][0]?.[0];
      if (id !== undefined) {
        seen.push(id);
        yield* db.xack("s", "g", id);
      }
    }
    yield* pushing;
    const pending = (yield* db.xpending("s", "g", "-", "+", 1_000)) as [string][];
    const waiting = (yield* db.xreadgroup("GROUP", "g", "c", "STREAMS", "s", ">")) as [string, [string][]][] | null;
    const rest = waiting?.[0]?.[1].map(([id]) => id) ?? [];
    expect([...seen, ...pending.map(([id]) => id), ...rest].toSorted()).toEqual(ids.toSorted());
  });
  await there.expectClients(0);
});

test("a cancelled call that is answered leaves its connection alone, and what it was answered unsaid", async () => {
  await there.run(
    function* (db) {
      yield* db.set("text", "x");
      const id = yield* db.client("ID");
      for (const call of [db.get("text"), db.lpush("text", 1), db.multi((m) => [m.lpush("text", 1)])]) {
        const task = createTask<unknown>(call);
        yield* sleep(0); // it is sent
        task.cancel();
        yield* gather([task], { returnExceptions: true });
        expect(task.cancelled).toBe(true);
      }
      yield* sleep(400); // longer than the grace
      expect(yield* db.client("ID")).toBe(id);
    },
    { grace: 200 },
  );
});

test("a pop is ended on the server before its task unwinds, and its connection serves the next", async () => {
  await there.run(function* (db) {
    for (let i = 0; i < 20; i++) {
      const task = createTask(db.blpop("nothing", 0));
      yield* until("the server holds it", () => somebodyWaits(db));
      task.cancel();
      yield* gather([task], { returnExceptions: true });
      expect(yield* somebodyWaits(db)).toBe(false);
    }
    expect(
      String(yield* db.client("LIST"))
        .trim()
        .split("\n")
        .filter((line) => !line.includes("name=watcher")),
    ).toHaveLength(2);
  });
});

test("a pop that is cancelled before the server has it is ended all the same", async () => {
  await there.run(function* (db) {
    yield* db.blpop("warm", 0.001);
    for (let turns = 0; turns < 12; turns++) expect(yield* cutAfter(db.blpop("nothing", 0), turns, 0)).toBeUndefined();
    expect(yield* somebodyWaits(db)).toBe(false);
  });
});

test("subscriptions and scans that are cancelled anywhere leave nothing subscribed", async () => {
  const next = random(10);
  await there.run(function* (db) {
    yield* db.mset(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key ${i}`, i])));
    const read = coroutine(function* (i: number): CoroutineBody<void> {
      const source = i % 2 === 0 ? db.subscribe([`c${i % 7}`, "all"]) : db.scanStream({ count: 10 });
      yield* cutAfter(
        coroutine(function* (): CoroutineBody<void> {
          try {
            for (;;) if ((yield* source.next()).done) return;
          } finally {
            yield* source.close();
          }
        })(),
        Math.floor(next() * 10),
        next() < 0.5 ? next() * 5 : 0,
      );
    });
    yield* gather(
      Array.from({ length: 200 }, (_, i) => i).map((i) => read(i)),
      { limit: 10 },
    );
    yield* until(
      "nobody is subscribed",
      coroutine(function* () {
        return (yield* db.pubsub("CHANNELS")).length === 0;
      }),
    );
    yield* expectRight(db);
  });
  await there.expectClients(0);
});
