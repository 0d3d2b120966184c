/** Files that can't be opened, read or written: each is an error that says what to do. */
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqlite } from "@brigade/data/sqlite";
import { gather } from "brigade";
import { expect, test } from "vitest";
import { failureOf, newPath, withDatabase } from "./databases.ts";

const select = (path: string): Promise<unknown> => withDatabase((db) => db.get("SELECT * FROM t"), { path });

test("a folder that is not there, and one in place of the file", async () => {
  const missing = await failureOf(select(join(newPath(), "x.db")));
  expect(missing).toMatchObject({ name: "ConnectError", code: "SQLITE_CANTOPEN" });
  expect(missing.message).toContain("check that the folder exists");
  const folder = newPath();
  mkdirSync(folder);
  expect((await failureOf(select(folder))).name).toBe("ConnectError");
});

test("a file that is no database", async () => {
  const path = newPath();
  writeFileSync(path, "id;name\n1;this is a table, but not a database\n".repeat(200));
  const error = await failureOf(select(path));
  expect(error).toMatchObject({ name: "ConnectError", code: "SQLITE_NOTADB" });
  expect(error.message).toContain("the file is something else");
  expect(readFileSync(path, "utf8")).toContain("not a database");
});

function filled(path: string): void {
  const made = new DatabaseSync(path);
  made.exec(
    "CREATE TABLE t (v); WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 5000) INSERT INTO t SELECT hex(randomblob(50)) FROM n",
  );
  made.close();
}

test("a damaged file", async () => {
  const path = newPath();
  filled(path);
  const file = openSync(path, "r+");
  for (let page = 3; page < 60; page++) writeSync(file, Buffer.alloc(2_000, 0xee), 0, 2_000, page * 4096);
  closeSync(file);
  const error = await failureOf(withDatabase((db) => db.get("SELECT count(v) FROM t"), { path }));
  expect(error).toMatchObject({ name: "QueryError", code: "SQLITE_CORRUPT" });
  expect(error.message).toContain("restore a backup");
});

test("a database opened with readOnly is read, and says so when it is written", async () => {
  const path = newPath();
  filled(path);
  chmodSync(path, 0o444);
  await withDatabase(
    function* (db) {
      expect(yield* db.get("SELECT count(*) AS n FROM t")).toEqual({ n: 5000 });
      const outcomes = yield* gather(
        [db.run("DELETE FROM t"), db.get("DELETE FROM t RETURNING v"), db.exec("DROP TABLE t")],
        {
          returnExceptions: true,
        },
      );
      for (const error of outcomes) expect(error).toMatchObject({ name: "QueryError", code: "SQLITE_READONLY" });
    },
    { path, options: { readOnly: true } },
  );
  const missing = await failureOf(withDatabase((db) => db.get("SELECT 1"), { options: { readOnly: true } }));
  expect(missing).toMatchObject({ name: "ConnectError", code: "SQLITE_CANTOPEN" });
});

test("a full disk fails the statement, undoes its transaction, and the database goes on when there is room", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v); INSERT INTO t VALUES (1)");
    yield* db.exec("PRAGMA max_page_count = 20");
    const large =
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 5000) INSERT INTO t SELECT randomblob(100) FROM n";
    const [error] = yield* gather([db.run(large)], { returnExceptions: true });
    expect(error).toMatchObject({ name: "QueryError", code: "SQLITE_FULL" });
    expect((error as unknown as Error).message).toMatch(/full.*make room/);
    expect(yield* db.all("SELECT * FROM t")).toEqual([{ v: 1 }]);
    yield* db.exec("PRAGMA max_page_count = 1000000");
    expect(yield* db.run(large)).toMatchObject({ changes: 5000 });
  });
});

test("a backup into a folder that is not there fails, and leaves nothing", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v)");
    const [error] = yield* gather([db.backup(join(newPath(), "copy.db"))], { returnExceptions: true });
    expect(error).toMatchObject({ name: "QueryError", code: "SQLITE_CANTOPEN" });
    expect(yield* db.get("SELECT 1 AS v")).toEqual({ v: 1 });
  });
});

test("options that can't be are refused by name", () => {
  expect(() => sqlite("")).toThrow("empty");
  expect(() => sqlite(5 as unknown as string)).toThrow("a path or a file: URL, not number");
  expect(() => sqlite(new URL("https://example.org/x.db"))).toThrow("https: is not a file");
  expect(() => sqlite("x", { readers: 0 })).toThrow("readers: 0");
  expect(() => sqlite("x", { streams: 1.5 })).toThrow("streams: 1.5");
  expect(() => sqlite("x", { grace: "soon" as "1s" })).toThrow("grace");
  expect(() => sqlite("x", { init: "PRAGMA x" as unknown as string[] })).toThrow("init");
  expect(() => sqlite(":memory:", { readOnly: true })).toThrow("in memory");
});

test("statements of init are run by every connection, and one that is wrong says so at the beginning", async () => {
  await withDatabase(
    function* (db) {
      const writer = yield* db.sql`INSERT INTO temp.mine VALUES (5) RETURNING v`;
      expect(writer).toEqual([{ v: 5 }]);
      expect(yield* db.get("PRAGMA cache_size")).toEqual({ cache_size: 77 });
    },
    { options: { init: ["PRAGMA cache_size = 77", "CREATE TEMP TABLE mine (v)"] } },
  );
  const error = await failureOf(withDatabase((db) => db.get("SELECT 1"), { options: { init: ["PRAGMATIC"] } }));
  expect(error).toMatchObject({ name: "ConnectError", code: "SQLITE_ERROR" });
});
