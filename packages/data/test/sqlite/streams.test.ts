/** Rows one after the other: in order, once each, no more in memory than a piece or two. */
import { collect, createTask, forEach, gather, sleep, use } from "brigade";
import { expect, test } from "vitest";
import { withDatabase } from "./databases.ts";

const NUMBERS =
  "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT ?) SELECT x, 'number ' || x AS name FROM n";

test("every row comes once, in order, whatever the pieces", async () => {
  await withDatabase(function* (db) {
    for (const count of [0, 1, 999, 1_000, 1_001, 12_345]) {
      const rows = yield* collect(db.stream(NUMBERS, [count]));
      expect(rows).toEqual(Array.from({ length: count }, (_, i) => ({ x: i + 1, name: `number ${i + 1}` })));
    }
  });
});

test("100,000 rows take no more memory than a few", { timeout: 60_000 }, async () => {
  await withDatabase(function* (db) {
    yield* forEach(db.stream(NUMBERS, [100_000]), () => {}); // what is compiled and grown once
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = 0;
    let read = 0;
    for (let round = 0; round < 3; round++) {
      yield* forEach(db.stream<{ x: number }>(NUMBERS, [100_000]), ({ x }) => {
        read++;
        if (x % 10_000 === 0) most = Math.max(most, process.memoryUsage().rss - before);
      });
    }
    expect(read).toBe(300_000);
    expect(most).toBeLessThan(48 * 1024 * 1024); // the rows would be more than that
  });
});

test("what nobody reads is not made: a stream without end is left after a few rows", async () => {
  await withDatabase(function* (db) {
    for (let i = 0; i < 12; i++) {
      const rows = db.stream<{ x: number }>(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
      );
      for (let x = 1; x < 5; x++) expect((yield* rows.next()).value).toEqual({ x });
      yield* rows.close();
    }
  });
});

test("streams wait for a process when all are in use, and none is lost by those that stop waiting", async () => {
  await withDatabase(
    function* (db) {
      const half = [db.stream(NUMBERS, [5_000]), db.stream(NUMBERS, [5_000])];
      for (const rows of half) yield* rows.next();
      const waiting = Array.from({ length: 6 }, () => createTask(collect(db.stream(NUMBERS, [10]))));
      yield* sleep(50);
      expect(waiting.some((task) => task.done)).toBe(false);
      expect(yield* db.get("SELECT 1 AS v")).toEqual({ v: 1 }); // calls have processes of their own
      for (const task of waiting.slice(0, 3)) task.cancel();
      for (const rows of half) yield* rows.close();
      for (const rows of yield* gather(waiting.slice(3))) expect(rows).toHaveLength(10);
    },
    { options: { streams: 2 } },
  );
});

test("a stream sees the state of its beginning, and reads go on beside it", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v)");
    yield* use(db.transaction(), function* (tx) {
      for (let v = 0; v < 3_000; v++) yield* tx.run("INSERT INTO t VALUES (?)", [v]);
    });
    let seen = 0;
    yield* forEach(db.stream<{ v: number }>("SELECT v FROM t"), function* ({ v }) {
      seen++;
      if (v % 500 !== 0) return;
      yield* db.run("INSERT INTO t VALUES (?)", [v + 0.5]);
      expect(yield* db.get("SELECT v FROM t WHERE v = ?", [v + 0.5])).toEqual({ v: v + 0.5 });
    });
    expect(seen).toBe(3_000);
    expect(yield* db.get("SELECT count(*) AS n FROM t")).toEqual({ n: 3_006 });
  });
});

test("an error in the middle of the rows is thrown, and the next stream is right", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v); INSERT INTO t VALUES ('[1]'), ('[2]'), ('no json')");
    const rows: unknown[] = [];
    const [error] = yield* gather(
      [forEach(db.stream("SELECT json_extract(v, '$[0]') AS v FROM t"), (row) => void rows.push(row))],
      {
        returnExceptions: true,
      },
    );
    expect((error as unknown as Error).message).toContain("malformed JSON");
    expect(rows.length).toBeLessThanOrEqual(2);
    expect(yield* collect(db.stream("SELECT v FROM t LIMIT 2"))).toEqual([{ v: "[1]" }, { v: "[2]" }]);
  });
});
