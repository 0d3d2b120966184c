/** taskGroup when a child or the body fails: who is cancelled, what is waited for, which errors are thrown, in which order. */
import {
  type CoroutineBody,
  coroutine,
  createTask,
  ExceptionGroup,
  getRunningLoop,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
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

/** The errors of a group with this body; fails when it does not throw an ExceptionGroup. */
const errorsOf = coroutine(function* errorsOf(body: (group: TaskGroup) => CoroutineBody<unknown>) {
  const outcome = (yield* outcomeOf(createTask(taskGroup(body)))) as { error: unknown };
  expect(outcome.error).toBeInstanceOf(ExceptionGroup);
  return [...(outcome.error as ExceptionGroup).errors] as unknown[];
});

test("the first child to fail unwinds the body and cancels the other children, and the group throws when all have ended", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const error = new Error("no stock");
    const errors = yield* errorsOf(function* (group) {
      group.createTask(cleaning(5, () => seen.push("sibling")));
      group.createTask(failing(10, error));
      try {
        yield* sleep(100);
        seen.push("after the await");
      } catch {
        seen.push("catch");
      } finally {
        yield* sleep(2);
        seen.push("body");
      }
    });
    expect(errors).toEqual([error]);
    expect(seen).toEqual(["body", "sibling"]);
    expect(now() - start).toBe(15);
  });
});

test("a child that fails after the body has ended cancels the others all the same", async () => {
  await virtually(function* () {
    const start = now();
    const error = new Error("no stock");
    const errors = yield* errorsOf(function* (group) {
      group.createTask(sleep(1_000));
      group.createTask(failing(10, error));
    });
    expect(errors).toEqual([error]);
    expect(now() - start).toBe(10);
  });
});

test("the group's error is caught around it, and the task that ran the group goes on", async () => {
  const seen: string[] = [];
  await virtually(function* () {
    try {
      yield* taskGroup(function* (group) {
        group.createTask(failing(10, new Error("no stock")));
        yield* sleep(100);
      });
    } catch (error) {
      seen.push((error as Error).name);
    }
    yield* sleep(10);
    seen.push("goes on");
  });
  expect(seen).toEqual(["ExceptionGroup", "goes on"]);
});

test("an error of the body cancels the children, and is thrown in a group too", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const error = new Error("no stock");
    const errors = yield* errorsOf(function* (group) {
      group.createTask(cleaning(5, () => seen.push("child")));
      yield* sleep(10);
      throw error;
    });
    expect(errors).toEqual([error]);
    expect(seen).toEqual(["child"]);
    expect(now() - start).toBe(15);
  });
});

test("a body that throws before its children have started: none of them starts", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const error = new Error("no stock");
    const errors = yield* errorsOf(function* (group) {
      group.createTask(
        (function* () {
          seen.push("never");
          yield* sleep(1);
        })(),
      );
      throw error;
    });
    expect(errors).toEqual([error]);
    expect(seen).toEqual([]);
  });
});

test("errors of children, their cleanup and the body's come in the order they happened", async () => {
  await virtually(function* () {
    const error = (name: string) => new Error(name);
    const errors = yield* errorsOf(function* (group) {
      group.createTask(cleaning(30, () => {}, error("third cleanup")));
      group.createTask(cleaning(10, () => {}, error("first cleanup")));
      group.createTask(failing(10, error("child")));
      try {
        yield* sleep(100);
      } finally {
        yield* sleep(20);
        throw error("body's cleanup");
      }
    });
    expect(errors.map((one) => (one as Error).message)).toEqual([
      "child",
      "first cleanup",
      "body's cleanup",
      "third cleanup",
    ]);
  });
});

test("children that fail in the same iteration are all in the group, in the order they were made", async () => {
  await virtually(function* () {
    const all = Array.from({ length: 5 }, (_, index) => new Error(String(index)));
    const errors = yield* errorsOf(function* (group) {
      for (const error of all) group.createTask(failing(10, error));
      yield* sleep(100);
    });
    expect(errors.map((one) => (one as Error).message)).toEqual(["0", "1", "2", "3", "4"]);
    expect(errors).toEqual(all);
  });
});

