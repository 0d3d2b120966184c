/** Runner: several runs on one loop, as asyncio.Runner. */
import {
  coroutine,
  createTask,
  type EventLoop,
  getRunningLoop,
  InvalidStateError,
  type Report,
  Runner,
  type RunOptions,
  sleep,
  type Task,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

/** A runner in virtual time, and what its loop reports. */
function virtualRunner(options: RunOptions = {}): { runner: Runner; reports: Report[] } {
  const reports: Report[] = [];
  const onReport = (report: Report) => void reports.push(report);
  return { runner: new Runner({ clock: virtualClock(), onReport, ...options }), reports };
}

test("several runs share one loop, and its time goes on", async () => {
  const { runner, reports } = virtualRunner();
  const loops: EventLoop[] = [];
  const program = coroutine(function* program(ms: number) {
    loops.push(getRunningLoop());
    yield* sleep(ms);
    return getRunningLoop().time();
  });
  const first = await runner.run(program(10));
  const second = await runner.run(program(5));
  expect(second - first).toBe(5);
  expect(loops).toEqual([runner.loop, runner.loop]);
  await runner.close();
  expect(reports).toEqual([]);
});

test("the loop of a runner is there before the first run, idle, and closed after close", async () => {
  const { runner } = virtualRunner();
  const { loop } = runner;
  expect([loop.running, loop.closed]).toEqual([false, false]);
  await runner.run(function* () {
    expect(loop.running).toBe(true);
    yield* sleep(1);
  });
  expect([loop.running, loop.closed]).toEqual([false, false]);
  await runner.close();
  expect([loop.running, loop.closed]).toEqual([false, true]);
});

test("a task that one run leaves behind goes on in the next", async () => {
  const { runner, reports } = virtualRunner();
  const order: string[] = [];
  let background: Task<string> | undefined;
  await runner.run(function* () {
    background = createTask(
      coroutine(function* background() {
        yield* sleep(10);
        order.push("background ends");
        return "value";
      })(),
    );
    yield* sleep(5);
    order.push("first run ends");
  });
  expect(background?.done).toBe(false);
  const value = await runner.run(function* () {
    order.push("second run");
    return background === undefined ? "none" : yield* background;
  });
  expect(value).toBe("value");
  expect(order).toEqual(["first run ends", "second run", "background ends"]);
  await runner.close();
  expect(reports).toEqual([]);
});

test("close cancels and awaits what is left", async () => {
  const { runner, reports } = virtualRunner();
  const order: string[] = [];
  await runner.run(function* () {
    createTask(
      coroutine(function* straggler() {
        try {
          yield* sleep("1h");
        } finally {
          yield* sleep(5);
          order.push("clean");
        }
      })(),
    );
    yield* sleep(1);
  });
  expect(order).toEqual([]);
  await runner.close();
  expect(order).toEqual(["clean"]);
  expect(runner.loop.allTasks().size).toBe(0);
  expect(reports).toEqual([]);
});

test("await using closes a runner", async () => {
  const order: string[] = [];
  let loop: EventLoop | undefined;
  {
    await using runner = virtualRunner().runner;
    loop = runner.loop;
    await runner.run(function* () {
      createTask(
        coroutine(function* straggler() {
          try {
            yield* sleep("1h");
          } finally {
            order.push("clean");
          }
        })(),
      );
      yield* sleep(1);
    });
  }
  expect(order).toEqual(["clean"]);
  expect(loop.closed).toBe(true);
});

test("closing twice is fine, and so is closing a runner that never ran", async () => {
  const { runner } = virtualRunner();
  await runner.close();
  await runner.close();
  expect(runner.loop.closed).toBe(true);
});

test("a run that fails leaves the runner usable", async () => {
  const { runner, reports } = virtualRunner();
  const error = new Error("no stock");
  await expect(
    runner.run(function* () {
      yield* sleep(1);
      throw error;
    }),
  ).rejects.toBe(error);
  expect(await runner.run(sleep(1, "value"))).toBe("value");
  await runner.close();
  expect(reports).toEqual([]);
});

test("a second run while one is in progress throws InvalidStateError, and the first goes on", async () => {
  const { runner } = virtualRunner();
  const first = runner.run(sleep(10, "first"));
  await expect((async () => runner.run(sleep(1)))()).rejects.toThrow(InvalidStateError);
  expect(await first).toBe("first");
  await runner.close();
});

test("two runners are in progress at once, each with its loop", async () => {
  const one = virtualRunner().runner;
  const two = virtualRunner().runner;
  const loopOf = coroutine(function* loopOf() {
    yield* sleep(5);
    return getRunningLoop();
  });
  const [a, b] = await Promise.all([one.run(loopOf()), two.run(loopOf())]);
  expect(a).toBe(one.loop);
  expect(b).toBe(two.loop);
  expect(a).not.toBe(b);
  await Promise.all([one.close(), two.close()]);
});

test("what a runner never awaited is reported when it is closed", async () => {
  const { runner, reports } = virtualRunner();
  const forgotten = coroutine(function* forgotten() {
    yield* sleep(1);
  });
  await runner.run(function* () {
    forgotten();
    yield* sleep(1);
  });
  await runner.close();
  expect(reports.map((report) => report.kind)).toEqual(["never-awaited"]);
});
