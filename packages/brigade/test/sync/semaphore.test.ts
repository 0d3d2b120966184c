/** Semaphore and BoundedSemaphore: permits are counted, never lost, and given in the order they were asked for. */
import {
  BoundedSemaphore,
  coroutine,
  createTask,
  gather,
  getRunningLoop,
  InvalidStateError,
  moveOnAfter,
  Semaphore,
  sleep,
  use,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const kinds: readonly [string, new (permits?: number) => Semaphore][] = [
  ["Semaphore", Semaphore],
  ["BoundedSemaphore", BoundedSemaphore],
];

/** Takes a permit, says so, and keeps it for as long as it is told. */
const taking = coroutine(function* taking(semaphore: Semaphore, seen: string[], name: string, duration: number = 10) {
  using _ = yield* semaphore.acquire();
  seen.push(name);
  yield* sleep(duration);
});

for (const [name, Kind] of kinds) {
  test(`a ${name} lets as many in as it has permits, in the order they came`, async () => {
    await virtually(function* () {
      const semaphore = new Kind(3);
      const entered: number[] = [];
      let inside = 0;
      let most = 0;
      const worker = coroutine(function* worker(index: number) {
        using _ = yield* semaphore.acquire();
        most = Math.max(most, ++inside);
        entered.push(index);
        yield* sleep(1 + (index % 3));
        inside--;
      });
      yield* gather(Array.from({ length: 10 }, (_, index) => worker(index)));
      expect(most).toBe(3);
      expect(entered).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(semaphore.available).toBe(3);
    });
  });

  test(`a ${name} has one permit unless told otherwise, may have none, and no fewer`, () => {
    expect(new Kind().available).toBe(1);
    expect(new Kind(0).available).toBe(0);
    expect(new Kind(0).locked).toBe(true);
    expect(new Kind(2).locked).toBe(false);
    expect(() => new Kind(-1)).toThrow(RangeError);
    expect(() => new Kind(Number.NaN)).toThrow(RangeError);
  });

  test(`a late acquire never overtakes a waiter that a ${name} has woken`, async () => {
    await virtually(function* () {
      const semaphore = new Kind(1);
      const seen: string[] = [];
      const permit = yield* semaphore.acquire();
      createTask(taking(semaphore, seen, "first"));
      createTask(taking(semaphore, seen, "second"));
      yield* sleep(1);
      permit.release();
      expect(semaphore.locked).toBe(true);
      using _ = yield* semaphore.acquire();
      seen.push("late");
      expect(seen).toEqual(["first", "second", "late"]);
    });
  });

  test(`two waiters that a ${name} woke are not overtaken, and a free permit beside them is not lost`, async () => {
    await virtually(function* () {
      const semaphore = new Kind(2);
      const seen: string[] = [];
      const permits = [yield* semaphore.acquire(), yield* semaphore.acquire()];
      createTask(taking(semaphore, seen, "first", 1));
      yield* sleep(1);
      for (const permit of permits) permit.release();
      createTask(taking(semaphore, seen, "second", 1));
      yield* taking(semaphore, seen, "main", 1);
      yield* sleep(5);
      expect([...seen].sort()).toEqual(["first", "main", "second"]);
      expect(seen[0]).toBe("first");
      expect(semaphore.available).toBe(2);
    });
  });

  test(`a free permit goes to a late acquire as soon as the waiter that a ${name} woke before it has gone on`, async () => {
    await virtually(function* () {
      const semaphore = new Kind(2);
      const permits = [yield* semaphore.acquire(), yield* semaphore.acquire()];
      createTask(taking(semaphore, [], "first", 100));
      yield* sleep(1);
      for (const permit of permits) permit.release();
      expect([semaphore.available, semaphore.locked]).toEqual([1, true]);
      const start = getRunningLoop().time();
      yield* semaphore.acquire();
      expect(getRunningLoop().time() - start).toBe(0);
    });
  });

  test(`a cancelled acquire leaves the permit of a ${name}, also in the iteration in which it was woken`, async () => {
    for (const how of ["before", "release then cancel", "cancel then release"] as const) {
      await virtually(function* () {
        const semaphore = new Kind(1);
        const seen: string[] = [];
        const permit = yield* semaphore.acquire();
        const first = createTask(taking(semaphore, seen, "first"));
        const second = createTask(taking(semaphore, seen, "second"));
        yield* sleep(1);
        if (how === "before") yield* cancelled(first);
        if (how === "cancel then release") first.cancel();
        permit.release();
        if (how === "release then cancel") first.cancel();
        yield* second;
        expect(first.cancelled, how).toBe(true);
        expect(seen, how).toEqual(["second"]);
        expect(semaphore.available, how).toBe(1);
      });
    }
  });

  test(`use(${name}) hands over the permit and gives it back on return, throw and unwinding`, async () => {
    await virtually(function* () {
      const semaphore = new Kind(2);
      yield* use(semaphore, function* () {
        expect(semaphore.available).toBe(1);
        yield* sleep(1);
      });
      expect(semaphore.available).toBe(2);
      const failing = use(semaphore, (): never => {
        throw new Error("no stock");
      });
      try {
        yield* failing;
        expect.unreachable();
      } catch (error) {
        expect((error as Error).message).toBe("no stock");
      }
      expect(semaphore.available).toBe(2);
      yield* moveOnAfter(10, () => use(semaphore, () => sleep(100)));
      expect(semaphore.available).toBe(2);
      yield* use(semaphore, function* (permit) {
        permit.release();
        permit.release();
        expect(semaphore.available).toBe(2);
      });
      expect(semaphore.available).toBe(2);
    });
  });

  test(`a permit of a ${name} releases once, however often it is disposed`, async () => {
    await virtually(function* () {
      const semaphore = new Kind(2);
      const [first, second] = [yield* semaphore.acquire(), yield* semaphore.acquire()];
      first.release();
      first.release();
      first[Symbol.dispose]();
      expect(semaphore.available).toBe(1);
      second[Symbol.dispose]();
      second[Symbol.dispose]();
      expect(semaphore.available).toBe(2);
    });
  });
}

test("a permit that is released with a waiter goes to that waiter: it is not available in between", async () => {
  await virtually(function* () {
    const semaphore = new Semaphore(1);
    const permit = yield* semaphore.acquire();
    createTask(taking(semaphore, [], "waiter"));
    yield* sleep(1);
    permit.release();
    expect(semaphore.available).toBe(0);
  });
});

test("Semaphore.release may add permits, and wakes as many waiters as were added", async () => {
  await virtually(function* () {
    const semaphore = new Semaphore(0);
    const seen: string[] = [];
    for (const name of ["a", "b", "c"]) createTask(taking(semaphore, seen, name, 100));
    yield* sleep(1);
    semaphore.release();
    semaphore.release();
    yield* sleep(1);
    expect(seen).toEqual(["a", "b"]);
    semaphore.release();
    semaphore.release();
    yield* sleep(1);
    expect(seen).toEqual(["a", "b", "c"]);
    expect(semaphore.available).toBe(1);
    yield* sleep(200);
    expect(semaphore.available).toBe(4);
  });
});

test("BoundedSemaphore.release above its start value throws, and its count stays", async () => {
  await virtually(function* () {
    const semaphore = new BoundedSemaphore(1);
    expect(semaphore).toBeInstanceOf(Semaphore);
    expect(() => semaphore.release()).toThrow(InvalidStateError);
    expect(semaphore.available).toBe(1);
    yield* semaphore.acquire();
    semaphore.release();
    expect(() => semaphore.release()).toThrow(InvalidStateError);
    expect(semaphore.available).toBe(1);
  });
});

test("ten thousand waiters cancelled at once take time in proportion, and lose no permit", async () => {
  await virtually(function* () {
    const semaphore = new Semaphore(1);
    const permit = yield* semaphore.acquire();
    const waiters = Array.from({ length: 10_000 }, () => createTask(taking(semaphore, [], "waiter")));
    yield* sleep(1);
    const start = performance.now();
    for (const waiter of waiters) waiter.cancel();
    yield* sleep(1);
    // Removing each from a list by a search takes seconds.
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(waiters.every((waiter) => waiter.cancelled)).toBe(true);
    permit.release();
    expect(semaphore.available).toBe(1);
  });
}, 20_000);
