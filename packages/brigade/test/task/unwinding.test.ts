/** Cleanup: what a finally is told, what it may do, and which cancellation ends it. */
import { coroutine, createTask, currentTask, moveOnAfter, sleep, TimeoutError, timeout } from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

test("a first cancellation that comes while a finally runs after normal completion ends that finally at its await", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const inner = coroutine(function* inner() {
      try {
        order.push("work");
      } finally {
        try {
          order.push("finally begins");
          yield* sleep(10);
          order.push("never");
        } finally {
          order.push("finally of the finally");
        }
      }
      order.push("never");
    });
    const outer = coroutine(function* outer() {
      try {
        yield* inner();
        order.push("never");
      } finally {
        order.push("outer: finally");
      }
    });
    const task = createTask(outer());
    yield* sleep(5);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(["work", "finally begins", "finally of the finally", "outer: finally"]);
  });
});

test("a first cancellation that comes while a finally runs after an error ends that finally at its await", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(
      coroutine(function* worker() {
        try {
          try {
            throw new Error("no stock");
          } finally {
            order.push("finally begins");
            yield* sleep(10);
            order.push("never");
          }
        } catch {
          order.push("catch");
        }
      })(),
    );
    yield* sleep(5);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(["finally begins"]);
  });
});

test("unwinding tells a finally whether it runs because of a cancellation, a scope, or neither", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const worker = coroutine(function* worker(how: string, ms: number) {
      try {
        yield* sleep(ms);
        if (how === "error") throw new Error("no stock");
      } finally {
        const { unwinding, cancelRequested } = currentTask();
        seen.push(`${how}: unwinding ${unwinding}, cancelRequested ${cancelRequested}`);
        yield* sleep(1);
        seen.push(`${how}, after an await: unwinding ${currentTask().unwinding}`);
      }
    });
    yield* worker("value", 1);
    yield* outcomeOf(createTask(worker("error", 1)));
    const task = createTask(worker("cancel", 100));
    yield* sleep(1);
    yield* cancelled(task);
    yield* moveOnAfter(1, worker("scope", 100));
    expect(currentTask().unwinding).toBe(false);
    expect(seen).toEqual([
      "value: unwinding false, cancelRequested false",
      "value, after an await: unwinding false",
      "error: unwinding false, cancelRequested false",
      "error, after an await: unwinding false",
      "cancel: unwinding true, cancelRequested true",
      "cancel, after an await: unwinding true",
      "scope: unwinding true, cancelRequested false",
      "scope, after an await: unwinding true",
    ]);
  });
});

test("a coroutine that cleanup calls is not itself being unwound, and ends normally", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const flush = coroutine(function* flush() {
      try {
        yield* sleep(1);
        seen.push(`flush: ${currentTask().unwinding}`);
        return "flushed";
      } finally {
        seen.push(`flush's finally: ${currentTask().unwinding}`);
      }
    });
    const task = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          seen.push(yield* flush());
          seen.push(`finally: ${currentTask().unwinding}`);
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["flush: false", "flush's finally: false", "flushed", "finally: true"]);
  });
});

test("an error that cleanup throws and catches in a coroutine it calls is nobody else's", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const failing = coroutine(function* failing() {
      yield* sleep(1);
      throw new Error("disk full");
    });
    const flush = coroutine(function* flush() {
      try {
        yield* failing();
      } catch (error) {
        seen.push((error as Error).message);
        yield* sleep(1);
      }
      seen.push("goes on");
    });
    const task = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          yield* flush();
          seen.push("clean");
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["disk full", "goes on", "clean"]);
  });
});

test("a timeout that expires inside cleanup ends its own body, and the cleanup goes on", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          try {
            yield* timeout(
              5,
              coroutine(function* flush() {
                try {
                  yield* sleep("1h");
                } finally {
                  order.push("flush: finally");
                }
              })(),
            );
          } catch (error) {
            order.push(error instanceof TimeoutError ? "timed out" : "something else");
          }
          yield* sleep(1);
          order.push("clean");
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(["flush: finally", "timed out", "clean"]);
  });
});

test("cleanup may create tasks and await them", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          order.push(yield* createTask(sleep(5, "flushed by a task")));
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(["flushed by a task"]);
  });
});
