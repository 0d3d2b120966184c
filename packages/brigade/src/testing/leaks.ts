/** A test that a program leaves nothing behind. */
import { Runner } from "../border/run.ts";
import type { TaskLoop } from "../task/event-loop.ts";
import type { AwaitableLike, RunOptions } from "../types.ts";
import { LeakWatch } from "./leak-watch.ts";
import { virtualClock } from "./virtual-clock.ts";

/**
 * Runs the program, in virtual time unless `options` has a clock, and gives its result. Rejects with `LeakError` when it
 * leaves something behind: a task that has not ended when main has (the error names it, and what it waits for), a timer,
 * somebody who waits for a future that was never completed, a permit that was acquired and not released, or an abort listener
 * that was added to an `AbortSignal` and not removed (those of signals that have fired count as removed, and those of
 * the signal that `fromPromise` makes for one call). The error that the program itself ended with is then its `cause`.
 *
 * Listeners and permits are counted wherever they are taken while the program runs: run nothing beside it.
 *
 * @example
 * ```ts
 * import { Lock } from "brigade";
 * import { assertNoLeaks } from "brigade/testing";
 *
 * const lock = new Lock();
 * await assertNoLeaks(function* () {
 *   using _held = yield* lock.acquire();
 * });
 * ```
 */
export async function assertNoLeaks<T>(program: () => AwaitableLike<T>, options: RunOptions = {}): Promise<T> {
  if (typeof program !== "function") {
    throw new TypeError(`assertNoLeaks takes a function that gives what is to be run, not ${typeof program}`);
  }
  const runner = new Runner({ clock: virtualClock(), ...options });
  const watch = new LeakWatch(runner.loop as TaskLoop, true);
  try {
    const [outcome] = await Promise.allSettled([start(runner, program)]);
    watch.mainEnded();
    await runner.close();
    const failed = outcome.status === "rejected";
    const leaks = watch.error(failed ? { cause: outcome.reason } : undefined);
    if (leaks) throw leaks;
    if (failed) throw outcome.reason;
    return outcome.value;
  } finally {
    watch.stop();
  }
}

/** What the program throws when it is called is its failure, like what it throws later. */
async function start<T>(runner: Runner, program: () => AwaitableLike<T>): Promise<T> {
  return await runner.run(program);
}
