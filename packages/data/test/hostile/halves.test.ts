/** Transactions that are cancelled anywhere, in their commit and their rollback too: each took effect, or did not. None is half. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AsyncContextManager,
  type Awaitable,
  type CoroutineBody,
  coroutine,
  gather,
  moveOnAfter,
  sleep,
  use,
} from "brigade";
import { type Postgres, postgres } from "@brigade/data/postgres";
import { type Sqlite, sqlite } from "@brigade/data/sqlite";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectNothingLeft } from "../../../brigade/test/node/hostile/leaves-nothing.ts";
import { type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { Weather } from "./storms.ts";

const ROUNDS = process.env["BRIGADE_LONG"] === undefined ? 300 : 3_000;

/** What of a database the storm needs. */
interface Ledger<Db> {
  open(): AsyncContextManager<Db>;
  /** Writes the two halves of entry `n` in a transaction; commits slowly. `rollsBack`: throws after them. */
  enter(db: Db, n: number, rollsBack: boolean): Awaitable<unknown>;
  /** How many halves each entry has. */
  halves(db: Db): Awaitable<readonly { readonly n: number; readonly halves: number }[]>;
}

class RollBack extends Error {
  override readonly name = "RollBack";
}

const storm = coroutine(function* storm<Db>(ledger: Ledger<Db>, seed: number): CoroutineBody<void> {
  const weather = new Weather(seed);
  const finished = new Set<number>();
  const rolledBack = new Set<number>();
  const one = coroutine(function* (db: Db, n: number) {
    const undone = weather.chance(0.2);
    try {
      const ended = yield* moveOnAfter(
        weather.below(40),
        (function* (): CoroutineBody<true> {
          yield* ledger.enter(db, n, undone);
          return true;
        })(),
      );
      if (ended === true) finished.add(n);
    } catch (error) {
      if (!(error instanceof RollBack)) throw error;
      rolledBack.add(n);
    }
  });
  yield* use(ledger.open(), function* (db) {
    yield* gather(
      Array.from({ length: ROUNDS }, (_, n) => one(db, n)),
      { limit: 8 },
    );
    const entries = yield* ledger.halves(db);
    expect(entries.filter(({ halves }) => halves !== 2)).toEqual([]);
    const there = new Set(entries.map(({ n }) => n));
    expect([...finished].filter((n) => !there.has(n))).toEqual([]);
    expect([...rolledBack].filter((n) => there.has(n))).toEqual([]);
    // The storm was one: some were done, some were cut off.
    expect(finished.size).toBeGreaterThan(0);
    expect(finished.size + rolledBack.size).toBeLessThan(ROUNDS);
  });
});

describe("PostgreSQL", () => {
  let server: PostgresServer;
  let admin: Client;
  beforeAll(async () => {
    server = await startPostgres();
    admin = new Client({ connectionString: server.url });
    await admin.connect();
    // The commit of an entry waits: that is when its trigger fires.
    await admin.query(`
      create table ledger (n int, half int);
      create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(0.004); return null; end $$;
      create constraint trigger slowly after insert on ledger deferrable initially deferred
        for each row execute function slowly();`);
  }, 60_000);
  afterAll(async () => {
    await admin.end();
    await server.stop();
  }, 60_000);

  test.each(["postgres", "pg"] as const)(
    "through %s: no transaction is half, none is open, no lock is held",
    async (driver) => {
      await admin.query("truncate ledger");
      const ledger: Ledger<Postgres> = {
        open: () => postgres(server.url, { driver, max: 4, grace: 500 }),
        enter: (db, n, rollsBack) =>
          use(db.transaction(), function* (tx) {
            yield* tx.sql`insert into ledger values (${n}, 1)`;
            yield* sleep(1);
            yield* tx.sql`insert into ledger values (${n}, 2)`;
            if (rollsBack) throw new RollBack();
          }),
        halves: (db) => db.sql<{ n: number; halves: number }>`select n, count(*)::int as halves from ledger group by n`,
      };
      await expectNothingLeft(() => storm(ledger, 1));
      const left = async (): Promise<unknown[]> => [
        ...(
          await admin.query(
            "select query from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
          )
        ).rows,
        ...(await admin.query("select mode from pg_locks where pid <> pg_backend_pid() and locktype <> 'virtualxid'"))
          .rows,
      ];
      await expect.poll(left).toEqual([]);
    },
  );
});

test("SQLite: no transaction is half, and the file is whole", async () => {
  const folder = mkdtempSync(join(tmpdir(), "brigade-halves-"));
  try {
    const ledger: Ledger<Sqlite> = {
      open: () => sqlite(join(folder, "ledger.db"), { grace: 20 }),
      enter: (db, n, rollsBack) =>
        use(db.transaction(), function* (tx) {
          yield* tx.run("INSERT INTO ledger VALUES (?, 1)", [n]);
          yield* sleep(1);
          yield* tx.run("INSERT INTO ledger VALUES (?, 2)", [n]);
          if (rollsBack) throw new RollBack();
        }),
      halves: (db) => db.all("SELECT n, count(*) AS halves FROM ledger GROUP BY n"),
    };
    await expectNothingLeft(function* () {
      yield* use(sqlite(join(folder, "ledger.db")), (db) => db.exec("CREATE TABLE ledger (n INTEGER, half INTEGER)"));
      yield* storm(ledger, 1);
      yield* use(sqlite(join(folder, "ledger.db")), function* (db) {
        expect(yield* db.all("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
