/** watchBlocking in this process. All of it runs in real time: what is watched is whether real time is wasted. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import {
  coroutine,
  type CoroutineBody,
  createTask,
  currentTask,
  getRunningLoop,
  type Report,
  run,
  sleep,
  type Task,
  use,
} from "brigade";
import { type BlockedLoop, watchBlocking } from "brigade/node";
import { expect, test, vi } from "vitest";
import { block, Notes } from "./blocking.ts";

const HERE = /watch-blocking\.test\.ts:\d+:\d+/;

async function reportsOf(main: () => CoroutineBody<unknown>): Promise<Report[]> {
  const reports: Report[] = [];
  await run(main, { onReport: (report) => reports.push(report) });
  return reports;
}

const threads = (): number => readdirSync("/proc/self/task").length;

function crunch(notes: Notes): number {
  return notes.blockUntil(1);
}

const fetchOrder = coroutine(function* fetchOrder(notes: Notes) {
  yield* sleep(1);
  const elapsed = crunch(notes);
  yield* sleep(1);
  return elapsed;
});

test("while the loop is blocked, the line, the task and its coroutines are written", async () => {
  using notes = new Notes();
  let elapsed = 0;
  const reports = await reportsOf(function* () {
    yield* use(watchBlocking({ descriptor: notes.descriptor }), function* (watchdog) {
      expect(watchdog.sees).toBe("line");
      const outer = coroutine(function* outer() {
        yield* sleep(1);
        return yield* fetchOrder(notes);
      });
      elapsed = yield* createTask(outer(), { name: "order 7" });
      yield* sleep(50);
      expect(watchdog.blocks).toBe(1);
    });
  });
  expect(elapsed).toBeGreaterThan(99);
  expect(elapsed).toBeLessThan(5_000);
  const [first = "", ...stack] = notes.text.trimEnd().split("\n");
  expect(first).toMatch(
    /^brigade: the loop has been blocked for 1\d\d ms by task "order 7" in outer > fetchOrder, at /,
  );
  expect(first).toContain("toThread()");
  const functions = stack.map((line) =>
    /^ {4}at (\S+) \(.*watch-blocking\.test\.ts|^ {4}at (\S+) \(.*blocking\.ts/.exec(line)?.slice(1),
  );
  expect(functions.flat().filter(Boolean)).toEqual(
    expect.arrayContaining(["Notes.blockUntil", "crunch", "fetchOrder"]),
  );
  expect(stack.join("\n")).not.toMatch(/node:|packages\/brigade\/src\//);
  expect(reports.map(({ kind }) => kind)).toEqual(["blocked-loop"]);
});

test("when the loop goes on, a report gives the whole time, the task and the stack", async () => {
  let task: Task<unknown> | undefined;
  const reports = await reportsOf(function* () {
    yield* use(watchBlocking({ threshold: 50, descriptor: false }), function* () {
      task = currentTask();
      yield* sleep(10);
      block(400);
      yield* sleep(10);
    });
  });
  expect(reports).toHaveLength(1);
  const [report] = reports as [Report];
  expect(report.kind).toBe("blocked-loop");
  expect(report.task).toBe(task);
  const [, duration] =
    /^the loop was blocked for (\d+) ms by task "main" in .*, at .*blocking\.ts/.exec(report.message) ?? [];
  expect(Number(duration)).toBeGreaterThan(380);
  expect(String((report.error as Error).stack)).toMatch(
    /^Error: the loop was blocked[^\n]*\n {4}at [^]* {4}at block|^Error: the loop was blocked[^\n]*\n {4}at block/,
  );
  expect(String((report.error as Error).stack)).toMatch(HERE);
});

test("onBlocked is told in place of the report; what it throws is reported", async () => {
  const blocks: BlockedLoop[] = [];
  const reports = await reportsOf(function* () {
    const onBlocked = (one: BlockedLoop): void => {
      blocks.push(one);
      throw new Error("from onBlocked");
    };
    yield* use(watchBlocking({ threshold: 50, descriptor: false, onBlocked }), function* () {
      yield* sleep(10);
      block(200);
      yield* sleep(50);
    });
  });
  expect(blocks).toHaveLength(1);
  expect(blocks[0]?.duration).toBeGreaterThan(150);
  expect(blocks[0]?.stack[0]).toMatch(/^block \(/);
  expect(blocks[0]?.task?.name).toBe("main");
  expect(reports.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
    "callback-error: a callback threw: Error: from onBlocked",
  ]);
});

test("a block that goes on is written about again after a second, and reported once", async () => {
  using notes = new Notes();
  const reports = await reportsOf(function* () {
    yield* use(watchBlocking({ descriptor: notes.descriptor }), function* () {
      yield* sleep(10);
      expect(notes.blockUntil(2)).toBeGreaterThan(1_000);
      yield* sleep(50);
    });
  });
  expect(notes.text).toMatch(/has been blocked for 1\d{3} ms/);
  expect(reports).toHaveLength(1);
});

test("a callback that blocks is outside any task", async () => {
  using notes = new Notes();
  await reportsOf(function* () {
    yield* use(watchBlocking({ descriptor: notes.descriptor }), function* () {
      setTimeout(() => notes.blockUntil(1), 1);
      yield* sleep(200);
    });
  });
  expect(notes.text).toMatch(/^brigade: the loop has been blocked for \d+ ms outside any task, at .*blocking\.ts/);
  expect(notes.text).toMatch(/\n {4}at Notes\.blockUntil /);
});

test("a call of the host is said to hide its place, which follows when it has returned", async () => {
  using notes = new Notes();
  const reports = await reportsOf(function* () {
    yield* use(watchBlocking({ descriptor: notes.descriptor }), function* () {
      yield* sleep(10);
      execFileSync("sleep", ["0.6"]);
      yield* sleep(100);
    });
  });
  expect(notes.text).toMatch(/^brigade: the loop has been blocked for \d+ ms in a call of the host/);
  expect(reports[0]?.message).toMatch(/by task "main"/);
  expect(reports[0]?.message).toMatch(HERE);
});

test("without the inspector, the task and its coroutines are named; steps cost nothing more afterwards", async () => {
  using notes = new Notes();
  await reportsOf(function* () {
    const loop = getRunningLoop() as unknown as { readonly watched: boolean };
    expect(loop.watched).toBe(false);
    yield* use(watchBlocking({ descriptor: notes.descriptor, inspector: false }), function* (watchdog) {
      expect(watchdog.sees).toBe("task");
      yield* createTask(sleep(1), { name: "another" });
      yield* createTask(fetchOrder(notes), { name: "order 7" });
      yield* sleep(10);
    });
    expect(loop.watched).toBe(false);
  });
  expect(notes.text).toMatch(/^brigade: the loop has been blocked for \d+ ms by task "order 7" in fetchOrder: /);
});

test("without the inspector, what blocks between steps is outside any task", async () => {
  using notes = new Notes();
  await reportsOf(function* () {
    yield* use(watchBlocking({ descriptor: notes.descriptor, inspector: false }), function* () {
      yield* sleep(5);
      setTimeout(() => notes.blockUntil(1), 1);
      yield* sleep(200);
    });
  });
  expect(notes.text).toMatch(/^brigade: the loop has been blocked for \d+ ms outside any task: /);
});

test("neither short steps nor a loop that is always busy are blocks", async () => {
  const reports = await reportsOf(function* () {
    yield* use(watchBlocking({ threshold: 500, descriptor: false }), function* (watchdog) {
      block(60);
      for (const until = performance.now() + 1_200; performance.now() < until; ) yield* sleep(0);
      expect(watchdog.blocks).toBe(0);
    });
  });
  expect(reports).toEqual([]);
});

test("nothing is left after the body: no thread, no timer, no global", async () => {
  const symbols = Object.getOwnPropertySymbols(globalThis).length;
  const before = threads();
  const workers = (): number =>
    process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort/.test(name)).length;
  const resourcesBefore = workers();
  await run(function* () {
    yield* use(watchBlocking({ descriptor: false }), function* () {
      expect(threads()).toBeGreaterThan(before);
      yield* sleep(10);
    });
  });
  expect(threads()).toBe(before);
  await vi.waitFor(() => expect(workers()).toBe(resourcesBefore)); // the host gives the ports back in its next turns
  expect(Object.getOwnPropertySymbols(globalThis)).toHaveLength(symbols);
});

test("a body that fails or is cancelled, even while the thread starts, leaves no thread", async () => {
  const before = threads();
  await run(function* () {
    for (const delay of [0, 1, 5, 20, 200]) {
      const task = createTask(use(watchBlocking({ descriptor: false }), () => sleep("1h")));
      yield* sleep(delay);
      task.cancel();
      try {
        yield* task;
      } catch {
        // It was cancelled.
      }
      expect(threads()).toBe(before);
    }
    const failing = function* (): Generator<never, void> {
      throw new Error("body");
    };
    try {
      yield* use(watchBlocking({ descriptor: false }), failing);
    } catch (error) {
      expect(error).toEqual(new Error("body"));
    }
    expect(threads()).toBe(before);
  });
});

test("the end of the run ends a watchdog that nobody has left", async () => {
  const before = threads();
  await run(function* () {
    yield* watchBlocking({ descriptor: false }).enter();
    expect(threads()).toBeGreaterThan(before);
  });
  expect(threads()).toBe(before);
});

test("thresholds and descriptors that make no sense are refused", () => {
  expect(() => watchBlocking({ threshold: 5 })).toThrow("watchBlocking: the threshold is 5; use 20 ms or more");
  expect(() => watchBlocking({ threshold: Infinity })).toThrow(RangeError);
  expect(() => watchBlocking({ threshold: "soon" as "1s" })).toThrow('"soon" is not a duration');
  expect(() => watchBlocking({ descriptor: -1 })).toThrow("watchBlocking: descriptor is -1; use a file descriptor");
});
