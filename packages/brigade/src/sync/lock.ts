/** Mutual exclusion, first come, first served. */
import { InvalidStateError } from "../errors.ts";
import { witness } from "../kernel/witness.ts";
import type { Awaitable } from "../types.ts";
import { Line, Waiter } from "./line.ts";
import { type Acquirable, OwnedPermit, type Permit } from "./permit.ts";

/**
 * One holder at a time (asyncio.Lock). It belongs to no task: whoever has the permit may release it.
 *
 * @example
 * ```ts
 * import { Lock, run, sleep } from "brigade";
 *
 * const lock = new Lock();
 * await run(function* () {
 *   using _held = yield* lock.acquire();
 *   yield* sleep("5ms");
 * });
 * console.log(lock.locked);
 * ```
 */
export class Lock implements Acquirable<Permit> {
  #locked = false;
  readonly #line = new Line(); // not empty ⇒ a late `acquire` stands behind it, whether or not the lock is free

  /** How messages, traces and dumps call it. */
  readonly name: string | undefined;

  constructor(options: { readonly name?: string } = {}) {
    this.name = options.name;
  }

  get locked(): boolean {
    return this.#locked;
  }

  /** @internal One holder at a time. */
  get capacity(): number {
    return 1;
  }

  /** Waits until the lock is free, and takes it. Cancellation leaves the line; a lock that was on its way goes to the next. */
  acquire(): Awaitable<Permit> {
    return new Acquisition(this, this.#line);
  }

  /** Gives the lock to the first that waits. Throws `InvalidStateError` when it is not held. */
  release(): void {
    if (!this.#locked) throw new InvalidStateError("release: the lock is not held");
    if (witness !== undefined) witness.released(this);
    this.#locked = false;
    this.wakeFirst();
  }

  /** @internal */
  tryTake(): boolean {
    if (this.#locked || this.#line.occupied) return false;
    this.#locked = true;
    return true;
  }

  /** @internal */
  take(): void {
    this.#locked = true;
  }

  /** @internal */
  wakeFirst(): void {
    const { first } = this.#line;
    if (!this.#locked && first?.state === "waiting") first.admit();
  }
}

class Acquisition extends Waiter<Permit> {
  readonly #lock: Lock;
  readonly #line: Line;

  constructor(lock: Lock, line: Line) {
    super();
    this.#lock = lock;
    this.#line = line;
  }

  get kind(): string {
    return "Lock.acquire";
  }

  override get label(): string | undefined {
    return this.#lock.name;
  }

  override get subject(): Lock {
    return this.#lock;
  }

  protected start(): boolean {
    if (this.#lock.tryTake()) return true;
    this.#line.add(this);
    return false;
  }

  protected override resumed(): boolean {
    this.#line.remove(this);
    this.#lock.take();
    return true;
  }

  protected finish(): Permit {
    return new OwnedPermit(this.#lock);
  }

  protected unwind(): void {
    this.#line.remove(this);
    this.#lock.wakeFirst();
  }
}
