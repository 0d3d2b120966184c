/** Transactions: all or nothing, one after another, whatever ends them. */
import { DatabaseSync } from "node:sqlite";
import { collect, createTask, forEach, gather, moveOnAfter, sleep, timeout, use } from "brigade";
import { expect, test } from "vitest";
import { ENDLESS, failureOf, newPath, withDatabase } from "./databases.ts";

test("a transaction commits at the body's end, and is undone by an error and by a cancellation", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v)");
    expect(
      yield* use(db.transaction(), function* (tx) {
        yield* tx.run("INSERT INTO t VALUES (1)");
        expect(yield* db.get("SELECT count(*) AS n FROM t")).toEqual({ n: 0 }); // another connection
        return (yield* tx.run("INSERT INTO t VALUES (2)")).changes;
      }),
    ).toBe(1);
    const failed = yield* gather(
      [
        use(db.transaction(), function* (tx) {
          yield* tx.run("INSERT INTO t VALUES (3)");
          throw new Error("changed my mind");
        }),
      ],
      { returnExceptions: true },
    );
    expect(failed[0]?.message).toBe("changed my mind");
    yield* moveOnAfter(
      50,
      use(db.transaction(), function* (tx) {
        yield* tx.run("INSERT INTO t VALUES (4)");
        yield* sleep("1h");
      }),
    );
    expect(yield* db.all("SELECT v FROM t")).toEqual([{ v: 1 }, { v: 2 }]);
  });
});

test("a savepoint is undone alone", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v)");
    yield* use(db.transaction(), function* (tx) {
      yield* tx.run("INSERT INTO t VALUES (1)");
      try {
        yield* use(tx.savepoint(), function* (inner) {
          yield* inner.run("INSERT INTO t VALUES (2)");
          yield* use(inner.savepoint(), (innermost) => innermost.run("INSERT INTO t VALUES (3)"));
          throw new Error("back");
        });
      } catch (error) {
        expect((error as Error).message).toBe("back");
      }
      yield* use(tx.savepoint(), (inner) => inner.run("INSERT INTO t VALUES (4)"));
    });
    expect(yield* db.all("SELECT v FROM t")).toEqual([{ v: 1 }, { v: 4 }]);
  });
});

test("transactions wait for each other, and none is lost", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v INTEGER); INSERT INTO t VALUES (0)");
    yield* gather(
      Array.from({ length: 30 }, () =>
        use(db.transaction(), function* (tx) {
          const row = yield* tx.get<{ v: number }>("SELECT v FROM t");
          yield* sleep(1);
          yield* tx.run("UPDATE t SET v = ?", [(row?.v as number) + 1]);
        }),
      ),
    );
    expect(yield* db.get("SELECT v FROM t")).toEqual({ v: 30 });
  });
});

test("a task that would wait for its own transaction is told so", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v)");
    yield* use(db.transaction(), function* (tx) {
      for (const wait of [
        () => db.run("INSERT INTO t VALUES (1)"),
        () => db.exec("DELETE FROM t"),
        () => use(db.transaction(), () => sleep(0)),
      ]) {
        const [error] = yield* gather([tx.get("SELECT 1")], { returnExceptions: true });
        expect(error).toEqual({ 1: 1 });
        let message = "";
        try {
          yield* wait();
        } catch (thrown) {
          message = (thrown as Error).message;
        }
        expect(message).toContain("this task has open");
      }
      expect(yield* db.all("SELECT * FROM t")).toEqual([]); // reading is another process's
    });
    expect(yield* db.run("INSERT INTO t VALUES (1)")).toMatchObject({ changes: 1 });
  });
});

test("a transaction that SQLite has rolled back does not go on as single statements", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v UNIQUE); INSERT INTO t VALUES (1)");
    const error = yield* gather(
      [
        use(db.transaction(), function* (tx) {
          yield* tx.run("INSERT INTO t VALUES (2)");
          try {
            yield* tx.run("INSERT OR ROLLBACK INTO t VALUES (1)");
          } catch {
            // taken for one failed statement
          }
          yield* tx.run("INSERT INTO t VALUES (3)");
        }),
      ],
      { returnExceptions: true },
    );
    expect((error[0] as unknown as Error).message).toContain("the transaction is over");
    expect(yield* db.all("SELECT v FROM t")).toEqual([{ v: 1 }]);
  });
});

