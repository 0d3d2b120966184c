/** The process that owns a folder: `node keeper-main.ts <folder>`. It ends by itself when nobody has used it for a while. */
import { closeSync, writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { EngineError } from "../../errors.ts";
import { Keeper } from "./keeper.ts";
import { isFull, placeOf } from "./place.ts";
import type { Report } from "./wire.ts";

const STDOUT = 1;
const TURN = 500; // ms
/** Its clients wait a little longer. In ms. */
const LONGEST_START = 85_000;
const folder = process.argv[2] ?? "";

/** Whoever started this process waits for one line; it may be gone by then. */
function tell(report: Report): void {
  try {
    writeSync(STDOUT, `${JSON.stringify(report)}\n`);
    closeSync(STDOUT);
  } catch {
    // nobody reads it
  }
}

/** Ends this process when its thread does not come back. */
function watch(): void {
  const turns = new Int32Array(new SharedArrayBuffer(4));
  const file = `./keeper-watchdog${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
  new Worker(new URL(file, import.meta.url), { workerData: turns.buffer }).unref();
  setInterval(() => Atomics.add(turns, 0, 1), TURN).unref();
}

process.umask(0o077);
watch();
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {}); // of the terminal it was started in
try {
  const keeper = new Keeper(placeOf(folder));
  process.on("SIGTERM", () => keeper.end());
  const late = setTimeout(() => {
    tell({ kind: "failed", message: explain(new Error("PGlite has not begun"), folder) });
    process.exit(1);
  }, LONGEST_START);
  tell(await keeper.serve());
  clearTimeout(late);
} catch (error) {
  tell({ kind: "failed", message: explain(error, folder) });
  process.exit(1); // PGlite may have left something that holds it
}

/** PGlite throws objects of its own where the file system fails it. */
function explain(error: unknown, place: string): string {
  if (error instanceof EngineError) return error.message;
  const message = error instanceof Error ? error.message : JSON.stringify(error);
  return `local: the folder ${place} can't be used: ${message}${isFull(place) ? " (its disk is full: make room there)" : ""}`;
}
