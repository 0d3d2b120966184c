/** toThread on real threads; what it waits for is not the loop's time, so all of it runs in real time. */
import { readdirSync } from "node:fs";
import { type Awaitable, coroutine, createTask, gather, run, sleep, stream, timeout } from "brigade";
import { toThread, transfer } from "brigade/node";
import { expect, test } from "vitest";

const threads = (): number => readdirSync("/proc/self/task").length;
const REAL = { timeout: 20_000 };

/** A function as a compiler, or the language's oldest form, writes it. */
// oxlint-disable-next-line eslint/no-eval -- a text of this file
const written = (text: string): (() => unknown) => (0, eval)(`(${text})`) as () => unknown;

/** What awaiting it throws. */
const errorOf = coroutine(function* errorOf(make: () => ReturnType<typeof toThread>) {
  try {
    yield* make();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not throw");
});

test("a function runs on another thread, with copies of its arguments", REAL, async () => {
  const own = { list: [1, 2, 3] };
  const [sum, copy] = await run(function* () {
    const sum = yield* toThread((a: number, b: number) => a + b, 1, 2);
    const copy = yield* toThread((given: typeof own) => {
      given.list.push(4);
      return given;
    }, own);
    return [sum, copy] as const;
  });
  expect(sum).toBe(3);
  expect(copy).toEqual({ list: [1, 2, 3, 4] });
  expect(own).toEqual({ list: [1, 2, 3] });
});

test("arguments and result are of the function's types", () => {
  const typed = () => [
    toThread((n: number) => String(n), 1) satisfies Awaitable<string>,
    toThread(async (n: number) => n, 1) satisfies Awaitable<number>,
    // @ts-expect-error: an argument of another type
    toThread((n: number) => n, "1"),
    // @ts-expect-error: one is missing
    toThread((a: number, b: number) => a + b, 1),
    // @ts-expect-error: the result is a number
    toThread((n: number) => n, 1) satisfies Awaitable<string>,
  ];
  expect(typed).toBeTypeOf("function");
});

test("the loop goes on meanwhile, and calls run beside one another", REAL, async () => {
  await run(function* () {
    const wait = (id: number): number => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      return id;
    };
    yield* toThread(() => 0);
    let ticks = 0;
    const ticking = createTask(
      (function* () {
        for (;;) {
          yield* sleep(5);
          ticks++;
        }
      })(),
    );
    expect(yield* gather([toThread(wait, 1), toThread(wait, 2)])).toEqual([1, 2]);
    ticking.cancel();
    expect(ticks).toBeGreaterThan(10);
  });
});

test("async functions, methods, recursion, and names of their own are fine", REAL, async () => {
  const object = {
    twice(n: number) {
      return n * 2;
    },
    async later(n: number) {
      return n;
    },
  };
  await run(function* () {
    expect(yield* toThread(object.twice, 4)).toBe(8);
    expect(yield* toThread(object.later, 4)).toBe(4);
    const factorial = function factorial(n: number): number {
      return n < 2 ? 1 : n * factorial(n - 1);
    };
    expect(yield* toThread(factorial, 5)).toBe(120);
    const rich = (values: number[], { offset = 1, ...rest }: { offset?: number; scale?: number }): number[] => {
      class Sum {
        #total = 0;
        static base = 0;
        add(n: number): this {
          this.#total += n;
          return this;
        }
        get total(): number {
          return this.#total + Sum.base;
        }
      }
      const sum = new Sum();
      outer: for (const [index, value] of values.entries()) {
        if (index > 2) break outer;
        try {
          sum.add(value * (rest.scale ?? 1));
        } catch {
          return [];
        }
      }
      return [sum.total + offset, typeof nothingOfThisName === "undefined" ? 1 : 0];
    };
    expect(yield* toThread(rich, [1, 2, 3, 100], { scale: 2 })).toEqual([13, 1]);
  });
});
declare const nothingOfThisName: unknown;

test("the call that compilers put around functions to keep their names is there", REAL, async () => {
  const compiled = written('function (n) { const twice = __name((x) => x * 2, "twice"); return twice(n); }');
  expect(await run(toThread(compiled as (n: number) => number, 4))).toBe(8);
});

const factor = 3;
const log = (text: string): string => text;

