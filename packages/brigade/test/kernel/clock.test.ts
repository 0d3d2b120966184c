/** Clocks: the host's, one of the user's, and the virtual one, whose time jumps. */
import { type Clock, coroutine, createTask, DeadlockError, gather, getRunningLoop, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { reporting, virtually } from "../virtually.ts";
import { really } from "../host-promises.ts";

test("with the virtual clock a program that sleeps for a day ends in milliseconds", async () => {
  const started = performance.now();
  await virtually(function* () {
    const loop = getRunningLoop();
    const start = loop.time();
    yield* sleep("24h");
    expect(loop.time() - start).toBe(24 * 3_600_000);
  });
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("time jumps from timer to timer and stands exactly at each", async () => {
  const times = await virtually(function* () {
    const loop = getRunningLoop();
    const start = loop.time();
    const at: number[] = [];
    const sleeper = coroutine(function* sleeper(ms: number) {
      yield* sleep(ms);
      at.push(loop.time() - start);
    });
    yield* gather([sleeper(5_000), sleeper(0.5), sleeper(70), sleeper(0.25)]);
    return at;
  });
  expect(times).toEqual([0.25, 0.5, 70, 5_000]);
});

test("two runs of a program in virtual time give the same trace", async () => {
  const program = () => {
    const trace: string[] = [];
    const worker = coroutine(function* worker(id: number) {
      for (let i = 0; i < 20; i++) {
        trace.push(`${getRunningLoop().time()} ${id}`);
        yield* sleep((id * 31 + i * 17) % 5);
      }
    });
    return virtually(function* () {
      const tasks = Array.from({ length: 20 }, (_, id) => createTask(worker(id)));
      yield* sleep(20);
      tasks[3]?.cancel();
      for (const [i, task] of tasks.entries()) if (i !== 3) yield* task;
      return trace;
    });
  };
  const first = await program();
  expect(first.length).toBeGreaterThan(380);
  expect(await program()).toEqual(first);
});

test("one clock of the virtual kind can serve several runs, one after another, and its time goes on", async () => {
  const clock = virtualClock();
  const start = clock.now();
  await virtually(sleep(30), { clock });
  await virtually(sleep(12), { clock });
  expect(clock.now() - start).toBe(42);
});

test("advanceTo moves a virtual clock by hand", async () => {
  const clock = virtualClock();
  const start = clock.now();
  clock.advanceTo(start + 100);
  expect(clock.now()).toBe(start + 100);
  await virtually(sleep(5), { clock });
  expect(clock.now()).toBe(start + 105);
});

test("any clock that can be advanced is virtual", async () => {
  let now = 1_000;
  const jumps: number[] = [];
  const clock: Clock = {
    now: () => now,
    advanceTo: (when) => {
      jumps.push(when);
      now = when;
    },
  };
  const end = await run(
    function* () {
      yield* sleep("1h");
      yield* sleep("2h");
      return getRunningLoop().time();
    },
    { clock },
  );
  expect(end).toBe(1_000 + 3 * 3_600_000);
  expect(jumps).toEqual([1_000 + 3_600_000, 1_000 + 3 * 3_600_000]);
});

test("a clock that only tells the time drives the loop in its own milliseconds", async () => {
  const offset = 5_000_000;
  const clock: Clock = { now: () => performance.now() + offset };
  const [before, after] = await run(
    function* () {
      const loop = getRunningLoop();
      const start = loop.time();
      yield* sleep(20);
      return [start, loop.time()] as const;
    },
    { clock },
  );
  expect(before).toBeGreaterThan(offset);
  expect(after - before).toBeGreaterThanOrEqual(19);
  expect(after - before).toBeLessThan(1_000);
});

test("a sleep on the host's clock never ends early by more than a timer's grain", async () => {
  const elapsed = await run(function* () {
    const loop = getRunningLoop();
    const all: number[] = [];
    for (let i = 0; i < 10; i++) {
      const start = loop.time();
      yield* sleep(3);
      all.push(loop.time() - start);
    }
    return all;
  });
  for (const one of elapsed) expect(one).toBeGreaterThanOrEqual(3 - 0.001);
});

test("a delay longer than the host's longest timer does not fire at once", async () => {
  const warnings: string[] = [];
  const warned = (warning: Error) => void warnings.push(warning.name);
  process.on("warning", warned);
  try {
    // Real time: the host's limit of 2^31 - 1 ms is what this is about.
    const order = await run(function* () {
      const order: string[] = [];
      const loop = getRunningLoop();
      loop.callLater("1000h", () => void order.push("1000 hours"));
      loop.callLater(2 ** 31, () => void order.push("2^31 ms"));
      yield* sleep(20);
      return order;
    });
    expect(order).toEqual([]);
    await really(1, undefined);
    expect(warnings).toEqual([]);
  } finally {
    process.off("warning", warned);
  }
});

test("time does not jump to a timer that was cancelled", async () => {
  const elapsed = await virtually(function* () {
    const loop = getRunningLoop();
    const start = loop.time();
    const handle = loop.callLater(5, () => undefined);
    const task = createTask(sleep(7));
    yield* sleep(1);
    handle.cancel();
    task.cancel();
    yield* sleep(100);
    return loop.time() - start;
  });
  expect(elapsed).toBe(101);
});

test("a cancelled timer is nothing to wait for", async () => {
  const clock = virtualClock();
  const start = clock.now();
  const { outcome } = await reporting(
    function* () {
      const loop = getRunningLoop();
      loop.callLater("1h", () => undefined).cancel();
      yield* loop.createFuture<never>();
    },
    { clock },
  );
  expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(DeadlockError) });
  expect(clock.now()).toBe(start);
});

test("sleep(Infinity) waits for ever: it sets no time to jump to", async () => {
  const clock = virtualClock();
  const start = clock.now();
  await expect(run(sleep(Number.POSITIVE_INFINITY), { clock, onReport: () => undefined })).rejects.toThrow(
    DeadlockError,
  );
  expect(clock.now()).toBe(start);
});
