/**
 * Cancelling while a nested `finally` awaits. Generators driven by `yield*` alone go on with their caller's normal code
 * after such an await; here nothing but each caller's own `finally` runs, in every surrounding.
 */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  ExceptionGroup,
  getRunningLoop,
  shield,
  sleep,
  taskGroup,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";
import { nest, UNWOUND } from "./nest.ts";

test("after the await in the inner finally, outer runs its own finally and nothing else", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(nest(order)());
    yield* sleep(1);
    const start = getRunningLoop().time();
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(UNWOUND);
    expect(getRunningLoop().time() - start).toBe(5);
  });
});

test("a second cancel at any moment of the cleanup changes nothing", async () => {
  for (const moment of [0, 1, 4, 5])
    await virtually(function* () {
      const order: string[] = [];
      const task = createTask(nest(order)());
      yield* sleep(1);
      task.cancel();
      yield* sleep(moment);
      expect(task.cancel(), `after ${moment} ms`).toBe(false);
      expect(yield* outcomeOf(task)).toBe("cancelled");
      expect(order).toEqual(UNWOUND);
    });
});

test("an error thrown by the inner cleanup does not stop the unwinding, and is the task's outcome", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const error = new Error("cleanup failed");
    const task = createTask(nest(order, error)());
    yield* sleep(1);
    expect(yield* cancelled(task)).toEqual({ error });
    expect(task.cancelled).toBe(false);
    expect(order).toEqual(UNWOUND);
  });
});

test("at depth 50 every frame cleans up with an await, innermost first, and nothing else runs", async () => {
  const depth = 50;
  const dive = (order: number[], extra: string[]): ((left: number) => Coroutine<void>) => {
    const frame: (left: number) => Coroutine<void> = coroutine(function* dives(left: number): CoroutineBody<void> {
      try {
        if (left > 0) yield* frame(left - 1);
        else yield* sleep("1h");
        extra.push(`${left} goes on`);
      } catch {
        extra.push(`${left} catch`);
      } finally {
        yield* sleep(1);
        order.push(left);
        yield* sleep(0);
      }
      extra.push(`${left} after`);
    });
    return frame;
  };
  for (const secondCancelAt of [undefined, 0, 1, 25, 49])
    await virtually(function* () {
      const order: number[] = [];
      const extra: string[] = [];
      const task = createTask(dive(order, extra)(depth));
      yield* sleep(1);
      const start = getRunningLoop().time();
      task.cancel();
      if (secondCancelAt !== undefined) {
        yield* sleep(secondCancelAt);
        expect(task.cancel()).toBe(false);
      }
      expect(yield* outcomeOf(task)).toBe("cancelled");
      expect(order).toEqual(Array.from({ length: depth + 1 }, (_, i) => i));
      expect(extra).toEqual([]);
      expect(getRunningLoop().time() - start).toBe(depth + 1);
    });
});

test("at depth 50 every error of a cleanup is kept, in the order in which they came", async () => {
  const frame: (left: number) => Coroutine<void> = coroutine(function* dives(left: number): CoroutineBody<void> {
    try {
      if (left > 0) yield* frame(left - 1);
      else yield* sleep("1h");
    } finally {
      yield* sleep(1);
      throw new Error(`cleanup ${left}`);
    }
  });
  await virtually(function* () {
    const task = createTask(frame(50));
    yield* sleep(1);
    task.cancel();
    yield* outcomeOf(task);
    const group = task.exception();
    expect(group).toBeInstanceOf(ExceptionGroup);
    const messages = (group as ExceptionGroup).errors.map((error: Error) => error.message);
    expect(messages).toEqual(Array.from({ length: 51 }, (_, i) => `cleanup ${i}`));
  });
});

test("cleanup that itself calls a nest, cancels a task of it and waits, unwinds both", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const cleanup: string[] = [];
    const task = createTask(
      coroutine(function* caller() {
        try {
          yield* nest(order)();
        } finally {
          const helper = createTask(nest(cleanup)());
          yield* sleep(1);
          expect(yield* cancelled(helper)).toBe("cancelled");
          order.push("caller finally");
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(cleanup).toEqual(UNWOUND);
    expect(order).toEqual([...UNWOUND, "caller finally"]);
  });
});

test("awaits of every kind in a finally go to their end: sleep(0), a task, a future, a group, a timeout, a shield", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const future = getRunningLoop().createFuture<string>();
    const inner = coroutine(function* inner() {
      try {
        yield* sleep("1h");
      } finally {
        yield* sleep(0);
        order.push(yield* createTask(sleep(1, "task")));
        getRunningLoop().callLater(1, () => future.setResult("future"));
        order.push(yield* future);
        order.push(yield* taskGroup((group) => group.createTask(sleep(1, "group"))));
        order.push(yield* timeout(10, sleep(1, "timeout")));
        order.push(yield* shield(sleep(1, "shield")));
      }
    });
    const outer = coroutine(function* outer() {
      try {
        yield* inner();
        order.push("outer goes on");
      } finally {
        order.push("outer finally");
      }
    });
    const task = createTask(outer());
    yield* sleep(1);
    task.cancel();
    for (let i = 0; i < 4; i++) {
      yield* sleep(1);
      expect(task.cancel()).toBe(false);
    }
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(order).toEqual(["task", "future", "group", "timeout", "shield", "outer finally"]);
  });
});

test("a frame whose finally awaits in a loop, in nested tries, is unwound once, in order", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const inner = coroutine(function* inner() {
      try {
        try {
          try {
            yield* sleep("1h");
          } finally {
            for (let i = 0; i < 3; i++) {
              yield* sleep(1);
              order.push(`innermost ${i}`);
            }
          }
          order.push("never");
        } finally {
          yield* sleep(1);
          order.push("middle");
        }
        order.push("never");
      } finally {
        yield* sleep(1);
        order.push("outermost");
      }
      order.push("never");
    });
    const task = createTask(inner());
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual(["innermost 0", "innermost 1", "innermost 2", "middle", "outermost"]);
  });
});
