/**
 * RxJS (ReactiveX/rxjs#6446, #71): unsubscribing could not wait for an asynchronous teardown, and a source that was
 * faster than its reader had nowhere to wait.
 */
import { coroutine, createTask, forEach, mapStream, Queue, run, sleep, stream, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const numbers = stream(function* (log: string[]) {
  try {
    for (let n = 1; ; n++) {
      yield* sleep(1);
      log.push(`made ${n}`);
      yield n;
    }
  } finally {
    yield* sleep(10);
    log.push("torn down");
  }
});

test("close waits for the producer's teardown", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const source = numbers(log);
      expect(yield* source.next()).toEqual({ done: false, value: 1 });
      yield* source.close();
      log.push("closed");
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["made 1", "torn down", "closed"]);
});

test("a reader that fails has the producer torn down before its error is seen", async () => {
  const log: string[] = [];
  await run(
    function* () {
      try {
        yield* forEach(numbers(log), (n) => {
          if (n === 2) throw new Error("reader");
        });
      } catch {
        log.push("error seen");
      }
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["made 1", "made 2", "torn down", "error seen"]);
});

test("a cancelled reader has the producer torn down before it has ended", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const task = createTask(forEach(numbers(log), () => sleep("1h")));
      yield* sleep(5);
      task.cancel();
      yield* wait([task]);
      log.push("reader ended");
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["made 1", "torn down", "reader ended"]);
});

test("a fast producer makes nothing that its slow reader has not asked for", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const source = numbers(log);
      yield* sleep(100);
      expect(log).toEqual([]);
      for (let n = 1; n <= 3; n++) {
        yield* source.next();
        yield* sleep(100);
        expect(log).toHaveLength(n);
      }
      yield* source.close();
    },
    { clock: virtualClock() },
  );
});

test("a mapStream has at most limit results in flight or waiting to be read", async () => {
  let started = 0;
  const double = coroutine(function* (n: number) {
    started++;
    yield* sleep(1);
    return n * 2;
  });
  await run(
    function* () {
      const results = mapStream(numbers([]), double, { limit: 3 });
      for (let read = 1; read <= 5; read++) {
        expect(yield* results.next()).toEqual({ done: false, value: read * 2 });
        yield* sleep(100);
        expect(started - read).toBeLessThanOrEqual(3);
      }
      yield* results.close();
    },
    { clock: virtualClock() },
  );
});

test("a bounded queue makes a fast producer wait for its slow reader", async () => {
  let ahead = 0;
  let most = 0;
  await run(
    function* () {
      const queue = new Queue<number>({ maxSize: 3 });
      const producer = createTask(
        (function* () {
          for (let n = 0; n < 20; n++) {
            yield* queue.put(n);
            ahead++;
            most = Math.max(most, ahead);
          }
          queue.shutdown();
        })(),
      );
      yield* forEach(queue, function* () {
        ahead--;
        yield* sleep(10);
      });
      yield* producer;
    },
    { clock: virtualClock() },
  );
  expect(most).toBeLessThanOrEqual(4);
});
