/** Finds a small program that still goes apart. */
import { asyncProperty, check } from "fast-check";
import { programAt, programs, seedOf } from "../generator/programs.ts";
import type { Program } from "../program.ts";
import { difference } from "../replay.ts";
import { runBoth } from "./both.ts";
import type { CPython } from "./cpython.ts";

export async function shrunk(seed: number, index: number, cpython: CPython, signal: AbortSignal): Promise<Program> {
  return smallest(seed, index, async (program) => {
    signal.throwIfAborted();
    const [traces] = await runBoth([program], cpython);
    return traces !== undefined && difference(traces.cpython, traces.brigade) !== undefined;
  });
}

/** The smallest program on the way from that one for which `isDifferent` holds; that one itself when it never does. */
export async function smallest(
  seed: number,
  index: number,
  isDifferent: (program: Program) => Promise<boolean>,
): Promise<Program> {
  const property = asyncProperty(programs, async (program) => !(await isDifferent(program)));
  const { counterexample } = await check(property, { seed: seedOf(seed, index), numRuns: 1 });
  return counterexample?.[0] ?? programAt(seed, index);
}
