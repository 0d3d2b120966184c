/** Statements and their values: what is stored is what was given, and what can't be stored is said. */
import { collect, coroutine, forEach, gather } from "brigade";
import { expect, test } from "vitest";
import { failureOf, newPath, withDatabase } from "./databases.ts";

test("values come back as they were given", async () => {
  const values = [
    null,
    0,
    -0,
    1,
    -1,
    2 ** 31,
    1.5,
    Infinity,
    2 ** 53 - 1,
    "",
    "a\0b",
    "ä€😀",
    "x".repeat(100),
    9007199254740992n,
  ];
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    for (const [id, value] of values.entries()) {
      yield* db.run("INSERT INTO t VALUES (?, ?)", [id, value]);
      if (typeof value === "bigint") continue;
      expect(yield* db.get("SELECT v FROM t WHERE id = ?", [id])).toStrictEqual({ v: value });
    }
    for (const bytes of [new Uint8Array(), Uint8Array.of(0, 255), Buffer.from("text"), new Uint16Array([1, 256])]) {
      const row = yield* db.get<{ v: Uint8Array }>("SELECT ? AS v", [bytes as Uint8Array]);
      expect(row?.v).toStrictEqual(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    }
  });
});

test("integers beyond 2^53 are an error that names the option, and bigints with it", async () => {
  const big = 2n ** 53n + 1n;
  const error = await failureOf(withDatabase((db) => db.get("SELECT ? AS v", [big])));
  expect(error).toBeInstanceOf(RangeError);
  expect(error.message).toContain("bigints");
  await withDatabase(
    function* (db) {
      expect(yield* db.get("SELECT ? AS v, 1 AS one", [big])).toEqual({ v: big, one: 1n });
      expect(yield* db.all("SELECT ? AS v", [-(2n ** 63n)])).toEqual([{ v: -(2n ** 63n) }]);
    },
    { options: { bigints: true } },
  );
});

test("a key that a number can't hold is told as a bigint, and the row is there", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    expect(yield* db.run("INSERT INTO t VALUES (?)", [2n ** 60n])).toEqual({ changes: 1, lastInsertRowid: 2n ** 60n });
    expect(yield* db.run("INSERT INTO t VALUES (7)")).toEqual({ changes: 1, lastInsertRowid: 7 });
    expect(yield* db.get("SELECT count(*) AS n FROM t")).toEqual({ n: 2 });
  });
});

test("what SQLite would store as something else is refused before it is sent", async () => {
  await withDatabase(function* (db) {
    const refused: [unknown, RegExp][] = [
      [NaN, /value 1 is NaN.*NULL/],
      ["\ud800", /half a surrogate/],
      [true, /boolean.*1 or 0/],
      [undefined, /undefined.*null/],
      [new Date(0), /Date.*toISOString/],
      [{}, /object.*JSON/],
      [2n ** 63n, /64 bits/],
    ];
    for (const [value, message] of refused) expect(() => db.get("SELECT ?", [value as string])).toThrow(message);
    expect(() => db.get("SELECT :a", { a: NaN })).toThrow("the value of a is NaN");
    expect(() => db.get(5 as unknown as string)).toThrow("a statement is a string, not a number");
    expect(() => db.get("SELECT '\0'")).toThrow("NUL");
    expect(() => db.get("SELECT ?", "text" as unknown as string[])).toThrow("values come as an array");
    expect(() => db.get("SELECT ?", new Uint8Array(1) as unknown as string[])).toThrow("put the bytes into one");
  });
});

test("too few values, unknown names and a second statement are errors, and nothing was run", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (a, b)");
    const wrong: [string, (string | number)[] | Record<string, number> | undefined, RegExp][] = [
      ["INSERT INTO t VALUES (?, ?)", [1], /more than the 1 values given/],
      ["INSERT INTO t VALUES (?, ?)", undefined, /more than the 0 values given/],
      ["INSERT INTO t VALUES (?, ?)", [1, 2, 3], /column index out of range/],
      ["INSERT INTO t VALUES (:a, :b)", { a: 1 }, /no value for :b/],
      ["INSERT INTO t VALUES (:a, :b)", undefined, /no value for :a/],
      ["INSERT INTO t VALUES (:a, ':b')", { a: 1, b: 2 }, /Unknown named parameter 'b'/],
      ["INSERT INTO t VALUES (1, 2); DELETE FROM t", undefined, /more than one statement/],
      ["INSERT INTO t VALUES (1, 2); /* and */ DELETE FROM t", undefined, /more than one statement/],
      ["/* open; */ -- ;\n ; /* to the end", undefined, /no statement/],
      ["-- nothing", undefined, /no statement/],
      ["BEGIN", undefined, /left a transaction open/],
      ["SAVEPOINT s", undefined, /left a transaction open/],
    ];
    for (const [sql, values, message] of wrong) {
      const run = coroutine(function* attempt() {
        try {
          yield* db.run(sql, values);
        } catch (error) {
          return (error as Error).message;
        }
        return "done";
      });
      expect(yield* run()).toMatch(message);
    }
    expect(yield* db.get("SELECT count(*) AS n FROM t")).toEqual({ n: 0 });
    yield* db.run("INSERT INTO t VALUES (?1, ?2); /* the */ ; -- end", [1, 2]);
    expect(yield* db.all("SELECT * FROM t")).toEqual([{ a: 1, b: 2 }]);
  });
});

