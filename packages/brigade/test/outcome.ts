/** How a future ended, as a plain value that a test can compare. */
import { type Awaitable, type Coroutine, type CoroutineBody, coroutine, type Future, type Task } from "brigade";

export type Outcome = { readonly value: unknown } | { readonly error: unknown } | "cancelled";

/** Waits for the future's end and throws nothing. */
export const outcomeOf: (future: Future<unknown>) => Coroutine<Outcome> = coroutine(function* outcomeOf(
  future: Future<unknown>,
): CoroutineBody<Outcome> {
  try {
    return { value: yield* future };
  } catch (error) {
    return future.cancelled ? "cancelled" : { error };
  }
});

/** Cancels the task, and gives how it ended. */
export const cancelled: (task: Task<unknown>, reason?: unknown) => Awaitable<Outcome> = coroutine(function* cancelled(
  task: Task<unknown>,
  reason?: unknown,
) {
  task.cancel(reason);
  return yield* outcomeOf(task);
});
