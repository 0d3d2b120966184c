/** Error stacks: file and line of every yield* that an error passed, and none of the runtime's own frames. */
import {
  type Awaitable,
  CancelledError,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  fromPromise,
  gather,
  moveOnAfter,
  race,
  run,
  shield,
  sleep,
  taskGroup,
  TimeoutError,
  timeout,
  type TaskGroup,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { runProgram } from "../program.ts";
import { nextLine } from "../source-line.ts";
import { virtually } from "../virtually.ts";

/** The lines of this file that a stack names, top first. */
function linesOf(error: unknown): number[] {
  const stack = (error as Error).stack ?? "";
  return [...stack.matchAll(/error-stack\.test\.ts:(\d+):\d+/g)].map(([, line]) => Number(line));
}

/** No frame of a stack may be the runtime's own. */
function expectNoFramesOfTheRuntime(error: unknown): void {
  const frames = ((error as Error).stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  expect(frames.length).toBeGreaterThan(0);
  expect(frames.filter((line) => /brigade\/(src|dist)\//.test(line))).toEqual([]);
}

/** What an awaitable throws. */
const thrownBy = (make: () => Awaitable<unknown>): Promise<unknown> =>
  virtually(function* () {
    try {
      yield* make();
    } catch (error) {
      return error;
    }
    throw new Error("nothing was thrown");
  });

const at = { throw: 0, inner: 0, middle: 0, outer: 0 };

const failing = coroutine(function* failing(suspends: boolean) {
  if (suspends) yield* sleep(1);
  at.throw = nextLine();
  throw new Error("no stock");
});
const inner = coroutine(function* inner(suspends: boolean) {
  at.inner = nextLine();
  yield* failing(suspends);
});
const middle = coroutine(function* middle(suspends: boolean) {
  try {
    at.middle = nextLine();
    return yield* inner(suspends);
  } finally {
    if (suspends) yield* sleep(1);
  }
});
const outer = coroutine(function* outer(suspends: boolean) {
  at.outer = nextLine();
  const value = yield* middle(suspends);
  return value;
});

for (const suspends of [false, true]) {
  const how = suspends ? "after a suspension" : "without a suspension";

  test(`an error thrown ${how} has every yield* that it passed in its stack, innermost first, each once`, async () => {
    const error = await thrownBy(() => outer(suspends));
    expect((error as Error).stack).toMatch(/^Error: no stock\n/);
    expect(linesOf(error).slice(0, 4)).toEqual([at.throw, at.inner, at.middle, at.outer]);
    for (const line of [at.throw, at.inner, at.middle, at.outer])
      expect(linesOf(error).filter((one) => one === line)).toHaveLength(1);
    expectNoFramesOfTheRuntime(error);
  });

  test(`the frames of an error thrown ${how} have their functions' names`, async () => {
    const { stack } = (await thrownBy(() => outer(suspends))) as Error;
    for (const name of ["failing", "inner", "middle", "outer"])
      expect(stack).toMatch(new RegExp(`at (Object\\.)?${name}\\b.* \\(`));
  });

  test(`an error thrown ${how} carries the yield* on a task that failed with it`, async () => {
    let line = 0;
    const awaits = coroutine(function* awaits() {
      const task = createTask(outer(suspends));
      line = nextLine();
      yield* task;
    });
    const error = await thrownBy(() => awaits());
    expect(linesOf(error).slice(0, 5)).toEqual([at.throw, at.inner, at.middle, at.outer, line]);
    expectNoFramesOfTheRuntime(error);
  });

  test(`an error thrown ${how} carries the yield* on gather, race, timeout and shield`, async () => {
    const combinators: Record<string, (body: Coroutine<unknown>) => Awaitable<unknown>> = {
      gather: (body) => gather([sleep(50), body]),
      "gather of a record": (body) => gather({ a: sleep(50), body }),
      "gather with a limit": (body) => gather([sleep(1), body], { limit: 1 }),
      race: (body) => race([sleep(50), body]),
      timeout: (body) => timeout(50, body),
      moveOnAfter: (body) => moveOnAfter(50, body),
      shield: (body) => shield(body),
    };
    for (const [name, combine] of Object.entries(combinators)) {
      let line = 0;
      const awaits = coroutine(function* awaits() {
        line = nextLine();
        yield* combine(outer(suspends));
      });
      const error = await thrownBy(() => awaits());
      const lines = linesOf(error);
      const passed = [at.throw, at.inner, at.middle, at.outer, line];
      expect(
        lines.filter((one) => passed.includes(one)),
        name,
      ).toEqual(passed);
      expectNoFramesOfTheRuntime(error);
    }
  });

  test(`an error of a group's child, thrown ${how}, has the lines it passed, and the group's own error that of its yield*`, async () => {
    let line = 0;
    const awaits = coroutine(function* awaits() {
      const body = function* (group: TaskGroup) {
        group.createTask(outer(suspends));
        yield* sleep(50);
      };
      line = nextLine();
      yield* taskGroup(body);
    });
    const group = (await thrownBy(() => awaits())) as AggregateError;
    const [error] = group.errors as [Error];
    expect(linesOf(error).slice(0, 4)).toEqual([at.throw, at.inner, at.middle, at.outer]);
    expect(linesOf(group)).toContain(line);
    expectNoFramesOfTheRuntime(error);
    expectNoFramesOfTheRuntime(group);
  });
}

test("an error that is caught and thrown again has the lines that it passed, each once", async () => {
  const lines = { again: 0, top: 0 };
  const again = coroutine(function* again() {
    try {
      lines.again = nextLine();
      yield* inner(true);
    } catch (error) {
      yield* sleep(1);
      throw error;
    }
  });
  const top = coroutine(function* top() {
    lines.top = nextLine();
    yield* again();
  });
  const error = await thrownBy(() => top());
  expect(linesOf(error).slice(0, 4)).toEqual([at.throw, at.inner, lines.again, lines.top]);
  expect(linesOf(error).filter((line) => line === lines.again)).toHaveLength(1);
});

test("an error that a loop catches and meets again does not grow with each round", async () => {
  const shared = new Error("the same each time");
  const throws = coroutine(function* throws() {
    yield* sleep(1);
    throw shared;
  });
  const linesAfter = (rounds: number) =>
    virtually(function* () {
      for (let i = 0; i < rounds; i++)
        try {
          yield* throws();
        } catch (error) {
          expect(error).toBe(shared);
        }
      return shared.stack?.split("\n").length ?? 0;
    });
  const first = await linesAfter(600);
  expect(first).toBeLessThan(500);
  expect(await linesAfter(600)).toBe(first);
});

test("an error that the runtime makes has the line of the yield* that it is thrown at", async () => {
  let line = 0;
  const waits = coroutine(function* waits() {
    line = nextLine();
    yield* timeout(1, sleep(50));
  });
  const expired = await thrownBy(() => waits());
  expect(expired).toBeInstanceOf(TimeoutError);
  expect(linesOf(expired)).toContain(line);
  expectNoFramesOfTheRuntime(expired);

  const stopped = coroutine(function* stopped() {
    const task = createTask(sleep(50));
    yield* sleep(1);
    task.cancel();
    line = nextLine();
    yield* task;
  });
  const cancelled = await thrownBy(() => stopped());
  expect(cancelled).toBeInstanceOf(CancelledError);
  expect(linesOf(cancelled)).toContain(line);
  expectNoFramesOfTheRuntime(cancelled);
});

test("an error of a promise carries the yield* on fromPromise", async () => {
  let line = 0;
  const waits = coroutine(function* waits() {
    line = nextLine();
    yield* fromPromise(Promise.resolve().then(() => Promise.reject(new Error("no stock"))));
  });
  const error = await thrownBy(() => waits());
  expect(linesOf(error)).toContain(line);
  expectNoFramesOfTheRuntime(error);
});

test("an error of main that run rejects with has the lines that it passed", async () => {
  const error = await run(outer(true), { clock: virtualClock() }).catch((reason: unknown) => reason);
  expect(linesOf(error).slice(0, 4)).toEqual([at.throw, at.inner, at.middle, at.outer]);
  expectNoFramesOfTheRuntime(error);
});

test("what can't carry a stack passes unharmed: a frozen error, a string, an object without a prototype", async () => {
  const frozen = Object.freeze(new Error("frozen"));
  for (const thrown of [frozen, "a string", Object.create(null) as object, undefined, null, 5]) {
    const throws = coroutine(function* throws() {
      yield* sleep(1);
      throw thrown;
    });
    const between = coroutine(function* between() {
      yield* throws();
    });
    expect(await thrownBy(() => between())).toBe(thrown);
  }
});

test("an error with a stack of its own kind passes unharmed", async () => {
  const strange = new Error("strange");
  Object.defineProperty(strange, "stack", { get: () => "not a stack at all", configurable: false });
  const throws = coroutine(function* throws() {
    yield* sleep(1);
    throw strange;
  });
  const between = coroutine(function* between() {
    yield* throws();
  });
  expect(await thrownBy(() => between())).toBe(strange);
  const none = new Error("none");
  delete none.stack;
  const throwsNone = coroutine(function* throwsNone() {
    yield* sleep(1);
    throw none;
  });
  expect(await thrownBy(() => throwsNone())).toBe(none);
});

test("an error whose stack is no string, or can't be read, passes unharmed", async () => {
  const structured = Object.assign(new Error("structured"), { stack: [{ line: 1 }] });
  const unreadable = Object.defineProperty(new Error("unreadable"), "stack", {
    get: () => {
      throw new Error("no stack for you");
    },
  });
  for (const thrown of [structured, unreadable])
    for (const suspends of [true, false]) {
      const throws = coroutine(function* throws() {
        if (suspends) yield* sleep(1);
        throw thrown;
      });
      const between = coroutine(function* between() {
        yield* throws();
      });
      expect((await thrownBy(() => between())) === thrown).toBe(true);
    }
});

test("an error from the depth of ninety frames has a line for each", async () => {
  const fall: (depth: number) => Coroutine<void> = coroutine(function* falls(depth: number): CoroutineBody<void> {
    if (depth > 0) return yield* fall(depth - 1);
    yield* sleep(1);
    throw new Error("at the bottom");
  });
  expect(linesOf(await thrownBy(() => fall(89)))).toHaveLength(91);
});

test("message, cause and class of an error stay what they were", async () => {
  class StockError extends RangeError {
    override readonly name = "StockError";
    readonly item = "flour";
  }
  const cause = new Error("the mill is closed");
  const thrown = new StockError("no flour", { cause });
  const throws = coroutine(function* throws() {
    yield* sleep(1);
    throw thrown;
  });
  const between = coroutine(function* between() {
    yield* throws();
  });
  const error = await thrownBy(() => between());
  expect(error).toBe(thrown);
  expect(error).toMatchObject({ message: "no flour", name: "StockError", item: "flour", cause });
  expect(Object.keys(error as object).toSorted()).toEqual(["item", "name"]);
});

test("runtime and test agree with Node about lines: a program's uncaught error shows its own lines only", {
  timeout: 20_000,
}, async () => {
  const { code, stderr } = await runProgram(
    [
      'import { coroutine, createTask, gather, run, sleep } from "brigade";',
      "const fails = coroutine(function* fails() {",
      "  yield* sleep(1);",
      '  throw new Error("no stock");',
      "});",
      "const calls = coroutine(function* calls() {",
      "  yield* fails();",
      "});",
      "const gathers = coroutine(function* gathers() {",
      "  yield* gather([sleep(50), calls()]);",
      "});",
      "await run(function* main() {",
      "  const task = createTask(gathers());",
      "  yield* task;",
      "});",
    ].join("\n"),
  );
  expect(code).toBe(1);
  const stack = stderr.slice(stderr.indexOf("Error: no stock"));
  const lines = [...stack.matchAll(/\[eval1\]:(\d+):\d+/g)].map(([, line]) => Number(line));
  expect(lines.slice(0, 4)).toEqual([4, 7, 10, 14]);
  expect(stack).not.toMatch(/brigade\/(src|dist)\//);
});
