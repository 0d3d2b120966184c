/**
 * Effection (thefrontside/effection#1154): a halt that arrived while a `finally` was waiting ended that `finally` at
 * its await, so that the rest of the cleanup never ran.
 */
import { coroutine, createTask, getRunningLoop, run, shield, sleep, timeout, TimeoutError, use, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const work = coroutine(function* (log: string[]) {
  try {
    yield* sleep("1h");
  } finally {
    yield* sleep(10);
    log.push("first half");
    yield* sleep(10);
    log.push("second half");
  }
});

test("further cancels during the cleanup change nothing, and it runs to its end once", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const task = createTask(work(log));
      yield* sleep(1);
      expect(task.cancel("first")).toBe(true);
      for (let i = 0; i < 10; i++) {
        yield* sleep(1);
        expect(task.cancel("again")).toBe(false);
      }
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["first half", "second half"]);
});

test("a cancel while a timeout's body cleans up lets it end", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const task = createTask(timeout(5, work(log)));
      yield* sleep(10);
      expect(task.cancel()).toBe(true);
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["first half", "second half"]);
});

test("an outer timeout that expires while the inner one's body cleans up lets it end, and is what the caller sees", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const start = getRunningLoop().time();
      const body = coroutine(function* () {
        try {
          yield* timeout(5, work(log));
        } catch {
          log.push("the inner timeout was seen");
        }
      });
      let caught: unknown;
      try {
        yield* timeout(10, body());
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(TimeoutError);
      expect(getRunningLoop().time() - start).toBe(25);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["first half", "second half"]);
});

test("the end of run lets the cleanup of the tasks that are left run to its end", async () => {
  const log: string[] = [];
  await run(
    function* () {
      createTask(work(log));
      yield* sleep(1);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["first half", "second half"]);
});

test("a first cancel during a finally that follows a normal end stops it at its await, as in asyncio", async () => {
  const log: string[] = [];
  const ended = coroutine(function* () {
    try {
      yield* sleep(1);
    } finally {
      yield* sleep(10);
      log.push("not reached");
    }
  });
  await run(
    function* () {
      const task = createTask(ended());
      yield* sleep(5);
      expect(task.cancel()).toBe(true);
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual([]);
});

test("a shielded cleanup after a normal end runs to its end whenever the first cancel comes", async () => {
  const log: string[] = [];
  const cleanup = coroutine(function* () {
    yield* sleep(10);
    log.push("first half");
    yield* sleep(10);
    log.push("second half");
  });
  const ended = coroutine(function* () {
    try {
      yield* sleep(1);
    } finally {
      yield* shield(cleanup());
    }
  });
  await run(
    function* () {
      const task = createTask(ended());
      yield* sleep(5);
      expect(task.cancel()).toBe(true);
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["first half", "second half"]);
});

test("the exit of a manager runs to its end whenever the first cancel comes", async () => {
  const log: string[] = [];
  const manager = {
    enter: () => sleep(1, "value"),
    exit: coroutine(function* () {
      yield* sleep(10);
      log.push("first half");
      yield* sleep(10);
      log.push("second half");
    }),
  };
  await run(
    function* () {
      const task = createTask(use(manager, () => sleep(1)));
      yield* sleep(5);
      expect(task.cancel()).toBe(true);
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["first half", "second half"]);
});
