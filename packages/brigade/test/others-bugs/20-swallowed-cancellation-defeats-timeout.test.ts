/**
 * asyncio (gh-111379): a task that caught CancelledError inside `timeout()` ended normally, so the TimeoutError that
 * its caller waited for never came.
 */
import { coroutine, createTask, getRunningLoop, run, sleep, timeout, TimeoutError } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const bar = coroutine(function* (log: string[]) {
  try {
    for (;;) yield* sleep("10s");
  } catch {
    log.push("bar caught");
  }
});

test("a timeout around a task that catches everything throws TimeoutError", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const start = getRunningLoop().time();
      const task = createTask(bar(log));
      try {
        yield* timeout("2s", task);
        log.push("no timeout");
      } catch (error) {
        log.push(error instanceof TimeoutError ? "timed out" : "another error");
      }
      expect(getRunningLoop().time() - start).toBe(2000);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["timed out"]);
});

test("a body that catches the cancellation of the task it awaits does not see that of its own timeout", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const task = createTask(bar(log));
      try {
        yield* timeout("2s", function* () {
          try {
            yield* task;
          } catch {
            log.push("body caught");
          }
          return "value";
        });
        log.push("no timeout");
      } catch (error) {
        log.push(error instanceof TimeoutError ? "timed out" : "another error");
      }
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["timed out"]);
});

test("a body whose cleanup returns a value does not turn the timeout into that value", async () => {
  const overriding = coroutine(function* () {
    try {
      yield* sleep("1h");
    } finally {
      yield* sleep(1);
      // The point of this test: JavaScript lets a finally return.
      return "from finally";
    }
  });
  await expect(run(timeout(10, overriding()), { clock: virtualClock() })).rejects.toBeInstanceOf(TimeoutError);
});
