/**
 * Effect (Effect-TS/effect#5340, #5323): the stack of an error named the runtime's internals, or only where the
 * promise had been rejected, and not the functions of the program that had been waiting for it.
 */
import { coroutine, createTask, gather, run, sleep, timeout } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const here = "08-stack-shows-the-runtime.test.ts";

/** The lines of this file that a stack names, top first. */
function linesOf(stack: string | undefined): number[] {
  const lines = (stack ?? "").split("\n").filter((line) => line.includes(here));
  return lines.map((line) => Number(/:(\d+):\d+\)?$/.exec(line)?.[1]));
}

/** Notes the line it is called from, which is the line of the `yield*` around it, and passes its argument on. */
function noted<T>(lines: number[], awaitable: T): T {
  lines.unshift(linesOf(new Error("for its stack").stack)[1] ?? Number.NaN);
  return awaitable;
}

const fetchOrder = coroutine(function* fetchOrder(lines: number[]) {
  yield* sleep(10);
  const error = new Error("refused");
  lines.unshift(linesOf(error.stack)[0] ?? Number.NaN);
  throw error;
});
const enrichOrder = coroutine(function* enrichOrder(lines: number[]) {
  yield* sleep(10);
  return yield* noted(lines, fetchOrder(lines));
});
const handleOrder = coroutine(function* handleOrder(lines: number[]) {
  yield* sleep(10);
  return yield* noted(lines, enrichOrder(lines));
});

async function failureOf(main: Parameters<typeof run>[0]): Promise<Error> {
  try {
    await run(main, { clock: virtualClock() });
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it should have failed with an Error");
}

test("an error's stack names every coroutine it passed, innermost first, at the line of its yield*", async () => {
  const lines: number[] = [];
  const error = await failureOf(handleOrder(lines));
  expect(lines).toHaveLength(3);
  expect(linesOf(error.stack)).toEqual(lines);
  expect(error.stack).toMatch(/fetchOrder[^]*enrichOrder[^]*handleOrder/);
});

test("an error's stack has no frame of the runtime", async () => {
  const error = await failureOf(handleOrder([]));
  expect(error.stack).not.toMatch(/packages\/brigade\/src\//);
});

test("an error that passes a scope keeps the coroutines inside and outside it", async () => {
  const lines: number[] = [];
  const limited = coroutine(function* limited() {
    return yield* noted(lines, timeout("1s", handleOrder(lines)));
  });
  const error = await failureOf(limited());
  expect(lines).toHaveLength(4);
  expect(linesOf(error.stack)).toEqual(lines);
  expect(error.stack).not.toMatch(/packages\/brigade\/src\//);
});

test("an error that passes from task to task names the coroutines of both", async () => {
  const lines: number[] = [];
  const waiting = coroutine(function* waiting() {
    return yield* noted(lines, createTask(handleOrder(lines)));
  });
  const error = await failureOf(waiting());
  expect(lines).toHaveLength(4);
  expect(linesOf(error.stack)).toEqual(lines);
  expect(error.stack).toMatch(/fetchOrder[^]*enrichOrder[^]*handleOrder[^]*waiting/);
  expect(error.stack).not.toMatch(/packages\/brigade\/src\//);
});

test("an error that passes a gather names the coroutine that waited for it", async () => {
  const gathering = coroutine(function* gathering() {
    return yield* gather([sleep(1), handleOrder([])]);
  });
  const error = await failureOf(gathering());
  expect(error.stack).toMatch(/fetchOrder[^]*enrichOrder[^]*handleOrder[^]*gathering/);
  expect(error.stack).not.toMatch(/packages\/brigade\/src\//);
});

test("an error that passes a bare generator keeps the coroutines that delegated to it", async () => {
  const lines: number[] = [];
  function* bare() {
    return yield* noted(lines, handleOrder(lines));
  }
  const delegating = coroutine(function* delegating() {
    return yield* noted(lines, bare());
  });
  const error = await failureOf(delegating());
  expect(lines).toHaveLength(5);
  expect(linesOf(error.stack)).toEqual(lines);
  expect(error.stack).not.toMatch(/packages\/brigade\/src\//);
});
