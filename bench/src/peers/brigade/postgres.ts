/** Brigade's PostgreSQL with its defaults, on either driver. */
import { type Awaitable, coroutine, run, type Stream, use } from "brigade";
import { type Postgres, postgres } from "@brigade/data/postgres";
import { BATCH, type Item } from "../../data/items.ts";
import type { Program, Programs } from "../../program.ts";
import { type Ask, growthOf, speedOf, warmSelects } from "./queries.ts";

type Driver = "postgres" | "pg";

function asking(db: Postgres): Ask {
  return coroutine(function* ask(id: number) {
    const [row] = yield* db.sql<Item>`select id, name from items where id = ${id}`;
    return row?.name;
  });
}

function everyItem(db: Postgres): Stream<Item> {
  return db.stream<Item>({ batch: BATCH })`select * from items order by id`;
}

function connected(driver: Driver, program: (db: Postgres, count: number) => Awaitable<number>): Program {
  return async (count, url) => run(use(postgres(url, { driver }), (db) => program(db, count)));
}

export const programs: Programs = {
  "pg-selects": connected("postgres", (db, count) => warmSelects(asking(db), count)),
  "pg-selects-pg": connected("pg", (db, count) => warmSelects(asking(db), count)),
  "pg-rows": connected("postgres", (db) => speedOf(everyItem(db))),
  "pg-rows-pg": connected("pg", (db) => speedOf(everyItem(db))),
  "pg-rows-memory": connected("postgres", (db) => growthOf(() => everyItem(db))),
};
