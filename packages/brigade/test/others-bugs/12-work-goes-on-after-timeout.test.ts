/**
 * p-timeout and Promise.race (nodejs/node#17469): the work that lost against the timer ran on, and every race left
 * its listeners, and what they held, on the promise that lost.
 */
import { getEventListeners } from "node:events";
import {
  coroutine,
  createTask,
  Event,
  fromPromise,
  getRunningLoop,
  race,
  run,
  sleep,
  timeout,
  TimeoutError,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

test("what ran inside a timeout has stopped when the timeout throws", async () => {
  const log: string[] = [];
  const work = coroutine(function* () {
    try {
      for (;;) {
        yield* sleep(10);
        log.push("worked");
      }
    } finally {
      yield* sleep(5);
      log.push("stopped");
    }
  });
  await run(
    function* () {
      try {
        yield* timeout(25, work());
      } catch (error) {
        log.push(error instanceof TimeoutError ? "timed out" : "another error");
      }
      yield* sleep(100);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["worked", "worked", "stopped", "timed out"]);
});

test("a task that a timeout waits for has stopped when the timeout throws", async () => {
  await run(
    function* () {
      const task = createTask(sleep("1h"));
      let caught: unknown;
      try {
        yield* timeout(25, task);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(TimeoutError);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
});

test("the losers of a race have cleaned up when the race gives its result", async () => {
  const log: string[] = [];
  const loser = coroutine(function* (name: string) {
    try {
      yield* sleep("1h");
    } finally {
      yield* sleep(5);
      log.push(name);
    }
  });
  await run(
    function* () {
      const start = getRunningLoop().time();
      expect(yield* race([loser("a"), sleep(10, "won"), loser("b")])).toBe("won");
      expect(getRunningLoop().time() - start).toBe(15);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["a", "b"]);
});

test("a fetch-like promise that loses is told so by its signal, and the race waits for it", async () => {
  const log: string[] = [];
  const request = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        log.push("aborted");
        reject(signal.reason);
      });
    });
  await run(function* () {
    yield* race([fromPromise(request), sleep(1)]);
    log.push("race over");
  });
  expect(log).toEqual(["aborted", "race over"]);
});

test("an event that lost ten thousand races wakes nobody and holds nothing", async () => {
  await run(
    function* () {
      const event = new Event();
      for (let i = 0; i < 10_000; i++) yield* race([event.wait(), sleep(0)]);
      event.set();
      expect([...(yield* allNames())]).toEqual(["main"]);
    },
    { clock: virtualClock() },
  );
});

/** The names of the tasks that the loop still runs. */
const allNames = coroutine(function* () {
  yield* sleep(0);
  return [...getRunningLoop().allTasks()].map((task) => task.name);
});

test("a promise that never settles holds nothing of the races it lost", async () => {
  // Real time: the collector runs between turns of the host.
  const never = new Promise<never>(() => {});
  const winners: WeakRef<object>[] = [];
  const raceOnce = coroutine(function* () {
    const value = { payload: "x".repeat(100) };
    winners.push(new WeakRef(value));
    yield* race([never, sleep(0, value)]);
  });
  await run(function* () {
    for (let i = 0; i < 100; i++) yield* raceOnce();
    yield* sleep(1);
    globalThis.gc?.();
    yield* sleep(1);
    globalThis.gc?.();
    expect(winners.filter((winner) => winner.deref() !== undefined).length).toBeLessThan(5);
  });
});

test("run leaves no listener on the signal it was given", async () => {
  const controller = new AbortController();
  for (let i = 0; i < 20; i++) await run(sleep(0), { signal: controller.signal, clock: virtualClock() });
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
});
