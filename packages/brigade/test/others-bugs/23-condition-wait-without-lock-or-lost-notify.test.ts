/**
 * asyncio: a cancelled `Condition.wait` came back without the lock, so that leaving the block failed with "Lock is not
 * acquired" (gh-77819, gh-86766), or took a notification with it that another waiter needed (gh-112202).
 */
import { Condition, coroutine, createTask, gather, run, sleep, timeout, TimeoutError, use, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const iterations = [0, 1, 2, 3, 4, 5, 6];

test("a cancelled wait takes the lock again before its caller unwinds", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const condition = new Condition();
      const waiter = createTask(
        use(condition, function* () {
          try {
            yield* condition.wait();
            log.push("went on");
          } finally {
            log.push(`unwinds, locked ${condition.locked}`);
          }
        }),
      );
      yield* sleep(0);
      yield* use(condition, function* () {
        waiter.cancel();
        yield* sleep(10);
        log.push("other holder leaves");
      });
      yield* wait([waiter]);
      expect(waiter.cancelled).toBe(true);
      expect(condition.locked).toBe(false);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["other holder leaves", "unwinds, locked true"]);
});

test("a wait that is cancelled again while it takes the lock still has it when its caller unwinds", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const condition = new Condition();
      const waiter = createTask(
        use(condition, function* () {
          try {
            yield* condition.wait();
          } finally {
            log.push(`unwinds, locked ${condition.locked}`);
          }
        }),
      );
      yield* sleep(0);
      yield* use(condition, function* () {
        condition.notify();
        yield* sleep(1);
        expect(waiter.cancel()).toBe(true);
        yield* sleep(1);
        expect(waiter.cancel()).toBe(false);
        yield* sleep(1);
        log.push("other holder leaves");
      });
      yield* wait([waiter]);
      expect(waiter.cancelled).toBe(true);
      expect(condition.locked).toBe(false);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["other holder leaves", "unwinds, locked true"]);
});

test("a timeout around wait leaves its block without an error of the lock", async () => {
  await run(
    function* () {
      const condition = new Condition();
      let caught: unknown;
      try {
        yield* use(condition, () => timeout(10, condition.wait()));
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(TimeoutError);
      expect(condition.locked).toBe(false);
    },
    { clock: virtualClock() },
  );
});

test("many waiters that are cancelled at once all end cancelled, and leave the lock free", async () => {
  await run(
    function* () {
      const condition = new Condition();
      const waiters = Array.from({ length: 5 }, () => createTask(use(condition, () => condition.wait())));
      yield* sleep(1);
      for (const waiter of waiters) waiter.cancel();
      yield* wait(waiters);
      expect(waiters.map((waiter) => waiter.cancelled)).toEqual(new Array<boolean>(5).fill(true));
      expect(condition.locked).toBe(false);
    },
    { clock: virtualClock() },
  );
});

test("a notification wakes exactly one live waiter, at every iteration around a cancel of the first", async () => {
  for (const notifyAt of iterations) {
    for (const cancelAt of iterations) {
      await run(
        function* () {
          const condition = new Condition();
          const woken: string[] = [];
          const waiter = coroutine(function* (name: string) {
            using _permit = yield* condition.acquire();
            yield* condition.wait();
            woken.push(name);
          });
          const first = createTask(waiter("first"));
          const second = createTask(waiter("second"));
          yield* sleep(1);
          const notifier = coroutine(function* () {
            for (let i = 0; i < notifyAt; i++) yield* sleep(0);
            using _permit = yield* condition.acquire();
            condition.notify(1);
          });
          const canceller = coroutine(function* () {
            for (let i = 0; i < cancelAt; i++) yield* sleep(0);
            first.cancel();
          });
          yield* gather([notifier(), canceller()]);
          yield* sleep(1);
          const where = `notify at iteration ${notifyAt}, cancel at ${cancelAt}`;
          expect(woken, where).toEqual([first.cancelled ? "second" : "first"]);
          second.cancel();
          yield* wait([first, second]);
          expect(condition.locked, where).toBe(false);
        },
        { clock: virtualClock() },
      );
    }
  }
});
