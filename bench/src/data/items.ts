/** What the databases hold for the works: items, numbered from 1, and what a right answer to all of them adds up to. */

/** Rows of the table, or keys. */
export const ITEMS = 100_000;

/** Coroutines, or loops of promises, that ask at the same time. */
export const CONCURRENCY = 50;

/** Rows that a cursor fetches at a time. */
export const BATCH = 500;

export interface Item {
  readonly id: number;
  readonly name: string;
  readonly price: number;
  readonly note: string;
}

/** Queries go through the items in this order: neighbours in time are none in the table. */
function itemAt(query: number): number {
  return ((query * 7_919) % ITEMS) + 1;
}

function nameOf(id: number): string {
  return `item ${id}`;
}

/** A list of so many queries, shared by the loops that ask them. */
export class Queries {
  readonly #count: number;
  #next = 0;
  #right = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** The item to ask for; none at the end. */
  next(): number | undefined {
    return this.#next < this.#count ? itemAt(this.#next++) : undefined;
  }

  answer(id: number, name: string | undefined | null): void {
    if (name === nameOf(id)) this.#right++;
  }

  /** Milliseconds since then, once every answer was right. */
  took(since: number): number {
    const took = performance.now() - since;
    if (this.#right !== this.#count) throw new Error(`${this.#right} of ${this.#count} answers were right.`);
    return took;
  }
}

/** What has come of a stream of all items. */
export class Received {
  #rows = 0;
  #sum = 0;

  row({ id }: Pick<Item, "id">): void {
    this.#rows++;
    this.#sum += id;
  }

  get rows(): number {
    return this.#rows;
  }

  check(): void {
    const expected = (ITEMS * (ITEMS + 1)) / 2;
    if (this.#rows !== ITEMS || this.#sum !== expected)
      throw new Error(
        `${this.#rows} rows came, with the sum ${this.#sum}: there are ${ITEMS}, and theirs is ${expected}.`,
      );
  }
}
