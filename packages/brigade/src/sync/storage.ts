/** How queues keep their items: last in first out, and smallest first. First in first out is kernel/fifo.ts. */

/** The items of a queue, in the order in which they are to be had. */
export interface Storage<T> {
  readonly size: number;
  push(item: T): void;
  /** The next one. Only called when there is one. */
  shift(): T;
}

export class Stack<T> implements Storage<T> {
  readonly #items: T[] = [];
  get size(): number {
    return this.#items.length;
  }
  push(item: T): void {
    this.#items.push(item);
  }
  shift(): T {
    return this.#items.pop() as T;
  }
}

/** By `<`: numbers, strings, dates. */
export function byValue(a: unknown, b: unknown): number {
  return (a as number) < (b as number) ? -1 : (b as number) < (a as number) ? 1 : 0;
}

/** A binary heap. Invariant: no item comes before its parent, by comparison and then by the time it was put. */
export class Heap<T> implements Storage<T> {
  readonly #heap: { readonly item: T; readonly sequence: number }[] = [];
  readonly #compare: (a: T, b: T) => number;
  #sequence = 0;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#heap.length;
  }

  push(item: T): void {
    const heap = this.#heap;
    const entry = { item, sequence: this.#sequence++ };
    let slot = heap.push(entry) - 1;
    while (slot > 0 && this.#before(slot, (slot - 1) >> 1)) slot = this.#swap(slot, (slot - 1) >> 1);
  }

  shift(): T {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    const { item } = heap.pop() as { item: T };
    for (let slot = 0; ; ) {
      let least = slot;
      for (const child of [slot * 2 + 1, slot * 2 + 2])
        if (child < heap.length && this.#before(child, least)) least = child;
      if (least === slot) return item;
      slot = this.#swap(slot, least);
    }
  }

  #before(a: number, b: number): boolean {
    const one = this.#heap[a] as { item: T; sequence: number };
    const other = this.#heap[b] as { item: T; sequence: number };
    const order = this.#compare(one.item, other.item);
    return order < 0 || (order === 0 && one.sequence < other.sequence);
  }

  #swap(a: number, b: number): number {
    const heap = this.#heap;
    const entry = heap[a] as { item: T; sequence: number };
    heap[a] = heap[b] as { item: T; sequence: number };
    heap[b] = entry;
    return b;
  }
}
