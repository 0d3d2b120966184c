/** From promises to awaitables. */
import { CancelledError } from "../errors.ts";
import { witness } from "../kernel/witness.ts";
import type { RunningTask } from "../task/frame.ts";
import { ForeignLeaf, PromiseLeaf } from "../task/promise.ts";
import type { Awaitable } from "../types.ts";

/**
 * Waits for a promise. Given a function, it is lazy: the function is called when the wait begins, with a signal that
 * fires when the waiting task is cancelled; the task then unwinds when the promise has settled. Given a promise,
 * cancellation leaves it at once, and its later rejection is reported, not thrown. Throws what the promise rejects with.
 *
 * @example
 * ```ts
 * import { fromPromise, run } from "brigade";
 *
 * const text = await run(function* () {
 *   return yield* fromPromise(async (signal) => (signal.aborted ? "stopped" : "fetched"));
 * });
 * console.log(text);
 * ```
 */
export function fromPromise<T>(promise: PromiseLike<T> | ((signal: AbortSignal) => PromiseLike<T>)): Awaitable<T> {
  if (typeof promise === "function") return new PromiseCall(promise);
  if (typeof promise?.then === "function") return new PromiseLeaf(promise);
  throw new TypeError(`fromPromise takes a promise, or a function that gives one, not ${typeof promise}`);
}

/** A call that gives a promise and honours a signal. */
class PromiseCall<T> extends ForeignLeaf<T> {
  #function: ((signal: AbortSignal) => PromiseLike<T>) | undefined;
  readonly #controller = new AbortController();

  constructor(call: (signal: AbortSignal) => PromiseLike<T>) {
    super();
    this.#function = call;
  }

  protected override start(task: RunningTask): boolean {
    const call = this.#function;
    this.#function = undefined; // called once, as a coroutine is
    if (witness !== undefined) witness.lent(this.#controller.signal);
    if (call) this.follow(Promise.resolve(call(this.#controller.signal)));
    return super.start(task);
  }

  askToEnd(reason: unknown): boolean {
    if (this.state !== "pending") return false;
    this.#controller.abort(reason instanceof Error ? reason : new CancelledError(undefined, reason));
    return true;
  }

  /** A rejection that only answers the abort says nothing new; any other is the outcome. */
  protected override rejectedUnseen(task: RunningTask): void {
    const { outcome } = this;
    if (!task.asked) return super.rejectedUnseen(task);
    const answers = outcome === this.#controller.signal.reason || (outcome as Error | undefined)?.name === "AbortError";
    if (!answers) task.collect(outcome);
  }
}
