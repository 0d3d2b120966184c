/** A million coroutines through gather hold as many frames as its limit. */
import { allTasks, coroutine, gather, sleep } from "brigade";
import { expect, test } from "vitest";
import { virtually } from "../virtually.ts";

const MEGABYTE = 2 ** 20;
const MILLION = 1_000_000;

const collected = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

test("a million coroutines with limit 10: ten at once, in the memory of their results", async () => {
  expect(globalThis.gc, "run with --expose-gc").toBeDefined();
  await virtually(function* () {
    let running = 0;
    let read = 0;
    let ended = 0;
    let mostRunning = 0;
    let mostAhead = 0;
    let mostTasks = 0;
    let mostMemory = 0;
    const before = collected();
    const worker = coroutine(function* worker(index: number) {
      mostRunning = Math.max(mostRunning, ++running);
      yield* sleep(0);
      running--;
      ended++;
      if (index % 100_000 === 0) {
        mostTasks = Math.max(mostTasks, allTasks().size);
        mostMemory = Math.max(mostMemory, collected() - before);
      }
      return index;
    });
    const workers = (function* () {
      for (let index = 0; index < MILLION; index++) {
        read++;
        mostAhead = Math.max(mostAhead, read - ended);
        yield worker(index);
      }
    })();
    const results = yield* gather(workers, { limit: 10 });
    expect(results).toHaveLength(MILLION);
    expect(results[MILLION - 1]).toBe(MILLION - 1);
    expect(mostRunning).toBe(10);
    expect(mostAhead).toBeLessThanOrEqual(10);
    // The ten, and main.
    expect(mostTasks).toBeLessThanOrEqual(11);
    // A million small integers are 8 MB of results; growing their array holds it twice for a moment.
    expect(mostMemory / MEGABYTE).toBeLessThan(32);
  });
}, 120_000);
