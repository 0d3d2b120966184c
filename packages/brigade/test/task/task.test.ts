/** Tasks: their three endings, their names, who holds them, and how a first step may be taken at once. */
import {
  allTasks,
  CancelledError,
  coroutine,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  InvalidStateError,
  sleep,
  type Task,
  taskGroup,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

test("createTask schedules the first step and runs nothing itself", async () => {
  await virtually(function* () {
    let started = false;
    createTask(
      coroutine(function* worker() {
        started = true;
      })(),
    );
    expect(started).toBe(false);
    yield* sleep(0);
    expect(started).toBe(true);
  });
});

test("a task that ends with a value is done and neither failed nor cancelled", async () => {
  await virtually(function* () {
    const task = createTask(sleep(1, "value"));
    expect([task.done, task.cancelled]).toEqual([false, false]);
    expect(() => task.result()).toThrow(InvalidStateError);
    expect(() => task.exception()).toThrow(InvalidStateError);
    yield* sleep(2);
    expect([task.done, task.cancelled]).toEqual([true, false]);
    expect(task.result()).toBe("value");
    expect(task.exception()).toBeUndefined();
    expect(yield* task).toBe("value");
  });
});

test("a task that ends with an error is failed: it throws that error to whoever asks", async () => {
  await virtually(function* () {
    const error = new RangeError("no stock");
    const task = createTask(
      coroutine(function* failing() {
        yield* sleep(1);
        throw error;
      })(),
    );
    yield* sleep(2);
    expect([task.done, task.cancelled]).toEqual([true, false]);
    expect(() => task.result()).toThrow(error);
    expect(task.exception()).toBe(error);
    expect(yield* outcomeOf(task)).toEqual({ error });
  });
});

test("a task that ends cancelled throws CancelledError, with the reason, to whoever asks", async () => {
  await virtually(function* () {
    const task = createTask(sleep(10));
    yield* sleep(1);
    task.cancel("closing time");
    yield* sleep(1);
    expect([task.done, task.cancelled]).toEqual([true, true]);
    expect(() => task.result()).toThrow(CancelledError);
    expect(() => task.exception()).toThrow(CancelledError);
    let caught: unknown;
    try {
      yield* task;
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(CancelledError);
    expect((caught as CancelledError).reason).toBe("closing time");
  });
});

test("tasks are numbered in the order of their creation; main and other named tasks take no number", async () => {
  await virtually(function* () {
    expect(currentTask().name).toBe("main");
    const one = createTask(sleep(1));
    const named = createTask(sleep(1), { name: "pricing" });
    const two = createTask(sleep(1));
    expect([one.name, named.name, two.name]).toEqual(["Task-1", "pricing", "Task-2"]);
    yield* taskGroup(function* (group) {
      const three = group.createTask(sleep(1));
      const inGroup = group.createTask(sleep(1), { name: "shipping" });
      expect([three.name, inGroup.name]).toEqual(["Task-3", "shipping"]);
      yield* sleep(0);
    });
    expect(getRunningLoop().createTask(sleep(1)).name).toBe("Task-4");
  });
});

test("the children of gather are numbered in the order in which they were given", async () => {
  const names: string[] = [];
  const child = coroutine(function* child(label: string) {
    names.push(`${label} ${currentTask().name}`);
    yield* sleep(1);
  });
  await virtually(function* () {
    yield* gather([child("a"), child("b")]);
    yield* createTask(child("c"));
  });
  expect(names).toEqual(["a Task-1", "b Task-2", "c Task-3"]);
});

test("a task can be renamed", async () => {
  await virtually(function* () {
    const task = createTask(sleep(1));
    task.name = "pricing";
    expect(task.name).toBe("pricing");
    expect([...allTasks()].map((one) => one.name)).toEqual(["main", "pricing"]);
    yield* task;
  });
});

test("run's name is the name of its main task", async () => {
  await virtually(
    function* () {
      expect(currentTask().name).toBe("kitchen");
      yield* sleep(0);
    },
    { name: "kitchen" },
  );
});

test("currentTask is the task whose step runs", async () => {
  await virtually(function* () {
    const main = currentTask();
    const seen: unknown[] = [];
    const worker = coroutine(function* worker() {
      seen.push(currentTask());
      yield* sleep(1);
      seen.push(currentTask());
    });
    const tasks = [createTask(worker()), createTask(worker())];
    yield* sleep(5);
    expect(seen.map((task) => tasks.indexOf(task as Task<void>))).toEqual([0, 1, 0, 1]);
    expect(currentTask()).toBe(main);
  });
});

test("a task that nobody references, waiting for a future that nobody references, is not collected", async () => {
  expect(globalThis.gc, "the tests run with --expose-gc").toBeTypeOf("function");
  const unwound: string[] = [];
  await virtually(function* () {
    const startAbandoned = () => {
      const abandoned = coroutine(function* abandoned() {
        try {
          yield* getRunningLoop().createFuture<never>();
        } finally {
          unwound.push("abandoned");
        }
      });
      return new WeakRef(createTask(abandoned(), { name: "abandoned" }));
    };
    const reference = startAbandoned();
    for (let i = 0; i < 5; i++) {
      yield* sleep(1);
      globalThis.gc?.();
    }
    expect([...allTasks()].map((task) => task.name)).toContain("abandoned");
    expect(reference.deref()?.done).toBe(false);
    expect(unwound).toEqual([]);
  });
  expect(unwound).toEqual(["abandoned"]);
});

test("an eager task runs its first step at once, inside createTask, until its first suspension", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const main = currentTask();
    let self: unknown;
    const worker = coroutine(function* worker() {
      self = currentTask();
      order.push("first step");
      yield* sleep(0);
      order.push("second step");
      return "value";
    });
    order.push("before");
    const task = createTask(worker(), { eager: true });
    order.push("after");
    expect(currentTask()).toBe(main);
    expect(self).toBe(task);
    expect(task.done).toBe(false);
    yield* sleep(0);
    order.push("main");
    expect(yield* task).toBe("value");
    expect(order).toEqual(["before", "first step", "after", "second step", "main"]);
  });
});

