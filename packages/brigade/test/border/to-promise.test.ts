/** The way out: toPromise, and async functions that await tasks and futures. */
import {
  CancelledError,
  coroutine,
  createTask,
  fromPromise,
  getRunningLoop,
  run,
  sleep,
  type Task,
  toPromise,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

test("toPromise runs an awaitable and gives a promise of its value", async () => {
  await virtually(function* () {
    const promise = toPromise(sleep(5, "value"));
    expect(promise).toBeInstanceOf(Promise);
    expect(yield* fromPromise(promise)).toBe("value");
    expect(getRunningLoop().time()).toBe(5);
  });
});

test("toPromise starts what it is given, even if nobody awaits the promise", async () => {
  await virtually(function* () {
    let ran = false;
    void toPromise(
      coroutine(function* work() {
        yield* sleep(1);
        ran = true;
      })(),
    );
    expect(ran).toBe(false);
    yield* sleep(5);
    expect(ran).toBe(true);
  });
});

test("the promise of toPromise rejects with what the awaitable throws, as it was thrown", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const failing = coroutine(function* failing() {
      yield* sleep(1);
      throw error;
    });
    const caught = yield* fromPromise(toPromise(failing()).catch((reason: unknown) => reason));
    expect(caught).toBe(error);
  });
});

test("the promise of toPromise rejects with CancelledError when the awaitable ends cancelled", async () => {
  await virtually(function* () {
    const task = createTask(sleep("1h"));
    const promise = toPromise(task).catch((reason: unknown) => reason);
    yield* sleep(1);
    task.cancel("closing time");
    const caught = yield* fromPromise(promise);
    expect(caught).toBeInstanceOf(CancelledError);
    expect(caught).toMatchObject({ reason: "closing time" });
  });
});

test("an async function can await a task and gets its value, its error or its cancellation", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const failing = coroutine(function* failing() {
      yield* sleep(1);
      throw error;
    });
    const stopped = createTask(sleep("1h"));
    getRunningLoop().callLater(3, () => void stopped.cancel());
    const tasks: Task<unknown>[] = [createTask(sleep(2, "value")), createTask(failing()), stopped];
    const awaitAll = async () => {
      const seen: unknown[] = [];
      for (const task of tasks)
        try {
          seen.push(await task);
        } catch (reason) {
          seen.push(reason);
        }
      return seen;
    };
    const seen = yield* fromPromise(awaitAll());
    expect(seen[0]).toBe("value");
    expect(seen[1]).toBe(error);
    expect(seen[2]).toBeInstanceOf(CancelledError);
  });
});

test("an async function can await a future, before and after it is done", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<number>();
    getRunningLoop().callLater(5, () => future.setResult(7));
    const twice = async () => [await future, await future];
    expect(yield* fromPromise(twice())).toEqual([7, 7]);
  });
});

test("then gives a promise, with either callback or none", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const failing = coroutine(function* failing() {
      yield* sleep(1);
      throw error;
    });
    const good = createTask(sleep(1, 20));
    const bad = createTask(failing());
    expect(yield* fromPromise(good.then((value) => value + 1))).toBe(21);
    expect(yield* fromPromise(good.then())).toBe(20);
    expect(yield* fromPromise(bad.then(undefined, (reason: unknown) => reason))).toBe(error);
    expect(yield* outcomeOf(createTask(fromPromise(Promise.resolve(bad))))).toEqual({ error });
  });
});

test("Promise.all and Promise.race take tasks", async () => {
  await virtually(function* () {
    const tasks = [createTask(sleep(3, "a")), createTask(sleep(1, "b"))];
    expect(yield* fromPromise(Promise.all(tasks))).toEqual(["a", "b"]);
    const racing = [createTask(sleep(3, "c")), createTask(sleep(1, "d"))];
    expect(yield* fromPromise(Promise.race(racing))).toBe("d");
  });
});

test("a task can be awaited after its loop has ended", async () => {
  const tasks: Task<string>[] = [];
  await virtually(function* () {
    tasks.push(createTask(sleep(1, "value")));
    yield* sleep(2);
  });
  expect(await tasks[0]).toBe("value");
});

test("a task that run cancelled at its end rejects for an async function that awaits it", async () => {
  let awaited: Promise<unknown> | undefined;
  await virtually(function* () {
    const task = createTask(sleep("1h"));
    awaited = (async () => {
      try {
        return await task;
      } catch (reason) {
        return reason;
      }
    })();
    yield* sleep(1);
  });
  expect(await awaited).toBeInstanceOf(CancelledError);
});

test("cancelling a task that awaits fromPromise of an async function leaves the task which that function awaits alone", async () => {
  await virtually(function* () {
    const inner = createTask(sleep(10, "value"));
    const waits = async () => await inner;
    const outer = createTask(fromPromise(waits()));
    yield* sleep(1);
    outer.cancel();
    expect(yield* outcomeOf(outer)).toBe("cancelled");
    expect(yield* inner).toBe("value");
  });
});

test("a host callback may complete a future and cancel a task while the loop is idle", async () => {
  // Real time: it is the host's timers that call into the loop.
  const seen = await run(function* () {
    const future = getRunningLoop().createFuture<string>();
    const task = createTask(sleep("1h"));
    setTimeout(() => future.setResult("from the host"), 5);
    setTimeout(() => task.cancel(), 10);
    const value = yield* future;
    return [value, yield* outcomeOf(task)];
  });
  expect(seen).toEqual(["from the host", "cancelled"]);
});
