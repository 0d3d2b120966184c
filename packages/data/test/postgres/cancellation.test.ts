/** Calls that are cancelled at any moment: what comes after them on the same pool is right, and nothing is left on the server. */
import {
  type Coroutine,
  type CoroutineBody,
  collect,
  coroutine,
  createTask,
  forEach,
  gather,
  moveOnAfter,
  run,
  sleep,
  stream,
  TimeoutError,
  timeout,
  use,
  wait,
} from "brigade";
import { beforeAll, describe, expect, test } from "vitest";
import { type Postgres, postgres } from "../../src/postgres/index.ts";
import { drivers, observedServer, until } from "./server.ts";

const observed = observedServer();

beforeAll(async () => {
  await observed.admin`create table pairs (id int, side int)`;
  await observed.admin`create table copied (id int, line int)`;
}, 60_000);

let ids = 0;

const lines = stream(function* (id: number) {
  for (let line = 0; line < 10; line++) {
    yield* sleep(Math.random());
    yield `${id}\t${line}\n`;
  }
});

/** What may be cut short, anywhere. */
const acts: Readonly<Record<string, (db: Postgres) => Coroutine<unknown>>> = {
  query: coroutine(function* (db: Postgres): CoroutineBody<void> {
    const n = ++ids;
    expect((yield* db.one<{ n: number }>`select ${n}::int as n`).n).toBe(n);
  }),
  "slow query": coroutine(function* (db: Postgres): CoroutineBody<void> {
    yield* db.sql`select pg_sleep(${Math.random() * 0.02})`;
  }),
  "one statement that writes": coroutine(function* (db: Postgres): CoroutineBody<void> {
    const id = ++ids;
    yield* db.sql`insert into pairs select ${id}, side from generate_series(1, 2) side, pg_sleep(0.002)`;
  }),
  transaction: coroutine(function* (db: Postgres): CoroutineBody<void> {
    const id = ++ids;
    yield* use(db.transaction(), function* (tx) {
      yield* tx.sql`insert into pairs values (${id}, 1)`;
      yield* sleep(Math.random() * 2);
      yield* tx.sql`insert into pairs values (${id}, 2)`;
    });
  }),
  savepoint: coroutine(function* (db: Postgres): CoroutineBody<void> {
    const id = ++ids;
    yield* use(db.transaction(), function* (tx) {
      yield* moveOnAfter(
        Math.random() * 4,
        use(tx.savepoint(), function* (part) {
          yield* part.sql`insert into pairs values (${id}, 1)`;
          yield* part.sql`insert into pairs select ${id}, 2 from pg_sleep(0.002)`;
        }),
      );
    });
  }),
  "copy in": coroutine(function* (db: Postgres): CoroutineBody<void> {
    expect(yield* db.copyFrom("copied (id, line)", lines(++ids))).toBe(10);
  }),
  "copy out": coroutine(function* (db: Postgres): CoroutineBody<void> {
    const chunks = yield* collect(db.copyTo("(select i from generate_series(1, 5000) i)"));
    expect(Buffer.concat(chunks).toString().trim().split("\n").length).toBe(5_000);
  }),
  stream: coroutine(function* (db: Postgres): CoroutineBody<void> {
    let sum = 0;
    yield* forEach(
      db.stream({ batch: 50 })<{ i: number }>`select i from generate_series(1, ${300}::int) i`,
      ({ i }) => {
        sum += i;
      },
    );
    expect(sum).toBe(45_150);
  }),
  "left stream": coroutine(function* (db: Postgres): CoroutineBody<void> {
    const rows = db.stream({ batch: 10 })<{ i: number }>`select i from generate_series(1, 1000000) i`;
    expect((yield* rows.next()).value?.i).toBe(1);
    yield* rows.close();
  }),
  listen: coroutine(function* (db: Postgres): CoroutineBody<void> {
    yield* forEach(db.listen("nobody"), () => undefined);
  }),
};

/** Ends by nothing but being cut. */
const ENDLESS = new Set(["listen"]);
const POINTS = Number(process.env["CANCELLATIONS"] ?? 1_000);

