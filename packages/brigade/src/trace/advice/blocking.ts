/** Steps that hold the loop while others could go on. */
import { TICKS } from "../format/schema.ts";
import { waitOf } from "../replay/calls.ts";
import { RUN } from "../replay/program.ts";
import type { Outcome } from "../replay/simulate.ts";
import type { Finding, Study } from "./study.ts";
import { count, duration, lineOfPlace, median } from "./words.ts";

const LONG = 10; // ms: shorter steps block nobody for a time that counts

/** Long steps between the same two places. */
interface Candidate {
  readonly from: number; // the place where the task waited before; 0: it had just begun
  readonly to: number; // where it waits then; 0: it has ended
  readonly steps: number[];
  readonly lengths: number[];
  most: number;
}

export function blockingSteps(study: Study): Finding[] {
  if (study.program.virtual) return []; // steps take no time on its clock
  return study.worthReplaying(longSteps(study)).flatMap((candidate) => findingOf(study, candidate) ?? []);
}

function longSteps({ program }: Study): Candidate[] {
  const { steps, tasks } = program;
  const before = new Int32Array(tasks + 1).fill(-1);
  const found = new Map<string, Candidate>();
  for (let step = 0; step < steps.count; step++) {
    const task = steps.task[step] as number;
    const previous = before[task] as number;
    before[task] = step;
    const took = ((steps.end[step] as number) - (steps.start[step] as number)) / TICKS;
    if (took < LONG) continue;
    const from = previous < 0 ? 0 : (steps.place[previous] as number);
    const to = steps.place[step] as number;
    const key = `${from} ${to}`;
    let candidate = found.get(key);
    if (candidate === undefined) found.set(key, (candidate = { from, to, steps: [], lengths: [], most: 0 }));
    candidate.steps.push(step);
    candidate.lengths.push(took);
    candidate.most += took;
  }
  return [...found.values()];
}

/** The operations with which the steps take the loop. */
function runsOf({ program }: Study, { steps: long }: Candidate): number[] {
  const { operations, steps } = program;
  return long.flatMap((step) => {
    const runs: number[] = [];
    const last = waitOf(program, step);
    for (let at = steps.operation[step] as number; at !== 0; at = operations.next[at] as number) {
      if (operations.kind[at] === RUN && (operations.ticks[at] as number) > 0) runs.push(at);
      if (at === last) break;
    }
    return runs;
  });
}

function findingOf(study: Study, candidate: Candidate): Finding | undefined {
  const changes = { elsewhere: runsOf(study, candidate) };
  const outcome = study.replay(changes);
  if (outcome === undefined) return undefined;
  const saving = study.saving(outcome);
  const sooner = othersSooner(study, candidate, outcome);
  const held = median(sooner);
  if (saving < study.least && (sooner.length === 0 || held < study.least)) return undefined;
  const { lengths } = candidate;
  const longest = lengths.reduce((a, b) => Math.max(a, b));
  const where = placeWords(study, candidate);
  const times =
    lengths.length === 1 ? "" : `, ${count(lengths.length, "time", "times")}, ${duration(longest)} at the longest`;
  return {
    definite: true,
    changes,
    advice: {
      kind: "blocking-step",
      title: `${where.words} the loop is blocked for ${duration(median(lengths))}${times}; off the loop's thread that would save ${duration(saving)} of ${duration(study.recorded)}`,
      ...where.at,
      saving,
      calls: lengths.length,
      details: [
        ...(sooner.length === 0
          ? []
          : [
              `${count(sooner.length, "other task", "other tasks")} would end sooner, by ${duration(held)} in the median`,
            ]),
        'long work runs beside the loop in a thread (`toThread` and `threadPool` of "brigade/node"), or is cut by `yield* sleep(0)`',
        "what was ready while the loop was blocked is counted as it was noticed: the true saving may be greater",
      ],
      tasks: [
        ...new Set(
          candidate.steps
            .slice(0, 100)
            .map((step) => study.program.ids[study.program.steps.task[step] as number] as number),
        ),
      ],
      places: [candidate.from, candidate.to].filter((place) => place !== 0),
    },
  };
}

/** By how many milliseconds other tasks end sooner. */
function othersSooner({ program, base }: Study, { steps }: Candidate, outcome: Outcome): number[] {
  const own = new Set(steps.map((step) => program.steps.task[step]));
  const sooner: number[] = [];
  for (let task = 1; task <= program.tasks; task++) {
    const by = ((base.ends[task] as number) - (outcome.ends[task] as number)) / TICKS;
    if (by >= 1 && !own.has(task)) sooner.push(by);
  }
  return sooner;
}

function placeWords(
  { trace, program }: Study,
  { from, to, steps }: Candidate,
): { words: string; at: { file?: string; line?: number } } {
  const before = lineOfPlace(trace, from);
  const after = lineOfPlace(trace, to);
  const at = before ?? after;
  if (at === undefined) {
    const id = program.ids[program.steps.task[steps[0] as number] as number];
    return { words: `in task ${id}`, at: {} };
  }
  const name = at.file.replace(/^.*[\\/]/, "");
  if (before !== undefined && after !== undefined && before.file === after.file && after.line > before.line) {
    return { words: `${name}, between lines ${before.line} and ${after.line},`, at };
  }
  if (before !== undefined) return { words: `${name}, after line ${before.line},`, at };
  return { words: `${name}, before line ${at.line},`, at };
}
