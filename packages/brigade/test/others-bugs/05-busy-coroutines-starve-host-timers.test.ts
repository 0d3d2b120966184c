/**
 * Effection and Effect (measured): coroutines that keep each other ready, without waiting for I/O, left the host no
 * turn, so that its timers and sockets stood still. Real time throughout: the claims are about the host's own timers.
 */
import { coroutine, createTask, fromPromise, Queue, run, sleep, taskGroup } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

/**
 * How much later than asked a host timer of 5 ms fires, in milliseconds that this thread has worked: what other
 * processes take of the machine meanwhile does not count.
 */
function lateness(): Promise<number> {
  const before = process.threadCpuUsage();
  return new Promise((resolve) => {
    setTimeout(() => {
      const { user, system } = process.threadCpuUsage(before);
      resolve((user + system) / 1000 - 5);
    }, 5);
  });
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

test("a thousand tasks on sleep(0) leave a host timer of 5 ms at most 10 ms late", async () => {
  const late: number[] = [];
  let busy = true;
  const spinning = coroutine(function* () {
    while (busy) yield* sleep(0);
  });
  await run(function* () {
    yield* taskGroup(function* (group) {
      for (let i = 0; i < 1000; i++) group.createTask(spinning());
      for (let i = 0; i < 15; i++) late.push(yield* fromPromise(lateness()));
      busy = false;
    });
  });
  expect(median(late)).toBeLessThan(10);
});

test("two tasks that hand items to and fro let a host timer end them", async () => {
  let busy = true;
  let turns = 0;
  setTimeout(() => {
    busy = false;
  }, 20);
  await run(function* () {
    const there = new Queue<number>({ maxSize: 1 });
    const back = new Queue<number>({ maxSize: 1 });
    const echo = createTask(
      (function* () {
        for (;;) yield* back.put(yield* there.get());
      })(),
    );
    while (busy) {
      yield* there.put(turns);
      turns = (yield* back.get()) + 1;
    }
    echo.cancel();
  });
  expect(turns).toBeGreaterThan(0);
});

test("one task on sleep(0) lets a host timer end it", async () => {
  let busy = true;
  let turns = 0;
  setTimeout(() => {
    busy = false;
  }, 20);
  await run(function* () {
    for (; busy; turns++) yield* sleep(0);
  });
  expect(turns).toBeGreaterThan(0);
});

test("a busy loop in virtual time lets a host timer end it", async () => {
  let busy = true;
  let turns = 0;
  setTimeout(() => {
    busy = false;
  }, 20);
  await run(
    function* () {
      for (; busy; turns++) yield* sleep(1);
    },
    { clock: virtualClock() },
  );
  expect(turns).toBeGreaterThan(0);
});
