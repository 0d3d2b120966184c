/**
 * Calls are cancelled wherever they happen to be: no row is half written, what comes after is right, and a statement that does not
 * end is ended with its process.
 */
import { type Sqlite, sqlite } from "@brigade/data/sqlite";
import {
  type Awaitable,
  coroutine,
  createTask,
  forEach,
  gather,
  moveOnAfter,
  run,
  sleep,
  type Task,
  use,
} from "brigade";
import { expect, test } from "vitest";
import { children, ENDLESS, newPath, withDatabase } from "./databases.ts";

const count = process.env["BRIGADE_LONG"] === undefined ? 150 : 1_000;

/** Numbers from 0 to 1 that are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const ACCOUNTS = 20;
const copy = newPath();

/** Moves money between accounts: the sum stays what it is. */
const move = coroutine(function* move(db: Sqlite, from: number, to: number) {
  yield* use(db.transaction(), function* (tx) {
    yield* tx.run("UPDATE accounts SET money = money - 1 WHERE id = ?", [from]);
    yield* use(tx.savepoint(), (inner) => inner.run("UPDATE accounts SET money = money + 1 WHERE id = ?", [to]));
  });
});

/** Takes about ten milliseconds. */
const LONG = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 30000) SELECT x FROM n";

const calls: readonly ((db: Sqlite, random: () => number) => Awaitable<unknown>)[] = [
  (db, random) => db.get("SELECT * FROM accounts WHERE id = ?", [Math.floor(random() * ACCOUNTS)]),
  (db) => db.all(LONG),
  (db) => forEach(db.stream(LONG), () => sleep(0)),
  (db, random) => db.run("UPDATE accounts SET touched = touched + 1 WHERE id = ?", [Math.floor(random() * ACCOUNTS)]),
  (db, random) => move(db, Math.floor(random() * ACCOUNTS), Math.floor(random() * ACCOUNTS)),
  (db) => db.run("INSERT INTO pairs VALUES (1), (1)"),
  (db) => use(db.transaction({ readOnly: true }), (tx) => tx.all("SELECT * FROM accounts")),
  (db) => db.backup(copy),
];

const expectWhole = coroutine(function* expectWhole(db: Sqlite) {
  expect(yield* db.get("PRAGMA integrity_check")).toEqual({ integrity_check: "ok" });
  expect(yield* db.get("SELECT sum(money) AS sum FROM accounts")).toEqual({ sum: ACCOUNTS * 100 });
  expect(yield* db.get("SELECT count(*) % 2 AS odd FROM pairs")).toEqual({ odd: 0 });
});

test(`after ${count} calls that were cancelled at random no row is half written, and as many calls are right`, {
  timeout: 300_000,
}, async () => {
  const random = numbers(11);
  await withDatabase(
    function* (db) {
      yield* db.exec(
        "CREATE TABLE accounts (id INTEGER PRIMARY KEY, money INTEGER, touched INTEGER DEFAULT 0); CREATE TABLE pairs (v)",
      );
      for (let id = 0; id < ACCOUNTS; id++) yield* db.run("INSERT INTO accounts (id, money) VALUES (?, 100)", [id]);
      let cancelled = 0;
      const one = coroutine(function* one() {
        const call = calls[Math.floor(random() * calls.length)] as (typeof calls)[number];
        const ended = yield* moveOnAfter(random() * 12, function* () {
          yield* call(db, random);
          return true;
        });
        if (!ended) cancelled++;
      });
      for (let i = 0; i < count; i += 5) yield* gather([one(), one(), one(), one(), one()]);
      expect(cancelled).toBeGreaterThan(count / 20);
      expect(cancelled).toBeLessThan(count);
      yield* expectWhole(db);
      for (let i = 0; i < count; i++) {
        const id = i % ACCOUNTS;
        expect(yield* db.get("SELECT id FROM accounts WHERE id = ?", [id])).toEqual({ id });
      }
      yield* gather(Array.from({ length: 20 }, (_, i) => move(db, i % ACCOUNTS, (i + 1) % ACCOUNTS)));
      yield* expectWhole(db);
    },
    { options: { grace: 30 } },
  );
});

