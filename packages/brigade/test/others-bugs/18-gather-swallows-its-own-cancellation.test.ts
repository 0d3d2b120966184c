/**
 * asyncio (gh-76865): with `return_exceptions=True`, cancelling the task that waited for `gather` cancelled its
 * children, and then `gather` returned their CancelledErrors as results: the task ran on.
 */
import { CancelledError, coroutine, createTask, gather, run, sleep, timeout, TimeoutError, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

test("a cancelled gather with returnExceptions cancels its children, and its task does not go on", async () => {
  const log: string[] = [];
  const child = coroutine(function* (name: string) {
    try {
      yield* sleep("1h");
    } finally {
      yield* sleep(5);
      log.push(`${name} stopped`);
    }
  });
  const waiting = coroutine(function* () {
    const results = yield* gather([child("a"), child("b")], { returnExceptions: true });
    log.push(`went on with ${results.length} results`);
  });
  await run(
    function* () {
      const task = createTask(waiting());
      yield* sleep(10);
      expect(task.cancel()).toBe(true);
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["a stopped", "b stopped"]);
});

test("an error of a child's cleanup is not swallowed either: it is the outcome of the cancelled task", async () => {
  const broken = new Error("cleanup");
  const child = coroutine(function* () {
    try {
      yield* sleep("1h");
    } finally {
      yield* sleep(5);
      throw broken;
    }
  });
  await run(
    function* () {
      const task = createTask(gather([child(), sleep("1h")], { returnExceptions: true }));
      yield* sleep(10);
      task.cancel();
      yield* wait([task]);
      expect(task.cancelled).toBe(false);
      expect(task.exception()).toBe(broken);
    },
    { clock: virtualClock() },
  );
});

test("a timeout around a gather with returnExceptions expires", async () => {
  const main = timeout(10, gather([sleep("1h"), sleep("1h")], { returnExceptions: true }));
  await expect(run(main, { clock: virtualClock() })).rejects.toBeInstanceOf(TimeoutError);
});

test("a child that is cancelled on its own is a CancelledError among the results", async () => {
  await run(
    function* () {
      const cancelled = createTask(sleep("1h"));
      const waiting = createTask(gather([cancelled, sleep(20, "value")], { returnExceptions: true }));
      yield* sleep(10);
      cancelled.cancel();
      const [first, second] = yield* waiting;
      expect(first).toBeInstanceOf(CancelledError);
      expect(second).toBe("value");
    },
    { clock: virtualClock() },
  );
});
