/** Storms over SQLite, in a file and in memory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coroutine } from "brigade";
import { type Sqlite, sqlite } from "@brigade/data/sqlite";
import { afterAll } from "vitest";
import { processesBelow } from "../../../brigade/test/node/left.ts";
import type { Subject } from "./storms.ts";
import { describeStorms } from "./suite.ts";

const folder = mkdtempSync(join(tmpdir(), "brigade-storms-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Counts for some 30 ms. */
const SLOW = `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 150000) SELECT count(i) * 0 + ? AS n FROM c`;

function subject(path: string): Subject<Sqlite> {
  return {
    name: path,
    scale: 0.15,
    fifo: false,
    open: (max) => sqlite(path, { readers: max, grace: 500 }),
    ask: coroutine(function* (db: Sqlite, n: number) {
      return (yield* db.get<{ n: number }>("SELECT ? AS n", [n]))?.n ?? -1;
    }),
    slowly: coroutine(function* (db: Sqlite, n: number) {
      return (yield* db.get<{ n: number }>(SLOW, [n]))?.n ?? -1;
    }),
    connections: () =>
      Promise.resolve([...processesBelow(process.pid).values()].filter(({ name }) => name === "node").length),
    most: (max) => max + 1,
  };
}

describeStorms("a file of SQLite", () => subject(join(folder, "storms.db")));
