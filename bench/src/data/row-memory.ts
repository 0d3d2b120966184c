/** How far the resident memory of this process grows while rows come. */
import { residentMegabytes } from "../node/ferry.ts";

/** Rows between two samples. */
const EVERY = 2_000;

export class RowMemory {
  readonly #begin: number = residentMegabytes();
  #most: number = this.#begin;
  #rows = 0;

  row(): void {
    if (++this.#rows % EVERY === 0) this.#most = Math.max(this.#most, residentMegabytes());
  }

  /** Megabytes, from the first row to the highest sample. */
  growth(): number {
    return this.#most - this.#begin;
  }
}
