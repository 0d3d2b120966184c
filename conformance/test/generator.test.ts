/** The random programs: reproducible, well formed, and with everything in them. */
import { expect, test } from "vitest";
import { OPERATIONS } from "../src/campaign/coverage.ts";
import { smallest } from "../src/campaign/shrunk.ts";
import { programAt } from "../src/generator/programs.ts";
import { smaller } from "../src/generator/shrink.ts";
import { operationsOf } from "../src/generator/walk.ts";
import { runProgram } from "../src/interpreter.ts";
import type { GatherItem, Program, StreamOp } from "../src/program.ts";

const SEED = 11;
const programs = Array.from({ length: 2000 }, (_, index) => programAt(SEED, index));

test("a program depends on its seed and its number alone", () => {
  for (const index of [1999, 0, 1000]) expect(programAt(SEED, index)).toEqual(programs[index]);
  expect(programAt(SEED + 1, 0)).not.toEqual(programs[0]);
});

test("hardly any program comes twice", () => {
  expect(new Set(programs.map((program) => JSON.stringify(program))).size).toBeGreaterThan(1990);
});

test("every operation of the format is generated", () => {
  const count = new Map<string, number>();
  for (const program of programs) {
    for (const { op } of operationsOf(program)) count.set(op, (count.get(op) ?? 0) + 1);
  }
  expect(OPERATIONS.filter((operation) => (count.get(operation) ?? 0) < 20)).toEqual([]);
  expect([...count.keys()].filter((op) => !(OPERATIONS as readonly string[]).includes(op))).toEqual([]);
});

test("programs stay small", () => {
  const sizes = programs.map((program) => [...operationsOf(program)].length);
  expect(Math.max(...sizes)).toBeLessThan(120);
  expect(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toBeLessThan(40);
});

test("every name that must exist does, and no function starts itself, however far the way round", () => {
  for (const program of programs) expectWellFormed(program);
});

test("what shrinking gives is smaller and well formed", () => {
  for (const program of programs.slice(0, 100)) {
    const size = sizeOf(program);
    for (const candidate of smaller(program)) {
      expectWellFormed(candidate);
      expect(sizeOf(candidate)).toBeLessThan(size);
    }
  }
});

test("shrinking ends, and what it ends with is still different", async () => {
  const isDifferent = (program: Program): Promise<boolean> => {
    const ops = [...operationsOf(program)].map(({ op }) => op);
    return Promise.resolve(ops.includes("cancel") && ops.includes("timeout"));
  };
  const index = await indexWhere(isDifferent);
  const found = await smallest(SEED, index, isDifferent);
  expect(await isDifferent(found)).toBe(true);
  expect([...operationsOf(found)]).toHaveLength(2);
  expect(found.objects).toEqual({});
});

test("a difference in the trace is kept to the end", async () => {
  const isDifferent = async (program: Program): Promise<boolean> =>
    (await runProgram(program)).some((line) => line.endsWith("!TimeoutError"));
  const index = await indexWhere(isDifferent);
  const found = await smallest(SEED, index, isDifferent);
  const names = [...operationsOf(found)].map(({ op }) => op);
  expect(names.some((op) => op === "timeout" || op === "awaitFor")).toBe(true);
  expect([...operationsOf(found)].length).toBeLessThanOrEqual(4);
});

async function indexWhere(holds: (program: Program) => Promise<boolean>): Promise<number> {
  for (const [index, program] of programs.entries()) {
    if ([...operationsOf(program)].length > 15 && (await holds(program))) return index;
  }
  throw new Error("no such program among the first");
}

/** Everything that shrinking may make less. */
function sizeOf(program: Program): number {
  return JSON.stringify(program)
    .replaceAll("false", "")
    .replaceAll("true", "1")
    .replaceAll(/-?\d+/g, (number) => "1".repeat(Math.max(0, Number(number))))
    .replaceAll(/[,[\]{}]/g, "").length;
}

function expectWellFormed({ objects, functions, streams }: Program): void {
  const started = new Map<string, Set<string>>();
  for (const [name, ops] of [...Object.entries(functions), ...Object.entries(streams)]) {
    const names = new Set<string>();
    started.set(name, names);
    for (const op of operationsOf({ objects, functions: {}, streams: { [name]: ops } })) {
      for (const callee of startedBy(op)) names.add(callee);
      for (const object of objectsOf(op)) expect(objects).toHaveProperty([object]);
      if ("stream" in op) expect(streams).toHaveProperty(op.stream);
    }
    for (const callee of names) expect({ ...functions, ...streams }).toHaveProperty(callee);
  }
  const expectEnd = (name: string, path: readonly string[]): void => {
    expect(path).not.toContain(name);
    for (const callee of started.get(name) ?? []) expectEnd(callee, [...path, name]);
  };
  expectEnd("main", []);
}

function startedBy(op: StreamOp): readonly string[] {
  const inItems = (items: readonly GatherItem[]): readonly string[] =>
    items.flatMap((item) =>
      "gather" in item ? inItems(item.gather.items) : "function" in item ? [item.function] : [],
    );
  if (op.op === "gather") return inItems(op.items);
  if ("function" in op) return [op.function];
  return "stream" in op ? [op.stream] : [];
}

function objectsOf(op: StreamOp): readonly string[] {
  const { object, event, condition, barrier, future, variable, queue } = op as Readonly<Record<string, unknown>>;
  return [object, event, condition, barrier, future, variable, queue].filter((name) => typeof name === "string");
}
