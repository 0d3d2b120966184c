/** How many may be in at once: a semaphore whose number of permits changes while requests wait for them. */
import { witness } from "../../kernel/witness.ts";
import type { Permit } from "../../sync/permit.ts";
import { Semaphore } from "../../sync/semaphore.ts";
import type { Awaitable } from "../../types.ts";

export class Gate {
  readonly #semaphore: Semaphore;
  #limit: number;
  #excess = 0; // permits that are out beyond the limit, since it was cut: as many of those that come back are gone

  constructor(limit: number) {
    this.#semaphore = new Semaphore(Math.min(limit, Number.MAX_SAFE_INTEGER));
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Whether `acquire` would wait now. */
  get locked(): boolean {
    return this.#semaphore.locked;
  }

  /** Takes a permit. Only called when it is not locked. */
  take(): void {
    this.#semaphore.tryTake();
    if (witness !== undefined) witness.acquired(this.#semaphore);
  }

  /** Waits for a permit, and takes it: give it back by `release`. */
  acquire(): Awaitable<Permit> {
    return this.#semaphore.acquire();
  }

  release(): void {
    if (this.#excess === 0) return this.#semaphore.release();
    this.#excess--;
    if (witness !== undefined) witness.released(this.#semaphore);
  }

  /** Lets as many in from now on; nobody is thrown out. */
  resize(limit: number): void {
    // Permits that are added, or taken away, are nobody's: who looks for leaks must not miss them, nor find them left.
    for (; this.#limit < limit; this.#limit++) {
      if (this.#excess > 0) this.#excess--;
      else {
        if (witness !== undefined) witness.acquired(this.#semaphore);
        this.#semaphore.release();
      }
    }
    for (; this.#limit > limit; this.#limit--) if (!this.#semaphore.tryTake()) this.#excess++;
  }
}
