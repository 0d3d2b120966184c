/** A peer's process: warms its program up, then does one round for every line it is sent. It ends when its input ends. */
import { createInterface } from "node:readline";
import { loadProgram } from "./peer-programs.ts";
import type { Assignment, Program } from "./program.ts";
import { reply } from "./reply.ts";

/** Long enough for the optimising compiler to have settled on every program here. */
const WARM_UP_MS = 600;
const WARM_UP_RUNS = 3;
/** A program that takes this long has warmed up inside its first run. */
const LONG_RUN_MS = 2_000;

interface Round {
  readonly figure: number;
  /** Milliseconds of processor time of one run. */
  readonly cpu: number;
}

function collectGarbage(): void {
  if (globalThis.gc === undefined)
    throw new Error("The bench needs node --expose-gc, to start every round on a clean heap.");
  globalThis.gc();
}

/** One run: its milliseconds, once its result is known to be right. */
async function timed(program: Program, { count, expected, url }: Assignment): Promise<number> {
  const start = performance.now();
  const result = await program(count, url);
  const took = performance.now() - start;
  if (result !== expected)
    throw new Error(`The result is ${result} and should be ${expected}: this was not the same work.`);
  return took;
}

/** Warms up, and tells how often a round repeats the program. */
async function warmUp(program: Program, assignment: Assignment): Promise<number> {
  let last = 0;
  let total = 0;
  for (let runs = 0; last < LONG_RUN_MS && (runs < WARM_UP_RUNS || total < WARM_UP_MS); runs++) {
    last = await timed(program, assignment);
    total += last;
  }
  return Math.max(1, Math.ceil(assignment.roundMs / last));
}

async function round(program: Program, assignment: Assignment, repeats: number): Promise<Round> {
  collectGarbage();
  const before = process.cpuUsage();
  let total = 0;
  if (assignment.figure === "own") total = await program(assignment.count, assignment.url);
  else for (let i = 0; i < repeats; i++) total += await timed(program, assignment);
  const { user, system } = process.cpuUsage(before);
  return { figure: total / repeats, cpu: (user + system) / 1e3 / repeats };
}

async function serve(peer: string, assignment: Assignment): Promise<void> {
  const program = await loadProgram(peer, assignment.module, assignment.program);
  const repeats = assignment.figure === "own" ? 1 : await warmUp(program, assignment);
  reply({ kind: "ready" });
  for await (const _ of createInterface({ input: process.stdin })) {
    reply({ kind: "figure", ...(await round(program, assignment, repeats)) });
  }
}

const [peer = "", assignment = "{}"] = process.argv.slice(2);
try {
  await serve(peer, JSON.parse(assignment) as Assignment);
  process.exit(0);
} catch (error) {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // Sleepers of the program may be left: they must not keep the process.
  reply({ kind: "failed", message }, () => process.exit(1));
}
