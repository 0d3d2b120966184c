/** Errors thrown by a body's cleanup, scopes used inside cleanup, and moveOnAfter. */
import {
  coroutine,
  createTask,
  ExceptionGroup,
  getRunningLoop,
  moveOnAfter,
  sleep,
  TimeoutError,
  type TimeoutScope,
  taskGroup,
  timeout,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

/** Sleeps long, and throws in its cleanup. */
const breaking = coroutine(function* breaking(error: unknown) {
  try {
    yield* sleep(1_000);
  } finally {
    yield* sleep(1);
    throw error;
  }
});

test("an error in the body's cleanup takes the place of the TimeoutError, which is its cause", async () => {
  await virtually(function* () {
    const error = new Error("cleanup broke");
    expect(yield* outcomeOf(createTask(timeout(10, breaking(error))))).toEqual({ error });
    expect(error.cause).toBeInstanceOf(TimeoutError);
  });
});

test("a cause that the error has stays", async () => {
  await virtually(function* () {
    const error = new Error("cleanup broke", { cause: "disk" });
    expect(yield* outcomeOf(createTask(timeout(10, breaking(error))))).toEqual({ error });
    expect(error.cause).toBe("disk");
  });
});

test("the caller of the scope catches the cleanup's error, as it would the TimeoutError, and goes on", async () => {
  const seen: string[] = [];
  await virtually(function* () {
    try {
      yield* timeout(10, breaking(new Error("cleanup broke")));
    } catch (error) {
      seen.push((error as Error).message);
    }
    yield* sleep(1);
    seen.push("goes on");
  });
  expect(seen).toEqual(["cleanup broke", "goes on"]);
});

test("an error thrown in cleanup does not stop the unwinding: the frames below run their finally too, and no catch", async () => {
  const seen: string[] = [];
  await virtually(function* () {
    const middle = coroutine(function* middle() {
      try {
        yield* breaking(new Error("inner"));
      } catch {
        seen.push("catch");
      } finally {
        seen.push("finally");
      }
      seen.push("after");
    });
    const outcome = yield* outcomeOf(createTask(timeout(10, middle())));
    expect(outcome).toMatchObject({ error: { message: "inner" } });
  });
  expect(seen).toEqual(["finally"]);
});

test("errors of several frames' cleanup come together, in the order they happened", async () => {
  await virtually(function* () {
    const [first, second] = [new Error("first"), new Error("second")];
    const outer = coroutine(function* outer() {
      try {
        yield* breaking(first);
      } finally {
        yield* sleep(1);
        throw second;
      }
    });
    const outcome = (yield* outcomeOf(createTask(timeout(10, outer())))) as { error: ExceptionGroup };
    expect(outcome.error).toBeInstanceOf(ExceptionGroup);
    expect(outcome.error.errors).toEqual([first, second]);
  });
});

test("moveOnAfter gives the value in time, and undefined when it expires", async () => {
  const clock = virtualClock();
  const start = clock.now();
  await virtually(
    function* () {
      expect(yield* moveOnAfter("1h", sleep(5, "value"))).toBe("value");
      expect(now() - start).toBe(5);
      expect(yield* moveOnAfter(10, sleep(100, "value"))).toBeUndefined();
      expect(now() - start).toBe(15);
    },
    { clock },
  );
  expect(clock.now() - start).toBe(15);
});

test("moveOnAfter unwinds the body's frames and waits for their cleanup", async () => {
  const seen: string[] = [];
  await virtually(function* () {
    const start = now();
    const body = coroutine(function* body() {
      try {
        yield* sleep(100);
        seen.push("after the await");
      } catch {
        seen.push("catch");
      } finally {
        yield* sleep(5);
        seen.push("finally");
      }
    });
    expect(yield* moveOnAfter(10, body())).toBeUndefined();
    expect(now() - start).toBe(15);
  });
  expect(seen).toEqual(["finally"]);
});

test("an error in the cleanup takes the place of moveOnAfter's undefined", async () => {
  await virtually(function* () {
    const error = new Error("cleanup broke");
    expect(yield* outcomeOf(createTask(moveOnAfter(10, breaking(error))))).toEqual({ error });
  });
});

test("moveOnAfter hands its scope to the body too", async () => {
  await virtually(function* () {
    let scope: TimeoutScope | undefined;
    const value = yield* moveOnAfter(10, function* (given) {
      scope = given;
      given.reschedule(30);
      return yield* sleep(20, "moved");
    });
    expect(value).toBe("moved");
    expect(scope?.expired).toBe(false);
  });
});

test("an error of the body passes through moveOnAfter", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const failing = coroutine(function* failing() {
      yield* sleep(1);
      throw error;
    });
    expect(yield* outcomeOf(createTask(moveOnAfter(10, failing())))).toEqual({ error });
  });
});

test("a cancellation of the task unwinds through moveOnAfter: it does not turn into undefined", async () => {
  await virtually(function* () {
    const seen: unknown[] = [];
    const task = createTask(
      (function* () {
        seen.push(yield* moveOnAfter(100, sleep(50)));
      })(),
    );
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual([]);
  });
});

test("a timeout used inside cleanup works: its TimeoutError is caught there, and unwinding goes on", async () => {
  for (const how of ["cancel", "expiry"] as const) {
    const seen: string[] = [];
    await virtually(function* () {
      const inner = coroutine(function* inner() {
        try {
          yield* sleep(1_000);
        } finally {
          try {
            yield* timeout(5, sleep(1_000));
          } catch (error) {
            seen.push((error as Error).name);
          }
          yield* sleep(1);
          seen.push("cleanup goes on");
        }
        seen.push("never");
      });
      const outer = coroutine(function* outer() {
        try {
          yield* inner();
          seen.push("never");
        } finally {
          seen.push("outer finally");
        }
      });
      if (how === "expiry") yield* moveOnAfter(10, outer());
      else {
        const task = createTask(outer());
        yield* sleep(10);
        expect(yield* cancelled(task)).toBe("cancelled");
      }
    });
    expect(seen, how).toEqual(["TimeoutError", "cleanup goes on", "outer finally"]);
  }
});

test("an error of a group's cleanup under a timeout is in the group, and the TimeoutError is its cause", async () => {
  await virtually(function* () {
    const error = new Error("cleanup broke");
    const work = timeout(10, () =>
      taskGroup(function* (group) {
        group.createTask(breaking(error));
        yield* sleep(1_000);
      }),
    );
    const outcome = (yield* outcomeOf(createTask(work))) as { error: ExceptionGroup };
    expect(outcome.error).toBeInstanceOf(ExceptionGroup);
    expect(outcome.error.errors).toEqual([error]);
    expect(outcome.error.cause).toBeInstanceOf(TimeoutError);
  });
});

test("a group that failed before the timeout around it expired throws its errors all the same", async () => {
  await virtually(function* () {
    const start = now();
    const error = new Error("no stock");
    const work = timeout(15, () =>
      taskGroup(function* (group) {
        group.createTask(
          (function* () {
            yield* sleep(10);
            throw error;
          })(),
        );
        group.createTask(
          (function* () {
            try {
              yield* sleep(100);
            } finally {
              yield* sleep(10);
            }
          })(),
        );
        yield* sleep(100);
      }),
    );
    const outcome = (yield* outcomeOf(createTask(work))) as { error: ExceptionGroup };
    expect(outcome.error).toBeInstanceOf(ExceptionGroup);
    expect(outcome.error.errors).toEqual([error]);
    expect(now() - start).toBe(20);
  });
});
