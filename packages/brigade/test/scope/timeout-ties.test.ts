/** Scopes, bodies and cancellations that come due in the same iteration: who wins, and that somebody always does. */
import {
  type Awaitable,
  CancelledError,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  Event,
  getRunningLoop,
  moveOnAfter,
  sleep,
  TimeoutError,
  type TimeoutScope,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();
const expired = { error: expect.any(TimeoutError) as TimeoutError };

/** timeout inside timeout, with a catch between them; says where the TimeoutError was seen. */
const nested = coroutine(function* nested(outer: number, inner: number, body: () => Awaitable<unknown>) {
  const seen: string[] = [];
  try {
    yield* timeout(outer, function* () {
      try {
        yield* timeout(inner, body());
      } catch (error) {
        seen.push(`inner ${(error as Error).name}`);
      } finally {
        seen.push("between");
      }
    });
    seen.push("value");
  } catch (error) {
    seen.push(`outer ${(error as Error).name}`);
  }
  // What is left of a request would unwind what comes now.
  yield* sleep(1);
  seen.push("goes on");
  return seen;
});

const cleaningUp = coroutine(function* cleaningUp(cleanup: number) {
  try {
    yield* sleep(1_000);
  } finally {
    yield* sleep(cleanup);
  }
});

test("of two nested scopes due at once the outer one is seen, and the code between them does not run", async () => {
  expect(await virtually(nested(10, 10, () => sleep(100)))).toEqual(["between", "outer TimeoutError", "goes on"]);
});

test("the outer one is seen even if the inner timer was made first", async () => {
  const seen: string[] = [];
  await virtually(function* () {
    try {
      yield* timeout(100, function* (outer) {
        try {
          yield* timeout(10, function* () {
            outer.reschedule(10);
            yield* sleep(100);
          });
        } catch {
          seen.push("between");
        }
      });
    } catch (error) {
      seen.push(`outer ${(error as Error).name}`);
    }
  });
  expect(seen).toEqual(["outer TimeoutError"]);
});

test("of ten nested scopes due at once the outermost is seen", async () => {
  const seen: string[] = [];
  await virtually(function* () {
    const nest: (level: number) => Coroutine<void> = coroutine(function* (level: number): CoroutineBody<void> {
      try {
        yield* timeout(10, level === 1 ? sleep(100) : nest(level - 1));
      } catch (error) {
        seen.push(`${level} ${(error as Error).name}`);
      }
    });
    yield* nest(10);
  });
  expect(seen).toEqual(["10 TimeoutError"]);
});

test("an inner scope that expires first is seen inside, and the outer one goes on", async () => {
  expect(await virtually(nested(20, 10, () => sleep(100)))).toEqual([
    "inner TimeoutError",
    "between",
    "value",
    "goes on",
  ]);
});

test("an outer scope that expires while the body cleans up for the inner one wins, and the cleanup ends", async () => {
  await virtually(function* () {
    const start = now();
    expect(yield* nested(15, 10, () => cleaningUp(10))).toEqual(["between", "outer TimeoutError", "goes on"]);
    expect(now() - start).toBe(21);
  });
});

test("an inner scope that expires while the body cleans up for the outer one changes nothing", async () => {
  await virtually(function* () {
    const start = now();
    expect(yield* nested(10, 15, () => cleaningUp(10))).toEqual(["between", "outer TimeoutError", "goes on"]);
    expect(now() - start).toBe(21);
  });
});

test("a scope's own expiry while the body cleans up for a cancellation changes nothing", async () => {
  await virtually(function* () {
    const start = now();
    const task = createTask(timeout(15, cleaningUp(10)));
    yield* sleep(10);
    task.cancel();
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(now() - start).toBe(20);
  });
});

test("a cancellation in the iteration of the expiry wins, whichever came first", async () => {
  for (const cancelFirst of [true, false]) {
    await virtually(function* () {
      const seen: string[] = [];
      const loop = getRunningLoop();
      const start = loop.time();
      const task = createTask(
        (function* () {
          try {
            yield* timeout(10 - (loop.time() - start), sleep(100));
          } catch {
            seen.push("catch");
          }
        })(),
      );
      if (cancelFirst) loop.callAt(start + 10, () => task.cancel());
      yield* sleep(1);
      if (!cancelFirst) loop.callAt(start + 10, () => task.cancel());
      expect(yield* outcomeOf(task)).toBe("cancelled");
      expect(seen).toEqual([]);
      expect(loop.time() - start).toBe(10);
    });
  }
});

test("a cancellation while the body cleans up for the expiry wins, and the cleanup ends", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const task = createTask(
      (function* () {
        try {
          yield* timeout(10, cleaningUp(10));
        } catch {
          seen.push("catch");
        } finally {
          seen.push("finally");
        }
      })(),
    );
    yield* sleep(15);
    expect(task.cancel()).toBe(true);
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(seen).toEqual(["finally"]);
    expect(now() - start).toBe(20);
  });
});