test("a child that fails while the body waits for it: the body is unwound, and the error is there once", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const error = new Error("no stock");
    const errors = yield* errorsOf(function* (group) {
      const child = group.createTask(failing(10, error));
      try {
        yield* child;
      } catch {
        seen.push("catch");
      } finally {
        seen.push("finally");
      }
      seen.push("after");
    });
    expect(errors).toEqual([error]);
    expect(seen).toEqual(["finally"]);
  });
});

test("a child that waits for a failing sibling is cancelled or fails with it, and the group ends", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const errors = yield* errorsOf(function* (group) {
      const child: Task<never> = group.createTask(failing(10, error));
      group.createTask(
        (function* () {
          yield* child;
        })(),
      );
      yield* sleep(100);
    });
    expect(new Set(errors)).toEqual(new Set([error]));
  });
});

test("a child that fails while another child's cleanup runs does not cut it short", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const [first, second] = [new Error("first"), new Error("second")];
    const errors = yield* errorsOf(function* (group) {
      group.createTask(cleaning(30, () => seen.push("cleaned up")));
      group.createTask(failing(10, first));
      group.createTask(cleaning(10, () => {}, second));
      yield* sleep(100);
    });
    expect(errors).toEqual([first, second]);
    expect(seen).toEqual(["cleaned up"]);
    expect(now() - start).toBe(40);
  });
});

test("a child added while the group is being cancelled never starts", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    let late: Task<unknown> | undefined;
    const error = new Error("no stock");
    const never = coroutine(function* never() {
      seen.push("never");
      yield* sleep(1);
    });
    const errors = yield* errorsOf(function* (group) {
      group.createTask(failing(10, error));
      group.createTask(
        cleaning(5, () => {
          late = group.createTask(never());
        }),
      );
      yield* sleep(100);
    });
    expect(errors).toEqual([error]);
    expect(late?.cancelled).toBe(true);
    expect(seen).toEqual([]);
  });
});

test("a child cancelled on its own beforehand is no error, and one that fails in its cleanup is", async () => {
  await virtually(function* () {
    const error = new Error("cleanup broke");
    const errors = yield* errorsOf(function* (group) {
      const quiet = group.createTask(sleep(100));
      const loud = group.createTask(cleaning(5, () => {}, error));
      yield* sleep(1);
      expect(yield* cancelled(quiet)).toBe("cancelled");
      loud.cancel();
      yield* sleep(100);
    });
    expect(errors).toEqual([error]);
  });
});

test("an inner group's error is one error of the outer group", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const errors = yield* errorsOf(function* (outer) {
      outer.createTask(
        taskGroup(function* (inner) {
          inner.createTask(failing(10, error));
          yield* sleep(100);
        }),
      );
      yield* sleep(100);
    });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(ExceptionGroup);
    expect((errors[0] as ExceptionGroup).errors).toEqual([error]);
  });
});

test("a failing outer group cancels the inner one, whose children clean up first", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const error = new Error("no stock");
    const errors = yield* errorsOf(function* (outer) {
      outer.createTask(failing(10, error));
      try {
        yield* taskGroup(function* (inner) {
          inner.createTask(cleaning(5, () => seen.push("inner child")));
          yield* sleep(100);
        });
      } catch {
        seen.push("catch");
      } finally {
        seen.push("outer body");
      }
    });
    expect(errors).toEqual([error]);
    expect(seen).toEqual(["inner child", "outer body"]);
  });
});

test("an errors of a child of a child is the group's", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const errors = yield* errorsOf(function* (group) {
      group.createTask(
        (function* () {
          yield* sleep(5);
          group.createTask(failing(5, error));
        })(),
      );
      yield* sleep(100);
    });
    expect(errors).toEqual([error]);
  });
});
