/** timeout and timeoutAt: what the caller sees, which code runs, and what becomes of the timer. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  currentTask,
  fromPromise,
  getRunningLoop,
  InvalidStateError,
  sleep,
  TimeoutError,
  type TimeoutScope,
  timeout,
  timeoutAt,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();
const expired = { error: expect.any(TimeoutError) as TimeoutError };

test("a body that ends in time gives its value, and its timer is gone", async () => {
  const clock = virtualClock();
  const start = clock.now();
  expect(await virtually(timeout("1h", sleep(10, "done")), { clock })).toBe("done");
  expect(clock.now() - start).toBe(10);
});

test("a body that throws in time throws through the scope, and its timer is gone", async () => {
  const clock = virtualClock();
  const start = clock.now();
  const error = new Error("no stock");
  const failing = coroutine(function* failing() {
    yield* sleep(10);
    throw error;
  });
  await expect(virtually(timeout("1h", failing()), { clock })).rejects.toBe(error);
  expect(clock.now() - start).toBe(10);
});

test("when it expires it unwinds the body's frames: finally runs, catch and what follows do not", async () => {
  const seen: string[] = [];
  const inner = coroutine(function* inner() {
    try {
      yield* sleep(100);
      seen.push("after the await");
    } catch {
      seen.push("catch");
    } finally {
      seen.push("inner finally");
    }
    seen.push("after the try");
  });
  const outer = coroutine(function* outer() {
    try {
      yield* inner();
      seen.push("after inner");
    } catch {
      seen.push("outer catch");
    } finally {
      seen.push("outer finally");
    }
  });
  await virtually(function* () {
    try {
      yield* timeout(10, outer());
    } catch (error) {
      seen.push((error as Error).name);
    }
  });
  expect(seen).toEqual(["inner finally", "outer finally", "TimeoutError"]);
});

test("it unwinds the body, not the task: the task is not cancelled and goes on", async () => {
  await virtually(function* () {
    const start = now();
    try {
      yield* timeout(10, sleep(100));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TimeoutError);
    }
    expect(now() - start).toBe(10);
    expect(currentTask().cancelRequested).toBe(false);
    expect(currentTask().unwinding).toBe(false);
    yield* sleep(5);
    expect(now() - start).toBe(15);
  });
});

test("a finally inside knows that it is being unwound, and one that runs after the body's end that it is not", async () => {
  await virtually(function* () {
    const seen: boolean[] = [];
    const body = coroutine(function* body(delay: number) {
      try {
        yield* sleep(delay);
      } finally {
        seen.push(currentTask().unwinding);
        yield* sleep(1);
        seen.push(currentTask().unwinding);
      }
    });
    yield* timeout(10, body(5));
    expect(yield* outcomeOf(createTask(timeout(10, body(20))))).toEqual(expired);
    expect(seen).toEqual([false, false, true, true]);
  });
});

test("the TimeoutError comes when the body's cleanup has ended, at every depth", async () => {
  for (const depth of [1, 2, 50]) {
    await virtually(function* () {
      const seen: number[] = [];
      const nest: (level: number) => Coroutine<void> = coroutine(function* (level: number): CoroutineBody<void> {
        try {
          yield* level === 1 ? sleep(1_000) : nest(level - 1);
          seen.push(-1);
        } finally {
          yield* sleep(2);
          seen.push(level);
        }
        seen.push(-1);
      });
      const start = now();
      expect(yield* outcomeOf(createTask(timeout(10, nest(depth))))).toEqual(expired);
      expect(seen).toEqual(Array.from({ length: depth }, (_, index) => index + 1));
      expect(now() - start).toBe(10 + 2 * depth);
    });
  }
});

test("timeouts keep their order of creation: the scope's timer is made before its body's, and expires first", async () => {
  await virtually(function* () {
    expect(yield* outcomeOf(createTask(timeout(10, sleep(10))))).toEqual(expired);
    expect(yield* outcomeOf(createTask(timeout(0, sleep(0))))).toEqual(expired);
    expect(yield* outcomeOf(createTask(timeout(0, sleep(5))))).toEqual(expired);
  });
});

test("the body of timeout(0) starts, and gives its value if it does not suspend", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const body = coroutine(function* body() {
      seen.push("started");
      yield* sleep(0);
      seen.push("never");
    });
    expect(yield* outcomeOf(createTask(timeout(0, body())))).toEqual(expired);
    expect(seen).toEqual(["started"]);
    const quick = coroutine(function* quick() {
      return "value";
    });
    expect(yield* timeout(0, quick())).toBe("value");
  });
});

test("timeoutAt takes a moment on the loop's clock, and one that has passed expires at once", async () => {
  await virtually(function* () {
    const start = now();
    expect(yield* outcomeOf(createTask(timeoutAt(start + 25, sleep(100))))).toEqual(expired);
    expect(now() - start).toBe(25);
    const seen: string[] = [];
    const body = coroutine(function* body() {
      seen.push("started");
      yield* sleep(50);
    });
    expect(yield* outcomeOf(createTask(timeoutAt(start + 5, body())))).toEqual(expired);
    expect(now() - start).toBe(25);
    expect(seen).toEqual(["started"]);
    expect(yield* timeoutAt(now() + 2, sleep(1, "in time"))).toBe("in time");
  });
});

test("a body is a coroutine, a generator, a function of the scope, a task or a promise", async () => {
  await virtually(function* () {
    const bare = function* () {
      return yield* sleep(1, "generator");
    };
    expect(yield* timeout(10, bare())).toBe("generator");
    expect(yield* timeout(10, (scope) => sleep(1, typeof scope.deadline))).toBe("number");
    expect(yield* timeout(10, createTask(sleep(1, "task")))).toBe("task");
    expect(yield* timeout(10, Promise.resolve("promise"))).toBe("promise");
    expect(yield* timeout(10, fromPromise(Promise.resolve("from promise")))).toBe("from promise");
  });
});

test("a task that it waits for is cancelled when it expires, and its cleanup is waited for", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const task = createTask(
      (function* () {
        try {
          yield* sleep(100);
        } finally {
          yield* sleep(7);
          seen.push("cleaned up");
        }
      })(),
    );
    expect(yield* outcomeOf(createTask(timeout(10, task)))).toEqual(expired);
    expect(seen).toEqual(["cleaned up"]);
    expect(now() - start).toBe(17);
    expect(task.cancelled).toBe(true);
  });
});

test("the scope tells its deadline and whether it has expired", async () => {
  await virtually(function* () {
    const start = now();
    let scope: TimeoutScope | undefined;
    yield* outcomeOf(
      createTask(
        timeout(10, function* (given) {
          scope = given;
          expect(given.deadline - start).toBe(10);
          expect(given.expired).toBe(false);
          try {
            yield* sleep(100);
          } finally {
            expect(given.expired).toBe(true);
          }
        }),
      ),
    );
    expect(scope?.expired).toBe(true);
    yield* timeout(10, function* (given) {
      scope = given;
    });
    expect(scope?.expired).toBe(false);
  });
});

test("reschedule moves the deadline, counted from now, later and sooner", async () => {
  await virtually(function* () {
    const start = now();
    const later = yield* timeout(10, function* (scope) {
      yield* sleep(5);
      scope.reschedule("20ms");
      expect(scope.deadline - start).toBe(25);
      yield* sleep(19);
      return "later";
    });
    expect(later).toBe("later");
    const sooner = timeout(1_000, function* (scope) {
      scope.reschedule(3);
      yield* sleep(100);
    });
    expect(yield* outcomeOf(createTask(sooner))).toEqual(expired);
    expect(now() - start).toBe(27);
    const never = timeout(1, function* (scope) {
      scope.reschedule(Number.POSITIVE_INFINITY);
      return yield* sleep("1h", scope.deadline);
    });
    expect(yield* never).toBe(Number.POSITIVE_INFINITY);
  });
});

test("reschedule throws once the scope has expired or the body has ended, as asyncio's does", async () => {
  await virtually(function* () {
    let kept: TimeoutScope | undefined;
    yield* timeout(10, function* (scope) {
      kept = scope;
    });
    expect(() => kept?.reschedule(5)).toThrow(InvalidStateError);
    const outcome = yield* outcomeOf(
      createTask(
        timeout(10, function* (scope) {
          try {
            yield* sleep(100);
          } finally {
            expect(() => scope.reschedule(5)).toThrow(InvalidStateError);
          }
        }),
      ),
    );
    expect(outcome).toEqual(expired);
  });
});

test("a duration of the wrong kind throws RangeError, in timeout and in reschedule", async () => {
  await virtually(function* () {
    for (const wrong of [-1, Number.NaN, "10 parsecs" as "10s"]) {
      expect(() => timeout(wrong, sleep(1))).toThrow(RangeError);
      yield* timeout(10, function* (scope) {
        expect(() => scope.reschedule(wrong)).toThrow(RangeError);
      });
    }
  });
});