test("an eager task that does not suspend is done when createTask returns, with its value or its error", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const good = createTask(
      coroutine(function* good() {
        return 5;
      })(),
      { eager: true },
    );
    const bad = createTask(
      coroutine(function* bad() {
        throw error;
      })(),
      { eager: true },
    );
    expect([good.done, good.result()]).toEqual([true, 5]);
    expect([bad.done, bad.exception()]).toEqual([true, error]);
    expect([...allTasks()].map((task) => task.name)).toEqual(["main"]);
    const called: string[] = [];
    good.addDoneCallback(() => void called.push("callback"));
    expect(called).toEqual([]);
    yield* sleep(0);
    expect(called).toEqual(["callback"]);
  });
});

test("an eager task can create an eager task", async () => {
  await virtually(function* () {
    const inner = coroutine(function* inner() {
      const name = currentTask().name;
      yield* sleep(1);
      return [name, currentTask().name];
    });
    const outer = coroutine(function* outer() {
      const task = createTask(inner(), { eager: true, name: "inner" });
      expect(currentTask().name).toBe("outer");
      return yield* task;
    });
    expect(yield* createTask(outer(), { eager: true, name: "outer" })).toEqual(["inner", "inner"]);
  });
});

test("many tasks may await one task; each gets its value", async () => {
  await virtually(function* () {
    const shared = createTask(sleep(5, { id: 1 }));
    const reader = coroutine(function* reader() {
      return yield* shared;
    });
    const values = yield* gather([reader(), reader(), reader()]);
    for (const value of values) expect(value).toBe(shared.result());
  });
});

test("a task of a promise has the promise's value", async () => {
  await virtually(function* () {
    expect(yield* createTask(Promise.resolve("value"))).toBe("value");
    const error = new Error("no stock");
    expect(yield* outcomeOf(createTask(Promise.reject(error)))).toEqual({ error });
  });
});

test("a task of a future has the future's value", async () => {
  await virtually(function* () {
    const future = getRunningLoop().createFuture<string>();
    const task = createTask(future);
    yield* sleep(1);
    future.setResult("value");
    expect(yield* task).toBe("value");
  });
});

test("a thrown string is thrown as it is, and comes as an Error from exception()", async () => {
  await virtually(function* () {
    const task = createTask(
      coroutine(function* failing() {
        yield* sleep(1);
        throw "no stock";
      })(),
    );
    expect(yield* outcomeOf(task)).toEqual({ error: "no stock" });
    const error = task.exception();
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ cause: "no stock" });
    expect(error?.message).toContain("no stock");
  });
});

test("with returnExceptions a thrown string comes as an Error, too", async () => {
  await virtually(function* () {
    const failing = coroutine(function* failing() {
      yield* sleep(1);
      throw "no stock";
    });
    const [first] = yield* gather([failing()], { returnExceptions: true });
    expect(first).toBeInstanceOf(Error);
    expect(first).toMatchObject({ cause: "no stock" });
  });
});

test("a task that fails with undefined is failed: exception() still gives an Error", async () => {
  await virtually(function* () {
    const task = createTask(
      coroutine(function* failing() {
        yield* sleep(1);
        throw undefined;
      })(),
    );
    expect(yield* outcomeOf(task)).toEqual({ error: undefined });
    expect(task.cancelled).toBe(false);
    expect(task.exception()).toBeInstanceOf(Error);
  });
});
