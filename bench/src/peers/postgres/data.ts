/** Bare postgres.js with its defaults: 50 loops that ask, and its cursor. */
import postgres from "postgres";
import { BATCH, CONCURRENCY, type Item, Queries, Received } from "../../data/items.ts";
import { RowMemory } from "../../data/row-memory.ts";
import type { Programs } from "../../program.ts";

type Sql = ReturnType<typeof postgres>;

async function selects(sql: Sql, count: number): Promise<number> {
  const queries = new Queries(count);
  const loop = async (): Promise<void> => {
    for (let id = queries.next(); id !== undefined; id = queries.next()) {
      const [row] = await sql<Item[]>`select id, name from items where id = ${id}`;
      queries.answer(id, row?.name);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, loop));
  return queries.took(begun);
}

async function rows(sql: Sql, each: (item: Item) => void): Promise<void> {
  for await (const batch of sql<Item[]>`select * from items order by id`.cursor(BATCH))
    for (const row of batch) each(row);
}

async function connected(url: string, program: (sql: Sql) => Promise<number>): Promise<number> {
  const sql = postgres(url);
  try {
    return await program(sql);
  } finally {
    await sql.end();
  }
}

export const programs: Programs = {
  "pg-selects": (count, url) =>
    connected(url, async (sql) => {
      await selects(sql, count / 10);
      return selects(sql, count);
    }),
  "pg-rows": (_count, url) =>
    connected(url, async (sql) => {
      const received = new Received();
      const begun = performance.now();
      await rows(sql, (item) => received.row(item));
      received.check();
      return performance.now() - begun;
    }),
  "pg-rows-memory": (_count, url) =>
    connected(url, async (sql) => {
      await rows(sql, () => undefined);
      const memory = new RowMemory();
      await rows(sql, () => memory.row());
      return memory.growth();
    }),
};
