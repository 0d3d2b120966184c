/** shield: a cancellation, an expiry or a failure around it is held back until what it shields has ended, then delivered. */
import {
  CancelledError,
  coroutine,
  createTask,
  ExceptionGroup,
  getRunningLoop,
  moveOnAfter,
  shield,
  sleep,
  TimeoutError,
  taskGroup,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

/** Works for as long as it is given, and says how it got on. */
const working = coroutine(function* working(seen: string[], duration: number, error?: unknown) {
  try {
    yield* sleep(duration);
    seen.push("worked");
    if (error !== undefined) throw error;
    return "value";
  } finally {
    seen.push("ended");
  }
});

/** Awaits under a shield, and says which code around it runs. */
const around = coroutine(function* around(seen: string[], duration: number, error?: unknown) {
  try {
    yield* shield(working(seen, duration, error));
    seen.push("after the shield");
  } catch {
    seen.push("catch");
  } finally {
    seen.push("finally");
  }
});

test("without a cancellation a shield gives the value or throws the error", async () => {
  await virtually(function* () {
    expect(yield* shield(working([], 5))).toBe("value");
    const error = new Error("no stock");
    expect(yield* outcomeOf(createTask(shield(working([], 5, error))))).toEqual({ error });
  });
});

test("a cancellation is held back until the awaitable has ended, then delivered", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const task = createTask(around(seen, 30));
    yield* sleep(10);
    expect(task.cancel()).toBe(true);
    yield* sleep(10);
    expect(task.done).toBe(false);
    expect(task.cancelRequested).toBe(true);
    expect(task.cancel()).toBe(false);
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(seen).toEqual(["worked", "ended", "finally"]);
    expect(now() - start).toBe(30);
  });
});

test("an error of the awaitable is then the outcome, and no catch sees it", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const error = new Error("no stock");
    const task = createTask(around(seen, 30, error));
    yield* sleep(10);
    expect(yield* cancelled(task)).toEqual({ error });
    expect(seen).toEqual(["worked", "ended", "finally"]);
  });
});

test("a task cancelled before it reaches the shield does not start what it shields", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const task = createTask(
      (function* () {
        yield* sleep(10);
        yield* around(seen, 5);
      })(),
    );
    yield* sleep(5);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual([]);
  });
});

test("the expiry of a timeout around it is held back, and is a TimeoutError when the awaitable has ended", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const outcome = yield* outcomeOf(createTask(timeout(10, around(seen, 30))));
    expect(outcome).toEqual({ error: expect.any(TimeoutError) });
    expect(seen).toEqual(["worked", "ended", "finally"]);
    expect(now() - start).toBe(30);
  });
});

test("an error of the awaitable takes the place of the TimeoutError", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const error = new Error("no stock");
    expect(yield* outcomeOf(createTask(timeout(10, around(seen, 30, error))))).toEqual({ error });
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(seen).toEqual(["worked", "ended", "finally"]);
  });
});

test("moveOnAfter around it gives undefined when the awaitable has ended", async () => {
  await virtually(function* () {
    const start = now();
    expect(yield* moveOnAfter(10, shield(sleep(30, "late")))).toBeUndefined();
    expect(now() - start).toBe(30);
  });
});

test("the failure of a group around it is held back too", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const error = new Error("no stock");
    const outcome = yield* outcomeOf(
      createTask(
        taskGroup(function* (group) {
          group.createTask(
            (function* () {
              yield* sleep(10);
              throw error;
            })(),
          );
          yield* around(seen, 30);
        }),
      ),
    );
    expect(outcome).toEqual({ error: expect.any(ExceptionGroup) });
    expect(seen).toEqual(["worked", "ended", "finally"]);
    expect(now() - start).toBe(30);
  });
});

test("a scope inside the shield works as anywhere else", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const inner = coroutine(function* inner() {
      expect(yield* moveOnAfter(10, sleep(100))).toBeUndefined();
      seen.push("moved on");
      yield* sleep(10);
      seen.push("worked");
    });
    const task = createTask(shield(inner()));
    yield* sleep(5);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["moved on", "worked"]);
    expect(now() - start).toBe(20);
  });
});

test("a scope inside the shield that expires after the cancellation was held back still moves on inside", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const inner = coroutine(function* inner() {
      try {
        yield* timeout(20, sleep(100));
      } catch (error) {
        seen.push((error as Error).name);
      }
      yield* sleep(5);
      seen.push("worked");
    });
    const task = createTask(shield(inner()));
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["TimeoutError", "worked"]);
  });
});

test("a shielded task is not cancelled with the task that waits for it, which waits for its end", async () => {
  await virtually(function* () {
    const start = now();
    const shielded = createTask(sleep(30, "value"));
    const task = createTask(shield(shielded));
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(shielded.result()).toBe("value");
    expect(now() - start).toBe(30);
  });
});

test("a shielded task that is cancelled on its own is a CancelledError for the task that waits for it", async () => {
  await virtually(function* () {
    const shielded = createTask(sleep(30));
    const waiter = coroutine(function* waiter() {
      try {
        yield* shield(shielded);
      } catch (error) {
        expect(error).toBeInstanceOf(CancelledError);
        return "caught";
      }
      return "never";
    });
    const task = createTask(waiter());
    yield* sleep(10);
    shielded.cancel();
    expect(yield* task).toBe("caught");
  });
});

test("shields nest: the cancellation comes when the outermost has ended", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const outer = coroutine(function* outer() {
      yield* shield(working(seen, 20));
      yield* sleep(10);
      seen.push("outer worked");
    });
    const task = createTask(shield(outer()));
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["worked", "ended", "outer worked"]);
    expect(now() - start).toBe(30);
  });
});

test("a shield protects a finally that runs after the normal end, where a first cancellation would cut it short", async () => {
  for (const shielded of [true, false]) {
    await virtually(function* () {
      const start = now();
      const seen: string[] = [];
      const task = createTask(
        (function* () {
          try {
            yield* sleep(5);
          } finally {
            yield* shielded ? shield(sleep(10)) : sleep(10);
            seen.push("cleanup ended");
          }
        })(),
      );
      yield* sleep(10);
      expect(yield* cancelled(task)).toBe("cancelled");
      // After a held-back cancellation the `yield*` of the shield does not return, so the line after it does not run either.
      expect(seen).toEqual([]);
      expect(now() - start).toBe(shielded ? 15 : 10);
    });
  }
});

test("main's end waits for a task that is shielded", async () => {
  const seen: string[] = [];
  await virtually(function* () {
    createTask(around(seen, 30));
    yield* sleep(10);
  });
  expect(seen).toEqual(["worked", "ended", "finally"]);
});
