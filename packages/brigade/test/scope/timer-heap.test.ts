/** Timers of scopes that ended in time leave nothing behind. */
import { coroutine, createTask, gather, moveOnAfter, sleep, timeout } from "brigade";
import { expect, test } from "vitest";
import { virtually } from "../virtually.ts";

const collected = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

const MEGABYTE = 2 ** 20;

const quick = coroutine(function* quick() {
  return 1;
});

test("a million timeouts whose bodies end in time do not grow the heap, whether or not they suspend", async () => {
  expect(globalThis.gc, "run with --expose-gc").toBeDefined();
  await virtually(function* () {
    const round = coroutine(function* round(count: number) {
      for (let index = 0; index < count; index++) {
        yield* timeout("1h", quick());
        if (index % 10 === 0) yield* timeout("1h", sleep(0));
      }
    });
    yield* round(20_000);
    const before = collected();
    let most = 0;
    for (let part = 0; part < 10; part++) {
      yield* round(100_000);
      most = Math.max(most, collected() - before);
    }
    expect(most / MEGABYTE).toBeLessThan(4);
  });
}, 60_000);

test("timeouts that are in flight at once and end in time leave no timer behind", async () => {
  await virtually(function* () {
    const round = coroutine(function* round() {
      yield* gather(Array.from({ length: 10_000 }, () => timeout("1h", sleep(1))));
    });
    yield* round();
    const before = collected();
    for (let part = 0; part < 10; part++) yield* round();
    expect((collected() - before) / MEGABYTE).toBeLessThan(4);
  });
}, 60_000);

test("a hundred thousand sleepers cancelled one by one leave no timer behind", async () => {
  await virtually(function* () {
    const round = coroutine(function* round(count: number) {
      for (let index = 0; index < count; index++) {
        const task = createTask(moveOnAfter("1h", sleep("2h")));
        yield* sleep(0);
        task.cancel();
        yield* sleep(0);
        expect(task.done).toBe(true);
      }
    });
    yield* round(5_000);
    const before = collected();
    yield* round(100_000);
    expect((collected() - before) / MEGABYTE).toBeLessThan(4);
  });
}, 60_000);

test("timers that never come due do not slow the ones that do", async () => {
  await virtually(function* () {
    const measure = coroutine(function* measure(count: number) {
      const start = performance.now();
      for (let index = 0; index < count; index++) yield* timeout("1h", sleep(1));
      return performance.now() - start;
    });
    yield* measure(5_000);
    const early = yield* measure(5_000);
    yield* measure(50_000);
    const late = yield* measure(5_000);
    expect(late / early).toBeLessThan(5);
  });
}, 60_000);
