/** Cancellation between tasks: what the awaiter of a cancelled task sees, and what the cancelled awaiter of a task does. */
import {
  CancelledError,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  currentTask,
  type Future,
  gather,
  getRunningLoop,
  shield,
  sleep,
  type Task,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { reporting, virtually } from "../virtually.ts";

/** A task that cleans up for so long when it is cancelled. */
const cleaning = coroutine(function* cleaning(order: string[], name: string, ms: number, error?: Error) {
  try {
    yield* sleep("1h");
    order.push(`${name} never`);
  } finally {
    order.push(`${name} cleans`);
    yield* sleep(ms);
    order.push(`${name} clean`);
    if (error !== undefined) throw error;
  }
});

const waiting = coroutine(function* waiting(order: string[], name: string, awaited: Future<unknown>) {
  try {
    yield* awaited;
    order.push(`${name} goes on`);
  } catch (error) {
    order.push(`${name} caught ${(error as Error).name}`);
    throw error;
  } finally {
    order.push(`${name} finally`);
  }
});

test("awaiting a cancelled task throws CancelledError, which the awaiter may catch: it was not cancelled itself", async () => {
  await virtually(function* () {
    const victim = createTask(sleep("1h"));
    const awaiter = createTask(
      coroutine(function* awaiter() {
        try {
          yield* victim;
        } catch (error) {
          expect(error).toBeInstanceOf(CancelledError);
          expect(currentTask().cancelRequested).toBe(false);
          expect(currentTask().unwinding).toBe(false);
          yield* sleep(1);
          return "went on";
        }
        return "never";
      })(),
    );
    yield* sleep(1);
    expect(victim.cancel()).toBe(true);
    expect(yield* awaiter).toBe("went on");
  });
});

test("an awaiter of a cancelled task that does not catch the error ends cancelled, and catch and finally see it", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const victim = createTask(sleep("1h"));
    const awaiter = createTask(waiting(order, "awaiter", victim));
    yield* sleep(1);
    victim.cancel("closing time");
    yield* sleep(1);
    expect([awaiter.done, awaiter.cancelled, awaiter.cancelRequested]).toEqual([true, true, false]);
    expect(order).toEqual(["awaiter caught CancelledError", "awaiter finally"]);
    let caught: unknown;
    try {
      awaiter.result();
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ reason: "closing time" });
  });
});

test("a main that awaits a cancelled task and does not catch the error rejects with CancelledError", async () => {
  const { outcome } = await reporting(function* () {
    const victim = createTask(sleep("1h"));
    getRunningLoop().callLater(1, () => void victim.cancel("closing time"));
    yield* victim;
  });
  expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(CancelledError) });
  expect(outcome).toMatchObject({ reason: { reason: "closing time" } });
});

test("cancelling a task that awaits a task cancels that one first, and unwinds when it has ended", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const inner = createTask(cleaning(order, "inner", 5));
    const outer = createTask(waiting(order, "outer", inner));
    yield* sleep(1);
    const start = getRunningLoop().time();
    expect(outer.cancel()).toBe(true);
    expect(inner.cancelRequested).toBe(true);
    expect(order).toEqual([]);
    expect(yield* outcomeOf(outer)).toBe("cancelled");
    expect(getRunningLoop().time() - start).toBe(5);
    expect(inner.cancelled).toBe(true);
    expect(order).toEqual(["inner cleans", "inner clean", "outer finally"]);
  });
});

test("the reason of a cancellation goes down to the awaited task", async () => {
  await virtually(function* () {
    const inner = createTask(sleep("1h"));
    const outer = createTask(waiting([], "outer", inner));
    yield* sleep(1);
    outer.cancel("closing time");
    yield* outcomeOf(outer);
    for (const task of [inner, outer])
      try {
        (task as Task<unknown>).result();
      } catch (error) {
        expect(error).toMatchObject({ name: "CancelledError", reason: "closing time" });
      }
    expect([inner.cancelled, outer.cancelled]).toEqual([true, true]);
  });
});

test("the cancelled awaiter of a task that is already being cancelled waits for its end, too", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const inner = createTask(cleaning(order, "inner", 10));
    const outer = createTask(waiting(order, "outer", inner));
    yield* sleep(1);
    inner.cancel();
    yield* sleep(4);
    expect(outer.cancel()).toBe(true);
    expect(yield* outcomeOf(outer)).toBe("cancelled");
    expect(order).toEqual(["inner cleans", "inner clean", "outer finally"]);
  });
});

test("an error of the awaited task's cleanup is the outcome of the cancelled awaiter, past its catch", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const error = new Error("cleanup failed");
    const inner = createTask(cleaning(order, "inner", 5, error));
    const outer = createTask(waiting(order, "outer", inner));
    yield* sleep(1);
    outer.cancel();
    expect(yield* outcomeOf(outer)).toEqual({ error });
    expect(outer.cancelled).toBe(false);
    expect(order).toEqual(["inner cleans", "inner clean", "outer finally"]);
  });
});

