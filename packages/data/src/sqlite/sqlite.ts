/** SQLite off the loop, in processes of its own: a statement that runs for long is cancelled by ending its process. */
import { type AsyncContextManager, type CoroutineBody, coroutine, shield } from "brigade";
import { Database } from "./database.ts";
import { settingsOf } from "./options.ts";
import { Processes } from "./processes.ts";
import type { Sqlite, SqliteOptions } from "./types.ts";

/**
 * A context manager of a database in a file, which is made if it is not there, or in memory (":memory:"), by `node:sqlite`
 * (aiosqlite's `connect`). The statements run in child processes, one that writes and some that read: the loop never waits for
 * SQLite, and a statement that does not end can be cancelled. Write-ahead logging is turned on, so that reads go on while one
 * writes. A read sees what was written before it began.
 *
 * Entering opens the file. Throws `ConnectError` if it can't be opened or is no database, and `TypeError` on a runtime without
 * `node:sqlite`. At the end of the body, calls in progress are waited for; at its error or cancellation, they are ended. On
 * every path the processes are gone when `use` has ended. In memory, one process does everything: if it has to be killed,
 * because a cancelled statement did not end, the database is lost, and later calls say so (`ConnectionLostError`).
 *
 * @example
 * ```ts
 * import { run, use } from "brigade";
 * import { sqlite } from "@brigade/data/sqlite";
 *
 * const total = await run(
 *   use(sqlite(":memory:"), function* (db) {
 *     yield* db.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, price REAL)");
 *     yield* use(db.transaction(), function* (tx) {
 *       for (const price of [5, 7.5]) yield* tx.run("INSERT INTO orders (price) VALUES (?)", [price]);
 *     });
 *     return yield* db.get<{ sum: number }>("SELECT sum(price) AS sum FROM orders");
 *   }),
 * );
 * console.log(total); // { sum: 12.5 }
 * ```
 */
export function sqlite(path: string | URL, options: SqliteOptions = {}): AsyncContextManager<Sqlite> {
  const processes = new Processes(settingsOf(path, options));
  return { enter: () => open(processes), exit: (ending) => processes.close(ending) };
}

const open = coroutine(function* open(processes: Processes): CoroutineBody<Sqlite> {
  const database = new Database(processes);
  let opened = false;
  try {
    yield* database.exec("");
    opened = true;
    return database;
  } finally {
    if (!opened) yield* shield(processes.close({ kind: "unwound" }));
  }
});
