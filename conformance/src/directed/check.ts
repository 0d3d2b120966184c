/** Runs the directed set: on both, or on Brigade alone against the recorded traces. */
import { runBoth } from "../campaign/both.ts";
import { CPython } from "../campaign/cpython.ts";
import { sideBySide } from "../campaign/side-by-side.ts";
import type { Recorded } from "../program.ts";
import { difference, replayAll } from "../replay.ts";
import { directedPrograms } from "./programs.ts";
import { readRecorded, writeRecorded } from "./recorded.ts";

const SHOWN = 3; // mismatches: of more, only the names

/** True when both did the same with every program. */
export async function checkDirected(): Promise<boolean> {
  const programs = directedPrograms();
  const begun = performance.now();
  await using cpython = await CPython.start();
  const traces = await runBoth(
    programs.map(({ program }) => program),
    cpython,
  );
  const mismatches = traces.flatMap((both, index) => {
    const entry = programs[index];
    return entry === undefined || difference(both.cpython, both.brigade) === undefined ? [] : [{ ...entry, both }];
  });
  for (const { name, program, both } of mismatches.slice(0, SHOWN)) {
    console.log(`MISMATCH: ${name}\n${JSON.stringify(program)}\n${sideBySide(both)}\n`);
  }
  for (const { name } of mismatches.slice(SHOWN)) console.log(`MISMATCH: ${name}`);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${programs.length} directed programs, ${mismatches.length} mismatches (${seconds} s)`);
  return mismatches.length === 0;
}

/** Writes what CPython does with each program. */
export async function recordDirected(): Promise<void> {
  const programs = directedPrograms();
  await using cpython = await CPython.start();
  const traces = await cpython.run(programs.map(({ program }) => JSON.stringify(program)));
  writeRecorded(programs.map(({ name, program }, index): Recorded => ({ name, program, trace: traces[index] ?? [] })));
  console.log(`recorded ${programs.length} directed programs`);
}

/** Needs no Python. True when Brigade does what was recorded. */
export async function replayDirected(): Promise<boolean> {
  const recorded = readRecorded();
  const mismatches = await replayAll(recorded);
  for (const line of mismatches) console.log(`MISMATCH: ${line}`);
  console.log(`${recorded.length} recorded programs, ${mismatches.length} mismatches`);
  return mismatches.length === 0;
}
