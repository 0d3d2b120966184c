/** gather when something fails or is cancelled: nobody is left running, no error is lost. */
import {
  allTasks,
  CancelledError,
  coroutine,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  sleep,
  suppressed,
  type Task,
  TimeoutError,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

const failing = coroutine(function* failing(delay: number, error: unknown) {
  yield* sleep(delay);
  throw error;
});

/** Sleeps until it is unwound; then cleans up, says so, and throws if it is given an error. */
const cleaning = coroutine(function* cleaning(cleanup: number, end: () => void, error?: unknown) {
  try {
    yield* sleep(10_000);
  } finally {
    yield* sleep(cleanup);
    end();
    if (error !== undefined) throw error;
  }
});

test("the first failure cancels the others, waits until they have unwound, and is thrown", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const error = new Error("no stock");
    try {
      yield* gather([cleaning(20, () => seen.push("slow")), failing(10, error), cleaning(5, () => seen.push("quick"))]);
      seen.push("never");
    } catch (thrown) {
      expect(thrown).toBe(error);
      seen.push("caught");
    }
    expect(seen).toEqual(["quick", "slow", "caught"]);
    expect(now() - start).toBe(30);
    expect(allTasks().size).toBe(1);
  });
});

test("what was thrown is thrown as it is, be it an Error or not", async () => {
  await virtually(function* () {
    for (const thrown of [new Error("no stock"), "a string", undefined, 0, null]) {
      const work = gather([sleep(10), failing(5, thrown)]);
      const outcome = yield* outcomeOf(
        createTask(
          (function* () {
            try {
              yield* work;
            } catch (caught) {
              return [caught];
            }
            return [];
          })(),
        ),
      );
      expect(outcome).toEqual({ value: [thrown] });
    }
  });
});

test("suppressed gives the errors that came later: of failures and of cleanup, in their order", async () => {
  await virtually(function* () {
    const [first, second, third] = [new Error("first"), new Error("second"), new Error("third")];
    const work = gather({
      late: cleaning(20, () => {}, third),
      early: cleaning(5, () => {}, second),
      first: failing(10, first),
    });
    expect(yield* outcomeOf(createTask(work))).toEqual({ error: first });
    expect(suppressed(first)).toEqual([second, third]);
    expect(suppressed(second)).toEqual([]);
    expect(suppressed("anything")).toEqual([]);
  });
});

test("of failures in the same iteration the one that was given first is thrown, the others are suppressed", async () => {
  await virtually(function* () {
    const errors = ["a", "b", "c"].map((name) => new Error(name));
    const work = gather(errors.map((error) => failing(10, error)));
    expect(yield* outcomeOf(createTask(work))).toEqual({ error: errors[0] });
    expect(suppressed(errors[0])).toEqual([errors[1], errors[2]]);
  });
});

test("a failure under a limit: what has not started never starts, and is not reported as never awaited", async () => {
  await virtually(function* () {
    const started: number[] = [];
    const error = new Error("no stock");
    const worker = coroutine(function* worker(index: number) {
      started.push(index);
      yield* sleep(10);
      if (index === 1) throw error;
    });
    const work = gather(
      [0, 1, 2, 3, 4].map((index) => worker(index)),
      { limit: 2 },
    );
    expect(yield* outcomeOf(createTask(work))).toEqual({ error });
    yield* sleep(100);
    expect(started.filter((index) => index > 2)).toEqual([]);
  });
});

test("an iterable that throws while it is read fails the gather like a child", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const error = new Error("no more rows");
    const rows = (function* () {
      yield cleaning(5, () => seen.push("first cleaned up"));
      yield sleep(10);
      throw error;
    })();
    expect(yield* outcomeOf(createTask(gather(rows, { limit: 2 })))).toEqual({ error });
    expect(seen).toEqual(["first cleaned up"]);
    expect(now() - start).toBe(15);
  });
});

test("so does one that throws before it gave anything, and one that throws without a limit", async () => {
  await virtually(function* () {
    const error = new Error("no more rows");
    const none = (function* (): Generator<ReturnType<typeof sleep>> {
      throw error;
    })();
    expect(yield* outcomeOf(createTask(gather(none)))).toEqual({ error });
    const some = (function* () {
      yield sleep(10);
      throw error;
    })();
    const start = now();
    expect(yield* outcomeOf(createTask(gather(some)))).toEqual({ error });
    expect(now() - start).toBe(0);
  });
});

test("with returnExceptions a failed one gives its Error in its place, and nobody else is cancelled", async () => {
  await virtually(function* () {
    const start = now();
    const error = new Error("no stock");
    const results = yield* gather([sleep(30, "a"), failing(10, error), sleep(20, "b")], { returnExceptions: true });
    expect(results).toEqual(["a", error, "b"]);
    expect(results[1]).toBe(error);
    expect(now() - start).toBe(30);
    const record = yield* gather({ bad: failing(1, error), good: sleep(2, 2) }, { returnExceptions: true });
    expect(record).toEqual({ bad: error, good: 2 });
  });
});

