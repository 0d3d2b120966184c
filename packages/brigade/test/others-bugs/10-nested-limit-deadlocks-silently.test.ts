/**
 * p-limit (sindresorhus/p-limit#91): a limited function that called another function of the same limiter waited for a
 * slot that only it could free. The process ended, or hung, without a word.
 */
import { coroutine, type CoroutineBody, DeadlockError, gather, run, Semaphore, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

async function deadlockOf(main: Parameters<typeof run>[0]): Promise<DeadlockError> {
  try {
    await run(main, { clock: virtualClock(), onReport: () => {} });
  } catch (error) {
    if (error instanceof DeadlockError) return error;
    throw error;
  }
  throw new Error("it should have been a deadlock");
}

test("a holder that waits for its own semaphore is reported as a deadlock that says who waits for what", async () => {
  const semaphore = new Semaphore(1);
  const nested = coroutine(function* nested(depth: number): CoroutineBody<void> {
    using _permit = yield* semaphore.acquire();
    if (depth > 0) yield* nested(depth - 1);
  });
  const error = await deadlockOf(nested(1));
  expect(error.tasks.map((task) => task.name)).toEqual(["main"]);
  expect(error.message).toContain("main");
  expect(error.message).toContain("nested");
  expect(error.message).toMatch(/semaphore/i);
});

test("two holders that wait for each other's nested permits are both named", async () => {
  const semaphore = new Semaphore(2);
  const inner = coroutine(function* inner() {
    using _permit = yield* semaphore.acquire();
    yield* sleep(1);
  });
  const outer = coroutine(function* outer() {
    using _permit = yield* semaphore.acquire();
    yield* sleep(1);
    yield* inner();
  });
  const error = await deadlockOf(gather([outer(), outer()]));
  expect(error.message).toContain("inner");
  expect(error.tasks.length).toBeGreaterThanOrEqual(2);
});

test("the deadlocked tasks are unwound before run rejects", async () => {
  const log: string[] = [];
  const semaphore = new Semaphore(1);
  const stuck = coroutine(function* () {
    using _permit = yield* semaphore.acquire();
    try {
      yield* semaphore.acquire();
    } finally {
      yield* sleep(1);
      log.push("cleaned up");
    }
  });
  await deadlockOf(stuck());
  expect(log).toEqual(["cleaned up"]);
  expect(semaphore.available).toBe(1);
});

test("limits belong to each gather, so nested ones do not wait for each other", async () => {
  const leaf = coroutine(function* (n: number) {
    yield* sleep(1);
    return n;
  });
  const branch = coroutine(function* (n: number) {
    return yield* gather([leaf(n), leaf(n + 1)], { limit: 1 });
  });
  const result = await run(gather([branch(0), branch(10)], { limit: 1 }), { clock: virtualClock() });
  expect(result).toEqual([
    [0, 1],
    [10, 11],
  ]);
});
