/** The checks that a mutant has to get past, in their order, each tried on the unchanged runtime first. */
import { join } from "node:path";
import { type Limits, replay, unitTests, type Verdict } from "./checks.ts";
import type { RuntimeCopy } from "./copy.ts";
import type { Mutant } from "./mutant.ts";
import { recordRandom } from "./random-programs.ts";

/** A check that knows how long it may take. */
export interface Check {
  readonly name: string;
  readonly run: (copy: RuntimeCopy, mutant: Mutant, signal: AbortSignal) => Promise<Verdict>;
}

type Try = (copy: RuntimeCopy, mutants: readonly Mutant[], limits: Limits) => Promise<Verdict>;

const RANDOM_PROGRAMS = 2_000;
const PATIENCE = 10_000; // ms that a check may take beyond twice what it takes on the unchanged runtime
const UNCHANGED_LIMIT = 300_000; // ms
const directed: string = join(import.meta.dirname, "../../traces/directed.json");

/** Throws when one fails on the unchanged runtime: it would kill everything. */
export async function prepareChecks(
  mutants: readonly Mutant[],
  copy: RuntimeCopy,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const random = join(copy.root, "random-programs.json");
  await recordRandom(RANDOM_PROGRAMS, random, signal);
  const tries: readonly (readonly [string, Try])[] = [
    ["directed", (tried, _mutants, limits) => replay(tried, directed, limits)],
    ["random", (tried, _mutants, limits) => replay(tried, random, limits)],
    ["unit", (tried, changed, limits) => unitTests(tried, testFilesOf(changed), limits)],
  ];
  const checks: Check[] = [];
  for (const [name, attempt] of tries) {
    const begun = performance.now();
    const verdict = await attempt(copy, mutants, { time: UNCHANGED_LIMIT, signal });
    if (verdict.kind !== "passed") {
      const how = verdict.kind === "hung" ? "it does not end" : verdict.how;
      throw new Error(`mutants: the check "${name}" fails on the unchanged runtime; repair that first. ${how}`);
    }
    const time = PATIENCE + 2 * (performance.now() - begun);
    checks.push({ name, run: (changed, mutant, stop) => attempt(changed, [mutant], { time, signal: stop }) });
  }
  return checks;
}

function testFilesOf(mutants: readonly Mutant[]): readonly string[] {
  return [...new Set(mutants.flatMap(({ unit }) => unit))];
}