test("with returnExceptions a thrown string comes as an Error whose cause it is", async () => {
  const [result] = await virtually(gather([failing(1, "no stock")], { returnExceptions: true }));
  expect(result).toBeInstanceOf(Error);
  expect(result.message).toBe("no stock");
  expect(result.cause).toBe("no stock");
});

test("with returnExceptions a cancelled one gives its CancelledError, with its reason", async () => {
  await virtually(function* () {
    const task = createTask(sleep(100));
    const self = coroutine(function* self() {
      currentTask().cancel("enough");
      yield* sleep(100);
    });
    getRunningLoop().callLater(10, () => task.cancel("too slow"));
    const results = yield* gather([task, sleep(20, "b"), self()], { returnExceptions: true });
    expect(results[0]).toBeInstanceOf(CancelledError);
    expect((results[0] as unknown as CancelledError).reason).toBe("too slow");
    expect(results[1]).toBe("b");
    expect((results[2] as unknown as CancelledError).reason).toBe("enough");
  });
});

test("an iterable that throws while it is read fails a gather with returnExceptions too", async () => {
  await virtually(function* () {
    const error = new Error("no more rows");
    const rows = (function* () {
      yield sleep(10);
      throw error;
    })();
    const outcome = yield* outcomeOf(createTask(gather(rows, { returnExceptions: true })));
    expect(outcome).toEqual({ error });
  });
});

test("a child that is cancelled on its own fails the gather with CancelledError, which can be caught", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const task = createTask(sleep(100));
    getRunningLoop().callLater(10, () => task.cancel("too slow"));
    try {
      yield* gather([task, cleaning(5, () => seen.push("sibling"))]);
    } catch (error) {
      expect(error).toBeInstanceOf(CancelledError);
      expect((error as CancelledError).reason).toBe("too slow");
      seen.push("caught");
    }
    expect(seen).toEqual(["sibling", "caught"]);
    expect(currentTask().cancelRequested).toBe(false);
  });
});

test("cancelling the task that waits for gather cancels every child and waits for all of them", async () => {
  for (const returnExceptions of [true, false]) {
    await virtually(function* () {
      const start = now();
      const seen: string[] = [];
      const waiter = coroutine(function* waiter() {
        try {
          const children = [cleaning(20, () => seen.push("slow")), cleaning(5, () => seen.push("quick"))];
          yield* gather(children, { returnExceptions });
          seen.push("never");
        } catch {
          seen.push("catch");
        } finally {
          seen.push("finally");
        }
      });
      const task = createTask(waiter());
      yield* sleep(10);
      expect(yield* cancelled(task)).toBe("cancelled");
      expect(seen).toEqual(["quick", "slow", "finally"]);
      expect(now() - start).toBe(30);
    });
  }
});

test("under a limit, a cancelled gather starts nothing more", async () => {
  await virtually(function* () {
    let started = 0;
    const worker = coroutine(function* worker() {
      started++;
      yield* sleep(100);
    });
    const task = createTask(gather([worker(), worker(), worker()], { limit: 2 }));
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    yield* sleep(10);
    expect(started).toBe(2);
  });
});

test("an error of a child's cleanup, while gather is cancelled, is the waiting task's outcome", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const error = new Error("cleanup broke");
    const waiter = coroutine(function* waiter() {
      try {
        yield* gather([cleaning(5, () => {}, error), cleaning(10, () => {})]);
      } catch {
        seen.push("catch");
      } finally {
        seen.push("finally");
      }
    });
    const task = createTask(waiter());
    yield* sleep(10);
    expect(yield* cancelled(task)).toEqual({ error });
    expect(seen).toEqual(["finally"]);
  });
});

test("a cancellation while gather waits for the others after a failure: they clean up, and the error is not lost", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const error = new Error("no stock");
    const waiter = coroutine(function* waiter() {
      try {
        yield* gather([failing(10, error), cleaning(20, () => seen.push("sibling"))]);
      } catch {
        seen.push("catch");
      }
      seen.push("after");
    });
    const task = createTask(waiter());
    yield* sleep(20);
    expect(yield* cancelled(task)).toEqual({ error });
    expect(seen).toEqual(["sibling"]);
    expect(now() - start).toBe(30);
  });
});

test("a timeout around gather cancels the children and waits for them before the TimeoutError", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const work = timeout(10, gather([cleaning(5, () => seen.push("a")), sleep(100)]));
    expect(yield* outcomeOf(createTask(work))).toEqual({ error: expect.any(TimeoutError) });
    expect(seen).toEqual(["a"]);
    expect(now() - start).toBe(15);
  });
});

test("a task that was given to gather is cancelled with the others: gather owns what it waits for", async () => {
  await virtually(function* () {
    const task: Task<void> = createTask(sleep(100));
    yield* outcomeOf(createTask(gather([task, failing(10, new Error("no stock"))])));
    expect(task.cancelled).toBe(true);
  });
});
