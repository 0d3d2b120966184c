/** Errors thrown by cleanup: they do not stop the unwinding, and none is lost. */
import { coroutine, createTask, ExceptionGroup, getRunningLoop, sleep } from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

test("a task whose cleanup throws once ends failed with just that error, not cancelled", async () => {
  for (const awaits of [false, true])
    await virtually(function* () {
      const error = new Error("disk full");
      const order: string[] = [];
      const inner = coroutine(function* inner() {
        try {
          yield* sleep("1h");
        } finally {
          if (awaits) yield* sleep(1);
          throw error;
        }
      });
      const outer = coroutine(function* outer() {
        try {
          yield* inner();
          order.push("never");
        } catch {
          order.push("catch");
        } finally {
          order.push("finally");
        }
      });
      const task = createTask(outer());
      yield* sleep(1);
      expect(yield* cancelled(task)).toEqual({ error });
      expect([task.done, task.cancelled, task.cancelRequested]).toEqual([true, false, true]);
      expect(task.exception()).toBe(error);
      expect(order).toEqual(["finally"]);
    });
});

test("several errors of cleanup come as an ExceptionGroup, in the order in which they were thrown", async () => {
  await virtually(function* () {
    const innerError = new Error("inner");
    const outerError = new Error("outer");
    const inner = coroutine(function* inner() {
      try {
        yield* sleep("1h");
      } finally {
        yield* sleep(1);
        throw innerError;
      }
    });
    const outer = coroutine(function* outer() {
      try {
        yield* inner();
      } finally {
        yield* sleep(1);
        throw outerError;
      }
    });
    const task = createTask(outer());
    yield* sleep(1);
    task.cancel();
    yield* outcomeOf(task);
    expect(task.exception()).toBeInstanceOf(ExceptionGroup);
    const { errors } = task.exception() as ExceptionGroup;
    expect(errors).toHaveLength(2);
    expect(errors[0]).toBe(innerError);
    expect(errors[1]).toBe(outerError);
  });
});

test("an error that a function catches around its own finally is handled: the task ends cancelled", async () => {
  await virtually(function* () {
    const task = createTask(
      coroutine(function* worker() {
        try {
          try {
            yield* sleep("1h");
          } finally {
            throw new Error("handled");
          }
        } catch {
          yield* sleep(1);
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
  });
});

test("an error thrown after the function caught one of its finally is the outcome", async () => {
  await virtually(function* () {
    const error = new Error("another");
    const order: string[] = [];
    const inner = coroutine(function* inner() {
      try {
        try {
          yield* sleep("1h");
        } finally {
          throw new Error("handled");
        }
      } catch {
        yield* sleep(1);
        throw error;
      }
    });
    const outer = coroutine(function* outer() {
      try {
        yield* inner();
        order.push("never");
      } catch {
        order.push("catch");
      } finally {
        order.push("finally");
      }
    });
    const task = createTask(outer());
    yield* sleep(1);
    expect(yield* cancelled(task)).toEqual({ error });
    expect(order).toEqual(["finally"]);
  });
});

test("an error of a coroutine that cleanup awaits is an error of that cleanup", async () => {
  await virtually(function* () {
    const error = new Error("disk full");
    const flush = coroutine(function* flush() {
      yield* sleep(1);
      throw error;
    });
    const order: string[] = [];
    const task = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          try {
            yield* flush();
            order.push("never");
          } finally {
            order.push("finally");
          }
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toEqual({ error });
    expect(order).toEqual(["finally"]);
  });
});

test("a string thrown by cleanup is the outcome as it is", async () => {
  await virtually(function* () {
    const task = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          throw "disk full";
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toEqual({ error: "disk full" });
    expect(task.exception()).toMatchObject({ cause: "disk full" });
  });
});

test("cleanup that throws after a further cancel still ends the task failed with its error", async () => {
  await virtually(function* () {
    const error = new Error("disk full");
    const task = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          yield* sleep(5);
          throw error;
        }
      })(),
    );
    yield* sleep(1);
    task.cancel();
    yield* sleep(1);
    task.cancel();
    expect(yield* outcomeOf(task)).toEqual({ error });
  });
});

test("an error that replaces the one thrown before, in a finally after an error, is what the caller sees: no unwinding is at work", async () => {
  await virtually(function* () {
    const second = new Error("second");
    const task = createTask(
      coroutine(function* worker() {
        try {
          throw new Error("first");
        } finally {
          yield* sleep(1);
          throw second;
        }
      })(),
    );
    expect(yield* outcomeOf(task)).toEqual({ error: second });
    expect(getRunningLoop().time()).toBe(1);
  });
});

test("a using declaration whose disposer throws during unwinding makes that error the outcome", async () => {
  await virtually(function* () {
    const error = new Error("disposer failed");
    const order: string[] = [];
    const inner = coroutine(function* inner() {
      using _broken: Disposable = {
        [Symbol.dispose]: () => {
          throw error;
        },
      };
      yield* sleep("1h");
    });
    const outer = coroutine(function* outer() {
      try {
        yield* inner();
        order.push("never");
      } finally {
        order.push("finally");
      }
    });
    const task = createTask(outer());
    yield* sleep(1);
    expect(yield* cancelled(task)).toEqual({ error });
    expect(order).toEqual(["finally"]);
  });
});
