/** Steps and cleanups that take too long are named in debug. */
import {
  coroutine,
  createTask,
  fromPromise,
  getRunningLoop,
  moveOnAfter,
  type Report,
  run,
  shield,
  sleep,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { reporting, virtually } from "../virtually.ts";

/** Holds the processor for so many real milliseconds: the only way to make a step long. */
function hold(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

const chop = coroutine(function* chop(milliseconds: number) {
  yield* sleep(1);
  hold(milliseconds);
});
const prepare = coroutine(function* prepare(milliseconds: number) {
  yield* chop(milliseconds);
});

async function reportsInRealTime(milliseconds: number, options: { debug: boolean; slowStep?: number | "40ms" }) {
  const reports: Report[] = [];
  await run(
    function* () {
      yield* createTask(prepare(milliseconds), { name: "cook-1" });
    },
    { onReport: (report) => reports.push(report), ...options },
  );
  return reports;
}

test("in debug a step longer than slowStep is reported after it, with the task and the frames that it ran", async () => {
  const reports = await reportsInRealTime(60, { debug: true, slowStep: "40ms" });
  expect(reports.map((report) => report.kind)).toEqual(["slow-step"]);
  const [report] = reports;
  expect(report?.task?.name).toBe("cook-1");
  for (const words of ["cook-1", "chop"]) expect(report?.message).toContain(words);
  expect(report?.message).toMatch(/\d+ ?ms/);
});

test("slowStep is 100 ms unless told otherwise", async () => {
  expect(await reportsInRealTime(40, { debug: true })).toEqual([]);
  expect((await reportsInRealTime(130, { debug: true })).map((report) => report.kind)).toEqual(["slow-step"]);
});

test("without debug a slow step is not reported", async () => {
  expect(await reportsInRealTime(60, { debug: false, slowStep: 20 })).toEqual([]);
});

test("time that a task waits is not time of a step", async () => {
  const reports: Report[] = [];
  await run(
    function* () {
      yield* sleep(80);
    },
    { debug: true, slowStep: 40, onReport: (report) => reports.push(report) },
  );
  expect(reports).toEqual([]);
});

const cleansFor = coroutine(function* cleansFor(ms: number) {
  try {
    yield* sleep("1h");
  } finally {
    yield* sleep(ms);
  }
});

/** When a slow cleanup was reported, and what the report says of it. */
async function slowCleanups(cleanup: number, options: { debug: boolean; slowCleanup?: "1s" }) {
  const seen: { at: number; kind: string; task: string | undefined; message: string }[] = [];
  const { outcome } = await reporting(function* () {
    const loop = getRunningLoop();
    loop.setExceptionHandler(({ kind, task, message }) => {
      seen.push({ at: loop.time(), kind, task: task?.name, message });
    });
    const task = createTask(cleansFor(cleanup), { name: "dishwasher" });
    yield* sleep(1);
    return [yield* cancelled(task), loop.time()];
  }, options);
  expect(outcome).toEqual({ status: "fulfilled", value: ["cancelled", cleanup + 1] });
  return seen;
}

test("in debug a cleanup longer than slowCleanup is reported while it runs, with the task's name", async () => {
  const reports = await slowCleanups(60_000, { debug: true, slowCleanup: "1s" });
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ kind: "slow-cleanup", task: "dishwasher", at: 1_001 });
  expect(reports[0]?.message).toContain("dishwasher");
  expect(reports[0]?.message).toContain("cleansFor");
});

test("slowCleanup is 5 seconds unless told otherwise", async () => {
  expect(await slowCleanups(4_900, { debug: true })).toEqual([]);
  const reports = await slowCleanups(5_100, { debug: true });
  expect(reports.map(({ kind, at }) => ({ kind, at }))).toEqual([{ kind: "slow-cleanup", at: 5_001 }]);
});

test("without debug a slow cleanup is not reported", async () => {
  expect(await slowCleanups(60_000, { debug: false, slowCleanup: "1s" })).toEqual([]);
});

test("a further cancel during a slow cleanup does not report it twice", async () => {
  const reports: string[] = [];
  await virtually(
    function* () {
      getRunningLoop().setExceptionHandler((report) => void reports.push(report.kind));
      const task = createTask(cleansFor(60_000));
      yield* sleep(1);
      task.cancel();
      for (let i = 0; i < 10; i++) {
        yield* sleep("5s");
        task.cancel();
      }
      yield* outcomeOf(task);
    },
    { debug: true, slowCleanup: "1s" },
  );
  expect(reports).toEqual(["slow-cleanup"]);
});

test("a task that never cleans up, or cleans up after a normal end, has no slow cleanup", async () => {
  await virtually(
    function* () {
      const normal = coroutine(function* normal() {
        try {
          yield* sleep(1);
        } finally {
          yield* sleep("1m");
        }
      });
      yield* createTask(normal());
      const task = createTask(sleep("1h"));
      yield* sleep("1m");
      yield* cancelled(task);
    },
    { debug: true, slowCleanup: "1s" },
  );
});

test("the watch over a cleanup that has ended moves no time", async () => {
  const end = await virtually(
    function* () {
      expect(yield* moveOnAfter(1, cleansFor(2))).toBeUndefined();
      // The host's work takes longer than the clock has patience: were the watch still set, time would go on to it.
      yield* fromPromise(new Promise((resolve) => void setTimeout(resolve, 60)));
      return getRunningLoop().time();
    },
    { debug: true, clock: virtualClock({ patience: 10 }) },
  );
  expect(end).toBe(3);
});

test("the watch over a cleanup does not keep time going: a program ends when it would without debug", async () => {
  const end = await virtually(
    function* () {
      const task = createTask(cleansFor(5));
      yield* sleep(1);
      yield* cancelled(task);
      yield* shield(sleep(1));
      expect(yield* moveOnAfter(1, cleansFor(2))).toBeUndefined();
      return getRunningLoop().time();
    },
    { debug: true },
  );
  expect(end).toBe(10);
});
