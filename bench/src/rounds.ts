/** Rounds of a work: every contender once in each, and each round begins with another one. */
import type { Contender, Measured } from "./contender.ts";

export interface Outcome {
  readonly label: string;
  /** The median of its rounds; absent when it failed. */
  readonly median?: number;
  /** The median of the processor times, where the work tells them. */
  readonly cpu?: number;
  readonly remark?: string;
  readonly failure?: string;
  readonly complaints: string;
}

interface Entry {
  readonly contender: Contender;
  readonly rounds: Measured[];
  failure?: string;
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError("There is no median of no figures.");
  return (lower + upper) / 2;
}

/** A contender that fails is out for this work; the others go on. */
async function attempt(entry: Entry, step: () => Promise<void>): Promise<void> {
  if (entry.failure !== undefined) return;
  try {
    await step();
  } catch (error) {
    entry.failure = error instanceof Error ? error.message : String(error);
  }
}

/** Starts all, does the rounds, stops all. `progress` is told what is being done. */
export async function measure(
  contenders: readonly Contender[],
  rounds: number,
  progress: (doing: string) => void,
): Promise<readonly Outcome[]> {
  const entries = contenders.map((contender): Entry => ({ contender, rounds: [] }));
  try {
    for (const entry of entries) {
      progress(`warming up ${entry.contender.label}`);
      await attempt(entry, () => entry.contender.start());
    }
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < entries.length; turn++) {
        const entry = entries[(round + turn) % entries.length];
        if (entry === undefined) continue;
        progress(`round ${round + 1} of ${rounds}, ${entry.contender.label}`);
        await attempt(entry, async () => {
          entry.rounds.push(await entry.contender.round());
        });
      }
    }
  } finally {
    for (const { contender } of entries) await contender.stop();
  }
  return entries.map(outcomeOf);
}

function outcomeOf({ contender, rounds, failure }: Entry): Outcome {
  const { label, complaints, remark } = contender;
  if (failure !== undefined) return { label, failure, complaints };
  const cpus = rounds.flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]));
  return {
    label,
    median: median(rounds.map(({ figure }) => figure)),
    ...(cpus.length > 0 ? { cpu: median(cpus) } : {}),
    ...(remark === undefined ? {} : { remark }),
    complaints,
  };
}
