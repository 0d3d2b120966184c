/** The event loop: ready, timers and handles, as callbacks see them. */
import {
  allTasks,
  coroutine,
  createTask,
  currentTask,
  type EventLoop,
  getRunningLoop,
  InvalidStateError,
  run,
  sleep,
  sleepUntil,
} from "brigade";
import { expect, test } from "vitest";
import { virtually } from "../virtually.ts";

test("callbacks run in the order in which they were scheduled", async () => {
  const order: number[] = [];
  await virtually(function* () {
    for (let i = 0; i < 1_000; i++) getRunningLoop().callSoon(() => void order.push(i));
    yield* sleep(0);
  });
  expect(order).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
});

test("what a callback schedules runs after everything that stood in ready", async () => {
  const order: string[] = [];
  await virtually(function* () {
    const loop = getRunningLoop();
    loop.callSoon(() => {
      order.push("a");
      loop.callSoon(() => {
        order.push("c");
        loop.callSoon(() => void order.push("e"));
      });
    });
    loop.callSoon(() => {
      order.push("b");
      loop.callSoon(() => void order.push("d"));
    });
    yield* sleep(1);
  });
  expect(order.join("")).toBe("abcde");
});

test("timers run in the order of their times, whatever the order of their creation", async () => {
  const order: number[] = [];
  await virtually(function* () {
    const loop = getRunningLoop();
    for (let i = 0; i < 500; i++) {
      const when = (i * 7_919) % 503;
      loop.callLater(when, () => {
        expect(loop.time()).toBe(when);
        order.push(when);
      });
    }
    yield* sleep("1s");
  });
  expect(order).toHaveLength(500);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test("timers due at the same time run in the order of their creation, however they were made", async () => {
  const order: string[] = [];
  await virtually(function* () {
    const loop = getRunningLoop();
    const start = loop.time();
    loop.callLater(100, () => void order.push("callLater at 0"));
    loop.callAt(start + 100, () => void order.push("callAt at 0"));
    yield* sleep(40);
    loop.callLater(60, () => void order.push("callLater at 40"));
    yield* sleep(20);
    createTask(
      coroutine(function* sleeper() {
        yield* sleep(40);
        order.push("sleep at 60");
      })(),
    );
    yield* sleep(10);
    loop.callAt(start + 100, () => void order.push("callAt at 70"));
    yield* sleep(100);
  });
  expect(order).toEqual(["callLater at 0", "callAt at 0", "callLater at 40", "callAt at 70", "sleep at 60"]);
});

test("a thousand timers of one time run first in, first out, with others cancelled among them", async () => {
  const order: number[] = [];
  await virtually(function* () {
    const loop = getRunningLoop();
    const handles = Array.from({ length: 1_000 }, (_, i) => loop.callLater(10, () => void order.push(i)));
    for (const [i, handle] of handles.entries()) if (i % 3 === 0) handle.cancel();
    yield* sleep(20);
  });
  expect(order).toEqual(Array.from({ length: 1_000 }, (_, i) => i).filter((i) => i % 3 !== 0));
});

test("a cancelled handle never runs, be it cancelled at once, by an earlier callback of its iteration, or as a timer", async () => {
  const order: string[] = [];
  await virtually(function* () {
    const loop = getRunningLoop();
    const atOnce = loop.callSoon(() => void order.push("at once"));
    expect(atOnce.cancelled).toBe(false);
    atOnce.cancel();
    expect(atOnce.cancelled).toBe(true);
    loop.callSoon(() => later.cancel());
    const later = loop.callSoon(() => void order.push("by an earlier callback"));
    const timer = loop.callLater(5, () => void order.push("timer"));
    loop.callLater(5, () => sibling.cancel());
    const sibling = loop.callLater(5, () => void order.push("due at the same time"));
    loop.callLater(10, () => void order.push("kept"));
    timer.cancel();
    timer.cancel();
    yield* sleep(20);
    expect([later.cancelled, timer.cancelled, sibling.cancelled]).toEqual([true, true, true]);
  });
  expect(order).toEqual(["kept"]);
});

test("time does not move while something is ready", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const start = loop.time();
    for (let i = 0; i < 5_000; i++) yield* sleep(0);
    expect(loop.time()).toBe(start);
  });
});

test("sleepUntil wakes at a time of the loop's clock, and at once for one that is past", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const start = loop.time();
    yield* sleepUntil(start + 250);
    expect(loop.time()).toBe(start + 250);
    yield* sleepUntil(start);
    expect(loop.time()).toBe(start + 250);
  });
});