test("errors carry SQLite's code, the statement and no value", async () => {
  const error = await failureOf(
    withDatabase(function* (db) {
      yield* db.exec("CREATE TABLE t (a UNIQUE)");
      yield* db.run("INSERT INTO t VALUES (?)", ["secret"]);
      yield* db.run("INSERT INTO t VALUES (?)", ["secret"]);
    }),
  );
  expect(error).toMatchObject({ name: "QueryError", code: "SQLITE_CONSTRAINT_UNIQUE" });
  expect(error.message).toContain("INSERT INTO t VALUES (?)");
  expect(error.stack).not.toContain("secret");
});

test("a template's values are parameters, and a schema decides what rows are", async () => {
  const Count = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) => {
        const { n } = value as { n: unknown };
        return typeof n === "number" ? { value: { n: n * 2 } } : { issues: [{ message: "no number", path: ["n"] }] };
      },
    },
  };
  await withDatabase(function* (db) {
    const evil = "x'; DROP TABLE t; --";
    yield* db.sql`CREATE TABLE t (name, n)`;
    yield* db.sql`INSERT INTO t VALUES (${evil}, ${1})`;
    expect(yield* db.sql<{ n: number }>`SELECT n FROM t WHERE name = ${evil}`).toEqual([{ n: 1 }]);
    expect(yield* db.sql(Count)`SELECT n FROM t`).toEqual([{ n: 2 }]);
    expect(yield* db.get("SELECT n FROM t", [], Count)).toEqual({ n: 2 });
    expect(yield* db.get("SELECT n FROM t WHERE n = 5", [], Count)).toBeUndefined();
    expect(yield* collect(db.stream("SELECT n FROM t", [], Count))).toEqual([{ n: 2 }]);
    const wrong = yield* gather([db.all("SELECT 'a' AS n", [], Count)], { returnExceptions: true });
    expect((wrong[0] as unknown as Error).message).toBe("row 1 does not fit the schema: n: no number");
  });
});

test("reading methods run statements that write, once", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    const insert = "WITH given(v) AS (VALUES (?)) INSERT INTO t (v) SELECT v FROM given RETURNING id, v";
    expect(yield* db.get(insert, ["a"])).toEqual({ id: 1, v: "a" });
    expect(yield* db.all(insert, ["b"])).toEqual([{ id: 2, v: "b" }]);
    expect(yield* collect(db.stream(`/* again */ ${insert}`, ["c"]))).toEqual([{ id: 3, v: "c" }]);
    expect(yield* db.get("PRAGMA user_version = 5")).toBeUndefined();
    expect(yield* db.get("PRAGMA user_version")).toEqual({ user_version: 5 });
  });
});

test("columns are called what they are called now, whoever changes the schema", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)");
    expect(yield* db.get("SELECT * FROM t")).toEqual({ a: 1, b: 2 });
    expect(yield* db.all("SELECT * FROM t")).toEqual([{ a: 1, b: 2 }]);
    yield* db.exec("ALTER TABLE t RENAME COLUMN a TO z");
    expect(yield* db.get("SELECT * FROM t")).toEqual({ z: 1, b: 2 });
    expect(yield* db.all("SELECT * FROM t")).toEqual([{ z: 1, b: 2 }]);
    yield* db.exec("ALTER TABLE t ADD COLUMN c DEFAULT 3");
    expect(yield* db.all("SELECT * FROM t")).toEqual([{ z: 1, b: 2, c: 3 }]);
    const row = yield* db.get('SELECT 1 AS "__proto__", 2 AS "0"');
    expect(Object.entries(row as object)).toEqual([
      ["0", 2],
      ["__proto__", 1],
    ]);
  });
});

test("a thousand statements and a thousand parameters are no trouble", async () => {
  await withDatabase(function* (db) {
    for (let round = 0; round < 2; round++) {
      const rows = yield* gather(Array.from({ length: 1_000 }, (_, i) => db.get(`SELECT ${i} AS n`)));
      expect(rows).toEqual(Array.from({ length: 1_000 }, (_, i) => ({ n: i })));
    }
    const numbers = Array.from({ length: 1_000 }, (_, i) => i);
    const row = yield* db.get(`SELECT ${numbers.map(() => "?").join(" + ")} AS sum`, numbers);
    expect(row).toEqual({ sum: 499_500 });
  });
});

test("a row of 50 MB goes and comes whole", { timeout: 60_000 }, async () => {
  await withDatabase(function* (db) {
    const bytes = new Uint8Array(50 * 1024 * 1024).fill(7);
    bytes[bytes.length - 1] = 9;
    yield* db.exec("CREATE TABLE t (v)");
    yield* db.run("INSERT INTO t VALUES (?)", [bytes]);
    const row = yield* db.get<{ v: Uint8Array }>("SELECT v FROM t");
    expect(Buffer.compare(row?.v as Uint8Array, bytes)).toBe(0);
    let streamed = 0;
    yield* forEach(db.stream<{ v: Uint8Array }>("SELECT v FROM t"), ({ v }) => {
      streamed += v.length;
    });
    expect(streamed).toBe(bytes.length);
  });
});

test("a database in memory does all that one in a file does", async () => {
  await withDatabase(
    function* (db) {
      yield* db.exec("CREATE TABLE t (v); INSERT INTO t VALUES (1), (2)");
      yield* forEach(db.stream<{ v: number }>("SELECT v FROM t"), ({ v }) =>
        db.run("INSERT INTO t VALUES (?)", [v + 10]),
      );
      expect(yield* db.all("SELECT v FROM t")).toEqual([{ v: 1 }, { v: 2 }, { v: 11 }, { v: 12 }]);
      const copy = newPath();
      yield* db.backup(copy);
      expect(yield* db.get(`SELECT count(*) AS n FROM t`)).toEqual({ n: 4 });
    },
    { path: ":memory:" },
  );
});
