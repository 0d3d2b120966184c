/** Task.stack(): the coroutine frames of a task, outermost first, each at the line of the yield* where it waits. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  currentTask,
  type FrameInfo,
  gather,
  getRunningLoop,
  sleep,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { nextLine } from "../source-line.ts";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const lines = { inner: 0, middle: 0, outer: 0 };

const inner = coroutine(function* inner(ms: number) {
  lines.inner = nextLine();
  yield* sleep(ms);
  return "value";
});
const middle = coroutine(function* middle(ms: number) {
  lines.middle = nextLine();
  const value = yield* inner(ms);
  return value;
});
const outer = coroutine(function* outer(ms: number) {
  lines.outer = nextLine();
  return yield* middle(ms);
});

const names = (frames: readonly FrameInfo[]) => frames.map((frame) => frame.name);
const positions = (frames: readonly FrameInfo[]) => frames.map((frame) => frame.line);

test("the stack of a waiting task has every coroutine frame, outermost first, with file and line of its yield*", async () => {
  await virtually(function* () {
    const task = createTask(outer(10));
    yield* sleep(1);
    const stack = task.stack();
    expect(names(stack)).toEqual(["outer", "middle", "inner"]);
    expect(positions(stack)).toEqual([lines.outer, lines.middle, lines.inner]);
    for (const frame of stack) {
      expect(frame.file).toMatch(/stack\.test\.ts$/);
      expect(frame.column).toBeGreaterThan(0);
    }
    expect(yield* task).toBe("value");
  });
});

test("asking for the stack changes nothing: the task goes on as if nobody had asked", async () => {
  await virtually(function* () {
    const start = getRunningLoop().time();
    const task = createTask(outer(10));
    for (let i = 0; i < 5; i++) {
      yield* sleep(1);
      expect(task.stack()).toEqual(task.stack());
    }
    expect(yield* task).toBe("value");
    expect(getRunningLoop().time() - start).toBe(10);
  });
});

test("the stack of the task that runs has the frames that run", async () => {
  await virtually(function* () {
    let seen: readonly FrameInfo[] = [];
    const bottom = coroutine(function* bottom(suspends: boolean) {
      if (suspends) yield* sleep(1);
      seen = currentTask().stack();
    });
    const top = coroutine(function* top(suspends: boolean) {
      yield* bottom(suspends);
    });
    for (const suspends of [false, true]) {
      yield* createTask(top(suspends));
      expect(names(seen), `suspends: ${suspends}`).toEqual(["top", "bottom"]);
    }
  });
});

test("a task that waits for a future, a task, gather or a timeout has a stack, too", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<void>();
    const waitsForFuture = coroutine(function* waitsForFuture() {
      yield* future;
    });
    const waitsForTask = coroutine(function* waitsForTask() {
      yield* first;
    });
    const gathers = coroutine(function* gathers() {
      yield* gather([sleep(10), sleep(20)]);
    });
    const limits = coroutine(function* limits() {
      yield* timeout("1s", inner(10));
    });
    const first = createTask(waitsForFuture());
    const tasks = [first, createTask(waitsForTask()), createTask(gathers()), createTask(limits())];
    yield* sleep(1);
    const [one, two, three, four] = tasks.map((task) => names(task.stack()));
    expect(one).toEqual(["waitsForFuture"]);
    expect(two).toEqual(["waitsForTask"]);
    expect(three?.[0]).toBe("gathers");
    expect(four?.[0]).toBe("limits");
    expect(four?.at(-1)).toBe("inner");
    future.setResult();
    for (const task of tasks) yield* task;
  });
});

test("a task that is being unwound shows the frames that are left", async () => {
  await virtually(function* () {
    const cleans = coroutine(function* cleans() {
      try {
        yield* outer(100);
      } finally {
        yield* sleep(5);
      }
    });
    const task = createTask(cleans());
    yield* sleep(1);
    expect(names(task.stack())).toEqual(["cleans", "outer", "middle", "inner"]);
    task.cancel();
    yield* sleep(1);
    expect(names(task.stack())).toEqual(["cleans"]);
    yield* outcomeOf(task);
  });
});

test("a task that is done has an empty stack", async () => {
  await virtually(function* () {
    const task = createTask(outer(1));
    yield* task;
    expect(task.stack()).toEqual([]);
  });
});

test("the stack of a task a thousand frames deep has them all", async () => {
  await virtually(function* () {
    const dive: (depth: number) => Coroutine<string> = coroutine(function* diveFrame(
      depth: number,
    ): CoroutineBody<string> {
      if (depth === 0) return yield* sleep(10, "bottom");
      const value: string = yield* dive(depth - 1);
      return value;
    });
    const task = createTask(dive(999));
    yield* sleep(1);
    expect(task.stack()).toHaveLength(1_000);
    expect(yield* task).toBe("bottom");
  });
});
