/**
 * asyncio (gh-71772, bpo-27585): `release` woke one waiter; if that one was cancelled before it ran, the lock was
 * free, nobody held it, and the other waiters slept for ever.
 */
import { coroutine, createTask, gather, Lock, run, sleep, timeout, TimeoutError, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const iterations = [0, 1, 2, 3, 4, 5];

const after = coroutine(function* (count: number, action: () => void) {
  for (let i = 0; i < count; i++) yield* sleep(0);
  action();
});

test("the next waiter gets the lock when the woken one is cancelled, at every iteration around the release", async () => {
  for (const releaseAt of iterations) {
    for (const cancelAt of iterations) {
      const entered: string[] = [];
      let holders = 0;
      await run(
        function* () {
          const lock = new Lock();
          const hold = coroutine(function* (name: string) {
            using _permit = yield* lock.acquire();
            entered.push(name);
            expect(++holders).toBe(1);
            try {
              yield* sleep(0);
            } finally {
              holders--;
            }
          });
          const permit = yield* lock.acquire();
          const first = createTask(hold("first"));
          const second = createTask(hold("second"));
          const third = createTask(hold("third"));
          yield* sleep(0);
          yield* gather([after(releaseAt, () => permit.release()), after(cancelAt, () => first.cancel())]);
          yield* gather([second, third]);
          yield* wait([first]);
          const where = `release at iteration ${releaseAt}, cancel at ${cancelAt}`;
          expect(
            entered.filter((name) => name !== "first"),
            where,
          ).toEqual(["second", "third"]);
          expect(lock.locked, where).toBe(false);
        },
        { clock: virtualClock() },
      );
    }
  }
});

test("a newcomer never goes before those that were waiting, at any iteration around release and cancel", async () => {
  for (const cancelAt of iterations) {
    for (const arriveAt of iterations) {
      const entered: string[] = [];
      await run(
        function* () {
          const lock = new Lock();
          const hold = coroutine(function* (name: string) {
            using _permit = yield* lock.acquire();
            entered.push(name);
            yield* sleep(0);
          });
          const permit = yield* lock.acquire();
          const first = createTask(hold("first"));
          const second = createTask(hold("second"));
          yield* sleep(0);
          const newcomer = coroutine(function* () {
            for (let i = 0; i < arriveAt; i++) yield* sleep(0);
            yield* hold("late");
          });
          yield* gather([after(1, () => permit.release()), after(cancelAt, () => first.cancel()), newcomer()]);
          yield* wait([first, second]);
          const where = `cancel at iteration ${cancelAt}, newcomer at ${arriveAt}`;
          expect(
            entered.filter((name) => name !== "first"),
            where,
          ).toEqual(["second", "late"]);
          expect(lock.locked, where).toBe(false);
        },
        { clock: virtualClock() },
      );
    }
  }
});

test("a taker in the step of the release does not overtake the waiter that was woken", async () => {
  const order: string[] = [];
  await run(
    function* () {
      const lock = new Lock();
      const permit = yield* lock.acquire();
      const waiter = createTask(
        (function* () {
          using _permit = yield* lock.acquire();
          order.push("waiter");
          yield* sleep(1);
        })(),
      );
      yield* sleep(0);
      permit.release();
      {
        using _permit = yield* lock.acquire();
        order.push("late taker");
      }
      yield* waiter;
    },
    { clock: virtualClock() },
  );
  expect(order).toEqual(["waiter", "late taker"]);
});

test("every waiter but the last can be cancelled in the step of the release", async () => {
  await run(
    function* () {
      const lock = new Lock();
      const permit = yield* lock.acquire();
      const waiters = Array.from({ length: 10 }, () => createTask(lock.acquire()));
      yield* sleep(0);
      permit.release();
      for (const waiter of waiters.slice(0, -1)) waiter.cancel();
      const { done } = yield* wait(waiters);
      expect(done.size).toBe(10);
      expect(waiters.map((waiter) => waiter.cancelled)).toEqual([...new Array<boolean>(9).fill(true), false]);
      expect(lock.locked).toBe(true);
      waiters.at(-1)?.result().release();
      expect(lock.locked).toBe(false);
    },
    { clock: virtualClock() },
  );
});

test("a waiter whose timeout expires in the iteration of the release either holds the lock or leaves it free", async () => {
  await run(
    function* () {
      const lock = new Lock();
      const holder = createTask(
        (function* () {
          using _permit = yield* lock.acquire();
          yield* sleep(10);
        })(),
      );
      yield* sleep(0);
      try {
        const permit = yield* timeout(10, lock.acquire());
        expect(lock.locked).toBe(true);
        permit.release();
      } catch (error) {
        expect(error).toBeInstanceOf(TimeoutError);
      }
      yield* holder;
      expect(lock.locked).toBe(false);
    },
    { clock: virtualClock() },
  );
});
