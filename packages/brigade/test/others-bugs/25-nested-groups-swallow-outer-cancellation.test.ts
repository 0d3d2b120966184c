/**
 * asyncio: a task group whose parent replaced the cancellation by another error left the task's count of cancellations
 * wrong (gh-95289), and a nested group swallowed the cancellation that an outer group or a caller had asked for when a
 * child of its own failed in the same moment (gh-116720).
 */
import { coroutine, createTask, currentTask, ExceptionGroup, gather, run, sleep, taskGroup, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const failing = coroutine(function* (message: string, delay: number) {
  yield* sleep(delay);
  throw new Error(message);
});

/** The messages of the errors in a group and in the groups inside it. */
function messages(error: unknown): string[] {
  if (error instanceof ExceptionGroup) return (error.errors as unknown[]).flatMap(messages);
  return [error instanceof Error ? error.message : String(error)];
}

test("a body that ends with an error of its own cleanup leaves the task as if nothing had been cancelled", async () => {
  const log: string[] = [];
  await run(
    function* () {
      let caught: unknown;
      try {
        yield* taskGroup(function* (group) {
          group.createTask(failing("child", 1));
          try {
            yield* sleep(100);
          } finally {
            yield* failing("closing", 1);
          }
        });
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(ExceptionGroup);
      expect(messages(caught)).toEqual(["child", "closing"]);
      expect(currentTask().cancelRequested).toBe(false);
      expect(currentTask().unwinding).toBe(false);
      yield* sleep(10);
      log.push("went on");
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["went on"]);
});

test("an inner group that fails with the outer one does not let the outer body go on", async () => {
  const log: string[] = [];
  const main = coroutine(function* () {
    yield* taskGroup(function* (outer) {
      outer.createTask(failing("outer child", 10));
      try {
        yield* taskGroup(function* (inner) {
          inner.createTask(failing("inner child", 10));
          yield* sleep("1h");
        });
      } catch {
        log.push("outer body caught");
      }
      yield* sleep(1);
      log.push("outer body went on");
    });
  });
  const error: unknown = await run(main, { clock: virtualClock() }).catch((thrown: unknown) => thrown);
  expect(messages(error).toSorted()).toEqual(["inner child", "outer child"]);
  expect(log).toEqual([]);
});

test("an inner group without a body of its own does not swallow the outer cancellation either", async () => {
  const log: string[] = [];
  const stubborn = coroutine(function* (message: string) {
    try {
      yield* sleep("1h");
    } finally {
      yield* failing(message, 5);
    }
  });
  const main = coroutine(function* () {
    yield* taskGroup(function* (outer) {
      outer.createTask(failing("outer child", 10));
      yield* taskGroup(function* (inner) {
        inner.createTask(stubborn("cleanup of inner child"));
        yield* sleep(0);
      });
      log.push("outer body went on");
    });
  });
  const error: unknown = await run(main, { clock: virtualClock() }).catch((thrown: unknown) => thrown);
  expect(messages(error)).toEqual(["outer child", "cleanup of inner child"]);
  expect(log).toEqual([]);
});

test("a cancellation that was accepted while a child fails is obeyed, and the child's error is kept", async () => {
  for (let cancelAt = 0; cancelAt < 10; cancelAt++) {
    const log: string[] = [];
    await run(
      function* () {
        const child = coroutine(function* () {
          for (let i = 0; i < 3; i++) yield* sleep(0);
          log.push("failed");
          throw new Error("child");
        });
        const parent = coroutine(function* () {
          try {
            yield* taskGroup(function* (group) {
              group.createTask(child());
              yield* sleep("1h");
            });
          } catch {
            log.push("caught");
          }
          yield* sleep(0);
          log.push("went on");
        });
        const task = createTask(parent());
        let accepted = false;
        const canceller = coroutine(function* () {
          for (let i = 0; i < cancelAt; i++) yield* sleep(0);
          accepted = task.cancel();
        });
        yield* gather([canceller(), sleep(1)]);
        yield* wait([task]);
        const where = `cancel at iteration ${cancelAt}: ${log.join(", ")}`;
        if (!accepted) expect(log, where).toEqual(["failed", "caught", "went on"]);
        else expect(log, where).not.toContain("went on");
        const unseen = accepted && log.includes("failed") && !log.includes("caught");
        if (unseen) expect(messages(task.exception()), where).toEqual(["child"]);
        else expect(task.cancelled, where).toBe(accepted);
      },
      { clock: virtualClock() },
    );
  }
});
