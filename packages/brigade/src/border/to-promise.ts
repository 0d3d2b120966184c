/** From awaitables to what promise code understands. */
import { currentTask, runningTaskLoop } from "../task/event-loop.ts";
import type { RunningTask } from "../task/frame.ts";
import { FutureBase } from "../task/future.ts";
import { signalOf } from "../task/signals.ts";
import type { AwaitableLike } from "../types.ts";

/**
 * Runs the body in a task of the running loop, and gives a promise of its result. Of a task or future, the promise of
 * its result. Throws `InvalidStateError` where no loop runs: use `run` there.
 */
export function toPromise<T>(body: AwaitableLike<T>): Promise<T> {
  const future = body instanceof FutureBase ? (body as FutureBase<T>) : runningTaskLoop().createTask(body);
  return future.then();
}

/**
 * A signal for APIs that take one: it fires when the innermost scope around this code that can be unwound, or the task,
 * is cancelled. In cleanup, and behind a shield, it does not fire. Throws `InvalidStateError` outside tasks.
 */
export function currentSignal(): AbortSignal {
  return signalOf(currentTask() as unknown as RunningTask);
}
