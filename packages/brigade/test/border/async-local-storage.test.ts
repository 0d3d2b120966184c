/** AsyncLocalStorage: tasks see the stores of whoever called run or, when asked, of their creators. */
import { AsyncLocalStorage } from "node:async_hooks";
import { createTask, fromPromise, gather, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const store = new AsyncLocalStorage<string>();

function* seenAfterWaiting() {
  yield* sleep(1);
  return store.getStore();
}

test("every task sees the stores of the code that called run, whoever wakes it", async () => {
  let release: (() => void) | undefined;
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  const seen = store.run("caller", () =>
    run(function* () {
      const task = createTask(seenAfterWaiting());
      store.run("other", () => release?.());
      yield* fromPromise(promise);
      return [store.getStore(), yield* task];
    }),
  );
  expect(await seen).toEqual(["caller", "caller"]);
});

test("two runs at once see each the stores of its caller", async () => {
  const runs = ["a", "b"].map((name) => store.run(name, () => run(seenAfterWaiting)));
  expect(await Promise.all(runs)).toEqual(["a", "b"]);
});

test('with asyncLocalStorage: "task" each task sees the stores of the code that created it', async () => {
  const seen = await store.run("caller", () =>
    run(
      function* () {
        const inner = store.run("creator", () => createTask(seenAfterWaiting()));
        const eager = store.run("eager", () => createTask(seenAfterWaiting(), { eager: true }));
        return [...(yield* gather([inner, eager])), store.getStore()];
      },
      { clock: virtualClock(), asyncLocalStorage: "task" },
    ),
  );
  expect(seen).toEqual(["creator", "eager", "caller"]);
});

test("another value of asyncLocalStorage is a RangeError that names those there are", () => {
  // @ts-expect-error not one of them
  expect(() => run(seenAfterWaiting, { asyncLocalStorage: "loop" })).toThrow(
    new RangeError('asyncLocalStorage is "loop"; use "run" or "task"'),
  );
});
