/**
 * A list of what is not over, for whoever ends it all. Not a Set: one that changes with every request moves to memory that
 * is seldom collected, and what it ever held stays alive with it.
 */

/** Knows its place in the one list that it stands in. */
export interface Slotted {
  /** `NOWHERE` when it stands in none. Set by the list alone. */
  slot: number;
}

export const NOWHERE = -1;

export class Live<T extends Slotted> {
  readonly #items: T[] = []; // items[i].slot = i

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    item.slot = this.#items.length;
    this.#items.push(item);
  }

  /** False if it does not stand in it. */
  delete(item: T): boolean {
    if (item.slot === NOWHERE) return false;
    const last = this.#items.pop() as T;
    if (last !== item) {
      this.#items[item.slot] = last;
      last.slot = item.slot;
    }
    item.slot = NOWHERE;
    return true;
  }

  all(): T[] {
    return [...this.#items];
  }

  some(matches: (item: T) => boolean): boolean {
    return this.#items.some(matches);
  }
}
