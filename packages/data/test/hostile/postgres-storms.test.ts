/** Storms over PostgreSQL, with both drivers. */
import { coroutine } from "brigade";
import { type Postgres, postgres } from "@brigade/data/postgres";
import { Client } from "pg";
import { afterAll, beforeAll } from "vitest";
import { type PostgresServer, startPostgres } from "../servers/postgres.ts";
import type { Subject } from "./storms.ts";
import { describeStorms } from "./suite.ts";

let server: PostgresServer;
let admin: Client;
beforeAll(async () => {
  server = await startPostgres();
  admin = new Client({ connectionString: server.url });
  await admin.connect();
}, 60_000);
afterAll(async () => {
  await admin.end();
  await server.stop();
}, 60_000);

async function connections(): Promise<number> {
  const { rows } = await admin.query<{ count: number }>(
    "select count(*)::int as count from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  return rows[0]?.count ?? -1;
}

function subject(driver: "postgres" | "pg"): Subject<Postgres> {
  return {
    name: driver,
    scale: 1,
    fifo: driver === "pg", // postgres.js sends quick reads on a connection that is busy with others
    open: (max) => postgres(server.url, { driver, max, grace: 500 }),
    ask: coroutine(function* (db: Postgres, n: number) {
      return (yield* db.one<{ n: number }>`select ${n}::int as n`).n;
    }),
    slowly: coroutine(function* (db: Postgres, n: number) {
      return (yield* db.one<{ n: number }>`select ${n}::int as n from pg_sleep(0.03)`).n;
    }),
    connections,
    most: (max) => max,
  };
}

describeStorms("PostgreSQL through postgres.js", () => subject("postgres"));
describeStorms("PostgreSQL through pg", () => subject("pg"));
