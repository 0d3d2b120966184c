/** Tasks in the order in which they end. */
import { type Duration, milliseconds } from "../duration.ts";
import { type Stream, stream } from "../flow/stream.ts";
import { shield } from "../scope/shield.ts";
import { timeoutAt } from "../scope/timeout.ts";
import { Queue } from "../sync/queue.ts";
import { coroutine } from "../task/coroutine.ts";
import { runningTaskLoop, spawn } from "../task/event-loop.ts";
import { FutureBase } from "../task/future.ts";
import type { AwaitableLike, CoroutineBody, Result, Suspension, Task } from "../types.ts";
import { claim } from "./children.ts";

type Ended = FutureBase<unknown>;

const inOrder = /* @__PURE__ */ stream(function* asCompleted(
  bodies: readonly AwaitableLike<unknown>[],
  limit: number,
): Generator<Suspension | Ended, void, unknown> {
  const loop = runningTaskLoop();
  const deadline = loop.time() + limit;
  const ended = new Queue<Ended>();
  const started: Ended[] = [];
  try {
    for (const body of bodies) {
      const work = claim(body, "asCompleted");
      const future = work instanceof FutureBase ? work : spawn<unknown>(loop, work);
      if (future !== work) started.push(future);
      future.watch({ completed: (one) => ended.putNowait(one) });
    }
    for (let left = bodies.length; left > 0; left--) yield yield* timeoutAt(deadline, ended.get());
  } finally {
    for (const future of started) future.cancel();
    yield* shield(allEnded(started));
  }
});

const allEnded = /* @__PURE__ */ coroutine(function* asCompleted(futures: readonly Ended[]): CoroutineBody<void> {
  for (const future of futures) {
    while (!future.done) yield* end(future);
  }
});

/** Waits for the end of the future, however it ends; its error stays with it. */
const end = /* @__PURE__ */ coroutine(function* end(future: Ended): CoroutineBody<void> {
  const told = new Queue<undefined>();
  future.watch({ completed: () => told.putNowait(undefined) });
  yield* told.get();
});

/**
 * The tasks of what was given, in the order in which they end (asyncio.as_completed): await each for its value or its
 * error. It starts what it was given when it is first read. Closing it cancels and awaits what it started; so does
 * `timeout`, which throws `TimeoutError` to the reader.
 *
 * @example
 * ```ts
 * import { asCompleted, forEach, run, sleep } from "brigade";
 *
 * const both = asCompleted([sleep("20ms", "slow"), sleep("5ms", "fast")]);
 * await run(forEach(both, function* (task) {
 *   console.log(yield* task);
 * }));
 * ```
 */
export function asCompleted<A extends AwaitableLike<unknown>>(
  awaitables: Iterable<A>,
  options: { readonly timeout?: Duration } = {},
): Stream<Task<Result<A>>> {
  const limit = options.timeout === undefined ? Infinity : milliseconds(options.timeout);
  return inOrder([...awaitables], limit) as Stream<unknown> as Stream<Task<Result<A>>>;
}