test("an error of that cleanup is the task's outcome, and the code around the scope still does not run", async () => {
  await virtually(function* () {
    const broken = new Error("cleanup broke");
    const seen: string[] = [];
    const body = coroutine(function* body() {
      try {
        yield* sleep(100);
      } finally {
        yield* sleep(10);
        throw broken;
      }
    });
    const task = createTask(
      (function* () {
        try {
          yield* timeout(10, body());
        } catch {
          seen.push("catch");
        }
        seen.push("after");
      })(),
    );
    yield* sleep(15);
    task.cancel();
    expect(yield* outcomeOf(task)).toEqual({ error: broken });
    expect(seen).toEqual([]);
  });
});

test("a body woken by a timer made before the scope's, in the iteration of the expiry, does not go on, as in asyncio", async () => {
  await virtually(function* () {
    let scope: TimeoutScope | undefined;
    const task = createTask(
      timeout(100, function* (given) {
        scope = given;
        return yield* sleep(10, "value");
      }),
    );
    yield* sleep(5);
    scope?.reschedule(5);
    expect(yield* outcomeOf(task)).toEqual(expired);
  });
});

test("a body that ends in the iteration of the expiry, before it, gives its value", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const future = loop.createFuture<string>();
    let scope: TimeoutScope | undefined;
    const task = createTask(
      timeout(100, function* (given) {
        scope = given;
        return yield* future;
      }),
    );
    yield* sleep(5);
    future.setResult("value");
    scope?.reschedule(0);
    expect(yield* outcomeOf(task)).toEqual({ value: "value" });
  });
});

test("a reschedule in the iteration of the expiry, before it, moves it", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const start = loop.time();
    let scope: TimeoutScope | undefined;
    loop.callAt(start + 10, () => scope?.reschedule(20));
    const slow = timeout(10, function* (given) {
      scope = given;
      yield* sleep(100);
    });
    expect(yield* outcomeOf(createTask(slow))).toEqual(expired);
    expect(loop.time() - start).toBe(30);
    const saved = timeout(10, function* (given) {
      given.reschedule(0);
      given.reschedule(20);
      return yield* sleep(15, "value");
    });
    expect(yield* saved).toBe("value");
  });
});

test("a body that is woken after the expiry in the same iteration does not go on", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const event = new Event();
    const seen: string[] = [];
    const start = loop.time();
    const task = createTask(
      timeout(10, function* () {
        yield* event.wait();
        seen.push("never");
      }),
    );
    yield* sleep(0);
    loop.callAt(start + 10, () => event.set());
    expect(yield* outcomeOf(task)).toEqual(expired);
    expect(event.isSet).toBe(true);
    expect(seen).toEqual([]);
  });
});

test("moveOnAfter inside timeout and timeout inside moveOnAfter, due at once: the outer one decides", async () => {
  await virtually(function* () {
    expect(yield* outcomeOf(createTask(timeout(10, moveOnAfter(10, sleep(100)))))).toEqual(expired);
    expect(yield* moveOnAfter(10, timeout(10, sleep(100, "value")))).toBeUndefined();
  });
});

test("a scope that expires while its body waits for a task that ends cancelled throws TimeoutError, not CancelledError", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const task = createTask(sleep(100));
    const body = coroutine(function* body() {
      try {
        yield* task;
      } catch (error) {
        seen.push((error as Error).name);
      }
    });
    expect(yield* outcomeOf(createTask(timeout(10, body())))).toEqual(expired);
    expect(seen).toEqual([]);
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(() => task.result()).toThrow(CancelledError);
  });
});
