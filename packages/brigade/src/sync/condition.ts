/** Waiting, with a lock, for something to become true. */
import { InvalidStateError } from "../errors.ts";
import { shield } from "../scope/shield.ts";
import { coroutine } from "../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../types.ts";
import { Line, Turn } from "./line.ts";
import { Lock } from "./lock.ts";
import type { Acquirable, Permit } from "./permit.ts";

/** A lock, and a line of those who wait to be notified (asyncio.Condition). */
export class Condition implements Acquirable<Permit> {
  readonly #lock: Lock;
  readonly #line = new Line();

  /** How messages, traces and dumps call it. */
  readonly name: string | undefined;

  constructor(lock: Lock = new Lock(), options: { readonly name?: string } = {}) {
    if (!(lock instanceof Lock)) throw new TypeError("a condition is made with a Lock, or with nothing");
    this.#lock = lock;
    this.name = options.name;
  }

  get locked(): boolean {
    return this.#lock.locked;
  }

  acquire(): Awaitable<Permit> {
    return this.#lock.acquire();
  }

  release(): void {
    this.#lock.release();
  }

  /**
   * Gives the lock up, waits to be notified, and takes the lock again. It holds the lock whenever it ends, by
   * cancellation too, which waits for the lock; a notification that came to a cancelled waiter goes to another. Throws
   * `InvalidStateError` when the lock is not held.
   */
  wait(): Awaitable<void> {
    return waitFor(this, this.#lock, this.#line);
  }

  /** Waits until the predicate gives something truthy, and gives that. It is called with the lock held. */
  waitFor<T>(predicate: () => T): Awaitable<T> {
    return waitUntil(this, predicate) as Awaitable<unknown> as Awaitable<T>;
  }

  /** Wakes `count` waiters. Throws `InvalidStateError` when the lock is not held. */
  notify(count = 1): void {
    if (!this.locked) throw new InvalidStateError("notify: the condition's lock is not held; acquire it first");
    this.wake(count);
  }

  /** @internal Wakes `count` waiters, whether or not the lock is held. */
  wake(count: number): void {
    for (let left = count; left > 0; left--) {
      const waiter = this.#line.firstWaiting();
      if (!waiter) return;
      waiter.admit();
    }
  }

  /** Wakes everybody who waits. Throws `InvalidStateError` when the lock is not held. */
  notifyAll(): void {
    this.notify(Infinity);
  }
}

const waitFor = /* @__PURE__ */ coroutine(function* wait(
  condition: Condition,
  lock: Lock,
  line: Line,
): CoroutineBody<void> {
  if (!lock.locked) throw new InvalidStateError("wait: the condition's lock is not held; acquire it first");
  lock.release();
  let notified = false;
  try {
    try {
      yield* new Turn(line, "Condition.wait", condition);
    } finally {
      yield* shield(lock.acquire());
    }
    notified = true;
  } finally {
    if (!notified) condition.wake(1);
  }
});

const waitUntil = /* @__PURE__ */ coroutine(function* waitFor(
  condition: Condition,
  predicate: () => unknown,
): CoroutineBody<unknown> {
  for (;;) {
    const result = predicate();
    if (result) return result;
    yield* condition.wait();
  }
});
