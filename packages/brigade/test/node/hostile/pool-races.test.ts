/** Cancellations at every moment of a call's life: while its worker starts, while it runs, as its result arrives. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  gather,
  run,
  sleep,
  type Task,
  timeout,
  use,
} from "brigade";
import { type Pool, PoolFullError } from "brigade/node";
import { describe, expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { eventuallyLeft, held, isAlive, threads, warmedUp } from "../left.ts";
import { errorOf, expectNothingLeft } from "./leaves-nothing.ts";
import { kinds, Notes, poolOf, type Work, withPool } from "./pools.ts";

// Real threads and processes: no virtual time.

/** Cancels the call after so many iterations of the loop, and gives how it ended. */
const cancelledAfter: (call: Task<unknown>, iterations: number) => Coroutine<unknown> = coroutine(
  function* cancelledAfter(call: Task<unknown>, iterations: number): CoroutineBody<unknown> {
    for (let i = 0; i < iterations; i++) yield* sleep(0);
    return yield* cancelled(call);
  },
);

describe.each(kinds)("a call of a %s", (kind) => {
  test("cancelled while its worker starts never runs, and the worker serves the next", async () => {
    await withPool(kind, { size: 1 }, function* (pool) {
      using notes = new Notes();
      for (const iterations of [0, 1, 2, 3, 5, 8]) {
        const call = createTask(pool.call("noted", notes.file, `cancelled after ${iterations}`));
        yield* cancelledAfter(call, iterations);
      }
      yield* sleep(50);
      expect(notes.lines.filter((line) => line === "cancelled after 0")).toEqual([]);
      expect(new Set(notes.lines).size).toBe(notes.lines.length);
    });
  });

  test("cancelled in the iterations around its result's arrival has its result or is cancelled, and the next one is right", async () => {
    await withPool(kind, { size: 1 }, function* (pool) {
      yield* pool.call("echo", "warm");
      const began = performance.now();
      for (let i = 0; i < 20; i++) yield* pool.call("echo", i);
      const trip = (performance.now() - began) / 20;
      const ends = { value: 0, cancelled: 0 };
      for (let i = 0; i < 150; i++) {
        const call = createTask(pool.call("echo", i));
        // Real time decides when the answer comes: some are cancelled before, some about that moment, some after it.
        const end = performance.now() + trip * (i % 30) * 0.1;
        if (i % 3 === 0) yield* sleep(trip * (i % 30) * 0.1);
        else if (i % 30 === 29) while (!call.done) yield* sleep(0);
        else
          do yield* sleep(0);
          while (performance.now() < end);
        const outcome = yield* cancelled(call);
        if (outcome === "cancelled") ends.cancelled++;
        else {
          expect(outcome).toEqual({ value: i });
          ends.value++;
        }
        expect(yield* pool.call("echo", -i)).toBe(-i);
      }
      expect(ends.cancelled).toBeGreaterThan(0);
      expect(ends.value).toBeGreaterThan(0);
    });
  });

  test("cancelled when its result has arrived and it has not gone on is cancelled, and its worker serves the next", async () => {
    await warmedUp();
    const before = held();
    let awaited: Task<unknown> | undefined;
    const taskWoken = (task: Task<unknown>): void => {
      if (task === awaited) task.cancel();
    };
    await run(
      use(poolOf(kind, { size: 1 }), function* (pool) {
        const worker = yield* pool.call("whoAmI");
        for (let i = 0; i < 20; i++) {
          const call = createTask(pool.call("echo", i));
          awaited = call;
          while (!call.done) yield* sleep(1);
          expect(call.cancelled).toBe(true);
          expect(pool.idle).toBe(1);
          expect(yield* pool.call("whoAmI")).toBe(worker);
        }
      }),
      { observer: { taskWoken } },
    );
    expect(await eventuallyLeft(before)).toEqual([]);
  });

  test("that loops for ever is ended after the grace, its worker replaced, and the canceller waits for that", async () => {
    await withPool(kind, { size: 1, grace: 100 }, function* (pool) {
      using notes = new Notes();
      const worker = yield* pool.call("whoAmI");
      const pid = yield* pool.call("processId");
      const before = threads().length;
      const call = createTask(pool.call("spins", notes.file));
      while (notes.lines.length === 0) yield* sleep(2);
      const began = performance.now();
      expect(yield* cancelled(call)).toBe("cancelled");
      expect(performance.now() - began).toBeGreaterThanOrEqual(95);
      if (kind === "process") expect(isAlive(pid)).toBe(false);
      else expect(threads().length).toBeLessThan(before);
      expect(yield* pool.call("whoAmI")).not.toBe(worker);
      expect(notes.lines).toEqual(["ran"]);
    });
  });

  test("that ignores the signals of the operating system is ended as well", async () => {
    await withPool(kind, { size: 1, grace: 50 }, function* (pool) {
      using notes = new Notes();
      const call = createTask(pool.call("ignoresSignals", notes.file));
      while (notes.lines.length === 0) yield* sleep(2);
      expect(yield* cancelled(call)).toBe("cancelled");
    });
  });

  test("with grace 0 is ended at once", async () => {
    await withPool(kind, { size: 1, grace: 0 }, function* (pool) {
      using notes = new Notes();
      const worker = yield* pool.call("whoAmI");
      const call = createTask(pool.call("spins", notes.file));
      while (notes.lines.length === 0) yield* sleep(2);
      expect(yield* cancelled(call)).toBe("cancelled");
      expect(yield* pool.call("whoAmI")).not.toBe(worker);
    });
  });

  test("cancelled while others run leaves those alone", async () => {
    await withPool(kind, { size: 2, grace: 50 }, function* (pool) {
      using notes = new Notes();
      const other = createTask(pool.call("rests", 300));
      const stubborn = createTask(pool.call("spins", notes.file));
      while (notes.lines.length === 0) yield* sleep(2);
      expect(yield* cancelled(stubborn)).toBe("cancelled");
      expect(yield* other).toBe(300);
    });
  });

  test("that waits in line is cancelled at once, and those behind it move up in order", async () => {
    await withPool(kind, { size: 1 }, function* (pool) {
      using notes = new Notes();
      const first = createTask(pool.call("rests", 80));
      const calls = ["a", "b", "c", "d"].map((line) => createTask(pool.call("noted", notes.file, line)));
      yield* sleep(0);
      expect(yield* cancelled(calls[1] as Task<unknown>)).toBe("cancelled");
      yield* first;
      yield* gather([calls[0], calls[2], calls[3]] as Task<unknown>[]);
      expect(notes.lines).toEqual(["a", "c", "d"]);
    });
  });

  test("beyond the queue's bound is refused at once, and room comes free when one that waits is cancelled", async () => {
    await withPool(kind, { size: 1, queue: 1 }, function* (pool) {
      const first = createTask(pool.call("rests", 100));
      yield* sleep(0);
      const second = createTask(pool.call("echo", 2));
      yield* sleep(0);
      expect(yield* errorOf(pool.call("echo", 3))).toBeInstanceOf(PoolFullError);
      second.cancel();
      yield* sleep(0);
      expect(yield* pool.call("echo", 4)).toBe(4);
      yield* first;
    });
  });

  test("is cancelled a second time while its worker cleans up: that changes nothing", async () => {
    await withPool(kind, { size: 1, grace: "5s", obeys: true }, function* (pool) {
      using notes = new Notes();
      const worker = yield* pool.call("whoAmI");
      const call = createTask(pool.call("unwinds", notes.file));
      while (notes.lines.length === 0) yield* sleep(2);
      expect(call.cancel()).toBe(true);
      yield* sleep(1);
      expect(call.cancel()).toBe(false);
      expect(yield* cancelled(call)).toBe("cancelled");
      expect(notes.lines).toEqual(["begun", "cleaned up"]);
      expect(yield* pool.call("whoAmI")).toBe(worker);
    });
  });

  test("of a stream that is left early ends the generator in the worker, whose finally runs; the worker is kept", async () => {
    await withPool(kind, { size: 1 }, function* (pool) {
      for (const name of ["counts", "countsSlowly"] as const) {
        using notes = new Notes();
        const worker = yield* pool.call("whoAmI");
        const items = pool.stream(name, notes.file);
        for (let i = 0; i < 40; i++) expect((yield* items.next()).value).toBe(i);
        yield* items.close();
        expect(notes.lines).toEqual(["begun", "cleaned up"]);
        expect(yield* pool.call("whoAmI")).toBe(worker);
      }
    });
  });

  test("of a stream is cancelled after any number of iterations, and nothing of it is left", async () => {
    await withPool(kind, { size: 2 }, function* (pool) {
      for (let iterations = 0; iterations < 25; iterations += 3) {
        using notes = new Notes();
        const reads = coroutine(function* (source: Pool<Work>): CoroutineBody<void> {
          const items = source.stream("counts", notes.file);
          try {
            for (;;) yield* items.next();
          } finally {
            yield* items.close();
          }
        });
        expect(yield* cancelledAfter(createTask(reads(pool)), iterations)).toBe("cancelled");
        expect(notes.lines.filter((line) => line === "cleaned up")).toHaveLength(
          notes.lines.filter((line) => line === "begun").length,
        );
      }
    });
  });

  test("under a timeout ends with TimeoutError, and the pool goes on", async () => {
    await withPool(kind, { size: 1, grace: 50 }, function* (pool) {
      yield* pool.call("echo", "warm");
      expect((yield* errorOf(timeout(60, pool.call("spins")))).name).toBe("TimeoutError");
    });
  });
});

test("a stream that nobody reads makes its worker wait: the generator is a bounded number of items ahead", async () => {
  await expectNothingLeft(function* () {
    using notes = new Notes();
    const pool = poolOf("thread", { size: 1 });
    const items = pool.stream("countsNoted", notes.file);
    yield* items.next();
    yield* sleep(150);
    expect(notes.lines.length).toBeLessThan(2_000);
    yield* items.close();
    yield* pool.close();
  });
});