/** Each act is cut at a moment between its beginning and a little after its end, as long as it takes now, on this machine. */
function* cutShort(db: Postgres, ends: Record<string, { cut: number; whole: number }>): Generator<Coroutine<void>> {
  const names = Object.keys(acts);
  const typical: Record<string, number> = {};
  const point = coroutine(function* point(name: string, measured: boolean): CoroutineBody<void> {
    const act = acts[name] as (db: Postgres) => Coroutine<unknown>;
    const began = performance.now();
    const moment = measured ? Infinity : Math.random() * 1.5 * (typical[name] ?? 20);
    const whole = yield* moveOnAfter(moment, function* () {
      yield* act(db);
      return true;
    });
    const end = (ends[name] ??= { cut: 0, whole: 0 });
    end[whole ? "whole" : "cut"]++;
    if (whole) typical[name] = (typical[name] ?? 20) * 0.6 + (performance.now() - began) * 0.4;
  });
  for (let i = 0; i < POINTS; i++) {
    const name = names[i % names.length] as string;
    const round = Math.floor(i / names.length);
    yield point(name, round % 6 === 0 && !ENDLESS.has(name));
  }
}

/** The next thousand calls are right. */
const expectRight = coroutine(function* expectRight(db: Postgres): CoroutineBody<void> {
  const calls = Array.from({ length: 1_000 }, (_, n) => db.one<{ n: number }>`select ${n}::int as n`);
  const rows = yield* gather(calls, { limit: 50 });
  expect(rows.map((row) => row.n)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
});

describe.each(drivers)("%s", (driver) => {
  test("after 1,000 cancellations at random points the next 1,000 calls on the same pool are right, no row is half written, and nothing is left", {
    timeout: 120_000,
  }, async () => {
    const descriptors = process.getActiveResourcesInfo().length;
    const ends: Record<string, { cut: number; whole: number }> = {};
    await run(
      use(postgres(observed.url, { driver, max: 6 }), function* (db) {
        yield* gather(cutShort(db, ends), { limit: 6 });
        for (const [name, { cut, whole }] of Object.entries(ends)) {
          expect(cut, `${name}: some were cut`).toBeGreaterThan(10);
          if (!ENDLESS.has(name)) expect(whole, `${name}: some were not`).toBeGreaterThan(10);
        }
        yield* expectRight(db);
      }),
    );
    const halves = await observed.admin`select id from pairs group by id having count(*) <> 2`;
    expect(halves.length).toBe(0);
    const torn = await observed.admin`select id from copied group by id having count(*) <> 10`;
    expect(torn.length).toBe(0);
    await until(async () => (await observed.connections()) === 0, "every connection is closed");
    expect(await observed.locks()).toBe(0);
    await until(() => process.getActiveResourcesInfo().length <= descriptors, "no timer and no socket is left");
  });

  test("a cancelled call unwinds when the server has stopped it, and its connection is used again", async () => {
    await run(
      use(postgres(observed.url, { driver, max: 1 }), function* (db) {
        const { pid } = yield* db.one<{ pid: number }>`select pg_backend_pid() as pid`;
        expect(yield* moveOnAfter(20, db.sql`select pg_sleep(60)`)).toBeUndefined();
        expect((yield* db.one<{ pid: number }>`select pg_backend_pid() as pid`).pid).toBe(pid);
      }),
    );
  });

  test("a call that is cancelled while it waits for a connection leaves the line at once", async () => {
    await run(
      use(postgres(observed.url, { driver, max: 1 }), function* (db) {
        yield* use(db.transaction(), function* (tx) {
          yield* tx.sql`select 1`;
          expect(yield* moveOnAfter(10, db.sql`select 1`)).toBeUndefined();
          expect(
            yield* moveOnAfter(
              10,
              use(db.transaction(), () => sleep(0)),
            ),
          ).toBeUndefined();
        });
        expect((yield* db.sql`select 1 as n`).length).toBe(1);
      }),
    );
  });

  test("who waits for a connection for longer than acquireTimeout is told how many are in use, and where", async () => {
    await run(
      use(postgres(observed.url, { driver, max: 1, acquireTimeout: 800 }), function* (db) {
        yield* use(db.transaction(), function* () {
          const [error] = yield* gather([db.sql`select 1`], { returnExceptions: true });
          expect(error).toBeInstanceOf(TimeoutError);
          expect((error as Error).message).toContain(
            `no connection to PostgreSQL at ${observed.server.host}:${observed.server.port} came free within 800 ms: 1 of at most 1 are in use`,
          );
        });
      }),
    );
  });

  test("a timeout around a transaction that hangs on a lock ends it, and gives the lock back", async () => {
    await observed.admin`create table if not exists locked (id int)`;
    await run(
      use(postgres(observed.url, { driver, max: 2 }), function* (db) {
        yield* use(db.transaction(), function* (holder) {
          yield* holder.sql`lock table locked in access exclusive mode`;
          const [error] = yield* gather(
            [
              timeout(
                50,
                use(db.transaction(), (tx) => tx.sql`lock table locked in access exclusive mode`),
              ),
            ],
            { returnExceptions: true },
          );
          expect(error).toBeInstanceOf(TimeoutError);
        });
        yield* use(db.transaction(), (tx) => tx.sql`lock table locked in access exclusive mode`);
      }),
    );
    expect(await observed.locks()).toBe(0);
  });
});

// What is quick is measured: a machine that stands still at that moment teaches the wrong thing.
describe("calls that share a connection", { retry: 3 }, () => {
  /** Quick the first time, and so taken for quick. */
  const taught = coroutine(function* taught(db: Postgres): CoroutineBody<void> {
    yield* db.sql`select at_times_slow(${0}::float) as n`;
    yield* db.sql`select ${0}::int as n`;
  });

  beforeAll(async () => {
    await observed.admin.unsafe(`create function at_times_slow(seconds float) returns float language plpgsql
      as $$ begin perform pg_sleep(seconds); return seconds; end $$`);
  }, 60_000);

  test("a call that waits behind a slow one is cancelled at once, and its neighbours are answered all the same", async () => {
    await run(
      use(postgres(observed.url, { max: 1 }), function* (db) {
        yield* taught(db);
        const slow = createTask(db.one<{ n: number }>`select at_times_slow(${0.5}::float) as n`);
        const before = createTask(db.one<{ n: number }>`select ${1}::int as n`);
        const cancelled = createTask(db.one<{ n: number }>`select ${2}::int as n`);
        const after = createTask(db.one<{ n: number }>`select ${3}::int as n`);
        yield* sleep(5);
        cancelled.cancel();
        yield* wait([cancelled]);
        expect(cancelled.cancelled).toBe(true);
        expect(slow.done).toBe(false);
        expect((yield* gather([slow, before, after])).map(({ n }) => n)).toEqual([0.5, 1, 3]);
      }),
    );
  });

  test("nobody waits for long behind a call that was taken for quick: it makes way, and runs again by itself", async () => {
    await run(
      use(postgres(observed.url, { max: 1 }), function* (db) {
        yield* taught(db);
        const slow = createTask(db.one<{ n: number }>`select at_times_slow(${1.5}::float) as n`);
        const quick = [1, 2, 3].map((n) => createTask(db.one<{ n: number }>`select ${n}::int as n`));
        expect((yield* gather(quick)).map(({ n }) => n)).toEqual([1, 2, 3]);
        expect(slow.done).toBe(false);
        expect((yield* slow).n).toBe(1.5);
      }),
    );
  });

  test("a statement that waits for a lock shares with nobody", async () => {
    await observed.admin`create table rows_of_two (id int)`;
    await observed.admin`insert into rows_of_two values (1)`;
    await run(
      use(postgres(observed.url, { max: 2 }), function* (db) {
        const update = () => db.sql`update rows_of_two set id = id`;
        yield* update();
        yield* taught(db);
        yield* use(db.transaction(), function* (tx) {
          yield* tx.sql`update rows_of_two set id = id`;
          const waiting = createTask(update());
          yield* sleep(5);
          // The other connection waits for this transaction: what this one waits for must not wait for that.
          const asked = createTask(db.one<{ n: number }>`select ${7}::int as n`);
          yield* sleep(5);
          expect(asked.done).toBe(false);
          waiting.cancel();
          expect((yield* asked).n).toBe(7);
        });
      }),
    );
  });
});
