/** Runs the random programs of a seed on both, in parallel, and shows each that goes apart. */
import { programAt } from "../generator/programs.ts";
import { interruptible } from "../interruptible.ts";
import { runBoth } from "./both.ts";
import { CPython } from "./cpython.ts";
import { runJobs } from "./jobs.ts";
import { Progress } from "./progress.ts";
import { sideBySide } from "./side-by-side.ts";
import { shrunk } from "./shrunk.ts";
import { type CampaignState, hashOfSources, loadState, saveState, stateFile } from "./state.ts";

export interface CampaignOptions {
  readonly seed: number;
  readonly programs: number;
  readonly jobs: number;
}

const CHUNK = 200; // programs; small enough that the jobs end together
const ENOUGH = 5; // mismatches after which a campaign stops: they tend to have one cause

/** True when both did the same with every program. */
export function runCampaign(options: CampaignOptions): Promise<boolean> {
  const { seed, programs } = options;
  return campaign(options.jobs, { seed, programs, done: 0, mismatches: [], sources: hashOfSources() });
}

/** Goes on with the one that was interrupted; to more programs, when so many are asked for. */
export function resumeCampaign(
  options: Pick<CampaignOptions, "jobs"> & { readonly programs?: number },
): Promise<boolean> {
  const state = loadState();
  console.log(`going on with seed ${state.seed} at program ${state.done} of ${options.programs ?? state.programs}`);
  return campaign(options.jobs, { ...state, programs: options.programs ?? state.programs });
}

function campaign(jobs: number, begun: CampaignState): Promise<boolean> {
  let next = begun.done;
  const mismatches = [...begun.mismatches];
  const unfinished = new Set<number>(); // where the chunks begin that jobs have at hand
  const state = (): CampaignState => ({ ...begun, mismatches, done: Math.min(next, ...unfinished) });
  return interruptible(async (stop) => {
    const progress = new Progress(begun.done, begun.programs);
    const saving = setInterval(() => saveState(state()), 5000);
    try {
      await runJobs({
        jobs,
        signal: stop.signal,
        next() {
          if (next >= begun.programs || mismatches.length >= ENOUGH) return undefined;
          const from = next;
          next = Math.min(from + CHUNK, begun.programs);
          unfinished.add(from);
          return { seed: begun.seed, from, to: next };
        },
        done(answer) {
          unfinished.delete(answer.from);
          mismatches.push(...answer.mismatches);
          progress.add(Math.min(CHUNK, begun.programs - answer.from), mismatches.length);
        },
      });
    } catch (error) {
      if (stop.signal.aborted) console.log(`stopped at program ${state().done}: --resume goes on (${stateFile})`);
      throw error;
    } finally {
      clearInterval(saving);
      progress.end();
      saveState(state());
    }
    for (const index of mismatches.slice(0, ENOUGH)) await showMismatch(begun.seed, index, stop.signal);
    const ran = mismatches.length < ENOUGH ? begun.programs : state().done;
    console.log(`seed ${begun.seed}: ${ran} random programs, ${mismatches.length} mismatches (${progress.summary()})`);
    return mismatches.length === 0;
  });
}

/** Prints the smallest program that still goes apart, and both traces. */
async function showMismatch(seed: number, index: number, signal: AbortSignal): Promise<void> {
  await using cpython = await CPython.start();
  const program = await shrunk(seed, index, cpython, signal);
  const [traces] = await runBoth([program], cpython);
  console.log(`MISMATCH: program ${index} of seed ${seed}, shrunk to`);
  console.log(JSON.stringify(program));
  if (traces !== undefined) console.log(sideBySide(traces));
  console.log(`again: npm run conformance -- --seed ${seed} --index ${index}\n`);
}

/** One program of a seed, as it was generated. True when both did the same. */
export async function runIndex(seed: number, index: number): Promise<boolean> {
  return interruptible(async (stop) => {
    const program = programAt(seed, index);
    await using cpython = await CPython.start();
    const [traces] = await runBoth([program], cpython);
    if (traces === undefined) return false;
    console.log(JSON.stringify(program));
    console.log(sideBySide(traces));
    const same = traces.brigade.join("\n") === traces.cpython.join("\n");
    if (!same) await showMismatch(seed, index, stop.signal);
    return same;
  });
}
