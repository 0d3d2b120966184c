/**
 * async (caolan/async#1518): once `mapLimit` ran there was no way to stop it: neither the calls in flight nor those
 * that had not started.
 */
import {
  type Awaitable,
  coroutine,
  createTask,
  forEach,
  gather,
  run,
  sleep,
  timeout,
  TimeoutError,
  wait,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

interface Seen {
  started: number;
  cleaned: number;
}

const job = coroutine(function* (seen: Seen) {
  seen.started++;
  try {
    yield* sleep(100);
  } finally {
    yield* sleep(5);
    seen.cleaned++;
  }
});

const limited: [name: string, start: (seen: Seen) => Awaitable<unknown>][] = [
  [
    "gather of an array",
    (seen) =>
      gather(
        Array.from({ length: 50 }, () => job(seen)),
        { limit: 4 },
      ),
  ],
  [
    "gather of an iterable",
    (seen) =>
      gather(
        (function* () {
          for (;;) yield job(seen);
        })(),
        { limit: 4 },
      ),
  ],
  ["forEach", (seen) => forEach(new Array(50).keys(), () => job(seen), { limit: 4 })],
];

test.each(limited)(
  "a cancelled %s stops the jobs in flight, waits for their cleanup, and starts no more",
  async (_, start) => {
    const seen: Seen = { started: 0, cleaned: 0 };
    await run(
      function* () {
        const task = createTask(start(seen));
        yield* sleep(50);
        expect(task.cancel()).toBe(true);
        yield* wait([task]);
        expect(task.cancelled).toBe(true);
        expect(seen).toEqual({ started: 4, cleaned: 4 });
        yield* sleep(1000);
      },
      { clock: virtualClock() },
    );
    expect(seen).toEqual({ started: 4, cleaned: 4 });
  },
);

test.each(limited)("a timeout around a %s stops it in the same way", async (_, start) => {
  const seen: Seen = { started: 0, cleaned: 0 };
  await run(
    function* () {
      let caught: unknown;
      try {
        yield* timeout(50, start(seen));
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(TimeoutError);
      expect(seen).toEqual({ started: 4, cleaned: 4 });
      yield* sleep(1000);
    },
    { clock: virtualClock() },
  );
  expect(seen).toEqual({ started: 4, cleaned: 4 });
});

test("coroutines that a cancelled gather never reached are not reported as forgotten", async () => {
  const kinds: string[] = [];
  const seen: Seen = { started: 0, cleaned: 0 };
  await run(
    function* () {
      const task = createTask(
        gather(
          Array.from({ length: 50 }, () => job(seen)),
          { limit: 4 },
        ),
      );
      yield* sleep(50);
      task.cancel();
      yield* wait([task]);
    },
    { clock: virtualClock(), onReport: (report) => kinds.push(report.kind) },
  );
  expect(kinds).toEqual([]);
});
