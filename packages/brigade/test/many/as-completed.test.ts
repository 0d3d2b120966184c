/** asCompleted: tasks in the order of finishing. It owns what it started, and nothing else. */
import {
  asCompleted,
  coroutine,
  createTask,
  currentTask,
  forEach,
  getRunningLoop,
  InvalidStateError,
  sleep,
  type Task,
  TimeoutError,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

const failing = coroutine(function* failing(delay: number, error: unknown) {
  yield* sleep(delay);
  throw error;
});

test("it gives tasks in the order of finishing, each as soon as it has ended", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    yield* forEach(asCompleted([sleep(30, "c"), sleep(10, "a"), sleep(20, "b")]), function* (task) {
      expect(task.done).toBe(true);
      seen.push(`${yield* task} at ${now() - start}`);
    });
    expect(seen).toEqual(["a at 10", "b at 20", "c at 30"]);
  });
});

test("those that end in the same iteration come in the order given", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    yield* forEach(
      asCompleted([sleep(10, "a"), sleep(10, "b"), sleep(10, "c")]),
      (task) => void seen.push(task.result()),
    );
    expect(seen).toEqual(["a", "b", "c"]);
  });
});

test("those that ended while the reader did something else keep their order", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    yield* forEach(asCompleted([sleep(30, "c"), sleep(10, "a"), sleep(20, "b")]), function* (task) {
      seen.push(task.result());
      yield* sleep(100);
    });
    expect(seen).toEqual(["a", "b", "c"]);
  });
});

test("a failed one is given like the others; its error is thrown where it is awaited", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const seen: unknown[] = [];
    yield* forEach(asCompleted([failing(10, error), sleep(20, "fine")]), function* (task: Task<unknown>) {
      seen.push(yield* outcomeOf(task));
    });
    expect(seen).toEqual([{ error }, { value: "fine" }]);
  });
});

test("a task that it is given comes back as itself", async () => {
  await virtually(function* () {
    const slow = createTask(sleep(20, "slow"));
    const quick = createTask(sleep(10, "quick"));
    const seen: Task<string>[] = [];
    yield* forEach(asCompleted([slow, quick]), (task) => void seen.push(task));
    expect(seen[0]).toBe(quick);
    expect(seen[1]).toBe(slow);
  });
});

test("it starts what it was given when it is first read, and no sooner", async () => {
  await virtually(function* () {
    const started: string[] = [];
    const worker = coroutine(function* worker(name: string) {
      started.push(name);
      yield* sleep(1);
    });
    const tasks = asCompleted([worker("a"), worker("b")]);
    yield* sleep(10);
    expect(started).toEqual([]);
    yield* tasks.next();
    expect(started).toEqual(["a", "b"]);
    yield* tasks.close();
  });
});

test("the same coroutine twice throws when it is first read", async () => {
  await virtually(function* () {
    const one = failing(1, new Error("never"));
    const tasks = asCompleted([one, one]);
    expect(yield* outcomeOf(createTask(tasks.next()))).toEqual({ error: expect.any(InvalidStateError) });
  });
});

test("of nothing it gives nothing", async () => {
  await virtually(function* () {
    expect(yield* asCompleted([]).next()).toEqual({ done: true, value: undefined });
  });
});

test("after the last one it is done, and stays done", async () => {
  await virtually(function* () {
    const tasks = asCompleted([sleep(1)]);
    expect((yield* tasks.next()).done).toBe(false);
    expect(yield* tasks.next()).toEqual({ done: true, value: undefined });
    expect(yield* tasks.next()).toEqual({ done: true, value: undefined });
  });
});

test("closing it cancels what it started, waits for that, and leaves alone a task that it was given", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const started = coroutine(function* started() {
      try {
        yield* sleep(100);
      } finally {
        yield* sleep(5);
        seen.push("cleaned up");
      }
    });
    const given = createTask(sleep(50, "given"));
    const tasks = asCompleted([started(), sleep(10), given]);
    yield* tasks.next();
    yield* tasks.close();
    expect(seen).toEqual(["cleaned up"]);
    expect(now() - start).toBe(15);
    expect(given.cancelRequested).toBe(false);
    expect(yield* given).toBe("given");
  });
});

test("its timeout throws TimeoutError at the read, and cancels what it started", async () => {
  await virtually(function* () {
    const start = now();
    const given = createTask(sleep(200, "given"));
    let inner: Task<string> | undefined;
    const slow = coroutine(function* slow() {
      inner = currentTask() as Task<string>;
      return yield* sleep(100, "slow");
    });
    const tasks = asCompleted([sleep(5, "quick"), slow(), given], { timeout: 10 });
    expect((yield* tasks.next()).done).toBe(false);
    expect(yield* outcomeOf(createTask(tasks.next()))).toEqual({ error: expect.any(TimeoutError) });
    expect(now() - start).toBe(10);
    expect(inner?.cancelled).toBe(true);
    expect(given.cancelRequested).toBe(false);
    yield* given;
  });
});

test("a timeout that has not passed leaves no timer", async () => {
  await virtually(function* () {
    const start = now();
    yield* forEach(asCompleted([sleep(5)], { timeout: "1h" }), () => {});
    expect(now() - start).toBe(5);
  });
});

test("a body that fails ends the reading: what was started is cancelled and awaited", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const seen: string[] = [];
    const slow = coroutine(function* slow() {
      try {
        yield* sleep(100);
      } finally {
        yield* sleep(5);
        seen.push("cleaned up");
      }
    });
    const reading = forEach(asCompleted([sleep(5), slow()]), () => {
      throw error;
    });
    expect(yield* outcomeOf(createTask(reading))).toEqual({ error });
    expect(seen).toEqual(["cleaned up"]);
  });
});

test("cancelling the reader cancels what was started and waits for it", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const slow = coroutine(function* slow() {
      try {
        yield* sleep(100);
      } finally {
        yield* sleep(5);
        seen.push("cleaned up");
      }
    });
    const reader = createTask(forEach(asCompleted([slow()]), () => {}));
    yield* sleep(10);
    expect(yield* cancelled(reader)).toBe("cancelled");
    expect(seen).toEqual(["cleaned up"]);
    expect(now() - start).toBe(15);
  });
});
