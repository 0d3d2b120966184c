/**
 * asyncio (gh-86802): a shielded task ran on detached after its awaiter had been cancelled, and the error it ended
 * with reached nobody, or was logged as never retrieved.
 */
import { coroutine, createTask, getRunningLoop, run, shield, sleep, timeout, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const broken = new Error("broken");
const failing = coroutine(function* (delay: number) {
  yield* sleep(delay);
  throw broken;
});

const makers = [
  ["coroutine", () => failing(20)],
  ["task", () => createTask(failing(20))],
] as const;

test.each(makers)(
  "an error of a shielded %s is the outcome of the task that was cancelled meanwhile",
  async (_, make) => {
    const log: string[] = [];
    const kinds: string[] = [];
    const work = coroutine(function* () {
      try {
        yield* shield(make());
        log.push("went on");
      } catch {
        log.push("caught");
      } finally {
        yield* sleep(5);
        log.push("finally");
      }
      log.push("went on behind");
    });
    await run(
      function* () {
        const start = getRunningLoop().time();
        const task = createTask(work());
        yield* sleep(10);
        expect(task.cancel()).toBe(true);
        yield* wait([task]);
        expect(getRunningLoop().time() - start).toBe(25);
        expect(task.cancelled).toBe(false);
        expect(task.exception()).toBe(broken);
      },
      { clock: virtualClock(), onReport: (report) => kinds.push(report.kind) },
    );
    expect(log).toEqual(["finally"]);
    expect(kinds).toEqual([]);
  },
);

test("an error of a shielded awaitable takes the place of the timeout that expired meanwhile", async () => {
  await expect(run(timeout(10, shield(failing(20))), { clock: virtualClock() })).rejects.toBe(broken);
});

test("a shielded awaitable that succeeds leaves its task cancelled, once it has ended", async () => {
  const log: string[] = [];
  const careful = coroutine(function* () {
    yield* sleep(20);
    log.push("shielded work done");
  });
  await run(
    function* () {
      const task = createTask(shield(careful()));
      yield* sleep(10);
      task.cancel();
      yield* wait([task]);
      log.push("task ended");
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["shielded work done", "task ended"]);
});
