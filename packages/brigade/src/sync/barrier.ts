/** A place where a number of tasks wait for one another. */
import { BrokenBarrierError } from "../errors.ts";
import { coroutine } from "../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../types.ts";
import { Condition } from "./condition.ts";

export type BarrierState =
  | "filling"
  | "draining" // all have come; those who waited are leaving
  | "resetting" // those who waited are leaving with an error
  | "broken";

/**
 * Lets tasks go on when `parties` of them have come; then it fills again (asyncio.Barrier). It breaks for all when a
 * waiter is cancelled while it fills. Throws `RangeError` for a number of parties that is no whole number of at least 1.
 */
export class Barrier {
  readonly parties: number;
  /** How messages, traces and dumps call it. */
  readonly name: string | undefined;
  /** @internal */
  state: BarrierState = "filling";
  /** @internal Tasks inside: waiting, or on their way out. */
  inside = 0;
  readonly #changed: Condition;

  constructor(parties: number, options: { readonly name?: string } = {}) {
    if (!(Number.isInteger(parties) && parties >= 1)) {
      throw new RangeError(`a barrier has a whole number of parties, at least 1, not ${parties}`);
    }
    this.parties = parties;
    this.name = options.name;
    this.#changed = new Condition(undefined, options);
  }

  /** Tasks that wait for the others. */
  get waiting(): number {
    return this.state === "filling" ? this.inside : 0;
  }

  get broken(): boolean {
    return this.state === "broken";
  }

  /**
   * Waits until all parties have come; gives each a different number from 0 on. Throws `BrokenBarrierError` when the
   * barrier is broken, or breaks. Cancellation breaks it for the others.
   */
  wait(): Awaitable<number> {
    return waitAt(this, this.#changed);
  }

  /** Sends those who wait away with `BrokenBarrierError`, and lets it fill again. */
  reset(): void {
    this.#turn(this.inside > 0 ? "resetting" : "filling");
  }

  /** Breaks it for those who wait, and for all who come, until `reset`. */
  abort(): void {
    this.#turn("broken");
  }

  /** @internal Throws when those inside have to leave. */
  check(): void {
    if (this.state === "broken") throw new BrokenBarrierError("the barrier is broken");
    if (this.state === "resetting") throw new BrokenBarrierError("the barrier was reset");
  }

  #turn(state: BarrierState): void {
    this.state = state;
    this.#changed.wake(Infinity);
  }
}

const waitAt = /* @__PURE__ */ coroutine(function* wait(barrier: Barrier, changed: Condition): CoroutineBody<number> {
  const held = yield* changed.acquire();
  try {
    yield* changed.waitFor(() => barrier.state === "filling" || barrier.state === "broken");
    barrier.check();
    return yield* pass(barrier, changed);
  } finally {
    held.release();
  }
});

/** Inside the barrier: waits for the others, and leaves. The lock is held. */
const pass = /* @__PURE__ */ coroutine(function* wait(barrier: Barrier, changed: Condition): CoroutineBody<number> {
  const place = barrier.inside++;
  let passed = false;
  try {
    if (barrier.inside === barrier.parties) {
      barrier.state = "draining";
      changed.wake(Infinity);
    } else yield* changed.waitFor(() => barrier.state !== "filling");
    barrier.check();
    passed = true;
    return place;
  } finally {
    barrier.inside--;
    if (!passed && barrier.state === "filling") {
      barrier.state = "broken";
      changed.wake(Infinity);
    }
    if (barrier.inside === 0) {
      if (barrier.state !== "broken") barrier.state = "filling";
      changed.wake(Infinity);
    }
  }
});
