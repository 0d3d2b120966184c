/** Workers that throw or return what hardly passes the border: the call fails with words, and the worker lives on. */
import { coroutine, type CoroutineBody, InvalidStateError, Runner } from "brigade";
import { CloneError, type Pool, WorkerDiedError } from "brigade/node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventuallyLeft, type Held, held, warmedUp } from "../left.ts";
import { errorOf } from "./leaves-nothing.ts";
import { kinds, poolOf, type Work, withPool } from "./pools.ts";

// Real threads and processes: no virtual time.

describe.each(kinds)("a %s", (kind) => {
  // One worker goes through all of this.
  let before: Held;
  let runner: Runner;
  let pool: Pool<Work>;
  let worker: string;

  function inTheWorker(body: () => CoroutineBody<unknown>): Promise<unknown> {
    return runner.run(coroutine(body));
  }

  beforeAll(async () => {
    await warmedUp();
    before = held();
    runner = new Runner();
    pool = poolOf(kind, { size: 1 });
    worker = await runner.run(() => pool.call("whoAmI"));
  });
  afterEach(async () => {
    expect(await runner.run(() => pool.call("whoAmI"))).toBe(worker);
  });
  afterAll(async () => {
    await runner.close();
    expect(await eventuallyLeft(before)).toEqual([]);
  });

  test("that throws keeps the error's class name, properties, causes, and both stacks; it is not replaced", async () => {
    await inTheWorker(function* () {
      const error = yield* errorOf(pool.call("throwsWithCauses"));
      expect(error).toMatchObject({ name: "Overdrawn", message: "nothing left", balance: -5 });
      expect(error.stack).toMatch(/hostile-worker\.ts/);
      expect(error.stack).toMatch(/leaves-nothing\.ts/); // whoever awaited it
      expect(error.cause).toBeInstanceOf(RangeError);
      const two = (error.cause as Error).cause as AggregateError;
      expect(two).toBeInstanceOf(AggregateError);
      expect(two.errors[0]).toBeInstanceOf(TypeError);
      expect(two.errors[1]).toBe("b");
    });
  });

  test.each([["a string"], [undefined], [null], [42], [{ code: 7 }]])(
    "that throws %o throws that here",
    async (value) => {
      await inTheWorker(function* () {
        let caught: unknown = "nothing";
        try {
          yield* pool.call("throwsValue", value);
        } catch (thrown) {
          caught = thrown;
        }
        expect(caught).toEqual(value);
      });
    },
  );

  test("that throws what can't be cloned fails the call with words, and lives on", async () => {
    await inTheWorker(function* () {
      expect(String(yield* errorOf(pool.call("throwsFunction")))).toMatch(/clone|function/i);
      const carried = yield* errorOf(pool.call("throwsErrorWithFunction"));
      expect(carried).toMatchObject({ message: "kept though it carries what can't be cloned", code: "ECODE" });
      expect(carried).not.toHaveProperty("retry");
    });
  });

  test.each(["throwsItsOwnCause", "throwsTrap", "throwsProxy"] as const)(
    "survives a function that %s",
    async (name) => {
      await inTheWorker(function* () {
        const error = yield* errorOf(pool.call(name));
        expect(error).toBeInstanceOf(Error);
        expect(error).not.toBeInstanceOf(WorkerDiedError);
      });
    },
  );

  test("whose result can't be cloned fails the call with CloneError that says which function and where", async () => {
    await inTheWorker(function* () {
      const plain = yield* errorOf(pool.call("returnsFunction"));
      expect(plain).toBeInstanceOf(CloneError);
      expect(plain.message).toMatch(/returnsFunction/);
      const deep = yield* errorOf(pool.call("returnsDeepFunction"));
      expect(deep).toBeInstanceOf(CloneError);
      expect(deep.message).toMatch(/orders.*0.*tax/);
      expect(yield* errorOf(pool.call("returnsTrap"))).toBeInstanceOf(Error);
    });
  });

  test("whose result is a detached buffer gives an empty one or an error, and lives on", async () => {
    await inTheWorker(function* () {
      try {
        expect((yield* pool.call("returnsDetached")).byteLength).toBe(0);
      } catch (error) {
        expect(error).toBeInstanceOf(CloneError);
      }
    });
  });

  test("never sees arguments that can't be cloned: the call fails, says which, and takes no worker down", async () => {
    await inTheWorker(function* () {
      const error = yield* errorOf(pool.call("echo", { order: { total: () => 1 } }));
      expect(error).toBeInstanceOf(CloneError);
      expect(error.message).toMatch(/echo/);
      expect(error.message).toMatch(/order.*total/);
      const trap = Object.defineProperty({}, "value", {
        enumerable: true,
        get: () => {
          throw new RangeError("the getter throws");
        },
      });
      expect(yield* errorOf(pool.call("echo", trap))).toBeInstanceOf(Error);
      expect(yield* errorOf(pool.call("echo", new Proxy({}, {})))).toBeInstanceOf(CloneError);
    });
  });

  test("that runs out of stack throws RangeError and lives on", async () => {
    await inTheWorker(function* () {
      expect(yield* errorOf(pool.call("recurses"))).toBeInstanceOf(RangeError);
    });
  });

  test("is asked for a function that isn't there: TypeError lists those that are", async () => {
    await inTheWorker(function* () {
      const call = pool.call.bind(pool) as unknown as (name: string) => ReturnType<typeof pool.call>;
      for (const name of ["ecko", "toString", "constructor", "__proto__", ""]) {
        const error = yield* errorOf(call(name));
        expect(error, name).toBeInstanceOf(TypeError);
        expect(error.message, name).toMatch(/echo/);
      }
    });
  });

  test("whose generator throws or gives what can't be cloned fails the stream once", async () => {
    await inTheWorker(function* () {
      const failing = pool.stream("countsAndFails", 3);
      const items: unknown[] = [];
      for (let i = 0; i < 3; i++) items.push((yield* failing.next()).value);
      expect(items).toEqual([0, 1, 2]);
      expect(yield* errorOf(failing.next())).toMatchObject({ name: "Overdrawn", balance: 3 });
      expect((yield* failing.next()).done).toBe(true);

      const unclonable = pool.stream("givesFunction");
      expect((yield* unclonable.next()).value).toBe(1);
      expect(yield* errorOf(unclonable.next())).toBeInstanceOf(CloneError);
      expect((yield* unclonable.next()).done).toBe(true);
    });
  });
});

describe.each(kinds)("a pool of one %s", (kind) => {
  test("refuses use after its end with words", async () => {
    let kept: Parameters<Parameters<typeof withPool>[2]>[0] | undefined;
    await withPool(kind, { size: 1 }, function* (pool) {
      kept = pool;
    });
    const pool = kept;
    if (pool === undefined) throw new Error("no pool");
    await withPool(kind, { size: 1 }, function* () {
      const error = yield* errorOf(pool.call("echo", 1));
      expect(error).toBeInstanceOf(InvalidStateError);
      expect(error.message).toMatch(/clos/);
      expect(yield* errorOf(pool.stream("counts", "/dev/null").next())).toBeInstanceOf(InvalidStateError);
      yield* pool.close(); // a second time it does nothing
    });
  });
});
