/** Databases of the tests: each in a folder of its own, and no process left when the run has ended. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Sqlite, type SqliteOptions, sqlite } from "@brigade/data/sqlite";
import { type AwaitableLike, run, use } from "brigade";
import { afterAll, expect } from "vitest";

const root = mkdtempSync(join(tmpdir(), "brigade sqlite 100%-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let files = 0;

/** A path where nothing is yet, with what paths may have in them. */
export function newPath(): string {
  return join(root, `data base ${++files}%20?.db`);
}

/** What a process does that this one has started: its number, and whether it runs. */
export function children(): readonly number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const [state, parent] = readFileSync(`/proc/${entry}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        return Number(parent) === process.pid && state !== "Z" ? [Number(entry)] : [];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

export interface Opened {
  readonly path?: string;
  readonly options?: SqliteOptions;
}

/** Runs the body with a database, and expects that nothing of it is left. */
export async function withDatabase<T>(
  body: (db: Sqlite, path: string) => AwaitableLike<T>,
  opened: Opened = {},
): Promise<T> {
  const path = opened.path ?? newPath();
  const before = new Set(children());
  try {
    return await run(use(sqlite(path, opened.options), (db) => body(db, path)));
  } finally {
    expect(children().filter((pid) => !before.has(pid))).toEqual([]);
  }
}

/** What the body throws. */
export async function failureOf(work: Promise<unknown>): Promise<Error & { code?: string; sent?: boolean }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

/** Numbers without end: a statement that never ends by itself. */
export const ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) AS x FROM n";
