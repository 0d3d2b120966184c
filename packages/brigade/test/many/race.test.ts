/** race: the first to end decides, the others are cancelled and awaited. */
import {
  allTasks,
  CancelledError,
  coroutine,
  createTask,
  currentTask,
  fromPromise,
  getRunningLoop,
  InvalidStateError,
  race,
  sleep,
  TimeoutError,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { reporting, virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

const failing = coroutine(function* failing(delay: number, error: unknown) {
  yield* sleep(delay);
  throw error;
});

/** Sleeps until it is unwound; then cleans up, says so, and throws if it is given an error. */
const cleaning = coroutine(function* cleaning(cleanup: number, end: () => void, error?: unknown) {
  try {
    yield* sleep(10_000);
  } finally {
    yield* sleep(cleanup);
    end();
    if (error !== undefined) throw error;
  }
});

test("the first to end gives its value, when the others have been cancelled and have cleaned up", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const value = yield* race([sleep(20, "slow"), sleep(10, "quick"), cleaning(5, () => seen.push("cleaned up"))]);
    expect(value).toBe("quick");
    expect(seen).toEqual(["cleaned up"]);
    expect(now() - start).toBe(15);
    expect(allTasks().size).toBe(1);
  });
});

test("the first to end by an error throws it", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const seen: string[] = [];
    const outcome = yield* outcomeOf(
      createTask(race([failing(10, error), cleaning(5, () => seen.push("cleaned up"))])),
    );
    expect(outcome).toEqual({ error });
    expect(seen).toEqual(["cleaned up"]);
  });
});

test("the first to end cancelled throws its CancelledError, which can be caught", async () => {
  await virtually(function* () {
    const loser = createTask(sleep(100));
    const first = createTask(sleep(100));
    getRunningLoop().callLater(10, () => first.cancel("enough"));
    try {
      yield* race([first, loser]);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CancelledError);
      expect((error as CancelledError).reason).toBe("enough");
    }
    expect(loser.cancelled).toBe(true);
    expect(currentTask().cancelRequested).toBe(false);
  });
});

test("an error of a loser's cleanup is thrown if the winner had none", async () => {
  await virtually(function* () {
    const broken = new Error("cleanup broke");
    expect(yield* outcomeOf(createTask(race([sleep(10, "value"), cleaning(5, () => {}, broken)])))).toEqual({
      error: broken,
    });
    const error = new Error("no stock");
    expect(yield* outcomeOf(createTask(race([failing(10, error), cleaning(5, () => {}, broken)])))).toEqual({ error });
  });
});

test("of those that end in the same iteration the one given first decides", async () => {
  await virtually(function* () {
    expect(yield* race([sleep(10, "a"), sleep(10, "b")])).toBe("a");
    const quick = coroutine(function* quick(name: string) {
      return name;
    });
    expect(yield* race([quick("a"), quick("b")])).toBe("a");
    const error = new Error("no stock");
    expect(yield* outcomeOf(createTask(race([failing(10, error), sleep(10, "a")])))).toEqual({ error });
  });
});

test("a loser that had failed by itself when the winner was decided does not change that; its error is reported", async () => {
  const error = new Error("no stock");
  const { outcome, reports } = await reporting(race([sleep(10, "a"), failing(10, error)]));
  expect(outcome).toEqual({ status: "fulfilled", value: "a" });
  expect(reports.map((report) => [report.kind, report.error])).toEqual([["unretrieved-error", error]]);
});

test("one that is done already decides", async () => {
  await virtually(function* () {
    const done = createTask(sleep(1, "done"));
    yield* done;
    const start = now();
    expect(yield* race([sleep(10, "late"), done])).toBe("done");
    expect(now() - start).toBe(0);
  });
});

test("it takes tasks, futures and promises, and one alone", async () => {
  await virtually(function* () {
    expect(yield* race([createTask(sleep(5, "task")), sleep(10)])).toBe("task");
    expect(yield* race([Promise.resolve("promise")])).toBe("promise");
    expect(yield* race([fromPromise(() => Promise.resolve("lazy")), sleep("1h")])).toBe("lazy");
    expect(yield* race([sleep(1, "alone")])).toBe("alone");
  });
});

test("race([]) throws RangeError, what can't be raced TypeError, the same coroutine twice InvalidStateError", async () => {
  await virtually(function* () {
    const errorOf = coroutine(function* errorOf(awaitables: () => readonly never[]) {
      const racing = coroutine(function* racing() {
        yield* race(awaitables());
      });
      return ((yield* outcomeOf(createTask(racing()))) as { error: unknown }).error;
    });
    expect(yield* errorOf(() => [])).toBeInstanceOf(RangeError);
    expect(yield* errorOf(() => [5 as never])).toBeInstanceOf(TypeError);
    const one = failing(1, new Error("never")) as never;
    expect(yield* errorOf(() => [one, one])).toBeInstanceOf(InvalidStateError);
  });
});

test("cancelling the task that races cancels all and waits for them", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const task = createTask(race([cleaning(20, () => seen.push("slow")), cleaning(5, () => seen.push("quick"))]));
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["quick", "slow"]);
    expect(now() - start).toBe(30);
  });
});

test("a cancellation while the losers clean up wins over the value, and they finish", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const task = createTask(race([sleep(10, "value"), cleaning(20, () => seen.push("cleaned up"))]));
    yield* sleep(15);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["cleaned up"]);
  });
});

test("a timeout around a race unwinds it", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const work = timeout(10, race([cleaning(5, () => seen.push("a")), sleep(100)]));
    expect(yield* outcomeOf(createTask(work))).toEqual({ error: expect.any(TimeoutError) });
    expect(seen).toEqual(["a"]);
  });
});

test("race starts nothing until it is awaited", async () => {
  const started: string[] = [];
  const worker = coroutine(function* worker() {
    started.push("started");
    yield* sleep(1);
  });
  await virtually(function* () {
    const racing = race([worker(), worker()]);
    yield* sleep(5);
    expect(started).toEqual([]);
    yield* racing;
    expect(started).toEqual(["started", "started"]);
  });
});
