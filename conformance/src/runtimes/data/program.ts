/** What each runtime that has node:* does with databases, object storage and jobs. It prints what it saw otherwise than it should. */
import { postgres } from "@brigade/data/postgres";
import { redis } from "@brigade/data/redis";
import { s3 } from "@brigade/data/s3";
import { type Sqlite, sqlite } from "@brigade/data/sqlite";
import { bullmq, local, workers } from "@brigade/workers";
import {
  type Awaitable,
  collect,
  coroutine,
  type CoroutineBody,
  gather,
  moveOnAfter,
  run,
  stream,
  timeout,
  use,
} from "brigade";
import { tempDir } from "brigade/node";
import { describeHost } from "../host.ts";
import { type Check, host } from "../node/check.ts";
import { reportLine } from "../report-line.ts";
import { double } from "./tasks.ts";

declare const POSTGRES: string;
declare const REDIS: string;
declare const S3: string;
declare const JOBS: string;

// Bundled beside the program.
const tasks = new URL("./tasks.mjs", import.meta.url);

const endless = "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t";

const inFile = (sees: (db: Sqlite) => Awaitable<unknown>): Awaitable<unknown> =>
  use(tempDir(), (folder) => use(sqlite(`${folder}/shop.db`), sees));

const sqliteChecks: Check[] = [
  {
    claim: "SQLite: rows, a transaction, a stream",
    sees: () =>
      inFile(function* (db): CoroutineBody<unknown> {
        yield* db.exec("create table orders (id integer primary key, item text)");
        yield* use(db.transaction(), function* (tx): CoroutineBody<void> {
          for (const item of ["bread", "salt"]) yield* tx.run("insert into orders (item) values (?)", [item]);
        });
        return [yield* db.all("select * from orders"), (yield* collect(db.stream("select id from orders"))).length];
      }),
    expected: [
      [
        { id: 1, item: "bread" },
        { id: 2, item: "salt" },
      ],
      2,
    ],
  },
  {
    claim: "SQLite: a statement that never ends is cancelled",
    sees: () =>
      inFile(function* (db): CoroutineBody<unknown> {
        yield* moveOnAfter("50ms", db.get(endless));
        return yield* db.get("select 1 as one");
      }),
    expected: { one: 1 },
  },
];

const localChecks: Check[] = [
  {
    claim: "workers: a job in a folder",
    // One folder for all runtimes, one after the other: making its database takes seconds.
    sees: () => use(workers({ engine: local(JOBS, { tasks }) }), ({ run: runJob }) => runJob(double, [21])),
    expected: 42,
  },
];

const serverChecks: Check[] = [
  {
    claim: "PostgreSQL: rows, and a statement that is cancelled",
    sees: () =>
      use(postgres(POSTGRES), function* (db): CoroutineBody<unknown> {
        const rows = yield* gather([1, 2, 3].map((n) => db.one<{ n: number }>`select ${n}::int as n`));
        const slept = yield* moveOnAfter("50ms", db.sql`select pg_sleep(60)`);
        return [rows.map(({ n }) => n), slept === undefined, yield* db.one`select 1 as one`];
      }),
    expected: [[1, 2, 3], true, { one: 1 }],
  },
  {
    claim: "Redis: commands, and a waiting one that is cancelled",
    sees: () =>
      use(redis(REDIS), function* (db): CoroutineBody<unknown> {
        yield* db.del("list");
        const popped = yield* moveOnAfter("50ms", db.blpop("list", 0));
        yield* db.rpush("list", "a");
        return [popped === undefined, yield* db.blpop("list", 0)];
      }),
    expected: [true, ["list", "a"]],
  },
  {
    claim: "S3: an object up in parts and down, and an upload that is cancelled",
    sees: () =>
      use(s3(s3Config, { bucket: "brigade" }), function* (store): CoroutineBody<unknown> {
        const { parts } = yield* store.put("up", mebibytes(12));
        const size = (yield* collect(store.read("up"))).reduce((sum, piece) => sum + piece.length, 0);
        const endlessly = yield* moveOnAfter("100ms", store.put("endless", mebibytes(100_000)));
        return [parts, size, endlessly === undefined, yield* store.head("endless")];
      }),
    expected: [2, 12 * 1024 * 1024, true, null],
  },
  {
    claim: "workers: a job in Redis is there until somebody runs it",
    sees: () =>
      use(
        workers({ engine: bullmq(REDIS), queue: `on-${host}` }),
        function* ({ submit, counts }): CoroutineBody<unknown> {
          const job = yield* submit(double, [1]);
          const { waiting } = yield* counts();
          yield* job.cancel();
          return [waiting, yield* job.state()];
        },
      ),
    expected: [1, "cancelled"],
  },
];

const s3Config = {
  endpoint: S3,
  region: "us-east-1",
  forcePathStyle: true,
  credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
};

const mebibytes = stream(function* mebibytes(count: number) {
  for (let i = 0; i < count; i++) yield new Uint8Array(1024 * 1024);
});

const mismatchOf = coroutine(function* mismatchOf(check: Check): CoroutineBody<string[]> {
  try {
    const seen = JSON.stringify(yield* timeout("40s", check.sees()));
    const expected = JSON.stringify(check.expected);
    return seen === expected ? [] : [`${check.claim}: saw ${seen}, and not ${expected}`];
  } catch (error) {
    return [`${check.claim}: ${String(error)}`];
  }
});

// Bun has no process pools: workers there run tasks that say `runs: "loop"`, and this one does not.
const checks = [...serverChecks, ...sqliteChecks, ...(host === "bun" ? [] : localChecks)];
const mismatches: string[] = [];
for (const check of checks) mismatches.push(...(await run(mismatchOf(check), { onReport: () => {} })));
console.log(
  reportLine({
    host: describeHost(),
    programs: checks.length,
    mismatches: mismatches.length,
    examples: mismatches.slice(0, 5),
  }),
);
