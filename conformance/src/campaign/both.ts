/** Runs programs on Brigade and on CPython, both at work at once. */
import { runProgram } from "../interpreter.ts";
import type { Program, Trace } from "../program.ts";
import type { CPython } from "./cpython.ts";

/** Most things that hang do so in virtual time and end at once, as a deadlock; this is for the others. */
const PATIENCE = 10_000; // ms of real time

export interface Traces {
  readonly cpython: Trace;
  readonly brigade: Trace;
}

export async function runBoth(programs: readonly Program[], cpython: CPython): Promise<readonly Traces[]> {
  const expected = cpython.run(programs.map((program) => JSON.stringify(program)));
  expected.catch(() => {}); // it is awaited below, after Brigade has run
  const actual: Trace[] = [];
  for (const program of programs) actual.push(await runOnBrigade(program));
  return (await expected).map((trace, index) => ({ cpython: trace, brigade: actual[index] as Trace }));
}

async function runOnBrigade(program: Program): Promise<Trace> {
  const { promise, resolve } = Promise.withResolvers<Trace>();
  const timer = setTimeout(() => resolve([`did not end within ${PATIENCE / 1000} s`]), PATIENCE);
  try {
    return await Promise.race([runProgram(program), promise]);
  } catch (error) {
    return [`the interpreter failed: ${String(error)}`];
  } finally {
    clearTimeout(timer);
  }
}
