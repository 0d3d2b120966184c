/** Bare pg: 50 loops that ask its pool, with statements prepared by name as postgres.js prepares them, and pg-cursor. */
import { Pool, type PoolClient } from "pg";
import Cursor from "pg-cursor";
import { BATCH, CONCURRENCY, type Item, Queries, Received } from "../../data/items.ts";
import type { Programs } from "../../program.ts";

async function selects(pool: Pool, count: number): Promise<number> {
  const queries = new Queries(count);
  const loop = async (): Promise<void> => {
    for (let id = queries.next(); id !== undefined; id = queries.next()) {
      const { rows } = await pool.query<Item>({
        name: "item",
        text: "select id, name from items where id = $1",
        values: [id],
      });
      queries.answer(id, rows[0]?.name);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, loop));
  return queries.took(begun);
}

async function allRows(client: PoolClient, received: Received): Promise<void> {
  const cursor = client.query(new Cursor<Item>("select * from items order by id"));
  for (;;) {
    const rows = await cursor.read(BATCH);
    if (rows.length === 0) break;
    for (const row of rows) received.row(row);
  }
  await cursor.close();
}

export const programs: Programs = {
  "pg-selects": async (count, url) => {
    const pool = new Pool({ connectionString: url });
    await selects(pool, count / 10);
    const took = await selects(pool, count);
    await pool.end();
    return took;
  },
  "pg-rows": async (_count, url) => {
    const pool = new Pool({ connectionString: url });
    const client = await pool.connect();
    const received = new Received();
    const begun = performance.now();
    await allRows(client, received);
    received.check();
    const took = performance.now() - begun;
    client.release();
    await pool.end();
    return took;
  },
};
