/** The shop's own database: orders in SQLite, made in a transaction, read as a stream. */
import type { Sqlite } from "@brigade/data/sqlite";
import { type Coroutine, type CoroutineBody, coroutine, mapStream, type Stream, use } from "brigade";

export interface Order {
  readonly id: number;
  readonly item: string;
  readonly cents: number;
}

const items = ["bread", "salt", "milk", "tea"];

/** All of them, or none. */
export const writeOrders: (db: Sqlite, count: number) => Coroutine<void> = coroutine(
  function* writeOrders(db, count): CoroutineBody<void> {
    yield* db.exec(
      "create table if not exists orders (id integer primary key, item text not null, cents integer not null)",
    );
    yield* use(db.transaction(), function* (tx): CoroutineBody<void> {
      for (let id = 1; id <= count; id++)
        yield* tx.run("insert or replace into orders values (?, ?, ?)", [
          id,
          items[id % 4] as string,
          (id * 37) % 1000,
        ]);
    });
  },
);

const line = coroutine(function* line({ id, item, cents }: Order): CoroutineBody<string> {
  return `${id},${item},${cents}\n`;
});

/** As CSV, a line each. */
export function csvOf(db: Sqlite): Stream<string> {
  return mapStream(db.stream<Order>("select id, item, cents from orders order by id"), line, { limit: 1 });
}
