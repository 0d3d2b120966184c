/** AsyncLocalStorage: whoever wakes a task, and however it was started, it sees the stores that it began with. */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Awaitable,
  coroutine,
  createTask,
  Event,
  fromPromise,
  gather,
  getRunningLoop,
  Queue,
  Runner,
  type RunOptions,
  race,
  run,
  sleep,
  stream,
  taskGroup,
  toPromise,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const store = new AsyncLocalStorage<string>();

const seenAfter = coroutine(function* seenAfter(awaitable: Awaitable<unknown>) {
  yield* awaitable;
  return store.getStore();
});

/** What main gives when "caller" runs it in virtual time. */
function calledIn<T>(main: () => Awaitable<T>, options: RunOptions = {}): Promise<T> {
  return store.run("caller", () => run(main, { clock: virtualClock(), ...options }));
}

const BOTH: readonly RunOptions[] = [{ asyncLocalStorage: "run" }, { asyncLocalStorage: "task" }];

test.each(BOTH)("a task that another task wakes, in another store, sees its own: %o", async (options) => {
  const seen = await calledIn(function* () {
    const event = new Event();
    const queue = new Queue<string>();
    const future = getRunningLoop().createFuture<string>();
    const tasks = [event.wait(), queue.get(), future, sleep(2)].map((wait) => createTask(seenAfter(wait)));
    yield* sleep(1);
    store.run("waker", () => {
      event.set();
      queue.putNowait("item");
      future.setResult("value");
    });
    return yield* gather(tasks);
  }, options);
  expect(seen).toEqual(["caller", "caller", "caller", "caller"]);
});

test.each(BOTH)("a task that the host wakes, in another store, sees its own: %o", async (options) => {
  const seen = await store.run("caller", () =>
    // The host's clock: a callback of the host comes while the loop has nothing to do.
    run(function* () {
      const event = new Event();
      const future = getRunningLoop().createFuture<string>();
      const promise = Promise.withResolvers<string>();
      const tasks = [event.wait(), future, fromPromise(promise.promise)].map((wait) => createTask(seenAfter(wait)));
      store.run("host", () => {
        setTimeout(() => event.set(), 1);
        setTimeout(() => future.setResult("value"), 2);
        setTimeout(() => promise.resolve("value"), 3);
      });
      return yield* gather(tasks);
    }, options),
  );
  expect(seen).toEqual(["caller", "caller", "caller"]);
});

test('with "task" children of every kind see the stores of the code that starts them', async () => {
  const seen = await calledIn(
    function* () {
      const starts = coroutine(function* starts() {
        const grouped = yield* taskGroup((group) => group.createTask(seenAfter(sleep(1))));
        const promised = yield* fromPromise(toPromise(seenAfter(sleep(1))));
        return [grouped, promised, yield* race([seenAfter(sleep(1))]), ...(yield* gather([seenAfter(sleep(1))]))];
      });
      return yield* store.run("starter", () => createTask(starts()));
    },
    { asyncLocalStorage: "task" },
  );
  expect(seen).toEqual(["starter", "starter", "starter", "starter"]);
});

test('with "run" a store that a coroutine enters is its own until its next await, and nobody else\'s', async () => {
  const seen = await calledIn(function* () {
    const inside = store.run("inside", () => store.getStore());
    const task = store.run("creator", () => createTask(seenAfter(sleep(1))));
    return [inside, store.getStore(), yield* task];
  });
  expect(seen).toEqual(["inside", "caller", "caller"]);
});

test.each(BOTH)("cleanup sees the stores of its task, at a cancellation and at the end of run: %o", async (options) => {
  const seen: unknown[] = [];
  const cleaning = coroutine(function* cleaning() {
    try {
      yield* sleep("1h");
    } finally {
      yield* sleep(1);
      seen.push(store.getStore());
    }
  });
  await calledIn(function* () {
    const task = createTask(cleaning());
    createTask(cleaning()); // the end of run cancels it
    yield* sleep(1);
    store.run("canceller", () => task.cancel());
    yield* sleep(5);
  }, options);
  expect(seen).toEqual(["caller", "caller"]);
});

test("a stream's producer sees the stores of the task that reads it", async () => {
  const stores = stream(function* stores() {
    for (;;) {
      yield* sleep(1);
      yield store.getStore();
    }
  });
  const seen = await calledIn(
    function* () {
      const reading = stores();
      const first = yield* reading.next();
      const second = yield* store.run("reader", () => createTask(reading.next()));
      yield* reading.close();
      return [first.value, second.value];
    },
    { asyncLocalStorage: "task" },
  );
  expect(seen).toEqual(["caller", "reader"]);
});

test("each run of a Runner sees the stores of who called it", async () => {
  await using runner = new Runner({ clock: virtualClock() });
  const seen: unknown[] = [];
  for (const name of ["first", "second"]) {
    seen.push(await store.run(name, () => runner.run(seenAfter(sleep(1)))));
  }
  expect(seen).toEqual(["first", "second"]);
});
