/** Permits and items in a replay, and who waits for them: first come, first served. */
import type { Store } from "./program.ts";
import { BLOCKED, type Strands } from "./strands.ts";

/** Strands in the order in which they came. One that no longer waits as it did is passed over. */
class Line {
  readonly #strands: Strands;
  #items: number[] = []; // strand, epoch, strand, …
  #head = 0;

  constructor(strands: Strands) {
    this.#strands = strands;
  }

  add(strand: number): void {
    this.#items.push(strand, this.#strands.epoch[strand] as number);
  }

  /** The first that waits, taken out; -1: nobody. */
  take(): number {
    const { epoch, state } = this.#strands;
    while (this.#head < this.#items.length) {
      const strand = this.#items[this.#head] as number;
      const since = this.#items[this.#head + 1] as number;
      this.#head += 2;
      if (epoch[strand] === since && state[strand] === BLOCKED) return strand;
    }
    this.#items = [];
    this.#head = 0;
    return -1;
  }
}

export class Shelves {
  readonly #strands: Strands;
  readonly #there: Int32Array; // free permits, or items
  readonly #room: Float64Array;
  readonly #takers: (Line | undefined)[] = [];
  readonly #givers: (Line | undefined)[] = [];

  constructor(stores: readonly Store[], more: ReadonlyMap<number, number> | undefined, strands: Strands) {
    this.#strands = strands;
    this.#there = Int32Array.from(stores, ({ initial }) => initial);
    this.#room = Float64Array.from(stores, ({ room }) => (room === 0 ? Infinity : room));
    for (const [resource, extra] of more ?? []) {
      if (stores[resource]?.room === 0) this.#there[resource] = (this.#there[resource] as number) + extra;
      else this.#room[resource] = (this.#room[resource] as number) + extra;
    }
  }

  /** Takes a permit. Otherwise the strand stands in the line. What is outside of tasks always gets one. */
  acquire(resource: number, strand: number): boolean {
    if (strand !== 0 && (this.#there[resource] as number) <= 0) {
      this.#line(this.#takers, resource).add(strand);
      return false;
    }
    this.#there[resource] = (this.#there[resource] as number) - 1;
    return true;
  }

  /** Gives one back: to the strand that it names, or to nobody (-1). */
  release(resource: number): number {
    const waiter = (this.#there[resource] as number) >= 0 ? (this.#takers[resource]?.take() ?? -1) : -1;
    if (waiter < 0) this.#there[resource] = (this.#there[resource] as number) + 1;
    return waiter;
  }

  put(resource: number, strand: number): boolean {
    if (strand !== 0 && (this.#there[resource] as number) >= (this.#room[resource] as number)) {
      this.#line(this.#givers, resource).add(strand);
      return false;
    }
    this.#there[resource] = (this.#there[resource] as number) + 1;
    return true;
  }

  get(resource: number, strand: number): boolean {
    if (strand !== 0 && (this.#there[resource] as number) <= 0) {
      this.#line(this.#takers, resource).add(strand);
      return false;
    }
    this.#there[resource] = (this.#there[resource] as number) - 1;
    return true;
  }

  /** Who is woken because there is an item; -1: nobody. */
  getter(resource: number): number {
    return this.#takers[resource]?.take() ?? -1;
  }

  /** Who is woken because there is room. */
  putter(resource: number): number {
    return this.#givers[resource]?.take() ?? -1;
  }

  #line(lines: (Line | undefined)[], resource: number): Line {
    return (lines[resource] ??= new Line(this.#strands));
  }
}
