/** How the JavaScript peers measure what sleeping tasks hold, and prove that they sleep. */

/** Bytes in use after a full collection. Typed arrays live outside V8's heap, so they are counted too. */
export function heapInUse(): number {
  if (globalThis.gc === undefined) throw new Error("Measuring the heap needs node --expose-gc.");
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The peak of this process's resident memory so far, in megabytes of a million bytes. */
export function peakMegabytes(): number {
  return (process.resourceUsage().maxRSS * 1_024) / 1e6;
}

/** Counts who sleeps, so that a program that never had all of them asleep at once fails. */
export class Sleepers {
  readonly #count: number;
  #asleep = 0;
  #peak = 0;

  constructor(count: number) {
    this.#count = count;
  }

  fellAsleep(): void {
    this.#asleep++;
    if (this.#asleep > this.#peak) this.#peak = this.#asleep;
  }

  wokeUp(): void {
    this.#asleep--;
  }

  assertAllAsleep(): void {
    if (this.#asleep !== this.#count) throw new Error(`${this.#asleep} of ${this.#count} are asleep.`);
  }

  assertAllWereAsleepAtOnce(): void {
    if (this.#peak !== this.#count) throw new Error(`At most ${this.#peak} of ${this.#count} slept at once.`);
    if (this.#asleep !== 0) throw new Error(`${this.#asleep} of ${this.#count} never woke up.`);
  }
}
