/** Waits for tasks and futures, and cancels none of them. */
import { type Duration, milliseconds } from "../duration.ts";
import { InvalidStateError } from "../errors.ts";
import type { Loop } from "../kernel/loop.ts";
import { type TimerEntry, UNSET } from "../kernel/timers.ts";
import type { RunningTask } from "../task/frame.ts";
import { FutureBase, type Watcher } from "../task/future.ts";
import { Leaf } from "../task/leaf.ts";
import type { Awaitable, Future } from "../types.ts";

export interface WaitOptions {
  /** How long it waits at most; then what is done is given, without an error. */
  readonly timeout?: Duration;
  readonly returnWhen?: "all-completed" | "first-completed" | "first-exception";
}

class Wait
  extends Leaf<{ done: Set<FutureBase<unknown>>; pending: Set<FutureBase<unknown>> }>
  implements Watcher, TimerEntry
{
  sequence: number = UNSET;
  readonly #futures: Set<FutureBase<unknown>>; // handed out when all are done
  readonly #timeout: number;
  readonly #returnWhen: WaitOptions["returnWhen"];
  #pending = 0;
  #loop: Loop | undefined; // set while it waits

  constructor(futures: Set<FutureBase<unknown>>, { timeout, returnWhen = "all-completed" }: WaitOptions) {
    super();
    if (futures.size === 0)
      throw new RangeError("wait: there is nothing to wait for; give it at least one task or future");
    if (!["all-completed", "first-completed", "first-exception"].includes(returnWhen)) {
      throw new RangeError(
        `wait: returnWhen is "${returnWhen}"; use all-completed, first-completed or first-exception`,
      );
    }
    this.#futures = futures;
    this.#timeout = timeout === undefined ? Infinity : milliseconds(timeout);
    this.#returnWhen = returnWhen;
  }

  get kind(): string {
    return "wait";
  }

  protected start({ loop }: RunningTask): boolean {
    for (const future of this.#futures) {
      if (future.loop !== loop) throw new InvalidStateError(`wait: ${future.describe()} belongs to another event loop`);
    }
    this.#pending = this.#futures.size;
    this.#loop = loop;
    loop.setTimer(this, loop.time() + this.#timeout);
    for (const future of this.#futures) future.watch(this);
    return false;
  }

  completed(future: FutureBase<unknown>): void {
    this.#pending--;
    const enough = this.#returnWhen === "first-completed" || (this.#returnWhen === "first-exception" && future.failed);
    if (this.#pending === 0 || enough) this.task?.wake(future.completer);
  }

  counts(): boolean {
    return true;
  }

  /** The time is over. */
  run(): void {
    this.task?.wake();
  }

  #stop(): void {
    this.#loop?.clearTimer(this);
    for (const future of this.#futures) future.unwatch(this);
  }

  protected finish(): { done: Set<FutureBase<unknown>>; pending: Set<FutureBase<unknown>> } {
    const pending = new Set<FutureBase<unknown>>();
    for (const future of this.#futures) if (!future.done) pending.add(future);
    this.#stop();
    if (pending.size === 0) return { done: this.#futures, pending };
    const done = new Set<FutureBase<unknown>>();
    for (const future of this.#futures) if (!pending.has(future)) done.add(future);
    return { done, pending };
  }

  protected unwind(): void {
    this.#stop();
  }
}

/**
 * Waits until all are done, the first is, or the first has failed (asyncio.wait). Takes tasks and futures, throws none
 * of their errors, and never cancels them: not when the time is over, and not when the waiting task is cancelled.
 * `wait([])` throws `RangeError`; what is no task or future, `TypeError`.
 */
export function wait<F extends Future<unknown>>(
  tasks: Iterable<F>,
  options: WaitOptions = {},
): Awaitable<{ done: Set<F>; pending: Set<F> }> {
  const futures = new Set<FutureBase<unknown>>();
  for (const task of tasks) {
    if (!(task instanceof FutureBase))
      throw new TypeError("wait takes tasks and futures: start coroutines with createTask");
    futures.add(task);
  }
  return new Wait(futures, options) as Awaitable<unknown> as Awaitable<{ done: Set<F>; pending: Set<F> }>;
}
