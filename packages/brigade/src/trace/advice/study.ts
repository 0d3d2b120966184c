/** What all rules of advice look at: the program, its calls, its replay unchanged, and what further replays may cost. */
import type { Trace } from "../format/reader.ts";
import { TICKS } from "../format/schema.ts";
import type { Changes } from "../replay/changes.ts";
import type { Call, Calls } from "../replay/call.ts";
import { beginning, callsOf } from "../replay/calls.ts";
import { compile } from "../replay/compile.ts";
import type { Program } from "../replay/program.ts";
import { type Outcome, simulate } from "../replay/simulate.ts";
import type { Advice } from "./advice.ts";
import type { SourceReader } from "./source.ts";
import { median } from "./words.ts";

const LEAST = 1; // ms
const LEAST_PART = 0.01; // of the program's time
const ANYTHING = 0.001; // ms: less is a rounding error
const MOST = 12; // candidates of a rule that are replayed
const FEWEST = 4; // however large the trace is
const EASY = 200_000; // operations of a trace of which that many can be replayed in no time

/** A piece of advice, and the changes by which it was replayed. */
export interface Finding {
  readonly advice: Advice;
  readonly changes: Changes;
  /** Whether it says what to do so definitely that it can be counted on together with others. */
  readonly definite: boolean;
}

export class Study {
  readonly trace: Trace;
  readonly program: Program;
  readonly calls: Calls;
  readonly source: SourceReader | undefined;
  /** The replay of the unchanged program, with times. */
  readonly base: Outcome;
  /** Savings below it are none. Milliseconds. */
  readonly least: number;
  readonly #candidates: number;

  constructor(trace: Trace, source: SourceReader | undefined, minSaving: number | undefined) {
    this.trace = trace;
    this.source = source;
    this.program = compile(trace);
    this.calls = callsOf(trace, this.program);
    this.base = simulate(this.program, {}, true);
    // By the size of the trace, not by a clock: the same trace gets the same advice.
    const affordable = Math.floor((MOST * EASY) / this.program.operations.count);
    this.#candidates = Math.min(MOST, Math.max(FEWEST, affordable));
    this.least = Math.max(minSaving ?? Math.max(LEAST, this.recorded * LEAST_PART), ANYTHING);
  }

  /** How long the recorded program took, in milliseconds. */
  get recorded(): number {
    return (this.program.end - this.program.begin) / TICKS;
  }

  /** How long its unchanged replay took. */
  get replayed(): number {
    return (this.base.end - this.program.begin) / TICKS;
  }

  /** The candidates with the most to gain: as many as may be replayed. Those that can't gain enough are left out. */
  worthReplaying<T extends { readonly most: number }>(candidates: Iterable<T>): T[] {
    const enough = [...candidates].filter(({ most }) => most >= this.least);
    return enough.sort((one, other) => other.most - one.most).slice(0, this.#candidates);
  }

  /** Replays with the changes; undefined where they leave the replay with waits that nobody ends. */
  replay(changes: Changes, times = false): Outcome | undefined {
    const outcome = simulate(this.program, changes, times);
    return outcome.forced > this.base.forced ? undefined : outcome;
  }

  /** Milliseconds by which the program ends sooner. */
  saving(outcome: Outcome): number {
    return Math.max(0, (this.base.end - outcome.end) / TICKS);
  }

  /** The medians over calls of what each saves and what it took, in milliseconds. */
  perCall(calls: Iterable<Call>, outcome: Outcome): { saving: number; of: number } | undefined {
    const savings: number[] = [];
    const lengths: number[] = [];
    for (const call of calls) {
      const before = this.#length(call, this.base);
      const after = this.#length(call, outcome);
      if (!(before >= 0 && after >= 0)) continue;
      savings.push(before - after);
      lengths.push(before);
    }
    if (savings.length === 0) return undefined;
    return { saving: median(savings), of: median(lengths) };
  }

  #length({ firstStep, lastStep }: Call, { times }: Outcome): number {
    if (lastStep < 0 || times === undefined) return Number.NaN;
    const begin = times[this.program.steps.operation[firstStep] as number] as number;
    // Where the task goes on when parts that ran beside each other have all ended.
    const end = times[beginning(this.program, lastStep)] as number;
    return (end - begin) / TICKS;
  }

  /** Whether it is enough to say: for the program as a whole or, where others decide when it ends, for each call. */
  isEnough(saving: number, perCall: { readonly saving: number; readonly of: number } | undefined): boolean {
    if (saving >= this.least) return true;
    if (perCall === undefined || !this.#arrivals) return false;
    return perCall.saving >= LEAST && perCall.saving >= perCall.of * LEAST_PART;
  }

  /** Whether work comes from outside while the program runs: a server is not over sooner because it answers sooner. */
  get #arrivals(): boolean {
    const { parents, tasks } = this.program;
    let roots = 0;
    for (let task = 1; task <= tasks && roots < 2; task++) if (parents[task] === 0) roots++;
    return roots > 1 || this.trace.end !== "complete" || this.trace.meta.last !== undefined;
  }
}
