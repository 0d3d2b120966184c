/** taskGroup when the task around it, or a scope around it, is cancelled: children first, then the unwinding goes on. */
import {
  coroutine,
  createTask,
  ExceptionGroup,
  getRunningLoop,
  moveOnAfter,
  sleep,
  type Task,
  taskGroup,
  TimeoutError,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

const failing = coroutine(function* failing(delay: number, error: unknown) {
  yield* sleep(delay);
  throw error;
});

/** Sleeps until it is unwound; then cleans up, says so, and throws if it is given an error. */
const cleaning = coroutine(function* cleaning(cleanup: number, end: () => void, error?: unknown) {
  try {
    yield* sleep(10_000);
  } finally {
    yield* sleep(cleanup);
    end();
    if (error !== undefined) throw error;
  }
});

test("a cancelled group unwinds its body, cancels its children and waits for them, then the unwinding goes on", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const task = createTask(
      (function* () {
        try {
          yield* taskGroup(function* (group) {
            group.createTask(cleaning(20, () => seen.push("slow child")));
            group.createTask(cleaning(5, () => seen.push("quick child")));
            try {
              yield* sleep(100);
            } finally {
              yield* sleep(10);
              seen.push("body");
            }
          });
          seen.push("never");
        } catch {
          seen.push("catch");
        } finally {
          seen.push("around");
        }
      })(),
    );
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    // As in asyncio, the children are cancelled when the body's own cleanup has ended.
    expect(seen).toEqual(["body", "quick child", "slow child", "around"]);
    expect(now() - start).toBe(40);
  });
});

test("a group cancelled while it waits for its children, after the body's end, does the same", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const task = createTask(
      taskGroup(function* (group) {
        group.createTask(cleaning(5, () => seen.push("child")));
      }),
    );
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["child"]);
    expect(now() - start).toBe(15);
  });
});

test("children that fail while the group is being cancelled: the task fails with their group, and no catch sees it", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const [first, second] = [new Error("first"), new Error("second")];
    const inner = coroutine(function* inner() {
      yield* taskGroup(function* (group) {
        group.createTask(cleaning(20, () => {}, second));
        group.createTask(cleaning(5, () => {}, first));
        yield* sleep(100);
      });
    });
    const task = createTask(
      (function* () {
        try {
          yield* inner();
          seen.push("never");
        } catch {
          seen.push("catch");
        } finally {
          seen.push("finally");
        }
        seen.push("never");
      })(),
    );
    yield* sleep(10);
    const outcome = (yield* cancelled(task)) as { error: ExceptionGroup };
    expect(outcome.error).toBeInstanceOf(ExceptionGroup);
    expect(outcome.error.errors).toEqual([first, second]);
    expect(task.cancelled).toBe(false);
    expect(seen).toEqual(["finally"]);
  });
});

test("one such error alone is thrown in a group too", async () => {
  await virtually(function* () {
    const error = new Error("cleanup broke");
    const task = createTask(
      taskGroup(function* (group) {
        group.createTask(cleaning(5, () => {}, error));
        yield* sleep(100);
      }),
    );
    yield* sleep(10);
    const outcome = (yield* cancelled(task)) as { error: ExceptionGroup };
    expect(outcome.error).toBeInstanceOf(ExceptionGroup);
    expect(outcome.error.errors).toEqual([error]);
  });
});

test("a child that fails in the iteration of the cancellation is in the group's errors, whichever came first", async () => {
  for (const cancelFirst of [true, false]) {
    await virtually(function* () {
      const loop = getRunningLoop();
      const start = loop.time();
      const error = new Error("no stock");
      let task: Task<unknown> | undefined;
      if (cancelFirst) loop.callAt(start + 10, () => task?.cancel());
      task = createTask(
        taskGroup(function* (group) {
          group.createTask(
            (function* () {
              try {
                yield* sleep(10);
              } finally {
                throw error;
              }
            })(),
          );
          yield* sleep(100);
        }),
      );
      yield* sleep(5);
      if (!cancelFirst) loop.callAt(start + 10, () => task?.cancel());
      const outcome = (yield* outcomeOf(task)) as { error: ExceptionGroup };
      expect(outcome.error).toBeInstanceOf(ExceptionGroup);
      expect(outcome.error.errors).toEqual([error]);
    });
  }
});

