/** The process that owns a folder: `node keeper-main.ts <folder>`. It ends by itself when nobody has used it for a while. */
import { closeSync, writeSync } from "node:fs";
import { Keeper } from "./keeper.ts";
import { placeOf } from "./place.ts";
import type { Report } from "./wire.ts";

const STDOUT = 1;

/** Whoever started this process waits for one line; it may be gone by then. */
function tell(report: Report): void {
  try {
    writeSync(STDOUT, `${JSON.stringify(report)}\n`);
    closeSync(STDOUT);
  } catch {
    // nobody reads it
  }
}

process.umask(0o077);
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {}); // of the terminal it was started in
try {
  const keeper = new Keeper(placeOf(process.argv[2] ?? ""));
  process.on("SIGTERM", () => keeper.end());
  tell(await keeper.serve());
} catch (error) {
  tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
