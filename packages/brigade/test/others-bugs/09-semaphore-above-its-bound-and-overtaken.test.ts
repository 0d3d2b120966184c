/**
 * Effect (measured; its own documentation): a semaphore took more releases than it had permits, and a late taker got
 * the permit that a waiter had been woken for.
 */
import { BoundedSemaphore, coroutine, createTask, gather, InvalidStateError, run, Semaphore, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

test("a bounded semaphore refuses a release above its start value, and stays as it was", async () => {
  await run(
    function* () {
      const semaphore = new BoundedSemaphore(2);
      expect(() => semaphore.release()).toThrow(InvalidStateError);
      expect(semaphore.available).toBe(2);
      const permit = yield* semaphore.acquire();
      permit.release();
      expect(() => semaphore.release()).toThrow(InvalidStateError);
      expect(semaphore.available).toBe(2);
    },
    { clock: virtualClock() },
  );
});

test("a permit gives itself back once, however often it is released and disposed", async () => {
  await run(
    function* () {
      const semaphore = new Semaphore(1);
      const permit = yield* semaphore.acquire();
      permit.release();
      permit.release();
      permit[Symbol.dispose]();
      expect(semaphore.available).toBe(1);
    },
    { clock: virtualClock() },
  );
});

test("a taker in the step of the release does not overtake the waiter that was woken", async () => {
  const order: string[] = [];
  await run(
    function* () {
      const semaphore = new Semaphore(1);
      const permit = yield* semaphore.acquire();
      const waiter = createTask(
        (function* () {
          using _permit = yield* semaphore.acquire();
          order.push("waiter");
          yield* sleep(1);
        })(),
      );
      yield* sleep(0);
      permit.release();
      {
        using _permit = yield* semaphore.acquire();
        order.push("late taker");
      }
      yield* waiter;
    },
    { clock: virtualClock() },
  );
  expect(order).toEqual(["waiter", "late taker"]);
});

test("a taker does not overtake the waiter that was woken, though there is a permit for it too", async () => {
  const order: string[] = [];
  await run(
    function* () {
      const semaphore = new Semaphore(2);
      const permits = [yield* semaphore.acquire(), yield* semaphore.acquire()];
      const waiter = createTask(
        (function* () {
          using _permit = yield* semaphore.acquire();
          order.push("waiter");
          yield* sleep(1);
        })(),
      );
      yield* sleep(0);
      for (const permit of permits) permit.release();
      {
        using _permit = yield* semaphore.acquire();
        order.push("late taker");
      }
      yield* waiter;
      expect(semaphore.available).toBe(2);
    },
    { clock: virtualClock() },
  );
  expect(order).toEqual(["waiter", "late taker"]);
});

test("takers that arrive at any iteration around the release come after those that were waiting", async () => {
  for (let arrival = 0; arrival < 6; arrival++) {
    const order: string[] = [];
    await run(
      function* () {
        const semaphore = new Semaphore(1);
        const taker = coroutine(function* (name: string, iterations: number) {
          for (let i = 0; i < iterations; i++) yield* sleep(0);
          using _permit = yield* semaphore.acquire();
          order.push(name);
          yield* sleep(0);
          yield* sleep(0);
        });
        yield* gather([taker("first", 0), taker("second", 0), taker("third", 0), taker("late", arrival)]);
        expect(semaphore.available).toBe(1);
      },
      { clock: virtualClock() },
    );
    expect(order, `late taker arrives at iteration ${arrival}`).toEqual(["first", "second", "third", "late"]);
  }
});
