/** Runs many at once; the first to end decides. */
import type { RunningTask } from "../task/frame.ts";
import type { FutureBase } from "../task/future.ts";
import type { Awaitable, AwaitableLike, Result } from "../types.ts";
import { Children, claim, type Slot, type Work } from "./children.ts";

class Race extends Children<unknown> {
  readonly #work: readonly Work[];
  #winner: FutureBase<unknown> | undefined;

  constructor(work: readonly Work[]) {
    super();
    this.#work = work;
  }

  get kind(): string {
    return "race";
  }

  protected start(task: RunningTask): boolean {
    this.use(task);
    return this.launchFirst(() => {
      for (const work of this.#work) this.launch(work, this.addSlot());
    });
  }

  settled(slot: Slot, child: FutureBase<unknown>): void {
    this.pending--;
    const { child: stopped } = slot;
    slot.child = undefined;
    if (this.#winner === undefined && !this.stopping) {
      this.#winner = child;
      this.cancelAll();
      if (child.failed) this.fail(child.thrown());
    } else if (child.failed && (stopped || this.#winner === undefined)) this.fail(child.thrown());
    this.wakeIfDone(this.#winner ?? child);
  }

  protected finish(): unknown {
    if (this.failed) throw this.error;
    return (this.#winner as FutureBase<unknown>).result();
  }
}

/**
 * The first to end decides: its value, its error, or its cancellation. The others are cancelled, and awaited; an error
 * of their cleanup is thrown if the winner had none. Starts nothing until it is awaited. `race([])` throws `RangeError`.
 *
 * @example
 * ```ts
 * import { race, run, sleep } from "brigade";
 *
 * console.log(await run(race([sleep("10ms", "hare"), sleep("1h", "tortoise")])));
 * ```
 */
export function race<const M extends readonly AwaitableLike<unknown>[]>(awaitables: M): Awaitable<Result<M[number]>> {
  const work = Array.from(awaitables, (body) => claim(body, "race"));
  if (work.length === 0) throw new RangeError("race: there is nothing to race; give it at least one awaitable");
  return new Race(work) as Awaitable<unknown> as Awaitable<Result<M[number]>>;
}
