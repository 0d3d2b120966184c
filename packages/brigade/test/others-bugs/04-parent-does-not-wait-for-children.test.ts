/**
 * Effection (thefrontside/effection#974): a parent whose own code had ended halted the children it had spawned
 * instead of waiting for their work.
 */
import {
  coroutine,
  type CoroutineBody,
  createTask,
  getRunningLoop,
  run,
  sleep,
  type TaskGroup,
  taskGroup,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

test("a group ends when its slowest child has ended, not when its body has", async () => {
  const log: string[] = [];
  const worker = coroutine(function* (name: string, delay: number) {
    yield* sleep(delay);
    log.push(name);
  });
  await run(
    function* () {
      const start = getRunningLoop().time();
      const value = yield* taskGroup(function* (group) {
        group.createTask(worker("one", 1000));
        group.createTask(worker("two", 2000));
        log.push("body done");
        yield* sleep(0);
        return "value";
      });
      expect(value).toBe("value");
      expect(getRunningLoop().time() - start).toBe(2000);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["body done", "one", "two"]);
});

test("a group waits for children that its children add after its body has ended", async () => {
  const log: number[] = [];
  const spawning = coroutine(function* (group: TaskGroup, generation: number): CoroutineBody<void> {
    yield* sleep(100);
    log.push(generation);
    if (generation < 3) group.createTask(spawning(group, generation + 1));
  });
  await run(
    function* () {
      yield* taskGroup(function* (group) {
        group.createTask(spawning(group, 1));
        yield* sleep(0);
      });
      expect(log).toEqual([1, 2, 3]);
    },
    { clock: virtualClock() },
  );
});

test("a task made by the free createTask outlives the coroutine that made it", async () => {
  const log: string[] = [];
  const background = coroutine(function* () {
    yield* sleep(10);
    log.push("background done");
  });
  const spawner = coroutine(function* () {
    createTask(background());
    yield* sleep(0);
    log.push("spawner done");
  });
  await run(
    function* () {
      yield* spawner();
      yield* sleep(20);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["spawner done", "background done"]);
});
