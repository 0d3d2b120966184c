/**
 * Replays the recorded traces with the built package on every runtime, one after another, and prints a table. Ends with 1 when a runtime is
 * missing, fails, takes too long, or writes another trace than CPython did.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { BuildFailed, ensureBuilt } from "../../../bench/src/built-package.ts";
import { bundle, findReport } from "./bundle.ts";
import { type Runtime, runtimes } from "./runtimes.ts";
import type { Report } from "./report.ts";

/** The slowest takes seconds; one that never ends shall not stop the checks. */
const limitMs = 120_000;

interface Row {
  readonly cells: readonly string[];
  readonly complaints: readonly string[];
}

const headings: readonly string[] = ["runtime", "version", "programs", "mismatches", "seconds"];
const widths: readonly number[] = [10, 18, 10, 12, 9];

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, index) => (index < 2 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
    .join("");

function complaintsAbout(runtime: Runtime, report: Report): readonly string[] {
  if (!report.host.startsWith(runtime.host)) return [`this is ${report.host}`];
  if (report.programs === 0) return ["there are no recorded traces: conformance/traces is empty"];
  return report.examples;
}

function failure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "AbortError" || error.name === "TimeoutError") return `stopped after ${limitMs / 1000} s at most`;
  return error.message.trim().slice(0, 2000);
}

async function tryOn(runtime: Runtime, file: string, stopped: AbortSignal): Promise<Row> {
  const begun = performance.now();
  try {
    const limit = AbortSignal.any([stopped, AbortSignal.timeout(limitMs)]);
    const report = findReport(await runtime.run(file, limit));
    if (report === undefined) throw new Error("it printed no report");
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    const [, version = ""] = report.host.split(" ");
    const cells = [runtime.name, version, String(report.programs), String(report.mismatches), seconds];
    return { cells, complaints: complaintsAbout(runtime, report) };
  } catch (error) {
    return { cells: [runtime.name, "failed"], complaints: [failure(error)] };
  }
}

async function main(stopped: AbortSignal): Promise<number> {
  ensureBuilt((text) => console.log(text));
  const folder = mkdtempSync(join(tmpdir(), "brigade-runtimes-"));
  try {
    const file = join(folder, "replay.mjs");
    await bundle(file);
    const rows: Row[] = [];
    console.log(line(headings));
    for (const runtime of runtimes) {
      const row = await tryOn(runtime, file, stopped);
      if (stopped.aborted) break;
      console.log([line(row.cells), ...row.complaints].join("\n"));
      rows.push(row);
    }
    return rows.filter((row) => row.complaints.length > 0).length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    process.exitCode = 128 + constants.signals[signal];
    stop.abort();
  });
}

try {
  const failed = await main(stop.signal);
  if (failed > 0 && !stop.signal.aborted) {
    console.log(`${failed} of ${runtimes.length} runtimes failed`);
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof BuildFailed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
