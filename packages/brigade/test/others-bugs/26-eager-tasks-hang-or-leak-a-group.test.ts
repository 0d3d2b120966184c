/**
 * asyncio: a task that ran eagerly, inside `create_task`, was not yet known to its group, so that a group which was
 * cancelled from inside that step waited for it for ever (gh-128550, gh-155418), or let a cancellation of its parent
 * out that nobody had asked for (gh-128588).
 */
import { coroutine, currentTask, Event, run, sleep, type TaskGroup, taskGroup } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const failing = coroutine(function* (delay?: number) {
  if (delay !== undefined) yield* sleep(delay);
  throw new Error("failing");
});

test("an eager task that starts a failing eager task is cancelled with its group", async () => {
  const log: string[] = [];
  const second = coroutine(function* (group: TaskGroup) {
    group.createTask(failing(), { eager: true });
    try {
      yield* new Event().wait();
    } finally {
      log.push("second stopped");
    }
  });
  const main = coroutine(function* () {
    yield* taskGroup(function* (group) {
      group.createTask(second(group), { eager: true });
      yield* sleep(0);
    });
  });
  await expect(run(main, { clock: virtualClock() })).rejects.toMatchObject({ errors: [new Error("failing")] });
  expect(log).toEqual(["second stopped"]);
});

test("an eager child that fails at once fails the group, and the parent goes on uncancelled", async () => {
  const log: string[] = [];
  await run(
    function* () {
      let caught: unknown;
      try {
        yield* taskGroup(function* (group) {
          group.createTask(failing(), { eager: true });
          log.push("body goes on to its next await");
          yield* sleep("1h");
          log.push("not reached");
        });
      } catch (error) {
        caught = error;
      }
      expect(caught).toMatchObject({ errors: [new Error("failing")] });
      expect(currentTask().cancelRequested).toBe(false);
      yield* sleep(10);
      log.push("went on");
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["body goes on to its next await", "went on"]);
});

test("an eager child that fails at once fails a group whose body awaits nothing more", async () => {
  const log: string[] = [];
  await run(
    function* () {
      let caught: unknown;
      try {
        yield* taskGroup(function* (group) {
          yield* sleep(1);
          group.createTask(failing(), { eager: true });
        });
      } catch (error) {
        caught = error;
      }
      expect(caught).toMatchObject({ errors: [new Error("failing")] });
      yield* sleep(10);
      log.push("went on");
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["went on"]);
});

test("an eager child that cancels the children in its first step is cancelled itself", async () => {
  const log: string[] = [];
  const child = coroutine(function* (group: TaskGroup) {
    group.cancelChildren();
    try {
      yield* new Event().wait();
    } finally {
      log.push("child stopped");
    }
  });
  await run(
    function* () {
      const value = yield* taskGroup(function* (group) {
        group.createTask(child(group), { eager: true });
        yield* sleep(0);
        return "value";
      });
      log.push(value);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["child stopped", "value"]);
});

test("an eager child added while the group is being cancelled never starts", async () => {
  const log: string[] = [];
  const late = coroutine(function* () {
    log.push("late child started");
    yield* sleep(0);
  });
  const adding = coroutine(function* (group: TaskGroup) {
    try {
      yield* sleep("1h");
    } finally {
      group.createTask(late(), { eager: true });
      log.push("added");
    }
  });
  const main = coroutine(function* () {
    yield* taskGroup(function* (group) {
      group.createTask(adding(group));
      group.createTask(failing(1));
      yield* sleep("1h");
    });
  });
  await expect(run(main, { clock: virtualClock() })).rejects.toMatchObject({ errors: [new Error("failing")] });
  expect(log).toEqual(["added"]);
});
