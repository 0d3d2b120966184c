/** Futures: three endings, callbacks, and what they throw when they are asked too early or told too often. */
import { CancelledError, coroutine, createTask, getRunningLoop, InvalidStateError, sleep } from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

test("a future is pending until it is given a value, which every awaiter gets", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<{ id: number }>();
    expect([future.done, future.cancelled]).toEqual([false, false]);
    expect(() => future.result()).toThrow(InvalidStateError);
    expect(() => future.exception()).toThrow(InvalidStateError);
    const value = { id: 1 };
    future.setResult(value);
    expect([future.done, future.cancelled]).toEqual([true, false]);
    expect(future.result()).toBe(value);
    expect(future.exception()).toBeUndefined();
    expect(yield* future).toBe(value);
    expect(yield* future).toBe(value);
  });
});

test("a failed future throws its error at every awaiter and in result(), and gives it in exception()", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<number>();
    const error = new RangeError("no stock");
    future.setException(error);
    expect([future.done, future.cancelled]).toEqual([true, false]);
    expect(() => future.result()).toThrow(error);
    expect(future.exception()).toBe(error);
    for (let i = 0; i < 2; i++) expect(yield* outcomeOf(future)).toEqual({ error });
  });
});

test("a cancelled future throws CancelledError with its reason, in result(), exception() and its awaiters", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<number>();
    expect(future.cancel("shop is closed")).toBe(true);
    expect([future.done, future.cancelled]).toEqual([true, true]);
    const errors: unknown[] = [];
    for (const ask of [() => future.result(), () => future.exception()])
      try {
        ask();
      } catch (error) {
        errors.push(error);
      }
    try {
      yield* future;
    } catch (error) {
      errors.push(error);
    }
    expect(errors).toHaveLength(3);
    for (const error of errors) {
      expect(error).toBeInstanceOf(CancelledError);
      expect(error).toMatchObject({ reason: "shop is closed", name: "CancelledError" });
    }
  });
});

test("a future is completed once: a second time throws InvalidStateError", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const withValue = loop.createFuture<number>();
    withValue.setResult(1);
    const failed = loop.createFuture<number>();
    failed.setException(new Error("no stock"));
    const stopped = loop.createFuture<number>();
    stopped.cancel();
    for (const future of [withValue, failed, stopped]) {
      expect(() => future.setResult(2)).toThrow(InvalidStateError);
      expect(() => future.setException(new Error("late"))).toThrow(InvalidStateError);
      expect(future.cancel()).toBe(false);
    }
    expect(withValue.result()).toBe(1);
    expect(failed.exception()?.message).toBe("no stock");
    expect(stopped.cancelled).toBe(true);
    yield* sleep(0);
  });
});

test("done callbacks get the future, run in the order of registration, and never inside the call that completes it", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<string>();
    const calls: unknown[] = [];
    future.addDoneCallback((done) => calls.push(["first", done === future, done.result()]));
    future.addDoneCallback((done) => calls.push(["second", done === future, done.result()]));
    future.setResult("value");
    expect(calls).toEqual([]);
    future.addDoneCallback((done) => calls.push(["third", done === future, done.result()]));
    expect(calls).toEqual([]);
    yield* sleep(0);
    expect(calls).toEqual([
      ["first", true, "value"],
      ["second", true, "value"],
      ["third", true, "value"],
    ]);
  });
});

test("a callback that was added twice runs twice, and removeDoneCallback takes both and says how many", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<void>();
    let removed = 0;
    let kept = 0;
    const remove = () => void removed++;
    const keep = () => void kept++;
    for (const callback of [keep, remove, keep, remove]) future.addDoneCallback(callback);
    expect(future.removeDoneCallback(remove)).toBe(2);
    expect(future.removeDoneCallback(remove)).toBe(0);
    future.setResult();
    yield* sleep(1);
    expect({ removed, kept }).toEqual({ removed: 0, kept: 2 });
  });
});

test("awaiting a future that is already done does not suspend", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const future = loop.createFuture<number>();
    future.setResult(1);
    let passes = 0;
    loop.callSoon(() => void passes++);
    for (let i = 0; i < 100; i++) yield* future;
    expect(passes).toBe(0);
  });
});

test("a future given undefined, null, a promise or another future as its value gives just that", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const other = loop.createFuture<number>();
    for (const value of [undefined, null, 0, "", Promise.resolve(5), other]) {
      const future = loop.createFuture<unknown>();
      future.setResult(value);
      expect(yield* future).toBe(value);
    }
    other.cancel();
  });
});

test("a task that is cancelled while it waits for a future cancels that future", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<void>();
    const waiter = coroutine(function* waiter() {
      yield* future;
    });
    const task = createTask(waiter());
    yield* sleep(1);
    task.cancel("closing time");
    expect(future.cancelled).toBe(true);
    expect(yield* outcomeOf(task)).toBe("cancelled");
  });
});

test("an awaiter of a cancelled future that does not catch the error ends cancelled", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<void>();
    const waiter = coroutine(function* waiter() {
      yield* future;
    });
    const task = createTask(waiter());
    yield* sleep(1);
    future.cancel();
    yield* sleep(1);
    expect([task.done, task.cancelled, task.cancelRequested]).toEqual([true, true, false]);
  });
});

test("what was thrown comes as it is from result() and yield*, and wrapped in an Error from exception()", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<void>();
    future.setException("no stock");
    const error = future.exception();
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ cause: "no stock" });
    expect(error?.message).toContain("no stock");
    expect(yield* outcomeOf(future)).toEqual({ error: "no stock" });
    let thrown: unknown;
    try {
      future.result();
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe("no stock");
  });
});