test("names from outside are refused, all of them, with their lines", REAL, async () => {
  await run(function* () {
    const scale = (n: number): number => {
      log("scaling");
      const scaled = n * factor;
      log("scaled");
      return scaled;
    };
    const { message, name } = yield* errorOf(() => toThread(scale, 1));
    expect(name).toBe("TypeError");
    expect(message).toBe(
      'toThread: the function "scale" uses names from outside itself, which a thread does not have: ' +
        '"log" (its lines 2, 4), "factor" (its line 3); ' +
        "pass values as arguments, import() packages inside, or put the function into a module for a threadPool",
    );
    // The same text, once more: the answer is remembered.
    expect((yield* errorOf(() => toThread(scale, 1))).message).toBe(message);
  });
});

test("this, super, import.meta, relative imports and arguments of outside are refused", REAL, async () => {
  const refused: readonly (readonly [unknown, string])[] = [
    [written("function () { return this.x; }"), '"this" is that of the place where it was written (its line 1)'],
    [written("function () { return (() => new.target)(); }"), "new.target is never set"],
    [
      {
        text: () => "",
        toString() {
          return super.toString();
        },
      }.toString,
      '"super" belongs to the object',
    ],
    [
      Object.getOwnPropertyDescriptor(
        {
          get x() {
            return 1;
          },
        },
        "x",
      )?.get,
      "write it as a function, with a plain name",
    ],
    [written("class Thing {}"), "it is a class; hand over a function that makes one"],
    [written("async () => import('./other.js')"), 'import("./other.js") is relative to a file'],
    [written("() => arguments.length"), '"arguments"'],
    [written("() => {\n q = 1;\n}"), '"q" (its line 2)'],
  ];
  await run(function* () {
    for (const [fn, message] of refused) {
      const error = yield* errorOf(() => toThread(fn as () => unknown));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(message);
    }
    // What has a `this` of its own keeps it.
    const own = written("() => { class A { x = 1; y = this.x; static { this.z = 2; } } return new A().y + A.z; }");
    expect(yield* toThread(own as () => number)).toBe(3);
  });
});

test("what has no text, or needs the runtime, is refused at the call", () => {
  const at = (fn: unknown): unknown => toThread(fn as () => unknown);
  expect(() => at(Math.max)).toThrow(/^toThread: the function "max" can't run in a thread: it is native or bound/);
  expect(() => at(Math.max.bind(Math))).toThrow("it is native or bound, and has no text");
  expect(() => at(function* () {})).toThrow("it is a generator function; put it into a module, and use the stream()");
  expect(() => at(async function* () {})).toThrow("generator function");
  expect(() => at(coroutine(function* () {}))).toThrow("it is a coroutine or stream function, which needs the runtime");
  expect(() => at(stream(function* () {}))).toThrow("coroutine or stream function");
  expect(() => at(7)).toThrow(new TypeError("toThread takes a function, not number"));
  expect(() => at(null)).toThrow(new TypeError("toThread takes a function, not null"));
});

test("an error comes with its class and the lines of both sides", REAL, async () => {
  await run(function* () {
    const error = yield* errorOf(() =>
      toThread(() => {
        throw new RangeError("too far");
      }),
    );
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe("too far");
    expect(error.stack).toContain("toThread:");
    expect(error.stack).toContain("to-thread.test.ts");
  });
});

test("transfer moves a buffer to the thread", REAL, async () => {
  const buffer = new ArrayBuffer(1_000);
  const length = await run(toThread((moved: ArrayBuffer) => moved.byteLength, transfer(buffer)));
  expect([length, buffer.byteLength]).toEqual([1_000, 0]);
});

test("a cancelled call that can't be told to stop loses its thread, and the next one has another", REAL, async () => {
  const before = threads();
  await run(function* () {
    const endless = (): never => {
      for (;;);
    };
    const error = yield* errorOf(() => timeout(300, toThread(endless)));
    expect(error.name).toBe("TimeoutError");
    expect(yield* toThread(() => 1)).toBe(1);
  });
  expect(threads()).toBe(before);
});

test("the threads end with the run, and a later run has its own", REAL, async () => {
  const before = threads();
  for (const n of [1, 2]) {
    expect(await run(toThread((value: number) => value, n))).toBe(n);
    expect(threads()).toBe(before);
  }
});
