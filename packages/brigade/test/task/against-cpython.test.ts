/** What the comparison with CPython (conformance/) found, as claims: each of these failed once. */
import {
  coroutine,
  copyContext,
  createTask,
  currentTask,
  DeadlockError,
  Event,
  gather,
  InvalidStateError,
  moveOnAfter,
  Queue,
  run,
  sleep,
  stream,
  type Task,
  taskGroup,
  type TimeoutScope,
  wait,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { virtually } from "../virtually.ts";

test("tasks that wait for one another in a circle are unwound by a cancellation of any of them", () =>
  virtually(function* () {
    const seen: string[] = [];
    const tasks: Task<unknown>[] = [];
    const waitFor = coroutine(function* waitFor(index: number) {
      try {
        yield* tasks[index] as Task<unknown>;
      } finally {
        yield* sleep(1);
        seen.push(currentTask().name);
      }
    });
    for (const next of [1, 2, 0]) tasks.push(createTask(waitFor(next)));
    yield* sleep(0);
    tasks[1]?.cancel();
    yield* wait(tasks);
    expect(seen).toEqual(["Task-1", "Task-3", "Task-2"]);
    expect(tasks.map((task) => task.cancelled)).toEqual([true, true, true]);
  }));

test("tasks whose cleanups wait for one another are given up in a deadlock, whoever else waits for them", async () => {
  const tasks: Task<unknown>[] = [];
  const reports: string[] = [];
  const cleanUpAfter = coroutine(function* cleanUpAfter(index: number) {
    try {
      yield* new Event().wait();
    } finally {
      yield* tasks[index] as Task<unknown>;
    }
  });
  const main = coroutine(function* main() {
    tasks.push(createTask(cleanUpAfter(1)), createTask(cleanUpAfter(0)));
    yield* gather(tasks);
  });
  const running = run(main(), { clock: virtualClock(), onReport: ({ kind }) => reports.push(kind) });
  await expect(running).rejects.toThrow(DeadlockError);
  expect(tasks.map((task) => task.cancelled)).toEqual([true, true]);
  expect(reports).toEqual(["deadlock", "deadlock"]);
});

test("join gives nothing, and says what it waits for", () =>
  virtually(function* () {
    const queue = new Queue<number>();
    expect(yield* queue.join()).toBeUndefined();
    queue.putNowait(1);
    const joining = createTask(queue.join());
    yield* sleep(0);
    queue.taskDone();
    queue.putNowait(2);
    expect(yield* joining).toBeUndefined();
  }));

test("a wait with a timeout of 0 gives way to what is ready in the next iteration", () =>
  virtually(function* () {
    const order: string[] = [];
    const never = new Event();
    const waiting = coroutine(function* waiting(target: Task<unknown>) {
      yield* wait([target], { timeout: 0 });
      order.push("waited");
    });
    const once = coroutine(function* once() {
      yield* sleep(0);
      order.push("slept");
    });
    const target = createTask(never.wait());
    yield* gather([createTask(waiting(target)), createTask(once())]);
    target.cancel();
    expect(order).toEqual(["slept", "waited"]);
  }));

test("a scope that is moved away and back to now expires in its new place, not in its old one", () =>
  virtually(function* () {
    let kept: TimeoutScope | undefined;
    const body = coroutine(function* body() {
      yield* sleep(0);
      return "in time";
    });
    const moving = createTask(
      moveOnAfter(0, (scope) => {
        kept = scope;
        return body();
      }),
    );
    createTask(
      coroutine(function* () {
        kept?.reschedule(3);
      })(),
    );
    yield* sleep(0);
    kept?.reschedule(0);
    expect(yield* moving).toBe("in time");
  }));

test("a child added in nested cleanup of a group that is being cancelled never starts", () =>
  virtually(function* () {
    const seen: string[] = [];
    const child = coroutine(function* child() {
      seen.push("child");
    });
    const task = createTask(
      taskGroup(function* (group) {
        const inner = coroutine(function* inner() {
          try {
            yield* sleep(100);
          } finally {
            group.createTask(child());
            yield* sleep(5);
            seen.push("cleaned up");
          }
        });
        yield* inner();
      }),
    );
    yield* sleep(10);
    task.cancel();
    yield* wait([task]);
    expect(seen).toEqual(["cleaned up"]);
  }));

test("a child added by a task that has cancelled itself never starts", () =>
  virtually(function* () {
    const seen: string[] = [];
    const child = coroutine(function* child() {
      seen.push("child");
    });
    const task = createTask(
      taskGroup(function* (group) {
        currentTask().cancel();
        group.createTask(child(), { eager: true });
        yield* sleep(1);
      }),
    );
    yield* wait([task]);
    expect([seen, task.cancelled]).toEqual([[], true]);
  }));

test("a task that is cancelled while it closes a stream unwinds when the stream has closed", () =>
  virtually(function* () {
    const seen: string[] = [];
    const numbers = stream(function* numbers() {
      try {
        yield 1;
      } finally {
        yield* sleep(5);
        seen.push("closed");
      }
    });
    const task = createTask(
      coroutine(function* closing() {
        const reader = numbers();
        yield* reader.next();
        yield* reader.close();
        seen.push("went on");
      })(),
    );
    yield* sleep(1);
    task.cancel();
    yield* wait([task]);
    expect(seen).toEqual(["closed"]);
  }));

test("a gather that is asked to end once more by one of its own children cancels the rest in order", async () => {
  const order: string[] = [];
  const named = coroutine(function* named(name: string) {
    try {
      yield* new Event().wait();
    } finally {
      order.push(name);
    }
  });
  const main = coroutine(function* main() {
    const task: Task<unknown> = createTask(
      coroutine(function* waiting() {
        yield* sleep(0);
        yield* gather([gather([named("a"), task]), named("b")]);
      })(),
    );
    yield* sleep(5);
    task.cancel();
    yield* sleep(5);
  });
  const reports: string[] = [];
  await run(main(), { clock: virtualClock(), onReport: ({ kind }) => reports.push(kind) });
  expect(order).toEqual(["a", "b"]);
  expect(reports).toEqual([]);
});

test("a context that code runs in can't be entered again", () => {
  const context = copyContext();
  context.run(() => {
    expect(() => context.run(() => {})).toThrow(InvalidStateError);
  });
  expect(context.run(() => 1)).toBe(1);
});

test("in a deadlock the cleanup of tasks that wait for one another through gather runs, too", async () => {
  const seen: string[] = [];
  const tasks: Task<unknown>[] = [];
  const waitFor = coroutine(function* waitFor(index: number) {
    try {
      yield* gather([tasks[index] as Task<unknown>, new Event().wait()]);
    } finally {
      yield* sleep(1);
      seen.push(currentTask().name);
    }
  });
  const main = coroutine(function* main() {
    for (const next of [1, 0]) tasks.push(createTask(waitFor(next)));
    yield* gather(tasks);
  });
  const reports: string[] = [];
  const running = run(main(), { clock: virtualClock(), onReport: ({ kind }) => reports.push(kind) });
  await expect(running).rejects.toThrow(DeadlockError);
  expect(seen).toEqual(["Task-1", "Task-2"]);
  expect(reports).toEqual(["deadlock"]);
});

test("a task that has left what it waited for is not woken once more by the end of that", async () => {
  const given: unknown[] = [];
  const tasks: Task<unknown>[] = [];
  const waiting = coroutine(function* waiting() {
    try {
      yield* tasks[1] as Task<unknown>; // the second waits for itself, which fails
    } finally {
      given.push(yield* gather([tasks[0] as Task<unknown>])); // nobody's can end: the first waits for itself here
    }
  });
  const main = coroutine(function* main() {
    for (let made = 0; made < 3; made++) tasks.push(createTask(waiting()));
  });
  await run(main(), { clock: virtualClock(), onReport: () => {} });
  expect(given).toEqual([]);
});

test("a gather in cleanup gives the errors of what had failed before, though the task was cancelled at another task", () =>
  virtually(function* () {
    const given: unknown[] = [];
    const failing = coroutine(function* failing() {
      throw new Error("no stock");
    });
    const failed = createTask(failing());
    yield* wait([failed]);
    const other = createTask(sleep(100));
    const task = createTask(
      coroutine(function* waiting() {
        try {
          yield* other;
        } finally {
          given.push(...(yield* gather([failed], { returnExceptions: true })));
        }
      })(),
    );
    yield* sleep(1);
    task.cancel();
    yield* wait([task]);
    expect([given, task.cancelled]).toEqual([[new Error("no stock")], true]);
  }));

test("the iteration in which the end of main is told is ended, however many callbacks stand in it", async () => {
  const steps = new Array<number>(100).fill(0);
  const enough = new Event();
  const counting = coroutine(function* counting(index: number) {
    for (;;) {
      (steps[index] as number)++;
      if (steps[0] === 3) enough.set(); // by the first of them: main goes on, and is told of, before all the others
      yield* sleep(0);
    }
  });
  await virtually(function* () {
    for (const index of steps.keys()) createTask(counting(index));
    yield* enough.wait();
  });
  expect(new Set(steps)).toEqual(new Set([5]));
});
