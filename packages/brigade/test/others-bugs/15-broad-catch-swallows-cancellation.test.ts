/**
 * kotlinx.coroutines (Kotlin/kotlinx.coroutines#1814): cancellation was an exception, so that `runCatching` and every
 * other broad catch took it, and the cancelled coroutine ran on.
 */
import { CancelledError, coroutine, createTask, run, sleep, timeout, TimeoutError, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

test("a retry loop that catches everything can be cancelled", async () => {
  let attempts = 0;
  const retrying = coroutine(function* () {
    for (;;) {
      try {
        attempts++;
        yield* sleep(10);
        throw new Error("refused");
      } catch {
        yield* sleep(1);
      }
    }
  });
  await run(
    function* () {
      const task = createTask(retrying());
      yield* sleep(50);
      const before = attempts;
      expect(task.cancel()).toBe(true);
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
      yield* sleep(50);
      expect(attempts).toBe(before);
    },
    { clock: virtualClock() },
  );
});

test("no catch sees a cancellation, at any depth, whatever the task waits for", async () => {
  const caught: unknown[] = [];
  const waits = [() => sleep("1h"), () => createTask(sleep("1h")), () => timeout("1h", sleep("2h"))];
  const inner = coroutine(function* (index: number) {
    try {
      yield* waits[index]?.() ?? sleep("1h");
    } catch (error) {
      caught.push(error);
    }
  });
  const outer = coroutine(function* (index: number) {
    try {
      yield* inner(index);
    } catch (error) {
      caught.push(error);
    }
    caught.push("went on");
  });
  await run(
    function* () {
      for (const index of waits.keys()) {
        const task = createTask(outer(index));
        yield* sleep(1);
        task.cancel();
        yield* wait([task]);
        expect(task.cancelled).toBe(true);
      }
    },
    { clock: virtualClock() },
  );
  expect(caught).toEqual([]);
});

test("a body that catches everything cannot keep its timeout from expiring", async () => {
  const stubborn = coroutine(function* () {
    for (;;) {
      try {
        yield* sleep("1h");
      } catch {
        // Nothing comes here.
      }
    }
  });
  await expect(run(timeout(10, stubborn()), { clock: virtualClock() })).rejects.toBeInstanceOf(TimeoutError);
});

test("the cancellation of an awaited task is an ordinary error for who awaits it, who goes on", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const other = createTask(sleep("1h"));
      const awaiter = createTask(
        (function* () {
          try {
            yield* other;
          } catch (error) {
            log.push(error instanceof CancelledError ? `caught, reason ${String(error.reason)}` : "another error");
          }
          yield* sleep(1);
          log.push("went on");
        })(),
      );
      yield* sleep(1);
      other.cancel("not needed");
      yield* awaiter;
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["caught, reason not needed", "went on"]);
});
