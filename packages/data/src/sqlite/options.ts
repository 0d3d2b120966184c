/** What `sqlite` is given, checked. */
import { milliseconds } from "brigade";
import { isBuiltin } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { SqliteOptions } from "./types.ts";
import type { Opening } from "./wire/messages.ts";

export interface Settings {
  readonly opening: Opening;
  readonly readers: number;
  readonly streams: number;
  readonly grace: number;
}

export const IN_MEMORY = ":memory:";

/** The path in full, so that nothing in it means anything to SQLite but a name. */
export function pathOf(path: string | URL, what: string): string {
  if (path instanceof URL) {
    if (path.protocol !== "file:")
      throw new TypeError(`${what}: ${path.protocol} is not a file: give a path or a file: URL`);
    return fileURLToPath(path);
  }
  if (typeof path !== "string" || path === "")
    throw new TypeError(`${what} takes a path or a file: URL, not ${path === "" ? "an empty text" : typeof path}`);
  if (path.includes("\0")) throw new TypeError(`${what}: the path has a NUL character`);
  return path === IN_MEMORY ? path : resolve(path);
}

export function settingsOf(path: string | URL, options: SqliteOptions): Settings {
  if (!isBuiltin("node:sqlite")) {
    throw new TypeError(
      "sqlite() needs node:sqlite, which this runtime does not have: run a newer version of it, or Node 22.19 or newer",
    );
  }
  const { readOnly = false, bigints = false, wal = true, init = [], busyTimeout = "5s", grace = "250ms" } = options;
  if (!Array.isArray(init) || !init.every((sql) => typeof sql === "string"))
    throw new TypeError("init is a list of statements, each a string");
  const full = pathOf(path, "sqlite()");
  if (readOnly && full === IN_MEMORY)
    throw new TypeError("a database in memory that can only be read has nothing in it");
  return {
    opening: {
      path: full,
      readOnly,
      wal: wal && !readOnly && full !== IN_MEMORY,
      bigints,
      busyTimeout: Math.min(Math.round(milliseconds(busyTimeout, "busyTimeout")), 2 ** 31 - 1),
      init,
    },
    readers: countOf(options.readers ?? 2, "readers"),
    streams: countOf(options.streams ?? 4, "streams"),
    grace: Math.min(milliseconds(grace, "grace"), 2 ** 31 - 1),
  };
}

function countOf(value: number, option: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${option}: ${value} is not a number of processes: use an integer of at least 1`);
}
