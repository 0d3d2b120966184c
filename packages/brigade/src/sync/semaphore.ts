/** A number of permits, first come, first served. */
import { InvalidStateError } from "../errors.ts";
import { witness } from "../kernel/witness.ts";
import type { Awaitable } from "../types.ts";
import { Line, Waiter } from "./line.ts";
import { type Acquirable, OwnedPermit, type Permit } from "./permit.ts";

/**
 * Lets a number of holders in at a time (asyncio.Semaphore). `release()` may add permits. Throws `RangeError` for a
 * number of permits that is no whole number of at least 0.
 *
 * @example
 * ```ts
 * import { gather, run, Semaphore, sleep } from "brigade";
 *
 * const atMostTwo = new Semaphore(2);
 * function* job(name: string) {
 *   using _permit = yield* atMostTwo.acquire();
 *   yield* sleep("5ms");
 *   return name;
 * }
 * console.log(await run(gather(["a", "b", "c"].map(job))));
 * ```
 */
export class Semaphore implements Acquirable<Permit> {
  #available: number;
  readonly #line = new Line(); // somebody waits in it ⇒ no permit is available

  /** How messages, traces and dumps call it. */
  readonly name: string | undefined;
  /** How many permits there were at the start. */
  readonly capacity: number;

  constructor(permits = 1, options: { readonly name?: string } = {}) {
    if (!(Number.isInteger(permits) && permits >= 0)) {
      throw new RangeError(`a semaphore has a whole number of permits, at least 0, not ${permits}`);
    }
    this.#available = permits;
    this.capacity = permits;
    this.name = options.name;
  }

  /** Permits that nobody holds, and that are on their way to nobody. */
  get available(): number {
    return this.#available;
  }

  /** Whether `acquire` would wait now. */
  get locked(): boolean {
    return this.#available === 0 || this.#line.occupied;
  }

  /** Waits for a permit, and takes it. Cancellation leaves the line; a permit that was on its way goes to the next. */
  acquire(): Awaitable<Permit> {
    return new Acquisition(this, this.#line);
  }

  /** Gives a permit to the first that waits, or adds it to those available. */
  release(): void {
    if (witness !== undefined) witness.released(this);
    this.#available++;
    this.#wakeNext();
  }

  #wakeNext(): boolean {
    const waiter = this.#line.firstWaiting();
    if (!waiter) return false;
    this.#available--;
    waiter.admit();
    return true;
  }

  /** @internal */
  tryTake(): boolean {
    if (this.locked) return false;
    this.#available--;
    return true;
  }

  /** @internal A waiter has left the line; with a permit it was given, if it can't use it. */
  left(givenBack: boolean): void {
    if (givenBack) this.#available++;
    while (this.#available > 0 && this.#wakeNext());
  }
}

/** A semaphore that can't be released above its start value: doing so throws `InvalidStateError` (asyncio.BoundedSemaphore). */
export class BoundedSemaphore extends Semaphore {
  readonly #bound: number;

  constructor(permits = 1, options: { readonly name?: string } = {}) {
    super(permits, options);
    this.#bound = permits;
  }

  override release(): void {
    if (this.available >= this.#bound) {
      throw new InvalidStateError(`release: all ${this.#bound} permits of the bounded semaphore are there already`);
    }
    super.release();
  }
}

class Acquisition extends Waiter<Permit> {
  readonly #semaphore: Semaphore;
  readonly #line: Line;

  constructor(semaphore: Semaphore, line: Line) {
    super();
    this.#semaphore = semaphore;
    this.#line = line;
  }

  get kind(): string {
    return "Semaphore.acquire";
  }

  override get label(): string | undefined {
    return this.#semaphore.name;
  }

  override get subject(): Semaphore {
    return this.#semaphore;
  }

  protected start(): boolean {
    if (this.#semaphore.tryTake()) return true;
    this.#line.add(this);
    return false;
  }

  protected override resumed(): boolean {
    this.#line.remove(this);
    this.#semaphore.left(false);
    return true;
  }

  protected finish(): Permit {
    return new OwnedPermit(this.#semaphore);
  }

  protected unwind(): void {
    this.#line.remove(this);
    this.#semaphore.left(this.state === "woken");
  }
}
