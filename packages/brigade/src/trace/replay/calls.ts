/** Calls of coroutines, and what each awaited one after the other: read off the stacks that the trace notes. */
import type { Trace } from "../format/reader.ts";
import type { Call, Calls, Site } from "./call.ts";
import { inferSites } from "./infer-sites.ts";
import { END, type Program, RELEASE, RUN } from "./program.ts";

interface Open {
  readonly activation: number;
  readonly call: Call;
  site: number;
  begin: number;
}

const DEEPEST = 100; // frames of a place

/** Finds the calls. None where the trace does not note stacks: that of a flight recorder. */
export function callsOf(trace: Trace, program: Program): Calls {
  return new Finder(trace, program).find();
}

class Finder {
  readonly #trace: Trace;
  readonly #program: Program;
  readonly #sites: Site[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #bySpot: (number[] | undefined)[] = []; // the sites of each place, outermost first; then the innermost as a leaf
  readonly #calls: Call[] = [];

  constructor(trace: Trace, program: Program) {
    this.#trace = trace;
    this.#program = program;
  }

  find(): Calls {
    const { steps, tasks } = this.#program;
    const open: (Open[] | undefined)[] = new Array<Open[] | undefined>(tasks + 1);
    for (let step = 0; step < steps.count; step++) {
      const task = steps.task[step] as number;
      this.#step(step, (open[task] ??= []));
    }
    inferSites(this.#sites, this.#calls);
    return { sites: this.#sites, calls: this.#calls };
  }

  #step(step: number, open: Open[]): void {
    const { steps } = this.#program;
    const place = steps.place[step] as number;
    const depth = place === 0 ? 0 : (steps.depth[step] as number);
    if (depth > DEEPEST) return this.#close(open, 0, step);
    const chain = this.#chain(steps.activation[step] as number, depth, open);
    let common = 0;
    while (common < open.length && common < depth && open[common]?.activation === chain[common]) common++;
    this.#close(open, common, step);
    const caller = open[common - 1];
    if (caller !== undefined) {
      this.#endAwait(caller, step);
      this.#beginAwait(caller, step, this.#site(place, common - 1, depth));
    }
    for (let level = common; level < depth; level++) {
      const call: Call = {
        task: steps.task[step] as number,
        firstStep: step,
        lastStep: -1,
        sites: [],
        begins: [],
        ends: [],
      };
      this.#calls.push(call);
      open.push({ activation: chain[level] as number, call, site: this.#site(place, level, depth), begin: step });
    }
  }

  /** The activations from the outermost to the given one. */
  #chain(activation: number, depth: number, open: readonly Open[]): number[] {
    const { callers } = this.#program;
    const chain = new Array<number>(depth);
    let one = activation;
    for (let level = depth - 1; level >= 0; level--) {
      if (open[level]?.activation === one) {
        // Below it nothing has changed.
        for (let below = 0; below <= level; below++) chain[below] = open[below]?.activation ?? 0;
        break;
      }
      chain[level] = one;
      one = callers[one] ?? 0;
    }
    return chain;
  }

  #close(open: Open[], from: number, step: number): void {
    for (let level = open.length - 1; level >= from; level--) {
      const one = open[level] as Open;
      this.#endAwait(one, step);
      one.call.lastStep = step;
    }
    open.length = Math.min(open.length, from);
  }

  #endAwait({ call, site, begin }: Open, step: number): void {
    call.sites.push(site);
    call.begins.push(begin);
    call.ends.push(step);
  }

  #beginAwait(one: Open, step: number, site: number): void {
    one.site = site;
    one.begin = step;
  }

  /** The site at which the frame of this level waits. */
  #site(place: number, level: number, depth: number): number {
    const sites = (this.#bySpot[place] ??= this.#sitesOf(place));
    const frames = sites.length / 2;
    if (frames < depth) return this.#unknown;
    // Bare generators stand in the stack without being calls: they are taken for the innermost ones.
    return (level === depth - 1 ? sites[frames + frames - 1 - level] : sites[level]) ?? this.#unknown;
  }

  get #unknown(): number {
    return this.#number({ name: "", file: undefined, line: 0, column: 0, kind: "", callee: "" });
  }

  /** The sites of the frames, outermost first; then each again as one that waits itself, innermost first. */
  #sitesOf(place: number): number[] {
    const { frames, kind, exact } = this.#trace.places[place] ?? { frames: [], kind: "", exact: false };
    // Lines that were guessed from other waits are guessed anew, from the same point of other calls.
    const outward = frames.map(({ name, file, line = 0, column = 0 }) =>
      exact ? { name, file, line, column } : { name, file: undefined, line: 0, column: 0 },
    );
    const callee = (index: number): string => (index === 0 ? kind : (outward[index - 1]?.name ?? ""));
    const calls = outward.map((frame, index) => this.#number({ ...frame, kind: "", callee: callee(index) })).reverse();
    const leaves = outward.map((frame, index) =>
      this.#number({ ...frame, kind: index === 0 ? kind : "", callee: callee(index) }),
    );
    return [...calls, ...leaves];
  }

  #number(site: Site): number {
    const key = JSON.stringify(site);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#sites.push(site) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/**
 * The operation of a step from which on it belongs to the await that begins in it: behind what ran first, and behind what
 * was given back that the await before it had taken.
 */
export function beginning({ operations, steps }: Program, step: number): number {
  const { kind, next } = operations;
  const first = next[steps.operation[step] as number] as number;
  let begin = first;
  for (let at = first; at !== 0 && (kind[at] === RUN || kind[at] === RELEASE); at = next[at] as number) {
    if (kind[at] === RELEASE) begin = next[at] as number;
  }
  return begin;
}

/** The operation with which the step's task waits or ends. */
export function waitOf({ operations, steps }: Program, step: number): number {
  const { kind, next } = operations;
  const following = steps.following[step] as number;
  const until = following === 0 ? 0 : (steps.operation[following] as number);
  let at = steps.operation[step] as number;
  while (kind[at] !== END && next[at] !== until && next[at] !== 0) at = next[at] as number;
  return at;
}
