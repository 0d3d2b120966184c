/**
 * asyncio (gh-90155): a waiter that had been woken and was cancelled before it ran took its wake-up with it, so the
 * semaphore stood still with permits free; and a newcomer could take what a waiter had been woken for.
 */
import { coroutine, createTask, gather, run, Semaphore, sleep, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const iterations = [0, 1, 2, 3, 4, 5];

const after = coroutine(function* (count: number, action: () => void) {
  for (let i = 0; i < count; i++) yield* sleep(0);
  action();
});

class Workers {
  readonly semaphore: Semaphore;
  readonly entered: string[] = [];
  most = 0;
  #inside = 0;
  constructor(permits: number) {
    this.semaphore = new Semaphore(permits);
  }
  work = coroutine(function* (this: Workers, name: string) {
    using _permit = yield* this.semaphore.acquire();
    this.entered.push(name);
    this.#inside++;
    this.most = Math.max(this.most, this.#inside);
    try {
      yield* sleep(0);
    } finally {
      this.#inside--;
    }
  });
}

test("a cancelled waiter passes its permit on, at every iteration around the release", async () => {
  for (const releaseAt of iterations) {
    for (const cancelAt of iterations) {
      const workers = new Workers(1);
      await run(
        function* () {
          const permit = yield* workers.semaphore.acquire();
          const first = createTask(workers.work("first"));
          const second = createTask(workers.work("second"));
          yield* sleep(0);
          yield* gather([after(releaseAt, () => permit.release()), after(cancelAt, () => first.cancel())]);
          yield* wait([first, second]);
          const where = `release at iteration ${releaseAt}, cancel at ${cancelAt}`;
          expect(workers.entered, where).toContain("second");
          expect(workers.most, where).toBe(1);
          expect(workers.semaphore.available, where).toBe(1);
        },
        { clock: virtualClock() },
      );
    }
  }
});

test("two permits released at once reach two live waiters when the first of three is cancelled", async () => {
  for (const cancelAt of iterations) {
    const workers = new Workers(2);
    await run(
      function* () {
        const permits = [yield* workers.semaphore.acquire(), yield* workers.semaphore.acquire()];
        const tasks = ["first", "second", "third"].map((name) => createTask(workers.work(name)));
        yield* sleep(0);
        const release = (): void => {
          for (const permit of permits) permit.release();
        };
        yield* gather([after(1, release), after(cancelAt, () => tasks[0]?.cancel())]);
        yield* wait(tasks);
        expect(workers.entered, `cancel at ${cancelAt}`).toEqual(expect.arrayContaining(["second", "third"]));
        expect(workers.most).toBeLessThanOrEqual(2);
        expect(workers.semaphore.available).toBe(2);
      },
      { clock: virtualClock() },
    );
  }
});

test("a newcomer never goes before those that were waiting, at any iteration around release and cancel", async () => {
  for (const cancelAt of iterations) {
    for (const arriveAt of iterations) {
      const workers = new Workers(1);
      await run(
        function* () {
          const permit = yield* workers.semaphore.acquire();
          const first = createTask(workers.work("first"));
          const second = createTask(workers.work("second"));
          yield* sleep(0);
          const late: ReturnType<typeof createTask>[] = [];
          yield* gather([
            after(1, () => permit.release()),
            after(cancelAt, () => first.cancel()),
            after(arriveAt, () => late.push(createTask(workers.work("late")))),
          ]);
          yield* wait([first, second, ...late]);
          const where = `cancel at iteration ${cancelAt}, newcomer at ${arriveAt}`;
          expect(
            workers.entered.filter((name) => name !== "first"),
            where,
          ).toEqual(["second", "late"]);
          expect(workers.semaphore.available, where).toBe(1);
        },
        { clock: virtualClock() },
      );
    }
  }
});
