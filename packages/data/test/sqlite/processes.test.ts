/** What holds the database are processes: they die, are killed, and end; nothing is left of them, and nothing wrong comes of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { sqlite } from "@brigade/data/sqlite";
import { assertNoLeaks } from "brigade/testing";
import { createTask, forEach, gather, run, sleep, use } from "brigade";
import { expect, test } from "vitest";
import { children, failureOf, newPath, withDatabase } from "./databases.ts";

test("reads survive the death of the process that does them", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v)");
    const [writer] = children() as [number];
    for (let round = 0; round < 5; round++) {
      const reads = Array.from({ length: 40 }, (_, v) => createTask(db.get("SELECT ? AS v", [v])));
      while (children().length < 2) yield* sleep(1);
      for (const pid of children()) if (pid !== writer) process.kill(pid, "SIGKILL");
      expect(yield* gather(reads)).toEqual(Array.from({ length: 40 }, (_, v) => ({ v })));
    }
  });
});

test("a read that kills its process every time is an error, and the others go on", async () => {
  await withDatabase(
    function* (db) {
      const [writer] = children() as [number];
      const deadly = createTask(
        db.all("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"),
      );
      while (!deadly.done) {
        yield* sleep(200); // it starts, and is at work or not
        for (const pid of children()) if (pid !== writer) process.kill(pid, "SIGKILL");
      }
      expect(deadly.exception()).toMatchObject({ name: "ConnectionLostError" });
      expect(yield* db.get("SELECT 1 AS v")).toEqual({ v: 1 });
    },
    { options: { readers: 1 } },
  );
});

test("a write whose process dies says that it may have been done; the next has a new process", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("CREATE TABLE t (v)");
    const [writer] = children() as [number];
    const writing = createTask(
      db.run("INSERT INTO t WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"),
    );
    const waiting = createTask(db.run("INSERT INTO t VALUES (1)"));
    yield* sleep(50);
    process.kill(writer, "SIGKILL");
    const [error] = yield* gather([writing], { returnExceptions: true });
    expect(error).toMatchObject({ name: "ConnectionLostError", sent: true });
    yield* waiting;
    expect(yield* db.all("SELECT v FROM t")).toEqual([{ v: 1 }]);
    expect(yield* db.get("PRAGMA integrity_check")).toEqual({ integrity_check: "ok" });
  });
});

test("a transaction whose process dies is undone, and nothing more is run in it", async () => {
  const path = newPath();
  const error = await failureOf(
    withDatabase(
      function* (db) {
        yield* db.exec("CREATE TABLE t (v)");
        const [writer] = children() as [number];
        yield* use(db.transaction(), function* (tx) {
          yield* tx.run("INSERT INTO t VALUES (1)");
          process.kill(writer, "SIGKILL");
          while (children().includes(writer)) yield* sleep(1);
          yield* tx.run("INSERT INTO t VALUES (2)");
        });
      },
      { path },
    ),
  );
  expect(error.name).toBe("ConnectionLostError");
  await withDatabase((db) => forEach(db.stream("SELECT * FROM t"), () => expect.unreachable()), { path });
});

test("a stream whose process dies fails, and does not give rows twice", async () => {
  await withDatabase(function* (db) {
    yield* db.exec("SELECT 1");
    const [writer] = children() as [number];
    const rows = db.stream<{ x: number }>(
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
    );
    let last = 0;
    const [error] = yield* gather(
      [
        forEach(rows, ({ x }) => {
          expect(x).toBe(last + 1);
          last = x;
          if (x === 5_000) for (const pid of children()) if (pid !== writer) process.kill(pid, "SIGKILL");
        }),
      ],
      { returnExceptions: true },
    );
    expect(error).toMatchObject({ name: "ConnectionLostError" });
  });
});

test("at the end of use nothing is left: no process, descriptor, timer or task", async () => {
  const path = newPath();
  const held = async (): Promise<unknown> => {
    await new Promise((resolve) => setTimeout(resolve, 50)); // handles that are closing
    return { descriptors: readdirSync("/proc/self/fd").length, resources: process.getActiveResourcesInfo().toSorted() };
  };
  await withDatabase((db) => db.get("SELECT 1"));
  const before = await held();
  for (let i = 0; i < 3; i++) {
    await run(
      assertNoLeaks(function* () {
        yield* use(sqlite(path), function* (db) {
          yield* db.exec("CREATE TABLE IF NOT EXISTS t (v)");
          yield* gather([
            db.get("SELECT 1"),
            db.run("INSERT INTO t VALUES (1)"),
            forEach(db.stream("SELECT * FROM t"), () => {}),
          ]);
        });
      }),
    );
    expect(children()).toEqual([]);
  }
  expect(await held()).toEqual(before);
  expect(existsSync(`${path}-wal`)).toBe(false); // what it held is in the file
});

test("a call after the end says that the database is closed", async () => {
  await run(function* () {
    const db = yield* use(sqlite(newPath()), function* (db) {
      return db;
    });
    const outcomes = yield* gather(
      [db.get("SELECT 1"), db.exec(""), use(db.transaction(), () => sleep(0)), db.stream("SELECT 1").next()],
      {
        returnExceptions: true,
      },
    );
    for (const outcome of outcomes) expect((outcome as Error).message).toMatch(/is closed/);
  });
});

test("at the end of the body, calls in progress are waited for", async () => {
  const path = newPath();
  await run(function* () {
    const calls = yield* use(sqlite(path), function* (db) {
      yield* db.exec("CREATE TABLE t (v)");
      const made = Array.from({ length: 20 }, (_, v) => createTask(db.run("INSERT INTO t VALUES (?)", [v])));
      yield* sleep(0);
      return made;
    });
    expect(calls.every((call) => call.done)).toBe(true);
  });
  await withDatabase(
    function* (db) {
      expect(yield* db.get("SELECT count(*) AS n FROM t")).toEqual({ n: 20 });
    },
    { path },
  );
});

const PROGRAM = `
  import { run, sleep, use, createTask } from "brigade";
  import { sqlite } from "@brigade/data/sqlite";
  await run(use(sqlite(process.argv[1]), function* (db) {
    createTask(db.get("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"));
    createTask(db.run("CREATE TABLE t AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"));
    yield* sleep(200);
    console.log("busy");
    yield* sleep("1h");
  }));
`;

const INTERRUPTED = `
  import { run, sleep, use } from "brigade";
  import { sqlite } from "@brigade/data/sqlite";
  const main = use(sqlite(process.argv[1]), function* (db) {
    yield* db.exec("CREATE TABLE t (v)");
    yield* use(db.transaction(), function* (tx) {
      yield* tx.run("INSERT INTO t VALUES (1)");
      try {
        console.log("ready");
        yield* sleep("1h");
      } finally {
        console.log((yield* tx.get("SELECT v FROM t")).v === 1 ? "cleaned up" : "wrong");
      }
    });
  });
  await run(main, { handleSignals: true }).catch((error) => console.log(error.name));
`;

test("Ctrl-C, which goes to the whole group, leaves the program's cleanup its database", async () => {
  const program = started(INTERRUPTED);
  let said = "";
  program.stdout?.on("data", (text: Buffer) => {
    said += text.toString();
    if (said === "ready\n") process.kill(-(program.pid as number), "SIGINT");
  });
  await once(program, "close");
  expect(said).toBe("ready\ncleaned up\nCancelledError\n");
});

test("when the program is killed, its processes end, though a statement keeps them busy", async () => {
  const program = started(PROGRAM);
  await once(program.stdout as NodeJS.ReadableStream, "data");
  const busy = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === program.pid);
  expect(busy).toHaveLength(2);
  program.kill("SIGKILL");
  await once(program, "close");
  for (let left = 100; busy.some(runs) && left > 0; left--) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(busy.filter(runs)).toEqual([]);
});

/** A program with a group of its own. */
function started(program: string): ChildProcess {
  const flags = ["--conditions=@brigade/source", "--input-type=module", "-e", program, newPath()];
  return spawn(process.execPath, flags, {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: import.meta.dirname,
    detached: true,
  });
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")[1],
    );
  } catch {
    return undefined;
  }
}

/** Whether it is there, and not only waits for somebody to take note of its end. */
function runs(pid: string): boolean {
  try {
    return !/^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