test("a statement that never ends is ended within grace, and the others go on", async () => {
  await withDatabase(
    function* (db) {
      yield* db.exec("CREATE TABLE t (v)");
      const began = performance.now();
      const other = createTask(
        (function* () {
          for (let i = 0; i < 50; i++) yield* db.get("SELECT ? AS v", [i]);
          return "right";
        })(),
      );
      expect(yield* moveOnAfter(50, db.get(ENDLESS))).toBeUndefined();
      expect(yield* moveOnAfter(50, db.all(ENDLESS))).toBeUndefined();
      expect(yield* moveOnAfter(50, db.run(`INSERT INTO t ${ENDLESS}`))).toBeUndefined();
      expect(yield* moveOnAfter(50, db.exec(`INSERT INTO t ${ENDLESS}`))).toBeUndefined();
      expect(yield* moveOnAfter(50, db.stream(ENDLESS).next())).toBeUndefined();
      expect(
        yield* moveOnAfter(
          50,
          use(db.transaction(), (tx) => tx.run(`INSERT INTO t ${ENDLESS}`)),
        ),
      ).toBeUndefined();
      expect(performance.now() - began).toBeLessThan(15_000); // it would be never
      expect(yield* other).toBe("right");
      expect(yield* db.all("SELECT * FROM t")).toEqual([]);
    },
    { options: { grace: 50 } },
  );
});

test("reads that stand behind one that is ended by force are made again, and are right", async () => {
  await withDatabase(
    function* (db) {
      const row =
        "SELECT ?1 AS v, (SELECT max(x) FROM (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT ?2) SELECT x FROM n)) AS m";
      for (let v = 0; v < 3; v++) yield* db.get(row, [v, 1]); // known to be quick from now on
      const slow = createTask(db.get(row, [0, 1e12]));
      const behind = Array.from({ length: 20 }, (_, v) => createTask(db.get(row, [v, 1])));
      yield* sleep(100);
      slow.cancel();
      const rows = yield* gather(behind);
      expect(rows).toEqual(Array.from({ length: 20 }, (_, v) => ({ v, m: 1 })));
      expect(slow.cancelled).toBe(true);
    },
    { options: { readers: 1, grace: 50 } },
  );
});

test("a call that is cancelled while it waits for its turn is never made", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v)");
    yield* use(db.transaction(), function* (tx) {
      const waiting = createTask(db.run("INSERT INTO t VALUES (1)"));
      yield* sleep(10);
      waiting.cancel();
      yield* sleep(0);
      yield* tx.run("INSERT INTO t VALUES (2)");
      expect(waiting.done).toBe(true);
    });
    expect(yield* db.all("SELECT v FROM t")).toEqual([{ v: 2 }]);
  });
});

test("a database in memory is lost with a statement that has to be ended by force, and says so", async () => {
  await withDatabase(
    function* (db) {
      yield* db.exec("CREATE TABLE t (v)");
      yield* moveOnAfter(20, db.get(ENDLESS));
      const [error] = yield* gather([db.get("SELECT * FROM t")], { returnExceptions: true });
      expect(error).toMatchObject({ name: "ConnectionLostError", sent: false });
      expect((error as Error).message).toContain("was in memory");
    },
    { path: ":memory:", options: { grace: 20 } },
  );
});

test("leaving early, by an error or a cancellation, ends what is under way and leaves no process", async () => {
  for (const leave of ["error", "cancellation"]) {
    const before = children().length;
    const outcomes: (Error | undefined)[] = [];
    const ended = await run(function* () {
      const calls: Task<unknown>[] = [];
      let reached = false;
      const leaving = createTask(
        use(sqlite(newPath(), { grace: 20 }), function* (db) {
          calls.push(createTask(db.get(ENDLESS)), createTask(db.run(`CREATE TABLE t AS ${ENDLESS}`)));
          yield* db.stream(ENDLESS.replace("max(x)", "x")).next();
          expect(children().length).toBeGreaterThan(before + 2);
          reached = true;
          if (leave === "error") throw new Error("left");
          yield* sleep("1h");
        }),
      );
      while (!reached) yield* sleep(5);
      if (leave === "cancellation") leaving.cancel();
      const [error] = yield* gather([leaving], { returnExceptions: true });
      for (const call of calls) outcomes.push(call.exception());
      return (error as Error).name;
    });
    expect(ended).toBe(leave === "error" ? "Error" : "CancelledError");
    expect(outcomes.map((error) => error?.name)).toEqual(["InvalidStateError", "ConnectionLostError"]);
    expect(children().length).toBe(before);
  }
});
