/** The mutation score: puts one mutant after another into copies of the runtime, and shows which check kills each. */
import { RuntimeCopy } from "./copy.ts";
import { interruptible } from "../interruptible.ts";
import { mutants } from "./list.ts";
import type { Mutant } from "./mutant.ts";
import { type Check, prepareChecks } from "./suite.ts";
import { type Row, Table } from "./table.ts";

export interface MutantOptions {
  /** Only the mutants whose name holds this text. */
  readonly only?: string;
  /** How many are tried at once; 2 unless told otherwise. */
  readonly workers?: number;
}

/**
 * Tries the mutants, and prints a table. True when every one was killed. It takes minutes; a signal to the process ends
 * it, and neither then nor at its end is anything left behind. Throws when a check fails on the unchanged runtime.
 */
export function runMutants(options: MutantOptions = {}): Promise<boolean> {
  const { only = "", workers = 2 } = options;
  const chosen = mutants.filter((mutant) => mutant.name.includes(only));
  if (chosen.length === 0) throw new Error(`mutants: no mutant has "${only}" in its name`);
  return interruptible(async (stop) => {
    const first = await RuntimeCopy.make();
    const copies = [first];
    try {
      const checks = await prepareChecks(chosen, first, stop.signal);
      while (copies.length < Math.min(workers, chosen.length)) copies.push(await RuntimeCopy.make());
      return await score(chosen, checks, copies, stop);
    } finally {
      for (const copy of copies) await copy.remove();
    }
  });
}

async function score(
  chosen: readonly Mutant[],
  checks: readonly Check[],
  copies: readonly RuntimeCopy[],
  stop: AbortController,
): Promise<boolean> {
  const table = new Table(chosen);
  const queue = chosen.entries(); // shared by the workers
  const worker = async (copy: RuntimeCopy): Promise<void> => {
    try {
      for (const [index, mutant] of queue) table.add(index, await judge(mutant, checks, copy, stop.signal));
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  await Promise.allSettled(copies.map(worker));
  stop.signal.throwIfAborted();
  table.sumUp(checks.map(({ name }) => name));
  return table.killed === chosen.length;
}

async function judge(mutant: Mutant, checks: readonly Check[], copy: RuntimeCopy, signal: AbortSignal): Promise<Row> {
  const begun = performance.now();
  const row = (killedBy: Row["killedBy"]): Row => ({ mutant, killedBy, seconds: (performance.now() - begun) / 1000 });
  await copy.apply(mutant);
  try {
    for (const { name, run } of checks) {
      const verdict = await run(copy, mutant, signal);
      if (verdict.kind === "failed") return row({ check: name, how: verdict.how });
      if (verdict.kind === "hung") return row({ check: name, how: "it does not end: stopped by the time limit" });
      if (verdict.kind === "broken") throw new Error(`mutant "${mutant.name}": ${verdict.how}`);
    }
    return row(undefined);
  } finally {
    await copy.restore();
  }
}
