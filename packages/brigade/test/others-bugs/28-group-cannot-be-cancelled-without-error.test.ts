/**
 * asyncio (gh-108951): stopping the tasks of a group from outside took an error that somebody raised inside it and
 * somebody else caught; and once there was a method for it, the group forgot cancellations from outside (gh-155433).
 */
import {
  coroutine,
  createTask,
  getRunningLoop,
  run,
  sleep,
  type TaskGroup,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const worker = coroutine(function* (log: string[], cleanup: number) {
  try {
    yield* sleep("1h");
    log.push("worked");
  } finally {
    yield* sleep(cleanup);
    log.push("stopped");
  }
});

test("cancelChildren stops the children, waits for them, and the group gives its body's value", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const value = yield* taskGroup(function* (group) {
        group.createTask(worker(log, 5));
        group.createTask(worker(log, 5));
        yield* sleep(10);
        group.cancelChildren();
        yield* sleep(10);
        log.push("body went on");
        return "value";
      });
      expect(value).toBe("value");
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["stopped", "stopped", "body went on"]);
});

test("a task outside the group can cancel its children", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const handed: TaskGroup[] = [];
      const owner = createTask(
        taskGroup(function* (group) {
          handed.push(group);
          group.createTask(worker(log, 5));
          yield* sleep(1);
          return "value";
        }),
      );
      yield* sleep(10);
      handed[0]?.cancelChildren();
      expect(yield* owner).toBe("value");
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["stopped"]);
});

test("a child can cancel its siblings and itself", async () => {
  const log: string[] = [];
  const finder = coroutine(function* (group: TaskGroup) {
    yield* sleep(10);
    group.cancelChildren();
    yield* sleep(1);
    log.push("not reached");
  });
  await run(
    taskGroup(function* (group) {
      group.createTask(worker(log, 5));
      group.createTask(finder(group));
      yield* sleep(0);
    }),
    { clock: virtualClock() },
  );
  expect(log).toEqual(["stopped"]);
});

test("children added after cancelChildren never run, and do not fail the group", async () => {
  const log: string[] = [];
  await run(
    taskGroup(function* (group) {
      group.cancelChildren();
      const late = group.createTask(worker(log, 5));
      yield* wait([late]);
      expect(late.cancelled).toBe(true);
    }),
    { clock: virtualClock() },
  );
  expect(log).toEqual([]);
});

test("a timeout around the group expires while cancelled children clean up, and lets them end", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const start = getRunningLoop().time();
      let caught: unknown;
      try {
        yield* timeout(
          500,
          taskGroup(function* (group) {
            group.createTask(worker(log, 1000));
            yield* sleep(100);
            group.cancelChildren();
          }),
        );
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(TimeoutError);
      expect(getRunningLoop().time() - start).toBe(1100);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["stopped"]);
});

test("a cancellation of the parent while cancelled children clean up is obeyed, after they have ended", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const parent = createTask(
        taskGroup(function* (group) {
          group.createTask(worker(log, 1000));
          yield* sleep(100);
          group.cancelChildren();
        }),
      );
      yield* sleep(500);
      expect(parent.cancel()).toBe(true);
      yield* wait([parent]);
      log.push("parent ended");
      expect(parent.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["stopped", "parent ended"]);
});
