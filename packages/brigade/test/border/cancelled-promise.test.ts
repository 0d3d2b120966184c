/** A task that is cancelled while it awaits a promise: a signal is aborted and answered, a bare promise is left. */
import { CancelledError, coroutine, createTask, fromPromise, moveOnAfter, sleep, TimeoutError, timeout } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { reporting, virtually } from "../virtually.ts";
import { really, untilAborted } from "../host-promises.ts";

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
