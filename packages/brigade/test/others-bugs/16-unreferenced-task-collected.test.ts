/**
 * asyncio (gh-91887): the loop held tasks weakly, so that a task nobody kept was garbage collected while it waited,
 * with "Task was destroyed but it is pending!" at best. Real time: the collector runs between turns of the host.
 */
import { allTasks, coroutine, createTask, getRunningLoop, run, type SettableFuture, sleep } from "brigade";
import { expect, test } from "vitest";

/** Starts a task that only the loop knows, waiting for a future that only the task knows. */
function startForgotten(log: string[]): WeakRef<SettableFuture<string>> {
  const future = getRunningLoop().createFuture<string>();
  const forgotten = coroutine(function* () {
    try {
      log.push(yield* future);
    } finally {
      log.push("finally");
    }
  });
  createTask(forgotten(), { name: "forgotten" });
  return new WeakRef(future);
}

test("a waiting task that nobody keeps survives the collector and ends its work", async () => {
  expect(globalThis.gc, "the tests run with --expose-gc").toBeDefined();
  const log: string[] = [];
  await run(function* () {
    const weak = startForgotten(log);
    for (let i = 0; i < 3; i++) {
      yield* sleep(2);
      globalThis.gc?.();
    }
    expect([...allTasks()].map((task) => task.name)).toContain("forgotten");
    const future = weak.deref();
    expect(future).toBeDefined();
    future?.setResult("value");
    yield* sleep(1);
  });
  expect(log).toEqual(["value", "finally"]);
});

test("the loop lets go of a task that has ended", async () => {
  const startShort = (): WeakRef<object> => new WeakRef(createTask(sleep(0)));
  await run(function* () {
    const weak = startShort();
    for (let i = 0; i < 3; i++) {
      yield* sleep(2);
      globalThis.gc?.();
    }
    expect(weak.deref()).toBeUndefined();
  });
});
