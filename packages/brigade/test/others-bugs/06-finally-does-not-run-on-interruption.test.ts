/**
 * Effect (Effect-TS/language-service pull request 271): in its generators a `finally` did not run on interruption,
 * and a `try`/`catch` around an effect caught nothing; a linter had to warn of both.
 */
import { coroutine, createTask, gather, run, sleep, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

test("finally runs on cancellation, with its awaits", async () => {
  const log: string[] = [];
  const work = coroutine(function* () {
    try {
      yield* sleep("1h");
    } finally {
      log.push("cleanup began");
      yield* sleep(10);
      log.push("cleanup ended");
    }
  });
  await run(
    function* () {
      const task = createTask(work());
      yield* sleep(1);
      task.cancel();
      yield* wait([task]);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["cleanup began", "cleanup ended"]);
});

test("finally runs on error and on return", async () => {
  const log: string[] = [];
  const work = coroutine(function* (fail: boolean) {
    try {
      yield* sleep(1);
      if (fail) throw new Error("work");
      return "value";
    } finally {
      yield* sleep(1);
      log.push(`cleanup, fail ${fail}`);
    }
  });
  await run(
    function* () {
      expect(yield* work(false)).toBe("value");
      let caught: unknown;
      try {
        yield* work(true);
      } catch (error) {
        caught = error;
      }
      expect(caught).toEqual(new Error("work"));
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["cleanup, fail false", "cleanup, fail true"]);
});

test("using disposes on cancellation", async () => {
  const log: string[] = [];
  const work = coroutine(function* () {
    using _resource = { [Symbol.dispose]: () => log.push("disposed") };
    yield* sleep("1h");
  });
  await run(
    function* () {
      const task = createTask(work());
      yield* sleep(1);
      task.cancel();
      yield* wait([task]);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["disposed"]);
});

test("try and catch see the errors of what is awaited", async () => {
  const failing = coroutine(function* (message: string) {
    yield* sleep(1);
    throw new Error(message);
  });
  const caught: string[] = [];
  await run(
    function* () {
      const attempts = [
        () => failing("coroutine"),
        () => createTask(failing("task")),
        () => gather([sleep(5), failing("gather")]),
      ];
      for (const attempt of attempts) {
        try {
          yield* attempt();
        } catch (error) {
          if (error instanceof Error) caught.push(error.message);
        }
      }
    },
    { clock: virtualClock() },
  );
  expect(caught).toEqual(["coroutine", "task", "gather"]);
});
