/** The directed set: complete, recorded, and done by Brigade as CPython did it. */
import { expect, test } from "vitest";
import { directedCoverage, emptyCells, OPERATIONS } from "../src/campaign/coverage.ts";
import { directedPrograms } from "../src/directed/programs.ts";
import { readRecorded } from "../src/directed/recorded.ts";
import { operationsOf } from "../src/generator/walk.ts";
import { replayAll } from "../src/replay.ts";

const programs = directedPrograms();

test("every operation meets every moment", () => {
  expect(emptyCells(directedCoverage())).toEqual([]);
});

test("an empty cell would be seen", () => {
  const counts = new Map([...directedCoverage()].filter(([operation]) => operation !== "join"));
  expect(emptyCells(counts)).toContain('join is never cancelled "just before it ends"');
});

test("a program of an operation has that operation in it", () => {
  for (const { name, program, cell } of programs) {
    if (cell === undefined) continue;
    const ops = [...operationsOf(program)].map(({ op }) => op);
    expect(ops, name).toContain(cell.operation);
  }
  expect(OPERATIONS).toHaveLength(new Set(OPERATIONS).size);
});

test("every directed program has a name of its own", () => {
  expect(new Set(programs.map(({ name }) => name)).size).toBe(programs.length);
});

test("the recorded programs are the directed set: else `npm run conformance -- --record` records it again", () => {
  const recorded = readRecorded();
  expect(recorded.map(({ name }) => name)).toEqual(programs.map(({ name }) => name));
  const changed = recorded.filter(({ program }, index) => {
    return JSON.stringify(program) !== JSON.stringify(programs[index]?.program);
  });
  expect(changed.map(({ name }) => name)).toEqual([]);
});

test("Brigade does with every directed program what CPython did", async () => {
  expect(await replayAll(readRecorded())).toEqual([]);
});

test("a replay sees a trace that differs", async () => {
  const [first] = readRecorded();
  if (first === undefined) throw new Error("nothing is recorded");
  const found = await replayAll([{ ...first, trace: [...first.trace, "one line more"] }]);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(first.name);
});
