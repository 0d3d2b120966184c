/**
 * Where tasks wait, as numbers. The coroutines on a task's stack are a path; a path and the kind of a wait make a spot,
 * whose number is there at once. At which lines it waits is known only when somebody reads them: see `lines.ts`.
 */
import type { WaitInfo } from "../../types.ts";
import type { PlaceFrame } from "../format/schema.ts";
import { LONGEST_TEXT, type Tables } from "../format/writer.ts";

const MOST_PLACES = 50_000; // of a trace; from then on waits are told apart by their kind alone
const DEEPEST = 100; // frames of a place
const MOST_CALLEES = 10_000; // of one path: a program may make coroutine functions without end

/** The coroutines from a task's root to the frame on top. */
export class Path {
  readonly name: string;
  readonly parent: Path | undefined;
  readonly depth: number;
  readonly #callees = new Map<object, Path>();
  readonly #spots = new Map<string, Spot>();
  // Mostly it is the same as the last time.
  #lastCalled: object | undefined;
  #lastCallee: Path = this;
  #lastSpot: Spot | undefined;
  #nameId = 0;
  #generation = -1; // of the tables that the number is of

  constructor(name: string, parent: Path | undefined) {
    this.name = name;
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 0;
  }

  /** The path of a coroutine that the top one calls. Very deep ones are the path of their caller. */
  callee(definition: { readonly name: string }): Path {
    if (definition === this.#lastCalled) return this.#lastCallee;
    this.#lastCallee = this.#find(definition);
    this.#lastCalled = definition;
    return this.#lastCallee;
  }

  #find(definition: { readonly name: string }): Path {
    if (this.depth > DEEPEST) return this;
    const known = this.#callees.get(definition);
    if (known !== undefined) return known;
    if (this.#callees.size >= MOST_CALLEES) return this;
    const path = new Path(definition.name, this);
    this.#callees.set(definition, path);
    return path;
  }

  /** The number of the top coroutine's name. */
  nameIn(tables: Tables): number {
    if (this.#generation !== tables.generation) this.#nameId = tables.string(this.name);
    this.#generation = tables.generation;
    return this.#nameId;
  }

  /** Where tasks wait for a thing of this kind, in the coroutine on top. */
  spot(waitingFor: WaitInfo, given: string | undefined, tables: Tables): Spot {
    const { kind } = waitingFor;
    const last = this.#lastSpot;
    if (last !== undefined && last.kind === kind && last.label === given) return last;
    const label = given !== undefined && given.length > LONGEST_TEXT ? given.slice(0, LONGEST_TEXT) : given;
    const key = label === undefined ? kind : `${kind} ${label}`;
    const known = this.#spots.get(key);
    if (known !== undefined) return (this.#lastSpot = known);
    if (label !== undefined && tables.places.size > MOST_PLACES) return this.spot(waitingFor, undefined, tables);
    const spot = new Spot(this, kind, label, waitingFor);
    this.#spots.set(key, spot);
    return spot;
  }

  /** The coroutines, innermost first. */
  frames(): PlaceFrame[] {
    const frames: PlaceFrame[] = [];
    for (let path: Path | undefined = this; path?.parent; path = path.parent) frames.push({ name: path.name });
    return frames;
  }
}

/** Waits of one kind on one path. */
export class Spot {
  readonly path: Path;
  readonly kind: string;
  readonly label: string | undefined;
  /** A thing that many wait for, one after the other: the one that a bare yield waits for. */
  readonly sample: object;
  /** How many waits were here. */
  waits = 0;
  #unread = 0; // the number of the place without lines
  readonly #read = new Map<string, { readonly exact: number; likely: number }>(); // by lines
  #only:
    | { readonly frames: readonly PlaceFrame[]; readonly numbers: { readonly exact: number; likely: number } }
    | undefined;

  constructor(path: Path, kind: string, label: string | undefined, sample: object) {
    this.sample = sample;
    this.path = path;
    this.kind = kind;
    this.label = label;
  }

  /** The place of a wait whose lines nobody has read: those of the others, where all that were read had the same. */
  place(tables: Tables): number {
    const only = this.#only;
    if (this.#read.size === 1 && only !== undefined) {
      if (only.numbers.likely === 0) only.numbers.likely = this.#add(tables, only.frames, false);
      return only.numbers.likely;
    }
    if (this.#unread === 0) this.#unread = this.#add(tables, this.path.frames(), false);
    return this.#unread;
  }

  /** The place of a wait whose lines were read. */
  placeAt(frames: readonly PlaceFrame[], tables: Tables): number {
    const lines = frames.map(({ file, line, column }) => `${file}:${line}:${column}`).join(" ");
    let numbers = this.#read.get(lines);
    if (numbers === undefined) {
      if (this.#read.size > 0 && tables.places.size > MOST_PLACES) return this.place(tables);
      numbers = { exact: this.#add(tables, frames, true), likely: 0 };
      this.#read.set(lines, numbers);
      this.#only = { frames, numbers };
    }
    return numbers.exact;
  }

  #add(tables: Tables, frames: readonly PlaceFrame[], exact: boolean): number {
    const { kind, label } = this;
    return tables.places.add({ kind, ...(label === undefined ? {} : { label }), frames, exact });
  }
}
