/** Runs recorded programs on Brigade and compares: needs no Python, and no host in particular. */
import { runProgram } from "./interpreter.ts";
import type { Recorded, Trace } from "./program.ts";

/** Where two traces part: the line, and what each has there. */
export function difference(expected: Trace, actual: Trace): string | undefined {
  const length = Math.max(expected.length, actual.length);
  for (let line = 0; line < length; line++) {
    if (expected[line] === actual[line]) continue;
    return `line ${line + 1}: CPython "${expected[line] ?? "(end)"}", Brigade "${actual[line] ?? "(end)"}"`;
  }
  return undefined;
}

/** Gives a line for each program whose trace is not the recorded one. */
export async function replayAll(recorded: readonly Recorded[]): Promise<string[]> {
  const mismatches: string[] = [];
  for (const { name, program, trace } of recorded) {
    const found = difference(trace, await runProgram(program));
    if (found !== undefined) mismatches.push(`${name}: ${found}`);
  }
  return mismatches;
}
