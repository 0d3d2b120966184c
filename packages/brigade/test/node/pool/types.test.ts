/** A pool knows the types of its module: names, arguments, results. This file has to compile; what it describes is not run. */
import type { Awaitable, Stream } from "brigade";
import type { Pool } from "brigade/node";
import { expectTypeOf, test } from "vitest";
import type { Crunch } from "./crunching.ts";

declare const pool: Pool<Crunch>;
declare const untyped: Pool;

test("a call has the function's arguments and result", () => {
  const typed = (): void => {
    expectTypeOf(pool.call("add", 1, 2)).toEqualTypeOf<Awaitable<number>>();
    expectTypeOf(pool.call("addLater", 1, 2)).toEqualTypeOf<Awaitable<number>>();
    expectTypeOf(pool.call("addAsTask", 1, 2)).toEqualTypeOf<Awaitable<number>>();
    expectTypeOf(pool.call("default")).toEqualTypeOf<Awaitable<number>>();
    expectTypeOf(pool.call("letters")).toEqualTypeOf<Awaitable<string[]>>();
    expectTypeOf(pool.stream("count", 1)).toEqualTypeOf<Stream<number>>();
    expectTypeOf(pool.stream("countLater", 1)).toEqualTypeOf<Stream<number>>();
    expectTypeOf(pool.stream("countAsStream", 1)).toEqualTypeOf<Stream<number>>();
    expectTypeOf(pool.stream("letters")).toEqualTypeOf<Stream<string>>();
    expectTypeOf(pool.map("double", [1, 2])).toEqualTypeOf<Stream<number>>();
    expectTypeOf(untyped.call("anything", 1, "a")).toEqualTypeOf<Awaitable<unknown>>();
    expectTypeOf(untyped.stream("anything", 1, "a")).toEqualTypeOf<Stream<unknown>>();
  };
  expectTypeOf(typed).toBeFunction();
});

test("what is wrong is an error of type", () => {
  const wrong = (): void => {
    // @ts-expect-error no such function
    pool.call("multiply", 1, 2);
    // @ts-expect-error not a function
    pool.call("version");
    // @ts-expect-error an argument is missing
    pool.call("add", 1);
    // @ts-expect-error an argument of the wrong type
    pool.call("add", 1, "2");
    // @ts-expect-error a generator is read with stream
    pool.call("count", 1);
    // @ts-expect-error a stream is read with stream
    pool.call("countAsStream", 1);
    // @ts-expect-error a number has no items
    pool.stream("add", 1, 2);
    // @ts-expect-error a coroutine has no items
    pool.stream("addAsTask", 1, 2);
    // @ts-expect-error items of the wrong type
    pool.map("double", ["a"]);
    // @ts-expect-error the result is a number
    const text: Awaitable<string> = pool.call("add", 1, 2);
    void text;
  };
  expectTypeOf(wrong).toBeFunction();
});
