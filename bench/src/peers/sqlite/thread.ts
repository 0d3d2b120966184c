/** node:sqlite in a thread: each message is a query, and each answer one. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

export interface Question {
  readonly number: number;
  readonly text: string;
  readonly values: readonly number[];
  /** So many rows at most, the next of the same query from then on; all where there is none. */
  readonly batch?: number;
}

export interface Answer {
  readonly number: number;
  readonly rows: readonly Record<string, unknown>[];
}

const database = new DatabaseSync(workerData as string, { readOnly: true });
const statements = new Map<string, StatementSync>();
const cursors = new Map<string, Iterator<unknown>>();

function prepared(text: string): StatementSync {
  const statement = statements.get(text) ?? database.prepare(text);
  statements.set(text, statement);
  return statement;
}

function nextRows(text: string, values: readonly number[], batch: number): unknown[] {
  const cursor = cursors.get(text) ?? prepared(text).iterate(...values);
  cursors.set(text, cursor);
  const rows: unknown[] = [];
  while (rows.length < batch) {
    const { done, value } = cursor.next();
    if (done === true) {
      cursors.delete(text);
      break;
    }
    rows.push(value);
  }
  return rows;
}

parentPort?.on("message", ({ number, text, values, batch }: Question) => {
  const rows = batch === undefined ? prepared(text).all(...values) : nextRows(text, values, batch);
  parentPort?.postMessage({ number, rows }); // oxlint-disable-line unicorn/require-post-message-target-origin -- it is no window
});
