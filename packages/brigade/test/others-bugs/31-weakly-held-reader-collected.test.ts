/**
 * asyncio (gh-90467): a stream's protocol held its reader weakly, so that a reader which nobody else kept was
 * collected while a task was waiting for its data. Real time: the collector runs between turns of the host.
 */
import {
  coroutine,
  createTask,
  forEach,
  fromPromise,
  getRunningLoop,
  Queue,
  run,
  type SettableFuture,
  sleep,
  stream,
} from "brigade";
import { expect, test } from "vitest";

const collect = coroutine(function* () {
  for (let i = 0; i < 3; i++) {
    yield* sleep(2);
    globalThis.gc?.();
  }
});

/** Starts a reader whose stream, and the future it waits for, are known to nothing else. */
function startReader(log: string[]): WeakRef<SettableFuture<string>> {
  const future = getRunningLoop().createFuture<string>();
  const source = stream(function* () {
    try {
      yield yield* future;
    } finally {
      log.push("stream ended");
    }
  });
  createTask(
    forEach(source(), (value) => {
      log.push(value);
    }),
  );
  return new WeakRef(future);
}

test("a stream that only its waiting reader knows survives the collector and gives its value", async () => {
  expect(globalThis.gc, "the tests run with --expose-gc").toBeDefined();
  const log: string[] = [];
  await run(function* () {
    const weak = startReader(log);
    yield* collect();
    const future = weak.deref();
    expect(future).toBeDefined();
    future?.setResult("value");
    yield* sleep(1);
  });
  expect(log).toEqual(["value", "stream ended"]);
});

/** Starts a getter on a queue that is known to nothing else. */
function startGetter(log: string[]): WeakRef<Queue<string>> {
  const queue = new Queue<string>();
  createTask(
    (function* () {
      log.push(yield* queue.get());
    })(),
  );
  return new WeakRef(queue);
}

test("a queue that only its waiting getter knows survives the collector and gives its item", async () => {
  const log: string[] = [];
  await run(function* () {
    const weak = startGetter(log);
    yield* collect();
    const queue = weak.deref();
    expect(queue).toBeDefined();
    queue?.putNowait("item");
    yield* sleep(1);
  });
  expect(log).toEqual(["item"]);
});

test("a task that waits for a promise survives the collector while the promise can still settle", async () => {
  const log: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  await run(function* () {
    createTask(
      (function* () {
        log.push(yield* fromPromise(promise));
      })(),
    );
    yield* collect();
    resolve("settled");
    yield* sleep(1);
  });
  expect(log).toEqual(["settled"]);
});
