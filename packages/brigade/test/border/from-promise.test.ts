/** fromPromise: promises awaited in coroutines, aborted by cancellation where they listen, left alone where they can't. */
import {
  CancelledError,
  coroutine,
  createTask,
  fromPromise,
  gather,
  moveOnAfter,
  race,
  run,
  shield,
  sleep,
  TimeoutError,
  timeout,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { reporting, virtually } from "../virtually.ts";

/** A promise that the host settles after so many real milliseconds. */
const really = <T>(milliseconds: number, value: T): Promise<T> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds, value));

/** A promise that rejects with the signal's reason, as fetch does. */
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

test("a promise gives its value or throws its error, as it was rejected", async () => {
  await virtually(function* () {
    expect(yield* fromPromise(Promise.resolve("value"))).toBe("value");
    expect(yield* fromPromise(really(5, "late"))).toBe("late");
    for (const reason of [new Error("no stock"), "a string", undefined, { code: 5 }]) {
      let caught: unknown = "nothing";
      try {
        yield* fromPromise(Promise.reject(reason));
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(reason);
    }
  });
});

test("any thenable will do, also one that settles at once", async () => {
  await virtually(function* () {
    const thenable = (settle: (resolve: (value: string) => void, reject: (error: unknown) => void) => void) =>
      ({
        then: (resolve: (value: string) => void, reject: (error: unknown) => void) => settle(resolve, reject),
      }) as unknown as PromiseLike<string>;
    expect(yield* fromPromise(thenable((resolve) => resolve("at once")))).toBe("at once");
    expect(yield* fromPromise(thenable((resolve) => void setTimeout(resolve, 5, "later")))).toBe("later");
    const error = new Error("no stock");
    expect(yield* outcomeOf(createTask(fromPromise(thenable((_, reject) => reject(error)))))).toEqual({ error });
  });
});

test("a function of a signal is lazy: it is called when it is awaited, once, with a signal that is not aborted", async () => {
  await virtually(function* () {
    const signals: AbortSignal[] = [];
    const awaitable = fromPromise(async (signal) => {
      signals.push(signal);
      return "value";
    });
    yield* sleep(5);
    expect(signals).toHaveLength(0);
    expect(yield* awaitable).toBe("value");
    expect(signals).toHaveLength(1);
    expect(signals[0]).toBeInstanceOf(AbortSignal);
    expect(signals[0]?.aborted).toBe(false);
  });
});

test("what the function throws is thrown by the await", async () => {
  await virtually(function* () {
    const error = new Error("no such host");
    const failing = fromPromise((): Promise<never> => {
      throw error;
    });
    expect(yield* outcomeOf(createTask(failing))).toEqual({ error });
  });
});

test("a cancellation aborts the signal and waits until the promise has settled", async () => {
  await virtually(
    function* () {
      const order: string[] = [];
      const task = createTask(
        coroutine(function* worker() {
          try {
            yield* fromPromise(async (signal) => {
              await untilAborted(signal).catch(() => order.push("aborted"));
              await really(20, undefined);
              order.push("settled");
              throw signal.reason;
            });
            order.push("never");
          } catch {
            order.push("catch");
          } finally {
            order.push("finally");
          }
        })(),
      );
      yield* sleep(1);
      expect(yield* cancelled(task)).toBe("cancelled");
      expect(order).toEqual(["aborted", "settled", "finally"]);
    },
    { clock: virtualClock({ patience: 0.5 }) },
  );
});

test("a promise that answers the abort by an AbortError, by the signal's reason or by a value leaves the task cancelled", async () => {
  const answers: Record<string, (signal: AbortSignal) => unknown> = {
    AbortError: () => {
      throw new DOMException("The operation was aborted", "AbortError");
    },
    "an Error of that name": () => {
      throw Object.assign(new Error("aborted"), { name: "AbortError" });
    },
    "signal.reason": (signal) => {
      throw signal.reason;
    },
    "a value": () => "too late",
  };
  for (const [name, answer] of Object.entries(answers))
    await virtually(
      function* () {
        const task = createTask(
          fromPromise((signal) =>
            untilAborted(signal).then(
              () => undefined,
              () => answer(signal),
            ),
          ),
        );
        yield* sleep(1);
        expect(yield* cancelled(task), name).toBe("cancelled");
      },
      { clock: virtualClock({ patience: 1 }) },
    );
});

test("a promise that answers the abort by an error of its own makes that error the outcome", async () => {
  await virtually(
    function* () {
      const error = new Error("connection lost while rolling back");
      const order: string[] = [];
      const task = createTask(
        coroutine(function* worker() {
          try {
            yield* fromPromise((signal) =>
              untilAborted(signal).catch(() => {
                throw error;
              }),
            );
          } catch {
            order.push("catch");
          } finally {
            order.push("finally");
          }
        })(),
      );
      yield* sleep(1);
      expect(yield* cancelled(task)).toEqual({ error });
      expect(order).toEqual(["finally"]);
    },
    { clock: virtualClock({ patience: 1 }) },
  );
});

test("a promise without a signal is left at once, and its later value is dropped", async () => {
  await virtually(
    function* () {
      const started = performance.now();
      const task = createTask(fromPromise(really(150, "too late")));
      yield* sleep(1);
      expect(yield* cancelled(task)).toBe("cancelled");
      expect(performance.now() - started).toBeLessThan(140);
      yield* fromPromise((_signal) => really(200, undefined));
    },
    { clock: virtualClock({ patience: 1 }) },
  );
});

test("a promise without a signal that rejects after the cancellation is reported, and throws nowhere", async () => {
  const error = new Error("too late");
  const { outcome, reports } = await reporting(
    function* () {
      const late = really(30, undefined).then(() => {
        throw error;
      });
      const task = createTask(fromPromise(late));
      yield* sleep(1);
      expect(yield* cancelled(task)).toBe("cancelled");
      yield* fromPromise((_signal) => really(60, undefined));
      return "unharmed";
    },
    { clock: virtualClock({ patience: 1 }) },
  );
  expect(outcome).toEqual({ status: "fulfilled", value: "unharmed" });
  expect(reports.map(({ kind, error }) => ({ kind, error }))).toEqual([{ kind: "unretrieved-error", error }]);
});

test("a function that ignores its signal is waited for until its promise has settled", async () => {
  await virtually(
    function* () {
      const order: string[] = [];
      const task = createTask(fromPromise((_signal) => really(40, undefined).then(() => void order.push("settled"))));
      yield* sleep(1);
      expect(yield* cancelled(task)).toBe("cancelled");
      expect(order).toEqual(["settled"]);
    },
    { clock: virtualClock({ patience: 1 }) },
  );
});

test("an expiry aborts the signal and waits for the promise before the timeout throws", async () => {
  await virtually(
    function* () {
      const order: string[] = [];
      const request = fromPromise(async (signal) => {
        await untilAborted(signal).catch(() => undefined);
        await really(10, undefined);
        order.push("settled");
        throw signal.reason;
      });
      try {
        yield* timeout(5, request);
      } catch (error) {
        order.push(error instanceof TimeoutError ? "timed out" : "something else");
      }
      expect(order).toEqual(["settled", "timed out"]);
      expect(yield* moveOnAfter(5, fromPromise(untilAborted))).toBeUndefined();
    },
    { clock: virtualClock({ patience: 1 }) },
  );
});

test("a promise that has settled already is not aborted by a later cancellation", async () => {
  await virtually(function* () {
    let signal: AbortSignal | undefined;
    const task = createTask(
      coroutine(function* worker() {
        yield* fromPromise(async (given) => {
          signal = given;
        });
        yield* sleep("1h");
      })(),
    );
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(signal?.aborted).toBe(false);
  });
});

test("a task cancelled before its first step never calls the function", async () => {
  await virtually(function* () {
    let called = false;
    const task = createTask(
      fromPromise(async () => {
        called = true;
      }),
    );
    task.cancel();
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(called).toBe(false);
  });
});

test("a task that cancelled itself before the await aborts the signal, too", async () => {
  await virtually(function* () {
    let aborted = false;
    const task = createTask(
      fromPromise((signal) => {
        task.cancel();
        return untilAborted(signal).catch((reason: unknown) => {
          aborted = true;
          throw reason;
        });
      }),
    );
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(aborted).toBe(true);
  });
});

test("createTask, gather, race, timeout, shield and run take promises", async () => {
  await virtually(function* () {
    expect(yield* createTask(really(1, 1))).toBe(1);
    expect(yield* gather([really(2, "a"), sleep(1, "b"), Promise.resolve("c")])).toEqual(["a", "b", "c"]);
    expect(yield* gather({ a: really(2, "a"), b: sleep(1, 5) })).toEqual({ a: "a", b: 5 });
    expect(yield* race([really(5, "promise"), fromPromise(untilAborted)])).toBe("promise");
    expect(yield* timeout("1s", really(1, 2))).toBe(2);
    expect(yield* shield(really(1, 3))).toBe(3);
    expect(yield* timeout("1s", async () => 4)).toBe(4);
  });
  expect(await run(Promise.resolve("main"))).toBe("main");
  expect(await run(async () => "async main")).toBe("async main");
});

test("a failing promise among those of gather cancels the others, and is what gather throws", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    let aborted = false;
    const other = fromPromise((signal) =>
      untilAborted(signal).catch((reason: unknown) => {
        aborted = true;
        throw reason;
      }),
    );
    let caught: unknown;
    try {
      yield* gather([other, really(5, undefined).then(() => Promise.reject(error))]);
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toBe(error);
    expect(aborted).toBe(true);
  });
});

test("a rejected promise whose awaiter catches the error is reported nowhere", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    await virtually(function* () {
      for (let i = 0; i < 3; i++) {
        const task = createTask(fromPromise(Promise.reject(new Error(`no ${i}`))));
        yield* outcomeOf(task);
        try {
          yield* fromPromise(() => Promise.reject(new Error(`no ${i}`)));
        } catch {
          // The error is expected; that nothing else hears of it is the claim.
        }
      }
    });
    await really(5, undefined);
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", note);
  }
});

test("the reason of a cancellation is what the signal says", async () => {
  await virtually(function* () {
    let reason: unknown;
    const task = createTask(
      fromPromise((signal) =>
        untilAborted(signal).catch((given: unknown) => {
          reason = signal.reason;
          throw given;
        }),
      ),
    );
    yield* sleep(0);
    yield* sleep(0);
    yield* cancelled(task, "closing time");
    expect(reason === "closing time" || (reason instanceof CancelledError && reason.reason === "closing time")).toBe(
      true,
    );
  });
});
