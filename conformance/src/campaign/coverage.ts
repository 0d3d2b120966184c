/** Tables of what the directed set and the random programs reach. */
import { moments, phases } from "../directed/moments.ts";
import { directedPrograms } from "../directed/programs.ts";
import { programAt } from "../generator/programs.ts";
import { runProgram } from "../interpreter.ts";
import { type Operation, OUTCOMES, outcomesOf } from "./outcomes.ts";

/** Counts by row and column. */
export type Counts = ReadonlyMap<string, ReadonlyMap<string, number>>;

class Counter {
  readonly counts = new Map<string, Map<string, number>>();

  add(row: string, column: string): void {
    const columns = this.counts.get(row) ?? new Map<string, number>();
    this.counts.set(row, columns);
    columns.set(column, (columns.get(column) ?? 0) + 1);
  }
}

/** Every operation of the format. */
export const OPERATIONS: readonly Operation[] = [
  ...(["sleep", "raise", "call", "spawn", "await", "awaitFor", "cancel", "gather", "wait"] as const),
  ...(["timeout", "moveOnAfter", "reschedule", "group", "child", "try"] as const),
  ...(["acquire", "release", "with", "set", "clear", "waitEvent"] as const),
  ...(["waitCondition", "waitFor", "notify", "notifyAll", "waitBarrier", "reset", "abort"] as const),
  ...(["setResult", "setException", "setVariable", "getVariable"] as const),
  ...(["put", "putNowait", "get", "getNowait", "taskDone", "join", "shutdown"] as const),
  ...(["open", "next", "close", "forEach", "give", "giving"] as const),
];

/** How many directed programs there are for each operation, by the name of the moment. */
export function directedCoverage(): Counts {
  const counter = new Counter();
  for (const { cell } of directedPrograms()) if (cell !== undefined) counter.add(cell.operation, cell.moment.name);
  return counter.counts;
}

/** The operations and moments that no directed program brings together. */
export function emptyCells(counts: Counts): readonly string[] {
  return OPERATIONS.flatMap((operation) =>
    moments
      .filter(({ name }) => !counts.get(operation)?.has(name))
      .map(({ name }) => `${operation} is never cancelled "${name}"`),
  );
}

/** What became of each operation in these random programs, as Brigade ran them. */
async function randomCoverage(seed: number, programs: number): Promise<Counts> {
  const counter = new Counter();
  for (let index = 0; index < programs; index++) {
    const program = programAt(seed, index);
    outcomesOf(program, await runProgram(program), (operation, outcome) => counter.add(operation, outcome));
  }
  return counter.counts;
}

/** True when every operation meets every moment. */
export async function printCoverage({
  seed,
  programs,
}: {
  readonly seed: number;
  readonly programs: number;
}): Promise<boolean> {
  const directed = directedCoverage();
  console.log("Directed programs: the operation, and when it is cancelled\n");
  for (const phase of phases) {
    const legend = phase.moments.map(({ column, name }) => `  ${column.padEnd(9)}  ${name}`);
    console.log([phase.name, ...legend, ""].join("\n"));
    console.log(
      table(
        directed,
        phase.moments.map(({ name, column }) => ({ key: name, head: column })),
      ),
    );
  }
  const empty = emptyCells(directed);
  for (const line of empty) console.log(`EMPTY: ${line}`);
  console.log(`${OPERATIONS.length} operations × ${moments.length} moments, ${empty.length} empty\n`);
  console.log(`What became of each operation in ${programs} random programs of seed ${seed}\n`);
  // What "giving" does stands in the lines of its operations.
  const random = await randomCoverage(seed, programs);
  console.log(
    table(
      random,
      OUTCOMES.map((outcome) => ({ key: outcome, head: outcome })),
    ),
  );
  return empty.length === 0;
}

function table(counts: Counts, columns: readonly { readonly key: string; readonly head: string }[]): string {
  const width = Math.max(...OPERATIONS.map((operation) => operation.length));
  const heads = columns.map(({ head }) => head);
  const line = (first: string, cells: readonly string[]): string =>
    [first.padEnd(width), ...cells.map((cell, index) => cell.padStart(Math.max(5, heads[index]?.length ?? 0)))].join(
      "  ",
    );
  const rows = OPERATIONS.map((operation) =>
    line(
      operation,
      columns.map(({ key }) => String(counts.get(operation)?.get(key) ?? "·")),
    ),
  );
  return `${[line("", heads), ...rows].join("\n")}\n`;
}