test("cancelling one of two awaiters cancels the task that both await; the other sees an error it may catch", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const shared = createTask(cleaning(order, "shared", 5));
    const one = createTask(waiting(order, "one", shared));
    const two = createTask(waiting(order, "two", shared));
    yield* sleep(1);
    one.cancel();
    expect(yield* outcomeOf(one)).toBe("cancelled");
    expect(yield* outcomeOf(two)).toBe("cancelled");
    expect([one.cancelRequested, two.cancelRequested]).toEqual([true, false]);
    expect(order).toEqual(["shared cleans", "shared clean", "one finally", "two caught CancelledError", "two finally"]);
  });
});

test("shield holds the cancellation back from an awaited task", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const inner = createTask(
      coroutine(function* inner() {
        yield* sleep(10);
        order.push("inner ends");
        return "value";
      })(),
    );
    const outer = createTask(
      coroutine(function* outer() {
        try {
          yield* shield(inner);
          order.push("never");
        } finally {
          order.push("outer finally");
        }
      })(),
    );
    yield* sleep(1);
    outer.cancel();
    expect(inner.cancelRequested).toBe(false);
    expect(yield* outcomeOf(outer)).toBe("cancelled");
    expect(inner.result()).toBe("value");
    expect(order).toEqual(["inner ends", "outer finally"]);
  });
});

test("a deep chain of awaiting tasks unwinds innermost first, each after the cleanup of the one that it awaits", async () => {
  await virtually(function* () {
    const order: number[] = [];
    const link: (depth: number) => Coroutine<void> = coroutine(function* linkFrame(depth: number): CoroutineBody<void> {
      try {
        if (depth > 0) yield* createTask(link(depth - 1));
        else yield* sleep("1h");
      } finally {
        yield* sleep(1);
        order.push(depth);
      }
    });
    const task = createTask(link(20));
    yield* sleep(1);
    const start = getRunningLoop().time();
    task.cancel();
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(order).toEqual(Array.from({ length: 21 }, (_, i) => i));
    expect(getRunningLoop().time() - start).toBe(21);
  });
});

test("a second cancel of the awaiter, while the awaited task cleans up, changes nothing", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const inner = createTask(cleaning(order, "inner", 10));
    const outer = createTask(waiting(order, "outer", inner));
    yield* sleep(1);
    expect(outer.cancel()).toBe(true);
    for (let i = 0; i < 9; i++) {
      yield* sleep(1);
      expect([outer.cancel(), inner.cancel()]).toEqual([false, false]);
    }
    expect(order).toEqual(["inner cleans"]);
    expect(yield* outcomeOf(outer)).toBe("cancelled");
    expect(order).toEqual(["inner cleans", "inner clean", "outer finally"]);
  });
});

test("an awaiter cancelled at any iteration around the end of the awaited task is cancelled, or goes on: never both", async () => {
  const expected = [
    { requested: true, inner: "cancelled", outer: "cancelled", order: ["outer finally"] },
    { requested: true, inner: { value: "value" }, outer: "cancelled", order: ["outer finally"] },
    {
      requested: false,
      inner: { value: "value" },
      outer: { value: undefined },
      order: ["outer goes on", "outer finally"],
    },
    {
      requested: false,
      inner: { value: "value" },
      outer: { value: undefined },
      order: ["outer goes on", "outer finally"],
    },
  ];
  for (const [turns, end] of expected.entries()) {
    const seen = await virtually(function* () {
      const order: string[] = [];
      const inner = createTask(sleep(10, "value"));
      const outer = createTask(waiting(order, "outer", inner));
      yield* sleep(10);
      for (let turn = 0; turn < turns; turn++) yield* sleep(0);
      const requested = outer.cancel();
      return { requested, outer: yield* outcomeOf(outer), inner: yield* outcomeOf(inner), order };
    });
    expect(seen, `${turns} iterations after the wake-up`).toEqual(end);
  }
});

test("cancelling a task that awaits gather cancels every child, and waits for all of them", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const outer = createTask(
      coroutine(function* outer() {
        try {
          yield* gather([cleaning(order, "a", 5), cleaning(order, "b", 10)]);
        } finally {
          order.push("outer finally");
        }
      })(),
    );
    yield* sleep(1);
    outer.cancel();
    expect(yield* outcomeOf(outer)).toBe("cancelled");
    expect(order).toEqual(["a cleans", "b cleans", "a clean", "b clean", "outer finally"]);
  });
});

test("a task that is awaited in a finally while unwinding is not cancelled: cleanup waits for it", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const flush = createTask(
      coroutine(function* flush() {
        yield* sleep(20);
        order.push("flushed");
      })(),
    );
    const worker = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          yield* flush;
          order.push("worker clean");
        }
      })(),
    );
    yield* sleep(1);
    worker.cancel();
    yield* sleep(1);
    worker.cancel();
    expect(yield* outcomeOf(worker)).toBe("cancelled");
    expect(flush.cancelled).toBe(false);
    expect(order).toEqual(["flushed", "worker clean"]);
  });
});
