/** From callbacks to awaitables: what a library's author waits with where a promise would cost too much or can't be stopped. */
import { CancelledError } from "../errors.ts";
import type { RunningTask } from "../task/frame.ts";
import type { Awaitable } from "../types.ts";
import { EndingReply } from "./reply.ts";

/** Where the operation says how it ended. The first word counts, whether it comes at once or later; the others do nothing. */
export interface CallbackReply<T> {
  succeed(value: T): void;
  fail(error: unknown): void;
}

/** Asks the operation to end. The reason is an error: the one of the cancellation where that is one. */
export type StopCallback = (reason: Error) => void;

/**
 * Waits for an operation that answers by a callback. Lazy: `start` is called when the wait begins, once. It may give a
 * function that asks the operation to end: cancellation calls that, once, and the task unwinds when the reply has come, and not
 * before; a value that comes then is dropped, and so is an error that is the given reason or an `AbortError`; any other error is
 * the outcome. Without such a function cancellation leaves at once, and a later reply is ignored. Throws what the operation
 * fails with, and what `start` throws. `label` says in reports what is waited for.
 *
 * It costs no promise and no `AbortController`; with those there is `fromPromise`. (Kotlin's `suspendCancellableCoroutine`,
 * trio's `wait_task_rescheduled`.)
 *
 * @example
 * ```ts
 * import { fromCallback, moveOnAfter, run } from "brigade";
 *
 * const tick = fromCallback<string>((reply) => {
 *   const timer = setTimeout(() => reply.succeed("tick"), 60_000);
 *   return (reason) => {
 *     clearTimeout(timer);
 *     reply.fail(reason);
 *   };
 * });
 * console.log(await run(moveOnAfter("10ms", tick)));
 * ```
 */
export function fromCallback<T>(
  start: (reply: CallbackReply<T>) => StopCallback | undefined,
  label?: string,
): Awaitable<T> {
  if (typeof start !== "function")
    throw new TypeError(`fromCallback takes a function of the reply, not ${typeof start}`);
  return new CallbackLeaf(start, label);
}

class CallbackLeaf<T> extends EndingReply<T> {
  #begin: ((reply: CallbackReply<T>) => StopCallback | undefined) | undefined;
  #stop: StopCallback | undefined;
  #reason: Error | undefined; // what the operation was asked to end with

  constructor(start: (reply: CallbackReply<T>) => StopCallback | undefined, label: string | undefined) {
    super("callback", label);
    this.#begin = start;
  }

  protected override begin(): void {
    const begin = this.#begin;
    this.#begin = undefined; // called once, as a coroutine is
    if (begin) this.#stop = begin(this);
  }

  override askToEnd(reason: unknown): boolean {
    if (!this.pending) return false;
    if (this.#stop === undefined) this.task?.wake();
    else if (this.#reason === undefined) this.stop(reason);
    return true;
  }

  protected stop(reason: unknown): void {
    this.#reason = reason instanceof Error ? reason : new CancelledError(undefined, reason);
    try {
      this.#stop?.(this.#reason);
    } catch (error) {
      this.fail(error);
    }
  }

  protected override answersStop(error: unknown): boolean {
    return error === this.#reason || (error as Error | undefined)?.name === "AbortError";
  }

  /** Nobody asked it to end, and nobody looks any more. */
  protected override failedUnseen(task: RunningTask, error: unknown): void {
    if (this.#reason !== undefined) super.failedUnseen(task, error);
  }
}
