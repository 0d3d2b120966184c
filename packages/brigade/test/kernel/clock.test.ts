/** Clocks: the host's, one of the user's, and the virtual one, whose time jumps. */
import {
  type Clock,
  coroutine,
  createTask,
  DeadlockError,
  fromPromise,
  gather,
  getRunningLoop,
  run,
  sleep,
  type Task,
  timeout,
  toPromise,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { reporting, virtually } from "../virtually.ts";

/** A promise that the host settles after so many real milliseconds. */
const really = <T>(milliseconds: number, value: T): Promise<T> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds, value));

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

test("foreign work holds time back until it ends", async () => {
  const order = await virtually(
    function* () {
      const loop = getRunningLoop();
      const start = loop.time();
      const order: string[] = [];
      const foreign = coroutine(function* foreign() {
        yield* fromPromise(really(30, undefined));
        order.push(`foreign at ${loop.time() - start}`);
      });
      const sleeper = coroutine(function* sleeper() {
        yield* sleep(10);
        order.push(`sleep at ${loop.time() - start}`);
      });
      yield* gather([sleeper(), foreign()]);
      return order;
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(order).toEqual(["foreign at 0", "sleep at 10"]);
});

test("foreign work without progress for patience of real time holds time back no longer", async () => {
  const started = performance.now();
  let waited = 0;
  await virtually(
    function* () {
      const stuck = createTask(fromPromise(new Promise<never>(() => undefined)));
      yield* sleep("1h");
      waited = performance.now() - started;
      stuck.cancel();
    },
    { clock: virtualClock({ patience: 40 }) },
  );
  expect(waited).toBeGreaterThanOrEqual(38);
  expect(waited).toBeLessThan(2_000);
});

test("patience is 100 ms of real time unless told otherwise", async () => {
  const started = performance.now();
  let waited = 0;
  await virtually(function* () {
    const stuck = createTask(fromPromise(new Promise<never>(() => undefined)));
    yield* sleep("1h");
    waited = performance.now() - started;
    stuck.cancel();
  });
  expect(waited).toBeGreaterThanOrEqual(98);
  expect(waited).toBeLessThan(3_000);
});

test("foreign work that makes progress holds time back for longer than patience in all", async () => {
  const order = await virtually(
    function* () {
      const order: string[] = [];
      const chain = coroutine(function* chain() {
        for (let i = 0; i < 6; i++) yield* fromPromise(really(40, undefined));
        order.push("foreign");
      });
      const sleeper = coroutine(function* sleeper() {
        yield* sleep(10);
        order.push("sleep");
      });
      yield* gather([sleeper(), chain()]);
      return order;
    },
    { clock: virtualClock({ patience: 200 }) },
  );
  expect(order).toEqual(["foreign", "sleep"]);
});

test("an async function that awaits a task of the loop is not foreign work: time goes on for it", async () => {
  const value = await virtually(
    function* () {
      const task = createTask(sleep("1h", "slept"));
      const waits = async (awaited: Task<string>) => `${await awaited} and awaited`;
      return yield* fromPromise(waits(task));
    },
    // Were it foreign work, the test would take an hour.
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(value).toBe("slept and awaited");
});

test("an async function that awaits a future, and several tasks in turn, is not foreign work either", async () => {
  const value = await virtually(
    function* () {
      const loop = getRunningLoop();
      const future = loop.createFuture<number>();
      loop.callLater("1h", () => future.setResult(1));
      const sum = async () => {
        let total = await future;
        for (let i = 0; i < 3; i++) total += await loop.createTask(sleep("1h", 10));
        return total;
      };
      return yield* fromPromise(sum());
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(value).toBe(31);
});

test("promises of the loop's own tasks are not foreign work, however they are put together", async () => {
  const values = await virtually(
    function* () {
      const first = yield* fromPromise(toPromise(sleep("1h", 1)));
      const second = yield* fromPromise(Promise.all([createTask(sleep("1h", 2)), createTask(sleep("2h", 3))]));
      const deep = async (task: Task<number>) => (await (async () => await task)()) + 1;
      const third = yield* fromPromise(deep(createTask(sleep("1h", 4))));
      return [first, ...second, third];
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(values).toEqual([1, 2, 3, 5]);
});

test("an async function is foreign work while it awaits the host, and is not while it awaits the loop", async () => {
  const order = await virtually(
    function* () {
      const loop = getRunningLoop();
      const order: string[] = [];
      const note = (what: string) => void order.push(`${what} at ${loop.time()}`);
      const task = createTask(sleep(50));
      const mixed = async () => {
        await really(20, undefined);
        note("host");
        await task;
        note("loop");
        await really(20, undefined);
        note("host again");
      };
      const sleeper = coroutine(function* sleeper() {
        yield* sleep(100);
        note("sleeper");
      });
      yield* gather([fromPromise(mixed()), sleeper()]);
      return order;
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(order).toEqual(["host at 0", "loop at 50", "host again at 50", "sleeper at 100"]);
});

test("foreign work holds time back while another async function awaits the loop", async () => {
  const order = await virtually(
    function* () {
      const loop = getRunningLoop();
      const order: string[] = [];
      const task = createTask(sleep(10));
      const waits = async () => {
        await task;
        order.push(`loop at ${loop.time()}`);
      };
      const foreign = async () => {
        await really(30, undefined);
        order.push(`host at ${loop.time()}`);
      };
      yield* gather([fromPromise(waits()), fromPromise(foreign())]);
      return order;
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(order).toEqual(["host at 0", "loop at 10"]);
});

test("a promise handed to createTask, gather or timeout is foreign work as well", async () => {
  const start = performance.now();
  const at = await virtually(
    function* () {
      const loop = getRunningLoop();
      createTask(sleep("1h"));
      const times: number[] = [];
      const wait = () => really(15, undefined);
      yield* createTask(wait());
      times.push(loop.time());
      yield* gather([wait(), wait()]);
      times.push(loop.time());
      yield* timeout(1, wait());
      times.push(loop.time());
      return times;
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(at).toEqual([0, 0, 0]);
  expect(performance.now() - start).toBeGreaterThanOrEqual(44);
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