test("the loop is running while main runs and closed when run has ended", async () => {
  let loop: EventLoop | undefined;
  await virtually(function* () {
    loop = getRunningLoop();
    expect([loop.running, loop.closed]).toEqual([true, false]);
    yield* sleep(1);
    expect(getRunningLoop()).toBe(loop);
    loop.callSoon(() => expect(getRunningLoop()).toBe(loop));
    yield* sleep(1);
  });
  expect([loop?.running, loop?.closed]).toEqual([false, true]);
  expect(() => loop?.callSoon(() => undefined)).toThrow(InvalidStateError);
});

test("debug says what run was told", async () => {
  const debugOf = coroutine(function* debugOf() {
    return getRunningLoop().debug;
  });
  expect(await virtually(debugOf(), { debug: true })).toBe(true);
  expect(await virtually(debugOf(), { debug: false })).toBe(false);
});

test("callbacks run outside any task, on the loop that runs them", async () => {
  const seen: unknown[] = [];
  await virtually(function* () {
    const loop = getRunningLoop();
    const probe = () => {
      seen.push(getRunningLoop() === loop);
      expect(() => currentTask()).toThrow(InvalidStateError);
      seen.push("outside");
    };
    loop.callSoon(probe);
    loop.callLater(1, probe);
    const future = loop.createFuture<void>();
    future.addDoneCallback(probe);
    future.setResult();
    yield* sleep(2);
  });
  expect(seen).toEqual([true, "outside", true, "outside", true, "outside"]);
});

test("allTasks gives every unfinished task, in the order of their creation", async () => {
  await virtually(function* () {
    const worker = coroutine(function* worker(ms: number) {
      yield* sleep(ms);
    });
    const tasks = [30, 10, 20].map((ms) => createTask(worker(ms), { name: `sleeps ${ms}` }));
    const names = () => [...allTasks()].map((task) => task.name);
    expect(names()).toEqual(["main", "sleeps 30", "sleeps 10", "sleeps 20"]);
    const ofLoop = [...getRunningLoop().allTasks()];
    expect([...allTasks()].every((task, index) => task === ofLoop[index])).toBe(true);
    expect(allTasks().has(currentTask())).toBe(true);
    yield* sleep(15);
    expect(names()).toEqual(["main", "sleeps 30", "sleeps 20"]);
    for (const task of tasks) yield* task;
    expect(names()).toEqual(["main"]);
  });
});

test("a set that allTasks gave does not change afterwards", async () => {
  await virtually(function* () {
    const before = allTasks();
    createTask(sleep(1));
    expect(before.size).toBe(1);
    yield* sleep(2);
  });
});

test("a callback may create tasks and futures on its loop", async () => {
  const value = await virtually(function* () {
    const loop = getRunningLoop();
    const future = loop.createFuture<string>();
    loop.callLater(3, () => {
      const task = loop.createTask(sleep(4, "from a task of a callback"));
      task.addDoneCallback((done) => future.setResult(done.result()));
    });
    return yield* future;
  });
  expect(value).toBe("from a task of a callback");
});

test("a callback that is not a function throws TypeError, a negative delay RangeError", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    // @ts-expect-error a callback is a function
    expect(() => loop.callSoon(5)).toThrow(TypeError);
    // @ts-expect-error a callback is a function
    expect(() => loop.callLater(1, "x")).toThrow(TypeError);
    // @ts-expect-error a callback is a function
    expect(() => loop.callAt(1, undefined)).toThrow(TypeError);
    expect(() => loop.callLater(-1, () => undefined)).toThrow(RangeError);
    expect(() => loop.callAt(Number.NaN, () => undefined)).toThrow(RangeError);
    yield* sleep(0);
  });
});

test("two loops on one host keep apart: each has its own time, tasks and numbers", async () => {
  const programOf = (steps: number) =>
    coroutine(function* program() {
      const loop = getRunningLoop();
      const start = loop.time();
      const names: string[] = [];
      for (let i = 0; i < steps; i++) {
        const task = createTask(sleep(10));
        names.push(task.name);
        yield* task;
        expect(getRunningLoop()).toBe(loop);
        expect(allTasks().size).toBe(1);
      }
      return { loop, names, elapsed: loop.time() - start };
    })();
  const [short, long] = await Promise.all([virtually(programOf(2)), virtually(programOf(4))]);
  expect(short.loop).not.toBe(long.loop);
  expect(short.names).toEqual(["Task-1", "Task-2"]);
  expect(long.names).toEqual(["Task-1", "Task-2", "Task-3", "Task-4"]);
  expect([short.elapsed, long.elapsed]).toEqual([20, 40]);
});

test("the host's loop runs the same program without a virtual clock", async () => {
  const order: string[] = [];
  await run(function* () {
    const loop = getRunningLoop();
    loop.callLater(20, () => void order.push("20"));
    loop.callLater(1, () => void order.push("1"));
    loop.callLater(10, () => void order.push("10"));
    loop.callSoon(() => void order.push("soon"));
    yield* sleep(40);
    order.push("main");
  });
  expect(order).toEqual(["soon", "1", "10", "20", "main"]);
});
