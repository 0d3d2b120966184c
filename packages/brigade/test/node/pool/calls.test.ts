/** Calls of functions in workers: what arrives there, and what comes back. */
import { collect, createTask, gather, InvalidStateError, sleep } from "brigade";
import { CloneError, PoolFullError, transfer } from "brigade/node";
import { virtualClock } from "brigade/testing";
import { describe, expect, test } from "vitest";
import { virtually } from "../../virtually.ts";
import { kinds, moduleURL, poolOf, thrownBy, withPool } from "./crunching.ts";

// Real threads and processes: no virtual time, unless a test says so.

describe.each(kinds)("a %s", (kind) => {
  test("runs plain, async and coroutine functions, and the default export", async () => {
    await withPool(kind, {}, function* (pool) {
      expect(yield* pool.call("add", 1, 2)).toBe(3);
      expect(yield* pool.call("addLater", 3, 4)).toBe(7);
      expect(yield* pool.call("addAsTask", 5, 6)).toBe(11);
      expect(yield* pool.call("default")).toBe(42);
    });
  });

  test("is given what can be cloned as it is", async () => {
    await withPool(kind, {}, function* (pool) {
      const value = {
        date: new Date(5),
        big: 10n ** 30n,
        map: new Map([[1, new Set(["a"])]]),
        floats: new Float64Array([1.5, -0]),
        text: "ÄÖ€😀",
        nothing: undefined,
        pattern: /x+/gi,
      };
      expect(yield* pool.call("echo", value)).toEqual(value);
    });
  });

  test("is given megabytes in one piece", async () => {
    await withPool(kind, {}, function* (pool) {
      const bytes = new Uint8Array(3_000_000).map((_, index) => index % 251);
      expect(Buffer.compare((yield* pool.call("echo", bytes)) as Uint8Array, bytes)).toBe(0);
    });
  });

  test("takes calls first come, first served, with arguments cloned when it takes them", async () => {
    await withPool(kind, {}, function* (pool) {
      yield* pool.call("add", 0, 0);
      const order: number[] = [];
      const late = { n: 0 };
      const calls = [1, 2, 3].map((n) =>
        createTask(
          (function* () {
            const result = yield* pool.call("echo", n === 3 ? late : { n });
            order.push((result as typeof late).n);
          })(),
        ),
      );
      yield* sleep(0);
      expect(pool.waiting).toBe(2);
      late.n = 3; // its turn has not come
      yield* gather(calls);
      expect(order).toEqual([1, 2, 3]);
    });
  });

  test("throws an error with its class, its own properties, its cause, and the stacks of both sides", async () => {
    await withPool(kind, {}, function* (pool) {
      let error: unknown;
      try {
        yield* pool.call("refuse", 7);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(RangeError);
      expect((error as Error).constructor.name).toBe("OrderError");
      expect(error).toMatchObject({ name: "OrderError", message: "no such order", order: 7 });
      expect((error as Error).cause).toBeInstanceOf(TypeError);
      const lines = String((error as Error).stack).split("\n");
      expect(lines[0]).toBe("OrderError: no such order");
      expect(lines[1]).toMatch(/at (?:Module\.)?refuse \(.*crunch\.ts:\d+/);
      expect(lines[2]).toMatch(new RegExp(`at worker 1 \\(${kind}\\) of pool crunch\\.ts`));
      expect(lines[3]).toMatch(/calls\.test\.ts:\d+/);
      expect(lines).toHaveLength(4);
    });
  });

  test("throws the runtime's errors and DOMException as such", async () => {
    await withPool(kind, {}, function* (pool) {
      expect(yield* thrownBy(pool.call("refuseAsBrigade"))).toBeInstanceOf(InvalidStateError);
      const aborted = yield* thrownBy(pool.call("abort"));
      expect(aborted).toBeInstanceOf(DOMException);
      expect(aborted).toMatchObject({ name: "AbortError", message: "stopped", code: 20 });
    });
  });

  test("refuses an argument that can't be cloned, with its place, and goes on", async () => {
    await withPool(kind, {}, function* (pool) {
      const error = yield* thrownBy(pool.call("echo", { list: [1, { onDone: () => 1 }] }));
      expect(error).toBeInstanceOf(CloneError);
      expect(error).toMatchObject({ path: 'argument 1 of "echo".list[1].onDone' });
      expect(yield* pool.call("add", 1, 1)).toBe(2);
    });
  });

  test("is asked for a name that is no function: TypeError", async () => {
    await withPool(kind, {}, function* (pool) {
      expect(yield* thrownBy(pool.call("version" as "add", 1, 2))).toBeInstanceOf(TypeError);
    });
  });

  test("whose function gives items is read with stream, not call; and the other way round", async () => {
    await withPool(kind, {}, function* (pool) {
      const called = yield* thrownBy(pool.call("count" as "add", 1, 2));
      expect(called).toBeInstanceOf(TypeError);
      expect(String(called)).toContain("pool.stream");
      const streamed = yield* thrownBy(pool.stream("add" as "count", 1).next());
      expect(streamed).toBeInstanceOf(TypeError);
      expect(String(streamed)).toContain("pool.call");
    });
  });

  test("maps a source with as many calls in flight as there are workers, in the order of the items", async () => {
    const clock = { now: () => performance.now() };
    await virtually(
      function* () {
        const pool = poolOf(kind, { size: 2 });
        expect(yield* collect(pool.map("double", [1, 2, 3, 4, 5]))).toEqual([2, 4, 6, 8, 10]);
        const unordered = yield* collect(pool.map("double", [1, 2, 3], { ordered: false, limit: 3 }));
        expect(new Set(unordered)).toEqual(new Set([2, 4, 6]));
      },
      { clock },
    );
  });

  test("refuses a call beyond the queue's bound at once, with the bound", async () => {
    await withPool(kind, { queue: 1 }, function* (pool) {
      const calls = [1, 2].map((n) => createTask(pool.call("addLater", n, n)));
      yield* sleep(0);
      const error = yield* thrownBy(pool.call("add", 1, 1));
      expect(error).toBeInstanceOf(PoolFullError);
      expect(error).toMatchObject({ limit: 1 });
      expect(yield* gather(calls)).toEqual([2, 4]);
      expect(yield* pool.call("add", 1, 1)).toBe(2);
    });
  });

  test("fails every waiting call with the error of a module that can't be loaded, and tries again for the next", async () => {
    const reports: string[] = [];
    const pool = poolOf<Record<string, () => unknown>>(kind, {}, "broken.ts");
    await virtually(
      function* () {
        const errors = yield* gather([pool.call("a"), pool.call("b")], { returnExceptions: true });
        for (const error of errors) {
          expect(error).toBeInstanceOf(SyntaxError);
          expect(String(error)).toContain("the module says no");
          expect(String(error)).toContain(moduleURL("broken.ts").href);
        }
        expect(yield* thrownBy(pool.call("c"))).toBeInstanceOf(SyntaxError);
      },
      { clock: { now: () => performance.now() }, onReport: ({ message }) => reports.push(message) },
    );
    expect(reports).toEqual([]);
  });

  test("is waited for in virtual time too: its time is real", async () => {
    const sum = await virtually(
      function* () {
        const pool = poolOf(kind);
        yield* pool.call("add", 1, 1); // started
        return yield* pool.call("addLater", 1, 2);
      },
      { clock: virtualClock() },
    );
    expect(sum).toBe(3);
  });
});

test("ten megabytes are moved to a thread and back, and not copied", async () => {
  await withPool("thread", {}, function* (pool) {
    const bytes = new Uint8Array(10_000_000);
    expect(yield* pool.call("size", transfer(bytes))).toBe(10_000_000);
    expect(bytes.byteLength).toBe(0); // it is not here any more
    expect((yield* pool.call("memory", 10_000_000)).byteLength).toBe(10_000_000);
  });
});

test("ten megabytes are copied to a process, and stay here", async () => {
  await withPool("process", {}, function* (pool) {
    const bytes = new Uint8Array(10_000_000);
    expect(yield* pool.call("size", transfer(bytes))).toBe(10_000_000);
    expect(bytes.byteLength).toBe(10_000_000);
  });
});
