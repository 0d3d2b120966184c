/**
 * Effect (Effect-TS/effect pull request 6529): a forked fiber that failed, and that nobody joined, left no trace:
 * no log line, no exit code, no error.
 */
import { coroutine, createTask, forEach, mapStream, type Report, run, sleep, taskGroup, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const lost = new Error("lost");
const failing = coroutine(function* () {
  yield* sleep(1);
  throw lost;
});

test("a task that failed, and that nobody looked at, is reported by its name with its error", async () => {
  const reports: Report[] = [];
  await run(
    function* () {
      createTask(failing(), { name: "uploader" });
      yield* sleep(10);
    },
    { clock: virtualClock(), onReport: (report) => reports.push(report) },
  );
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ kind: "unretrieved-error", error: lost });
  expect(reports[0]?.message).toContain("uploader");
  expect(reports[0]?.task?.name).toBe("uploader");
});

test("a task whose error somebody looked at is not reported", async () => {
  const reports: Report[] = [];
  await run(
    function* () {
      const awaited = createTask(failing());
      try {
        yield* awaited;
      } catch {
        // Seen here, which is the point.
      }
      const asked = createTask(failing());
      yield* sleep(10);
      expect(asked.exception()).toBe(lost);
    },
    { clock: virtualClock(), onReport: (report) => reports.push(report) },
  );
  expect(reports).toEqual([]);
});

test("a task whose cleanup fails while run ends is reported", async () => {
  const reports: Report[] = [];
  const stubborn = coroutine(function* () {
    try {
      yield* sleep("1h");
    } finally {
      yield* failing();
    }
  });
  const value = await run(
    function* () {
      createTask(stubborn(), { name: "stubborn" });
      yield* sleep(10);
      return "value";
    },
    { clock: virtualClock(), onReport: (report) => reports.push(report) },
  );
  expect(value).toBe("value");
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ kind: "unretrieved-error", error: lost });
  expect(reports[0]?.message).toContain("stubborn");
});

test("a child of a group that nobody awaits fails the group", async () => {
  const main = coroutine(function* () {
    yield* taskGroup(function* (group) {
      group.createTask(failing());
      yield* sleep(10);
    });
  });
  await expect(run(main, { clock: virtualClock() })).rejects.toMatchObject({ errors: [lost] });
});

const brokenCleanup = coroutine(function* (n: number) {
  try {
    yield* sleep(n === 1 ? 1 : "1h");
  } finally {
    if (n !== 1) yield* failing();
  }
});

test("a mapper whose cleanup fails when its stream is closed early is told by close, or reported", async () => {
  const told: unknown[] = [];
  await run(
    function* () {
      const results = mapStream([1, 2], (n) => brokenCleanup(n), { limit: 2 });
      yield* results.next();
      try {
        yield* results.close();
      } catch (error) {
        told.push(error);
      }
    },
    { clock: virtualClock(), onReport: (report) => told.push(report.error) },
  );
  expect(told).toEqual([lost]);
});

test("a mapper whose cleanup fails when its reader is cancelled is the reader's outcome", async () => {
  await run(
    function* () {
      const results = mapStream([1, 2], (n) => brokenCleanup(n), { limit: 2 });
      const reader = createTask(forEach(results, () => sleep("1h")));
      yield* sleep(10);
      reader.cancel();
      yield* wait([reader]);
      expect(reader.cancelled).toBe(false);
      expect(reader.exception()).toBe(lost);
    },
    { clock: virtualClock() },
  );
});
