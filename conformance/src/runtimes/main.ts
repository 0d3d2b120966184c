/**
 * Replays the recorded traces with the built package on every runtime, one after another; has each record a program and look at what it
 * recorded; has the built HTTP client ask a server from each; and has those that have node:* use threads, processes, files, sockets, databases and jobs. Prints a table of each. Ends with 1 when a runtime is missing,
 * fails, takes too long, writes another trace than CPython did, or sees what it should not.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { BuildFailed, ensureBuilt } from "../../../bench/src/built-package.ts";
import { bundleData, bundleHttp, bundleNode, bundleReplay, bundleTrace } from "./bundle.ts";
import { startServers } from "./data/servers.ts";
import { installInto } from "./http/folder.ts";
import { startServer } from "./http/server.ts";
import { findReport, type Report } from "./report-line.ts";
import { type Program, type Runtime, runtimes, serverRuntimes } from "./runtimes.ts";

/** The slowest takes seconds; one that never ends shall not stop the checks. */
const limitMs = 120_000;

interface Row {
  readonly cells: readonly string[];
  readonly complaints: readonly string[];
}

const headings: readonly string[] = ["version", "programs", "mismatches", "seconds"];
const widths: readonly number[] = [10, 18, 10, 12, 9];

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, index) => (index < 2 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
    .join("");

function complaintsAbout(runtime: Runtime, report: Report): readonly string[] {
  if (!report.host.startsWith(runtime.host)) return [`this is ${report.host}`];
  if (report.programs === 0) return ["it ran nothing: is conformance/traces empty?"];
  return report.examples;
}

function failure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "AbortError" || error.name === "TimeoutError") return `stopped after ${limitMs / 1000} s at most`;
  return error.message.trim().slice(0, 2000);
}

async function tryOn(runtime: Runtime, program: Program, stopped: AbortSignal): Promise<Row> {
  const begun = performance.now();
  try {
    const limit = AbortSignal.any([stopped, AbortSignal.timeout(limitMs)]);
    const report = findReport(await runtime.run(program, limit));
    if (report === undefined) throw new Error("it printed no report");
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    const [, version = ""] = report.host.split(" ");
    const cells = [runtime.name, version, String(report.programs), String(report.mismatches), seconds];
    return { cells, complaints: complaintsAbout(runtime, report) };
  } catch (error) {
    return { cells: [runtime.name, "failed"], complaints: [failure(error)] };
  }
}

interface Count {
  readonly runs: number;
  readonly failed: number;
}

async function tryAll(
  title: string,
  on: readonly Runtime[],
  programOf: (runtime: Runtime) => Program,
  stopped: AbortSignal,
): Promise<Count> {
  let failed = 0;
  console.log(line([title, ...headings]));
  for (const runtime of on) {
    const row = await tryOn(runtime, programOf(runtime), stopped);
    if (stopped.aborted) break;
    console.log([line(row.cells), ...row.complaints].join("\n"));
    if (row.complaints.length > 0) failed++;
  }
  return { runs: on.length, failed };
}

async function replay(folder: string, stopped: AbortSignal): Promise<Count> {
  const file = join(folder, "replay.mjs");
  await bundleReplay(file);
  return tryAll("replay", runtimes, () => ({ file }), stopped);
}

async function recordThemselves(folder: string, stopped: AbortSignal): Promise<Count> {
  const installed = join(folder, "recorded.mjs");
  const inBrowser = join(folder, "recorded-browser.mjs");
  await bundleTrace(installed, false);
  await bundleTrace(inBrowser, true);
  const programOf = ({ host }: Runtime): Program =>
    host === "chromium " ? { file: inBrowser } : { file: installed, reachesOut: true };
  return tryAll("trace", runtimes, programOf, stopped);
}

async function askOverHttp(folder: string, stopped: AbortSignal): Promise<Count> {
  const server = await startServer();
  try {
    const installed = join(folder, "installed.mjs");
    const inBrowser = join(folder, "browser.mjs");
    await bundleHttp(installed, false, server);
    await bundleHttp(inBrowser, true, server);
    const fileFor = ({ host }: Runtime): string => (host === "chromium " ? inBrowser : installed);
    const programOf = (runtime: Runtime): Program => ({ file: fileFor(runtime), server: server.url });
    return await tryAll("HTTP", runtimes, programOf, stopped);
  } finally {
    server.close();
  }
}

async function leaveTheThread(folder: string, stopped: AbortSignal): Promise<Count> {
  const file = await bundleNode(folder);
  return tryAll("node", serverRuntimes, () => ({ file, reachesOut: true }), stopped);
}

async function askDatabases(folder: string, stopped: AbortSignal): Promise<Count> {
  const servers = await startServers();
  try {
    const inner = join(folder, "data");
    mkdirSync(inner);
    const file = await bundleData(inner, servers);
    return await tryAll("data", serverRuntimes, () => ({ file, reachesOut: true }), stopped);
  } finally {
    await servers.stop();
  }
}

async function main(stopped: AbortSignal): Promise<readonly Count[]> {
  ensureBuilt((text) => console.log(text));
  const folder = mkdtempSync(join(tmpdir(), "brigade-runtimes-"));
  const counts: Count[] = [];
  try {
    counts.push(await replay(folder, stopped));
    installInto(folder);
    for (const part of [recordThemselves, askOverHttp, leaveTheThread, askDatabases]) {
      if (!stopped.aborted) counts.push(await part(folder, stopped));
    }
    return counts;
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
  const counts = await main(stop.signal);
  const sum = (of: "runs" | "failed"): number => counts.reduce((total, count) => total + count[of], 0);
  if (sum("failed") > 0 && !stop.signal.aborted) {
    console.log(`${sum("failed")} of ${sum("runs")} runs failed`);
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof BuildFailed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
