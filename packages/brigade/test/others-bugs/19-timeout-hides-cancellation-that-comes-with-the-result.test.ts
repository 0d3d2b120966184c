/**
 * asyncio (gh-86296, gh-107547): `wait_for` returned the result when a cancellation came in the same iteration, so
 * that the cancelled task ran on; in other orders it left the inner task running.
 */
import {
  coroutine,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  run,
  sleep,
  timeout,
  TimeoutError,
  wait,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

/** Calls back after so many iterations of the loop. */
const after = coroutine(function* (iterations: number, action: () => void) {
  for (let i = 0; i < iterations; i++) yield* sleep(0);
  action();
});

test("a cancellation that was accepted is never hidden by the result, at any iteration around it", async () => {
  for (let resultAt = 0; resultAt < 5; resultAt++) {
    for (let cancelAt = 0; cancelAt < 8; cancelAt++) {
      await run(
        function* () {
          const future = getRunningLoop().createFuture<string>();
          const waiting = coroutine(function* () {
            return yield* timeout("1h", future);
          });
          const task = createTask(waiting());
          yield* sleep(0);
          yield* sleep(0);
          let accepted = false;
          yield* gather([
            after(resultAt, () => {
              if (!future.done) future.setResult("result");
            }),
            after(cancelAt, () => {
              accepted = task.cancel();
            }),
          ]);
          yield* wait([task]);
          const where = `result at iteration ${resultAt}, cancel at ${cancelAt}`;
          expect(task.cancelled, where).toBe(accepted);
          if (!accepted) expect(task.result(), where).toBe("result");
        },
        { clock: virtualClock() },
      );
    }
  }
});

test("a task that cancelled itself is unwound behind a timeout whose body is done already", async () => {
  const log: string[] = [];
  const selfCancelling = coroutine(function* () {
    const done = createTask(sleep(0, "done"));
    yield* done;
    currentTask().cancel();
    yield* timeout("10s", done);
    yield* sleep(10);
    log.push("went on");
  });
  await run(
    function* () {
      const task = createTask(selfCancelling());
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual([]);
});

const slowToStop = coroutine(function* (log: string[]) {
  try {
    yield* sleep("1h");
  } finally {
    yield* sleep(10);
    log.push("inner stopped");
  }
});

test("cancelling a task inside its timeout stops the inner task first", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const inner = createTask(slowToStop(log));
      const task = createTask(timeout("1h", inner));
      yield* sleep(1);
      task.cancel();
      yield* wait([task]);
      log.push("task ended");
      expect([inner.cancelled, task.cancelled]).toEqual([true, true]);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["inner stopped", "task ended"]);
});

test("an expired timeout has stopped the inner task when it throws", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const inner = createTask(slowToStop(log));
      try {
        yield* timeout(10, inner);
      } catch (error) {
        log.push(error instanceof TimeoutError ? "timed out" : "another error");
      }
      expect(inner.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["inner stopped", "timed out"]);
});