test("a cancellation while the group waits after a failure: all clean up, the errors come out, code after does not run", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const error = new Error("no stock");
    const inner = coroutine(function* inner() {
      yield* taskGroup(function* (group) {
        group.createTask(failing(10, error));
        group.createTask(cleaning(20, () => seen.push("child")));
        yield* sleep(100);
      });
    });
    const task = createTask(
      (function* () {
        try {
          yield* inner();
        } catch {
          seen.push("catch");
        }
        seen.push("after");
      })(),
    );
    yield* sleep(20);
    const outcome = (yield* cancelled(task)) as { error: ExceptionGroup };
    expect(outcome.error).toBeInstanceOf(ExceptionGroup);
    expect(outcome.error.errors).toEqual([error]);
    expect(seen).toEqual(["child"]);
    expect(now() - start).toBe(30);
  });
});

test("a second cancel during the cleanup of a group changes nothing", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const task = createTask(
      taskGroup(function* (group) {
        group.createTask(cleaning(20, () => seen.push("child")));
        yield* cleaning(10, () => seen.push("body"));
      }),
    );
    yield* sleep(10);
    expect(task.cancel()).toBe(true);
    yield* sleep(5);
    expect(task.cancel()).toBe(false);
    yield* sleep(10);
    expect(task.cancel()).toBe(false);
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(seen).toEqual(["body", "child"]);
    expect(now() - start).toBe(40);
  });
});

test("a group in a task cancelled before its first step runs nothing", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const task = createTask(
      taskGroup(function* () {
        seen.push("never");
      }),
    );
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual([]);
  });
});

test("a child added during the unwinding of a cancelled group never starts", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    let late: Task<unknown> | undefined;
    const task = createTask(
      taskGroup(function* (group) {
        try {
          yield* sleep(100);
        } finally {
          late = group.createTask(
            (function* () {
              seen.push("never");
              yield* sleep(1);
            })(),
          );
          yield* sleep(5);
          seen.push("body");
        }
      }),
    );
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(late?.cancelled).toBe(true);
    expect(seen).toEqual(["body"]);
  });
});

test("a timeout around a group cancels the children and waits for them before the TimeoutError", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const work = timeout(10, () =>
      taskGroup(function* (group) {
        group.createTask(cleaning(5, () => seen.push("child")));
        yield* sleep(100);
      }),
    );
    const outcome = yield* outcomeOf(createTask(work));
    expect(outcome).toEqual({ error: expect.any(TimeoutError) });
    expect(seen).toEqual(["child"]);
    expect(now() - start).toBe(15);
  });
});

test("a timeout inside a child fails that child alone if it is caught there", async () => {
  const value = await virtually(
    taskGroup(function* (group) {
      const child = group.createTask(moveOnAfter(10, sleep(100, "late")));
      yield* sleep(20);
      return [yield* child, "body"];
    }),
  );
  expect(value).toEqual([undefined, "body"]);
});

test("a timeout in the body that is due when a child fails: the group's errors win", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const error = new Error("no stock");
    const work = taskGroup(function* (group) {
      group.createTask(failing(10, error));
      yield* sleep(0);
      try {
        yield* timeout(
          10,
          cleaning(5, () => seen.push("cleaned up")),
        );
      } catch {
        seen.push("catch");
      }
    });
    const outcome = (yield* outcomeOf(createTask(work))) as { error: ExceptionGroup };
    expect(outcome.error).toBeInstanceOf(ExceptionGroup);
    expect(outcome.error.errors).toEqual([error]);
    expect(seen).toEqual(["cleaned up"]);
  });
});

test("main's end finds no child running: a group never leaves one behind", async () => {
  await virtually(function* () {
    const tasks: Task<unknown>[] = [];
    for (const delay of [1, 5, 10]) {
      const task = createTask(
        taskGroup(function* (group) {
          for (let index = 0; index < 10; index++) tasks.push(group.createTask(sleep(index)));
          yield* sleep(100);
        }),
      );
      yield* sleep(delay);
      yield* cancelled(task);
      expect(tasks.every((one) => one.done)).toBe(true);
    }
  });
});
