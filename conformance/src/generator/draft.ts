/**
 * A program in the making. Functions are written last to first, and each may only start those after it: so every program ends, and how
 * much it will start is known before it runs.
 */
import type { Op } from "../program.ts";
import type { Dice } from "./dice.ts";
import type { Need, Swarm } from "./swarm.ts";
import type { OpName } from "./walk.ts";

/** Calls and tasks that main may come to, and every other function. */
const MOST_IN_MAIN = 60;
const MOST_IN_OTHERS = 14;

const DEEPEST = 3;

/** From few numbers, so that much happens at the same time. */
const TIMES = [0, 0, 1, 1, 2, 3, 5];

/** Operations left for main at least: it is written last. */
const MAIN_OPS = 5;

/** Where an operation will stand. */
export interface Place {
  /** How many bodies stand around it. */
  readonly depth: number;
  /** How often it may run: bodies of `forEach` run again and again. */
  readonly times: number;
}

/** The outermost place of a function. */
export const TOP: Place = { depth: 0, times: 1 };

export type Maker = (draft: Draft, place: Place) => readonly Op[] | undefined;
export type Makers = { readonly [K in OpName]: Maker };

export class Draft {
  readonly dice: Dice;
  readonly swarm: Swarm;
  /** How many values each stream may give. */
  readonly gives: Map<string, number> = new Map<string, number>();
  readonly #makers: Makers;
  /** What may be started from where we are: functions and streams, and what each comes to. */
  readonly #loads: Map<string, number> = new Map<string, number>();
  #load = 0;
  #mostLoad = MOST_IN_OTHERS;
  #opsLeft: number;
  /** What would end the waits that have been written so far: without it, most programs end in deadlocks. */
  readonly #wanted: (readonly Op[])[] = [];

  constructor(dice: Dice, swarm: Swarm, makers: Makers, ops: number) {
    this.dice = dice;
    this.swarm = swarm;
    this.#makers = makers;
    this.#opsLeft = ops;
  }

  /** Writes one function or stream, which those that come after may start. */
  define<T>(name: string, write: () => T): T {
    this.#load = 1;
    if (name === "main") this.#opsLeft = Math.max(this.#opsLeft, MAIN_OPS);
    this.#mostLoad = name === "main" ? MOST_IN_MAIN : MOST_IN_OTHERS;
    const written = write();
    this.#loads.set(name, this.#load);
    return written;
  }

  /** Up to so many operations, fewer when the program is long enough. */
  ops(most: number, place: Place): readonly Op[] {
    const ops: Op[] = [];
    const count = this.dice.between(most > 2 ? 1 : 0, most);
    for (let i = 0; i < count && this.#opsLeft > 0; i++) ops.push(...this.#op(place));
    return ops;
  }

  /** The operations inside one that stands here; none where it is deep enough. */
  body(place: Place, times = 1): readonly Op[] {
    if (place.depth >= DEEPEST) return [];
    return this.ops(3, { depth: place.depth + 1, times: place.times * times });
  }

  #op(place: Place): readonly Op[] {
    this.#opsLeft--;
    const wanted = this.#wanted.length > 0 && this.dice.chance(40) ? this.dice.pick(this.#wanted) : undefined;
    if (wanted !== undefined) return this.dice.chance(60) ? [{ op: "sleep", ms: 0 }, ...wanted] : wanted;
    const name = this.dice.pick(this.swarm.ops);
    return this.#makers[name](this, place) ?? [{ op: "sleep", ms: this.time() }];
  }

  /** Says what would end a wait that is being written: it will stand in one of the functions that are written later. */
  want(...ops: readonly Op[]): void {
    this.#wanted.push(ops);
  }

  time(): number {
    return this.dice.pick(TIMES);
  }

  name(need: Need): string {
    return this.dice.pick(this.swarm.names[need]);
  }

  /** A function to start here, one of these if they are given; none where it would become too much. */
  function(place: Place, of: Iterable<string> = this.#loads.keys()): string | undefined {
    const functions = [...of].filter((name) => name.startsWith("f"));
    return this.#start(functions, place);
  }

  /** A stream to open here, unless there is none or it would become too much. */
  stream(place: Place): string | undefined {
    const streams = [...this.#loads.keys()].filter((name) => name.startsWith("s"));
    return this.#start(streams, place);
  }

  #start(names: readonly string[], place: Place): string | undefined {
    const fit = names.filter((name) => this.#load + this.#loadOf(name) * place.times <= this.#mostLoad);
    if (fit.length === 0) return undefined;
    const name = this.dice.pick(fit);
    this.#load += this.#loadOf(name) * place.times;
    return name;
  }

  #loadOf(name: string): number {
    return this.#loads.get(name) ?? 0;
  }
}
