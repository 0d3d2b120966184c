/** Brigade's SQLite with its defaults. */
import { type Awaitable, coroutine, run, type Stream, use } from "brigade";
import { type Sqlite, sqlite } from "@brigade/data/sqlite";
import { type Item } from "../../data/items.ts";
import type { Program, Programs } from "../../program.ts";
import { type Ask, growthOf, speedOf, warmSelects } from "./queries.ts";

const ITEM = "select id, name from items where id = ?";
const EVERY_ITEM = "select * from items order by id";

function asking(db: Sqlite): Ask {
  return coroutine(function* ask(id: number) {
    const row = yield* db.get<Item>(ITEM, [id]);
    return row?.name;
  });
}

function everyItem(db: Sqlite): Stream<Item> {
  return db.stream<Item>(EVERY_ITEM);
}

function opened(program: (db: Sqlite, count: number) => Awaitable<number>): Program {
  return async (count, path) => run(use(sqlite(path), (db) => program(db, count)));
}

export const programs: Programs = {
  "sqlite-selects": opened((db, count) => warmSelects(asking(db), count)),
  "sqlite-rows": opened((db) => speedOf(everyItem(db))),
  "sqlite-rows-memory": opened((db) => growthOf(() => everyItem(db))),
};
