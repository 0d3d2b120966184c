/**
 * asyncio (gh-75633, gh-76935): when one awaitable of a `gather` failed, the others ran on without an owner, and
 * their later errors were logged or lost.
 */
import { CancelledError, coroutine, createTask, gather, getRunningLoop, run, sleep, suppressed } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const failing = coroutine(function* (message: string, delay: number) {
  yield* sleep(delay);
  throw new Error(message);
});

const sibling = coroutine(function* (log: string[]) {
  try {
    yield* sleep(100);
    log.push("sibling worked");
  } finally {
    yield* sleep(5);
    log.push("sibling stopped");
  }
});

const stubborn = coroutine(function* (message: string) {
  try {
    yield* sleep(100);
  } finally {
    yield* failing(message, 5);
  }
});

test("the siblings of a failed child have stopped when gather throws", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const start = getRunningLoop().time();
      try {
        yield* gather([sibling(log), failing("first", 10), sibling(log)]);
      } catch (error) {
        log.push(String(error));
      }
      expect(getRunningLoop().time() - start).toBe(15);
      yield* sleep(1000);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["sibling stopped", "sibling stopped", "Error: first"]);
});

test("tasks that were handed to gather are cancelled too", async () => {
  await run(
    function* () {
      const task = createTask(sleep("1h"));
      let caught: unknown;
      try {
        yield* gather([task, failing("first", 10)]);
      } catch (error) {
        caught = error;
      }
      expect(caught).toEqual(new Error("first"));
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
});

test("the later errors of the siblings are kept beside the first", async () => {
  const kinds: string[] = [];
  await run(
    function* () {
      let caught: unknown;
      try {
        yield* gather({
          one: stubborn("cleanup of one"),
          two: failing("first", 10),
          three: stubborn("cleanup of three"),
        });
      } catch (error) {
        caught = error;
      }
      expect(caught).toEqual(new Error("first"));
      expect(suppressed(caught)).toEqual([new Error("cleanup of one"), new Error("cleanup of three")]);
    },
    { clock: virtualClock(), onReport: (report) => kinds.push(report.kind) },
  );
  expect(kinds).toEqual([]);
});

test("a child that is cancelled on its own fails the gather like an error", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const task = createTask(sleep("1h"));
      getRunningLoop().callLater(10, () => task.cancel());
      let caught: unknown;
      try {
        yield* gather([sibling(log), task]);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(CancelledError);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["sibling stopped"]);
});

test("returnExceptions leaves the siblings of a failed child alone", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const [error, value] = yield* gather([failing("first", 10), sibling(log)], { returnExceptions: true });
      expect(error).toEqual(new Error("first"));
      expect(value).toBeUndefined();
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["sibling worked", "sibling stopped"]);
});
