/**
 * node:sqlite as programs use it: in a thread, one message for a query and one for its answer, so that the loop goes on meanwhile; and on the
 * loop's own thread, where nothing else runs during a query.
 */
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { BATCH, CONCURRENCY, type Item, Queries, Received } from "../../data/items.ts";
import type { Programs } from "../../program.ts";
import type { Answer, Question } from "./thread.ts";

const ITEM = "select id, name from items where id = ?";
const EVERY_ITEM = "select * from items order by id";

class Database {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, (rows: Answer["rows"]) => void>();
  #number = 0;

  constructor(path: string) {
    this.#thread = new Worker(new URL("thread.ts", import.meta.url), { workerData: path });
    this.#thread.on("message", ({ number, rows }: Answer) => {
      this.#waiting.get(number)?.(rows);
      this.#waiting.delete(number);
    });
  }

  async query(text: string, values: readonly number[], batch?: number): Promise<readonly Item[]> {
    const question: Question = { number: this.#number++, text, values, ...(batch === undefined ? {} : { batch }) };
    this.#thread.postMessage(question); // oxlint-disable-line unicorn/require-post-message-target-origin -- it is no window
    return new Promise((resolve) => {
      this.#waiting.set(question.number, (rows) => resolve(rows as unknown as readonly Item[]));
    });
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }
}

async function selects(
  ask: (id: number) => Promise<Item | undefined> | Item | undefined,
  count: number,
): Promise<number> {
  const queries = new Queries(count);
  const loop = async (): Promise<void> => {
    for (let id = queries.next(); id !== undefined; id = queries.next()) queries.answer(id, (await ask(id))?.name);
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, loop));
  return queries.took(begun);
}

export const programs: Programs = {
  "sqlite-selects": async (count, path) => {
    const database = new Database(path);
    const ask = async (id: number): Promise<Item | undefined> => (await database.query(ITEM, [id]))[0];
    await selects(ask, count / 10);
    const took = await selects(ask, count);
    await database.close();
    return took;
  },
  "sqlite-selects-on-the-loop": async (count, path) => {
    const database = new DatabaseSync(path, { readOnly: true });
    const statement = database.prepare(ITEM);
    const ask = (id: number): Item | undefined => statement.get(id) as Item | undefined;
    await selects(ask, count / 10);
    const took = await selects(ask, count);
    database.close();
    return took;
  },
  "sqlite-rows": async (_count, path) => {
    const database = new Database(path);
    const received = new Received();
    await database.query(ITEM, [1]);
    const begun = performance.now();
    for (;;) {
      const rows = await database.query(EVERY_ITEM, [], BATCH);
      for (const row of rows) received.row(row);
      if (rows.length < BATCH && received.rows > 0) break;
    }
    received.check();
    const took = performance.now() - begun;
    await database.close();
    return took;
  },
  "sqlite-rows-on-the-loop": async (_count, path) => {
    const database = new DatabaseSync(path, { readOnly: true });
    const received = new Received();
    const begun = performance.now();
    for (const row of database.prepare(EVERY_ITEM).iterate()) received.row(row as unknown as Item);
    received.check();
    const took = performance.now() - begun;
    database.close();
    return Promise.resolve(took);
  },
};