test("a commit that fails undoes the transaction, and the next one is right", async () => {
  await withDatabase(function* (db) {
    yield* db.exec(
      "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a REFERENCES a DEFERRABLE INITIALLY DEFERRED)",
    );
    const [error] = yield* gather([use(db.transaction(), (tx) => tx.run("INSERT INTO b VALUES (9)"))], {
      returnExceptions: true,
    });
    expect(error).toMatchObject({ code: "SQLITE_CONSTRAINT_FOREIGNKEY" });
    yield* use(db.transaction(), (tx) => tx.run("INSERT INTO a VALUES (1)"));
    expect([yield* db.all("SELECT * FROM a"), yield* db.all("SELECT * FROM b")]).toEqual([[{ id: 1 }], []]);
  });
});

test("a statement that is ended by force takes its transaction with it, and says so", async () => {
  const error = await failureOf(
    withDatabase(function* (db) {
      yield* db.exec("CREATE TABLE t (v)");
      yield* use(db.transaction(), function* (tx) {
        yield* tx.run("INSERT INTO t VALUES (1)");
        yield* moveOnAfter(20, tx.get(ENDLESS));
        yield* tx.run("INSERT INTO t VALUES (2)");
      });
    }),
  );
  expect(error).toMatchObject({ name: "ConnectionLostError", sent: false });
});

test("nothing runs through a transaction that is over", async () => {
  await withDatabase(function* (db) {
    const tx = yield* use(db.transaction(), function* (tx) {
      return tx;
    });
    expect(() => tx.run("SELECT 1")).toThrow("the transaction is over");
    expect(() => tx.savepoint()).toThrow("the transaction is over");
  });
});

test("a stream in a transaction sees what the transaction has done, and ends with it", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v)");
    yield* use(db.transaction(), function* (tx) {
      for (let v = 0; v < 3; v++) yield* tx.run("INSERT INTO t VALUES (?)", [v]);
      expect(yield* collect(tx.stream("SELECT v FROM t"))).toEqual([{ v: 0 }, { v: 1 }, { v: 2 }]);
      const half = tx.stream(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 5000) SELECT x FROM n, t",
      );
      expect((yield* half.next()).value).toEqual({ x: 1 });
    });
    yield* use(db.transaction(), (tx) => tx.run("DELETE FROM t"));
    expect(yield* db.all("SELECT * FROM t")).toEqual([]);
  });
});

test("a reading transaction sees one state, while others write", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v); INSERT INTO t VALUES (1)");
    yield* use(db.transaction({ readOnly: true }), function* (tx) {
      yield* db.run("INSERT INTO t VALUES (2)");
      expect(yield* db.get("SELECT count(*) AS n FROM t")).toEqual({ n: 2 });
      expect(yield* tx.get("SELECT count(*) AS n FROM t")).toEqual({ n: 1 });
      const [error] = yield* gather([tx.run("DELETE FROM t")], { returnExceptions: true });
      expect(error).toMatchObject({ code: "SQLITE_READONLY" });
    });
    expect(yield* db.get("SELECT count(*) AS n FROM t")).toEqual({ n: 2 });
  });
});

test("two programs write one file: each waits for the other's lock without holding up its loop", async () => {
  const path = newPath();
  const other = new DatabaseSync(path);
  other.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (v); BEGIN IMMEDIATE; INSERT INTO t VALUES ('theirs')");
  await withDatabase(
    function* (db) {
      const ours = createTask(db.run("INSERT INTO t VALUES ('ours')"));
      for (let i = 0; i < 20; i++) yield* sleep(5); // the loop goes on
      expect(ours.done).toBe(false);
      other.exec("COMMIT");
      yield* ours;
      expect(yield* db.get("SELECT group_concat(v) AS all_ FROM t")).toEqual({ all_: "theirs,ours" });
      other.exec("BEGIN IMMEDIATE");
      const [waited] = yield* gather([timeout(100, db.run("DELETE FROM t"))], { returnExceptions: true });
      expect((waited as unknown as Error).name).toBe("TimeoutError");
      other.exec("ROLLBACK");
      yield* forEach([1, 2, 3], (v) => db.run("INSERT INTO t VALUES (?)", [v]));
    },
    { path },
  );
  expect(other.prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 5 });
  other.close();
});

test("a lock that is held for longer than busyTimeout is an error that says what to do", async () => {
  const path = newPath();
  const other = new DatabaseSync(path);
  other.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (v); BEGIN IMMEDIATE");
  const error = await failureOf(
    withDatabase((db) => db.run("INSERT INTO t VALUES (1)"), { path, options: { busyTimeout: 50 } }),
  );
  expect(error).toMatchObject({ name: "QueryError", code: "SQLITE_BUSY" });
  expect(error.message).toContain("busyTimeout");
  other.close();
});
