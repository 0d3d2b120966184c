/** Durations: a number is milliseconds, a string says its unit, and what makes no sense throws RangeError. */
import {
  coroutine,
  createTask,
  type Duration,
  getRunningLoop,
  moveOnAfter,
  run,
  sleep,
  sleepUntil,
  timeout,
  wait,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { cancelled } from "./outcome.ts";
import { virtually } from "./virtually.ts";

const elapsed = (delay: Duration): Promise<number> =>
  virtually(function* () {
    const start = getRunningLoop().time();
    yield* sleep(delay);
    return getRunningLoop().time() - start;
  });

const cases: readonly (readonly [Duration, number])[] = [
  [0, 0],
  [1, 1],
  [250, 250],
  [0.5, 0.5],
  ["0ms", 0],
  ["250ms", 250],
  ["1s", 1_000],
  ["1.5s", 1_500],
  ["0.25s", 250],
  ["2m", 120_000],
  ["0.5m", 30_000],
  ["1h", 3_600_000],
  ["1.5h", 5_400_000],
  ["24h", 86_400_000],
];
for (const [delay, milliseconds] of cases)
  test(`${JSON.stringify(delay)} is ${milliseconds} ms`, async () => {
    expect(await elapsed(delay)).toBe(milliseconds);
  });

const impossible: readonly (number | string)[] = [
  -1,
  -0.001,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  "-5ms",
  "-1s",
  "5",
  "5 parsecs",
  "5d",
  "5us",
  "5S",
  "ms",
  "s",
  "",
  " ",
  "NaNs",
  "1.2.3s",
  "1s 500ms",
  "soon",
];
for (const delay of impossible)
  test(`${typeof delay === "string" ? JSON.stringify(delay) : delay} throws RangeError that names it`, async () => {
    let caught: unknown;
    await virtually(function* () {
      try {
        yield* sleep(delay as Duration);
      } catch (error) {
        caught = error;
      }
    });
    expect(caught).toBeInstanceOf(RangeError);
    expect((caught as RangeError).message).toContain(String(delay));
  });

const notDurations = {
  undefined: undefined,
  null: null,
  object: {},
  array: [],
  true: true,
  bigint: 5n,
  symbol: Symbol("5ms"),
};
for (const [kind, delay] of Object.entries(notDurations))
  test(`a delay that is neither number nor string throws TypeError: ${kind}`, async () => {
    let caught: unknown;
    await virtually(function* () {
      try {
        yield* sleep(delay as never);
      } catch (error) {
        caught = error;
      }
    });
    expect(caught).toBeInstanceOf(TypeError);
  });

test("everything that takes a duration takes the units, and refuses what makes no sense", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const start = loop.time();
    yield* moveOnAfter("2s", sleep("1h"));
    expect(loop.time() - start).toBe(2_000);
    const { pending } = yield* wait([createTask(sleep("1h"))], { timeout: "1s" });
    expect(pending.size).toBe(1);
    expect(loop.time() - start).toBe(3_000);
    let fired = 0;
    loop.callLater("0.5s", () => {
      fired = loop.time() - start;
    });
    yield* timeout("1m", function* (scope) {
      scope.reschedule("2m");
      yield* sleep("90s");
    });
    expect(fired).toBe(3_500);
    const wrong = "5 minutes" as Duration;
    const uses: (() => unknown)[] = [
      () => timeout(wrong, sleep(1)),
      () => moveOnAfter(wrong, sleep(1)),
      () => loop.callLater(wrong, () => undefined),
      () => wait([createTask(sleep(1))], { timeout: wrong }),
    ];
    for (const use of uses) {
      let caught: unknown;
      try {
        const made = use();
        if (typeof made === "object" && made !== null && Symbol.iterator in made)
          yield* made as ReturnType<typeof sleep>;
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(RangeError);
    }
  });
});

test("run's options and the virtual clock's patience are durations, too", async () => {
  const wrong = "5 minutes" as Duration;
  await expect((async () => run(sleep(1), { clock: virtualClock(), slowStep: wrong }))()).rejects.toThrow(RangeError);
  await expect((async () => run(sleep(1), { clock: virtualClock(), slowCleanup: -1 }))()).rejects.toThrow(RangeError);
  expect(() => virtualClock({ patience: wrong })).toThrow(RangeError);
});

test("Infinity waits for ever, and can be cancelled", async () => {
  await virtually(function* () {
    const task = createTask(sleep(Number.POSITIVE_INFINITY));
    yield* sleep("1000000h");
    expect(task.done).toBe(false);
    expect(yield* cancelled(task)).toBe("cancelled");
  });
});

test("a timeout of Infinity never expires", async () => {
  await virtually(function* () {
    expect(yield* timeout(Number.POSITIVE_INFINITY, sleep("1000000h", "value"))).toBe("value");
    expect(yield* moveOnAfter(Number.POSITIVE_INFINITY, sleep("1h", "value"))).toBe("value");
  });
});

test("a timer at Infinity never fires", async () => {
  let fired = false;
  await virtually(function* () {
    getRunningLoop().callLater(Number.POSITIVE_INFINITY, () => {
      fired = true;
    });
    yield* sleep("1000000h");
  });
  expect(fired).toBe(false);
});

test("sleep gives the value that it was given, after its time", async () => {
  await virtually(function* () {
    const value = { id: 1 };
    expect(yield* sleep(5, value)).toBe(value);
    expect(yield* sleep(0, "now")).toBe("now");
    expect(yield* sleep(5)).toBeUndefined();
    expect(getRunningLoop().time()).toBe(10);
  });
});

test("a sleep is counted from when it is awaited, not from when it is made", async () => {
  await virtually(function* () {
    const nap = sleep(10);
    yield* sleep(7);
    yield* nap;
    expect(getRunningLoop().time()).toBe(17);
  });
});

test("sleepUntil is a time of the loop's clock, and refuses NaN", async () => {
  await virtually(function* () {
    const start = getRunningLoop().time();
    yield* sleepUntil(start + 1_234.5);
    expect(getRunningLoop().time() - start).toBe(1_234.5);
    let caught: unknown;
    try {
      yield* sleepUntil(Number.NaN);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(RangeError);
  });
});

test("many sleeps in a row add up without error, as their exact sums", async () => {
  const total = await virtually(
    coroutine(function* naps() {
      const start = getRunningLoop().time();
      for (let i = 0; i < 1_000; i++) yield* sleep(0.25);
      return getRunningLoop().time() - start;
    })(),
  );
  expect(total).toBe(250);
});
