/** Stacks of a hundred thousand frames: what a task holds does not sit on the JavaScript stack. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  currentTask,
  getRunningLoop,
  sleep,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const DEPTH = 100_000;
const SLOW = { timeout: 60_000 };

test("a recursion of 100,000 coroutine calls returns its value, without a suspension", SLOW, async () => {
  const count: (depth: number) => Coroutine<number> = coroutine(function* countFrame(
    depth: number,
  ): CoroutineBody<number> {
    if (depth === 0) return 0;
    const below: number = yield* count(depth - 1);
    return below + 1;
  });
  expect(await virtually(count(DEPTH))).toBe(DEPTH);
});

test("a recursion of 100,000 coroutine calls returns its value after a suspension at the bottom", SLOW, async () => {
  const count: (depth: number) => Coroutine<number> = coroutine(function* countFrame(
    depth: number,
  ): CoroutineBody<number> {
    if (depth === 0) {
      yield* sleep(1);
      yield* sleep(0);
      return 0;
    }
    const below: number = yield* count(depth - 1);
    return below + 1;
  });
  expect(await virtually(count(DEPTH))).toBe(DEPTH);
});

test("frames that suspend on the way down and on the way up keep their order", SLOW, async () => {
  const visits: number[] = [];
  const descend: (depth: number) => Coroutine<void> = coroutine(function* descendFrame(
    depth: number,
  ): CoroutineBody<void> {
    if (depth === 0) return;
    yield* sleep(0);
    yield* descend(depth - 1);
    yield* sleep(0);
    visits.push(depth);
  });
  await virtually(descend(20_000));
  expect(visits).toEqual(Array.from({ length: 20_000 }, (_, i) => i + 1));
});

test("an error thrown 100,000 calls deep reaches the top as it was thrown, past every finally", SLOW, async () => {
  for (const suspends of [false, true]) {
    const error = new Error("at the bottom");
    let finallies = 0;
    const fall: (depth: number) => Coroutine<void> = coroutine(function* fallFrame(depth: number): CoroutineBody<void> {
      try {
        if (depth > 0) return yield* fall(depth - 1);
        if (suspends) yield* sleep(1);
        throw error;
      } finally {
        finallies++;
      }
    });
    await expect(virtually(fall(DEPTH))).rejects.toBe(error);
    expect(finallies, `suspends: ${suspends}`).toBe(DEPTH + 1);
  }
});

test("cancelling a task 100,000 calls deep runs every finally, innermost first", SLOW, async () => {
  let next = 0;
  let inOrder = true;
  const dive: (depth: number) => Coroutine<void> = coroutine(function* diveFrame(depth: number): CoroutineBody<void> {
    try {
      if (depth > 0) yield* dive(depth - 1);
      else yield* sleep(1_000);
    } finally {
      inOrder &&= depth === next;
      next++;
    }
  });
  const outcome = await virtually(function* () {
    const task = createTask(dive(DEPTH));
    yield* sleep(1);
    task.cancel();
    return yield* outcomeOf(task);
  });
  expect(outcome).toBe("cancelled");
  expect({ next, inOrder }).toEqual({ next: DEPTH + 1, inOrder: true });
});

test("cancelling a task 20,000 calls deep waits for an await in every finally", SLOW, async () => {
  const depth = 20_000;
  let cleaned = 0;
  const dive: (depth: number) => Coroutine<void> = coroutine(function* diveFrame(left: number): CoroutineBody<void> {
    try {
      if (left > 0) yield* dive(left - 1);
      else yield* sleep("1000h");
    } finally {
      yield* sleep(1);
      cleaned++;
    }
  });
  await virtually(function* () {
    const task = createTask(dive(depth));
    yield* sleep(1);
    const start = getRunningLoop().time();
    task.cancel();
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(getRunningLoop().time() - start).toBe(depth + 1);
  });
  expect(cleaned).toBe(depth + 1);
});

test("a loop of a hundred thousand calls and awaits does not grow the stack", SLOW, async () => {
  const leaf = coroutine(function* leaf(i: number) {
    if (i % 100 === 0) yield* sleep(0);
    return 1;
  });
  const total = await virtually(function* () {
    let sum = 0;
    for (let i = 0; i < DEPTH; i++) sum += yield* leaf(i);
    expect(currentTask().stack()).toHaveLength(1);
    return sum;
  });
  expect(total).toBe(DEPTH);
});

test("a chain of 10,000 tasks, each waiting for the next, ends and is cancelled without overflow", SLOW, async () => {
  const follow: (depth: number) => Coroutine<number> = coroutine(function* followFrame(
    depth: number,
  ): CoroutineBody<number> {
    if (depth === 0) {
      yield* sleep(50_000);
      return 0;
    }
    const below: number = yield* createTask(follow(depth - 1));
    return below + 1;
  });
  await virtually(function* () {
    const first = createTask(follow(10_000));
    const second = createTask(follow(10_000));
    yield* sleep(1);
    second.cancel();
    expect(yield* outcomeOf(second)).toBe("cancelled");
    expect(yield* first).toBe(10_000);
  });
});

test("a thousand timeouts inside each other give the value of the innermost body", SLOW, async () => {
  const nest: (depth: number) => Coroutine<string> = coroutine(function* nestFrame(
    depth: number,
  ): CoroutineBody<string> {
    if (depth === 0) return yield* sleep(5, "innermost");
    const inner: string = yield* timeout(10, nest(depth - 1));
    return inner;
  });
  expect(await virtually(nest(1_000))).toBe("innermost");
});
