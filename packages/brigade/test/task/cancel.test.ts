/** Cancellation: it can't be swallowed, it runs finally blocks and nothing else, and it comes in a step of its own. */
import { CancelledError, coroutine, createTask, currentTask, getRunningLoop, sleep, type Task } from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { reporting, virtually } from "../virtually.ts";

test("cancel gives true for a task that goes on, and false for one that is done or already being cancelled", async () => {
  await virtually(function* () {
    const slow = createTask(
      coroutine(function* slow() {
        try {
          yield* sleep("1h");
        } finally {
          yield* sleep(5);
        }
      })(),
    );
    const quick = createTask(sleep(1));
    const failing = createTask(
      coroutine(function* failing() {
        throw new Error("no stock");
      })(),
    );
    yield* sleep(2);
    expect(quick.cancel()).toBe(false);
    expect(failing.cancel()).toBe(false);
    expect(slow.cancelRequested).toBe(false);
    expect(slow.cancel()).toBe(true);
    expect(slow.cancelRequested).toBe(true);
    expect(slow.cancel()).toBe(false);
    yield* sleep(1);
    expect(slow.cancel()).toBe(false);
    expect(yield* outcomeOf(slow)).toBe("cancelled");
    expect(slow.cancel()).toBe(false);
    expect([quick.cancelled, failing.cancelled]).toEqual([false, false]);
    failing.exception();
  });
});

test("cancel is a request: the task unwinds in a step of its own, not inside the call", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          order.push("finally");
        }
      })(),
    );
    yield* sleep(1);
    task.cancel();
    order.push("cancel returned");
    expect([task.done, task.cancelled]).toEqual([false, false]);
    yield* outcomeOf(task);
    expect(order).toEqual(["cancel returned", "finally"]);
  });
});

test("catch never sees a cancellation, and nothing after the awaited point runs", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const inner = coroutine(function* inner() {
      try {
        yield* sleep("1h");
        order.push("inner: after the await");
      } catch {
        order.push("inner: catch");
      } finally {
        order.push("inner: finally");
      }
      order.push("inner: after the try");
    });
    const outer = coroutine(function* outer() {
      try {
        yield* inner();
        order.push("outer: after the await");
      } catch {
        order.push("outer: catch");
      } finally {
        order.push("outer: finally");
      }
      order.push("outer: after the try");
    });
    const task = createTask(outer());
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(["inner: finally", "outer: finally"]);
  });
});

test("a retry loop that catches everything can be cancelled, in its work and in its pause", async () => {
  for (const when of [0, 1, 2, 3, 7.5, 8, 9, 20])
    await virtually(function* () {
      let attempts = 0;
      const failing = coroutine(function* failing() {
        attempts++;
        yield* sleep(3);
        throw new Error("try again");
      });
      const task = createTask(
        coroutine(function* retry() {
          for (;;)
            try {
              return yield* failing();
            } catch {
              yield* sleep(1);
            }
        })(),
      );
      yield* sleep(when);
      const before = attempts;
      expect(yield* cancelled(task)).toBe("cancelled");
      yield* sleep(50);
      expect(attempts, `cancelled after ${when}`).toBe(before);
      expect(task.cancelled).toBe(true);
    });
});

test("a retry loop without an await in its catch can be cancelled", async () => {
  await virtually(function* () {
    let attempts = 0;
    const task = createTask(
      coroutine(function* retry() {
        for (;;)
          try {
            attempts++;
            yield* sleep(1);
            throw new Error("try again");
          } catch {
            // Tries again at once: the worst that a loop can do.
          }
      })(),
    );
    yield* sleep(10.5);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(attempts).toBe(11);
  });
});

test("when a finally throws, a catch around it in the same function takes the error, and only that function goes on", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const inner = coroutine(function* inner() {
      try {
        try {
          yield* sleep("1h");
        } finally {
          order.push("inner: finally throws");
          throw new Error("cleanup failed");
        }
      } catch (error) {
        order.push(`inner: caught ${(error as Error).message}`);
        yield* sleep(1);
        order.push("inner: goes on");
      }
      return "a value for nobody";
    });
    const outer = coroutine(function* outer() {
      try {
        yield* inner();
        order.push("outer: never");
      } catch {
        order.push("outer: catch");
      } finally {
        order.push("outer: finally");
      }
    });
    const task = createTask(outer());
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual([
      "inner: finally throws",
      "inner: caught cleanup failed",
      "inner: goes on",
      "outer: finally",
    ]);
  });
});

