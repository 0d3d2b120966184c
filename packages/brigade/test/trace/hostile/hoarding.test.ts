/** What a recorder keeps in memory: nothing of tasks that have ended, and a bounded number of texts and places, whatever programs do. */
import { type Coroutine, type CoroutineBody, coroutine, createTask, gather, Lock, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { type Recorder, recorder } from "brigade/trace";
import { expect, test } from "vitest";

const collect = (globalThis as { gc?: () => void }).gc;

/** Bytes that are in use, after a collection. */
async function used(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    collect?.();
    await new Promise((resolve) => setTimeout(resolve, 5)); // what was collected is finalized between turns of the host
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** `count` of them, a hundred at a time, numbered from `first`. */
const crowd = coroutine(function* crowd(
  first: number,
  count: number,
  make: (number: number) => Coroutine<unknown>,
): CoroutineBody<void> {
  for (let i = first; i < first + count; i += 100) {
    yield* gather(Array.from({ length: 100 }, (_, j) => make(i + j)));
  }
});

const MEGABYTE = 2 ** 20;

/** What is in use after the second of two parts of a program more than after the first. */
async function growth(
  observer: Recorder,
  count: number,
  make: (number: number) => Coroutine<unknown>,
): Promise<number> {
  await run(crowd(0, count, make), { observer, clock: virtualClock() });
  const before = await used();
  await run(crowd(count, count, make), { observer, clock: virtualClock() });
  const after = await used();
  observer.close(); // and is not collected before
  return (after - before) / MEGABYTE;
}

const kinds: Readonly<Record<string, () => Recorder>> = {
  "a full trace that a sink takes": () => recorder({ sink: () => {} }),
  "a flight recorder": () => recorder({ last: 1_000 }),
};

const brief = coroutine(function* brief(number: number) {
  yield* sleep(number % 3);
});

const named = coroutine(function* named(number: number) {
  yield* createTask(brief(0), {
    name: `task with the number ${number}, and a name long enough to be seen in what is used`,
  });
});

const slept = coroutine(function* slept(number: number) {
  yield* sleep(1 + number / 1_000_000); // each wait has a label of its own
});

const failing = coroutine(function* failing(number: number) {
  try {
    yield* createTask(
      coroutine(function* fails() {
        yield* sleep(0);
        throw new Error(`number ${number} failed, with a message long enough to be seen in what is used`);
      })(),
    );
  } catch {
    // on purpose
  }
});

const locking = coroutine(function* locking(number: number) {
  const lock = new Lock({ name: `lock ${number}` });
  using _ = yield* lock.acquire();
  yield* sleep(0);
});

/** A coroutine function made anew for each call, as closures are. */
const made = (number: number): Coroutine<unknown> =>
  coroutine(function* madeAnew() {
    yield* sleep(number % 2);
  })();

for (const [what, kind] of Object.entries(kinds)) {
  test(`${what} keeps nothing of 100,000 tasks that have ended`, { timeout: 60_000 }, async () => {
    expect(await growth(kind(), 50_000, brief)).toBeLessThan(1);
  });

  test(`${what} does not keep the names of 200,000 tasks`, { timeout: 60_000 }, async () => {
    expect(await growth(kind(), 100_000, named)).toBeLessThan(8);
  });

  test(`${what} does not keep the labels of 200,000 waits`, { timeout: 60_000 }, async () => {
    expect(await growth(kind(), 100_000, slept)).toBeLessThan(8);
  });

  test(`${what} does not keep the messages of 20,000 errors`, { timeout: 60_000 }, async () => {
    expect(await growth(kind(), 10_000, failing)).toBeLessThan(4);
  });

  test(`${what} does not keep 100,000 locks that are gone`, { timeout: 60_000 }, async () => {
    expect(await growth(kind(), 50_000, locking)).toBeLessThan(3);
  });

  test(`${what} does not keep 50,000 coroutine functions that were made for one call`, {
    timeout: 60_000,
  }, async () => {
    expect(await growth(kind(), 25_000, made)).toBeLessThan(2);
  });
}

for (const [what, kind] of Object.entries(kinds)) {
  test(`${what} keeps nothing that a program was given when it waited, once the wait is over`, async () => {
    const observer = kind();
    const gives = coroutine(function* gives() {
      yield* sleep(0);
      return new ArrayBuffer(MEGABYTE / 4);
    });
    const main = coroutine(function* main() {
      for (let i = 0; i < 400; i++) yield* gather([gives()]);
    });
    const before = await used();
    await run(main(), { observer, clock: virtualClock() });
    const after = await used();
    observer.close();
    expect((after - before) / MEGABYTE).toBeLessThan(30); // all of it is 100
  });
}

test("an error's message of 50 MB takes a short part of the trace", async () => {
  const observer = recorder();
  const main = coroutine(function* main() {
    yield* sleep(0);
    throw new Error("long".repeat(12_500_000));
  });
  await run(main(), { observer, clock: virtualClock() }).catch(() => {});
  expect(observer.bytes().length).toBeLessThan(10_000);
});

test("a task's name of 50 MB takes a short part of the trace", async () => {
  const observer = recorder();
  await run(sleep(1), { observer, clock: virtualClock(), name: "long".repeat(12_500_000) });
  expect(observer.bytes().length).toBeLessThan(10_000);
});

test("frames 100,000 deep are recorded in proportion, and the program goes on", { timeout: 60_000 }, async () => {
  const observer = recorder();
  const deep: (depth: number) => Coroutine<number> = coroutine(function* oneDeep(depth: number): CoroutineBody<number> {
    if (depth === 0) {
      yield* sleep(1);
      return 0;
    }
    return 1 + (yield* deep(depth - 1));
  });
  expect(await run(deep(100_000), { observer, clock: virtualClock() })).toBe(100_000);
  expect(observer.bytes().length).toBeLessThan(100_000 * 24);
});
