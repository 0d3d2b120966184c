/** Random choices, all from one seeded source. */
import type { Random } from "fast-check";

export class Dice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Both ends included. */
  between(low: number, high: number): number {
    return this.#random.nextInt(low, high);
  }

  chance(percent: number): boolean {
    return this.#random.nextInt(0, 99) < percent;
  }

  pick<T>(of: readonly T[]): T {
    if (of.length === 0) throw new Error("pick: there is nothing to pick from");
    return of[this.#random.nextInt(0, of.length - 1)] as T;
  }

  /** Each with the same chance, in the order given. */
  some<T>(of: readonly T[], percent: number): T[] {
    return of.filter(() => this.chance(percent));
  }
}