test("a finally that returns a value does not stop the unwinding of its callers", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const inner = coroutine(function* inner() {
      try {
        yield* sleep("1h");
      } finally {
        yield* sleep(1);
        return "a value for nobody";
      }
    });
    const outer = coroutine(function* outer() {
      try {
        order.push(yield* inner());
      } finally {
        order.push("outer: finally");
      }
    });
    const task = createTask(outer());
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(["outer: finally"]);
  });
});

test("a using declaration is disposed on cancellation, innermost frame first", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const resource = (name: string): Disposable => ({ [Symbol.dispose]: () => void order.push(name) });
    const inner = coroutine(function* inner() {
      using _a = resource("inner a");
      using _b = resource("inner b");
      yield* sleep("1h");
    });
    const outer = coroutine(function* outer() {
      using _c = resource("outer");
      yield* inner();
    });
    const task = createTask(outer());
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(["inner b", "inner a", "outer"]);
  });
});

test("a task cancelled before its first step never starts, and its coroutine is not reported as forgotten", async () => {
  let started = false;
  const worker = coroutine(function* worker() {
    try {
      started = true;
      yield* sleep(1);
    } finally {
      started = true;
    }
  });
  await virtually(function* () {
    const task = createTask(worker());
    expect(task.cancel("not today")).toBe(true);
    expect(task.cancel()).toBe(false);
    expect(task.done).toBe(false);
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(() => task.result()).toThrow(CancelledError);
  });
  expect(started).toBe(false);
});

test("a cancellation reaches a task at whichever await it stands: nothing after that await runs", async () => {
  for (let steps = 0; steps <= 12; steps++)
    await virtually(function* () {
      let reached = 0;
      let cleaned = 0;
      const worker = coroutine(function* worker() {
        for (let i = 0; i < 3; i++)
          try {
            yield* sleep(0);
            reached++;
            yield* sleep(0);
            reached++;
          } finally {
            cleaned++;
          }
      });
      const task = createTask(worker());
      for (let i = 0; i < steps; i++) yield* sleep(0);
      const requested = task.cancel();
      const before = reached;
      const outcome = yield* outcomeOf(task);
      expect(reached).toBe(before);
      expect(outcome).toEqual(requested ? "cancelled" : { value: undefined });
      expect(cleaned).toBe(requested ? Math.min(3, Math.max(0, Math.ceil(steps / 2))) : 3);
    });
});

test("cancelling every task of a loop at once unwinds each of them", async () => {
  await virtually(function* () {
    let cleaned = 0;
    const worker = coroutine(function* worker(id: number) {
      try {
        yield* sleep(id % 7 === 0 ? 0 : "1h");
        yield* getRunningLoop().createFuture<never>();
      } finally {
        yield* sleep(id % 3);
        cleaned++;
      }
    });
    const tasks: Task<unknown>[] = Array.from({ length: 1_000 }, (_, id) => createTask(worker(id)));
    yield* sleep(1);
    for (const task of tasks) expect(task.cancel()).toBe(true);
    for (const task of tasks) expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(cleaned).toBe(1_000);
  });
});

test("the main task can be cancelled from inside: run rejects with CancelledError and its reason", async () => {
  const order: string[] = [];
  const { outcome, reports } = await reporting(function* () {
    const main = currentTask();
    getRunningLoop().callLater(5, () => void main.cancel("closing time"));
    try {
      yield* sleep("1h");
    } finally {
      yield* sleep(1);
      order.push("clean");
    }
  });
  expect(order).toEqual(["clean"]);
  expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(CancelledError) });
  expect(outcome).toMatchObject({ reason: { reason: "closing time" } });
  expect(reports).toEqual([]);
});
