/** A task that cancels itself: it goes on until its next suspension, and ends cancelled if there is none. */
import { CancelledError, coroutine, createTask, currentTask, getRunningLoop, sleep } from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

test("a task that cancels itself goes on until its next suspension, over calls and awaits that do not suspend", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const done = getRunningLoop().createFuture<string>();
    done.setResult("of a done future");
    const quick = coroutine(function* quick() {
      return "of a call";
    });
    const task = createTask(
      coroutine(function* worker() {
        const self = currentTask();
        order.push(`${self.cancel("enough")} ${self.cancel()}`);
        order.push(yield* quick());
        order.push(yield* done);
        try {
          yield* sleep(10);
          order.push("never");
        } finally {
          order.push("finally");
        }
      })(),
    );
    const start = getRunningLoop().time();
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(getRunningLoop().time()).toBe(start);
    expect(order).toEqual(["true false", "of a call", "of a done future", "finally"]);
  });
});

test("a task that cancels itself and returns without a suspension ends cancelled", async () => {
  await virtually(function* () {
    const task = createTask(
      coroutine(function* worker() {
        currentTask().cancel("enough");
        return "a value for nobody";
      })(),
    );
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(() => task.result()).toThrow(CancelledError);
  });
});

test("a task that cancels itself and then throws ends failed: the error is not lost", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const task = createTask(
      coroutine(function* worker() {
        currentTask().cancel();
        throw error;
      })(),
    );
    expect(yield* outcomeOf(task)).toEqual({ error });
  });
});

test("a task that cancels itself deep in its frames unwinds all of them", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const inner = coroutine(function* inner() {
      currentTask().cancel();
      yield* sleep(0);
      order.push("never");
    });
    const outer = coroutine(function* outer() {
      try {
        yield* inner();
      } catch {
        order.push("catch");
      } finally {
        order.push("finally");
      }
    });
    expect(yield* outcomeOf(createTask(outer()))).toBe("cancelled");
    expect(order).toEqual(["finally"]);
  });
});
