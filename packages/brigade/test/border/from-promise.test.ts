/** fromPromise: promises awaited in coroutines, aborted by cancellation where they listen, left alone where they can't. */
import { coroutine, createTask, fromPromise, gather, race, run, shield, sleep, timeout } from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";
import { really, untilAborted } from "../host-promises.ts";

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
