/** shield: a cancellation, an expiry or a failure around it is held back until the awaitable has ended, then delivered. */
import {
  coroutine,
  createTask,
  currentTask,
  ExceptionGroup,
  fromPromise,
  getRunningLoop,
  moveOnAfter,
  shield,
  sleep,
  taskGroup,
  TimeoutError,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const saving = coroutine(function* saving(order: string[], error?: Error) {
  try {
    yield* sleep(5);
    order.push("half saved");
    yield* sleep(5);
    order.push("saved");
  } finally {
    order.push(`finally, unwinding ${currentTask().unwinding}`);
  }
  if (error !== undefined) throw error;
  return "value";
});

const SAVED = ["half saved", "saved", "finally, unwinding false"];

const shielded = coroutine(function* shielded(order: string[], error?: Error) {
  try {
    order.push(yield* shield(saving(order, error)));
    order.push("goes on");
    yield* sleep(1);
    order.push("goes on further");
  } catch {
    order.push("catch");
  } finally {
    order.push("outer finally");
  }
  return "the end";
});

test("without a cancellation shield gives the value, or throws the error, of what it shields", async () => {
  await virtually(function* () {
    const order: string[] = [];
    expect(yield* shielded(order)).toBe("the end");
    expect(order).toEqual([...SAVED, "value", "goes on", "goes on further", "outer finally"]);
    const failing: string[] = [];
    expect(yield* shielded(failing, new Error("disk full"))).toBe("the end");
    expect(failing).toEqual([...SAVED, "catch", "outer finally"]);
  });
});

test("a cancellation is held back until the awaitable has ended, then delivered at the shield", async () => {
  for (const moment of [0.5, 5, 7])
    await virtually(function* () {
      const order: string[] = [];
      const task = createTask(shielded(order));
      yield* sleep(moment);
      expect(task.cancel("closing time")).toBe(true);
      expect(task.cancelRequested).toBe(true);
      expect(task.cancel()).toBe(false);
      expect(yield* outcomeOf(task)).toBe("cancelled");
      expect(getRunningLoop().time()).toBe(10);
      expect(order, `cancelled after ${moment} ms`).toEqual([...SAVED, "outer finally"]);
    });
});

test("an error of the shielded awaitable is the outcome of the cancelled task: it is not lost", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const error = new Error("disk full");
    const task = createTask(shielded(order, error));
    yield* sleep(1);
    expect(yield* cancelled(task)).toEqual({ error });
    expect(order).toEqual([...SAVED, "outer finally"]);
  });
});

test("an expiry around a shield is held back, and the timeout throws when the awaitable has ended", async () => {
  await virtually(function* () {
    const order: string[] = [];
    let caught: unknown;
    try {
      yield* timeout(3, shielded(order));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(TimeoutError);
    expect(getRunningLoop().time()).toBe(10);
    expect(order).toEqual([...SAVED, "outer finally"]);
  });
});

test("the expiry of a moveOnAfter is held back by a shield in its body", async () => {
  await virtually(function* () {
    const order: string[] = [];
    expect(yield* moveOnAfter(3, shielded(order))).toBeUndefined();
    expect(order).toEqual([...SAVED, "outer finally"]);
  });
});

test("a failing child does not cut short what the body of its group shields", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const error = new Error("no stock");
    let caught: unknown;
    try {
      yield* taskGroup(function* (group) {
        group.createTask(
          coroutine(function* failing() {
            yield* sleep(1);
            throw error;
          })(),
        );
        return yield* shielded(order);
      });
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toBeInstanceOf(ExceptionGroup);
    expect((caught as ExceptionGroup).errors).toEqual([error]);
    expect(order).toEqual([...SAVED, "outer finally"]);
  });
});

test("an error of what is shielded, after an expiry around it, takes the place of the TimeoutError, its cause", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const error = new Error("disk full");
    let caught: unknown;
    try {
      yield* timeout(3, shielded(order, error));
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toBe(error);
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(order).toEqual([...SAVED, "outer finally"]);
  });
});

test("a scope inside a shield still expires", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(
      coroutine(function* worker() {
        yield* shield(
          coroutine(function* inside() {
            try {
              yield* timeout(5, sleep("1h"));
            } catch (error) {
              order.push((error as Error).name);
            }
            yield* sleep(5);
            order.push("goes on");
          })(),
        );
        order.push("never");
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(getRunningLoop().time()).toBe(10);
    expect(order).toEqual(["TimeoutError", "goes on"]);
  });
});

test("a shield in a finally, after normal completion, protects the cleanup from a first cancellation", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(
      coroutine(function* worker() {
        try {
          order.push("work");
        } finally {
          yield* shield(saving(order));
          order.push("never: the cancellation is delivered at the shield");
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(["work", ...SAVED]);
  });
});

test("shields inside each other hold back until the outermost has ended", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(
      coroutine(function* worker() {
        yield* shield(
          coroutine(function* outer() {
            yield* shield(sleep(5));
            order.push("between");
            yield* sleep(5);
            order.push("end of the outer shield");
          })(),
        );
        order.push("never");
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(["between", "end of the outer shield"]);
  });
});

test("a shielded promise keeps its signal, and a shielded task its life", async () => {
  await virtually(function* () {
    let aborted = false;
    const work = createTask(sleep(10, "value"));
    const task = createTask(
      coroutine(function* worker() {
        yield* shield(work);
      })(),
    );
    const promising = createTask(
      shield(
        fromPromise((signal) => {
          signal.addEventListener("abort", () => (aborted = true));
          return new Promise<void>((resolve) => void setTimeout(resolve, 20));
        }),
      ),
    );
    yield* sleep(0);
    yield* sleep(0);
    task.cancel();
    promising.cancel();
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(yield* outcomeOf(promising)).toBe("cancelled");
    expect(work.result()).toBe("value");
    expect(aborted).toBe(false);
  });
});

test("a task cancelled directly while it is shielded is cancelled: the shield is around its awaiter only", async () => {
  await virtually(function* () {
    const work = createTask(sleep(10));
    const task = createTask(
      coroutine(function* worker() {
        try {
          yield* shield(work);
        } catch (error) {
          return (error as Error).name;
        }
        return "never";
      })(),
    );
    yield* sleep(1);
    work.cancel();
    expect(yield* task).toBe("CancelledError");
  });
});

test("the first await after a shield that held nothing back may be cancelled as any other", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(shielded(order));
    yield* sleep(10.5);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual([...SAVED, "value", "goes on", "outer finally"]);
  });
});

test("a shield that is entered by a task already being cancelled by itself runs to its end", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(
      coroutine(function* worker() {
        currentTask().cancel();
        try {
          order.push(yield* shield(saving(order)));
        } finally {
          order.push("outer finally");
        }
      })(),
    );
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(order).toEqual([...SAVED, "outer finally"]);
  });
});
