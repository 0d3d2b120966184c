/** gather while nothing fails: what it takes, what it gives, when it starts, and how many run at once. */
import {
  allTasks,
  coroutine,
  createTask,
  fromPromise,
  gather,
  getRunningLoop,
  InvalidStateError,
  sleep,
  taskGroup,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

test("gather runs all at once and gives the results in the order given", async () => {
  await virtually(function* () {
    const start = now();
    expect(yield* gather([sleep(30, "a"), sleep(10, "b"), sleep(20, "c")])).toEqual(["a", "b", "c"]);
    expect(now() - start).toBe(30);
  });
});

test("gather of a record gives an object with the same keys, in the same order", async () => {
  const result = await virtually(gather({ pricing: sleep(20, 9.99), inStock: sleep(10, true), nothing: sleep(5) }));
  expect(result).toEqual({ pricing: 9.99, inStock: true, nothing: undefined });
  expect(Object.keys(result)).toEqual(["pricing", "inStock", "nothing"]);
});

test("gather of nothing gives nothing, at once", async () => {
  await virtually(function* () {
    let later = false;
    getRunningLoop().callSoon(() => {
      later = true;
    });
    expect(yield* gather([])).toEqual([]);
    expect(yield* gather({})).toEqual({});
    expect(yield* gather(new Set<ReturnType<typeof sleep>>(), { limit: 3 })).toEqual([]);
    expect(yield* gather([], { returnExceptions: true })).toEqual([]);
    expect(later).toBe(false);
  });
});

test("what it is given starts in the order given, and not before gather is awaited", async () => {
  const started: string[] = [];
  const worker = coroutine(function* worker(name: string) {
    started.push(name);
    yield* sleep(1);
  });
  await virtually(function* () {
    const all = gather([worker("a"), worker("b"), worker("c")]);
    yield* sleep(10);
    expect(started).toEqual([]);
    yield* all;
    expect(started).toEqual(["a", "b", "c"]);
  });
});

test("a gather that nobody awaits starts nothing; its coroutines count as used and are not reported", async () => {
  const started: string[] = [];
  const worker = coroutine(function* worker() {
    started.push("never");
    yield* sleep(1);
  });
  await virtually(function* () {
    gather([worker(), worker()]);
    gather({ one: worker() });
    yield* sleep(5);
  });
  expect(started).toEqual([]);
});

test("coroutines, generators, tasks, futures, leaves and promises may be mixed", async () => {
  await virtually(function* () {
    const named = coroutine(function* named() {
      return yield* sleep(5, "coroutine");
    });
    const bare = function* () {
      return yield* sleep(3, "generator");
    };
    const future = getRunningLoop().createFuture<string>();
    getRunningLoop().callLater(2, () => future.setResult("future"));
    const all = yield* gather([
      named(),
      bare(),
      createTask(sleep(1, "task")),
      future,
      sleep(4, "leaf"),
      Promise.resolve("promise"),
      fromPromise(() => Promise.resolve("lazy promise")),
    ]);
    expect(all).toEqual(["coroutine", "generator", "task", "future", "leaf", "promise", "lazy promise"]);
  });
});

test("gathers nest", async () => {
  const nested = gather([gather([sleep(1, 1), sleep(2, 2)]), gather({ three: sleep(3, 3) })]);
  expect(await virtually(nested)).toEqual([[1, 2], { three: 3 }]);
});

test("the same task twice is fine", async () => {
  await virtually(function* () {
    const task = createTask(sleep(5, "once"));
    expect(yield* gather([task, task])).toEqual(["once", "once"]);
    expect(yield* gather([task, task])).toEqual(["once", "once"]);
  });
});

test("the same coroutine twice throws InvalidStateError, which names it", async () => {
  await virtually(function* () {
    const fetchOrder = coroutine(function* fetchOrder() {
      yield* sleep(5);
    });
    const order = fetchOrder();
    const twice = coroutine(function* twice() {
      yield* gather([order, order]);
    });
    const outcome = yield* outcomeOf(createTask(twice()));
    expect(outcome).toEqual({ error: expect.any(InvalidStateError) });
    expect((outcome as { error: Error }).error.message).toContain("fetchOrder");
  });
});

test("limit bounds how many run at once; the rest have not started, and follow in order as slots come free", async () => {
  await virtually(function* () {
    const start = now();
    let running = 0;
    let most = 0;
    const started: string[] = [];
    const worker = coroutine(function* worker(index: number, delay: number) {
      running++;
      most = Math.max(most, running);
      started.push(`${index} at ${now() - start}`);
      yield* sleep(delay);
      running--;
      return index;
    });
    const delays = [30, 10, 10, 20, 10];
    const results = yield* gather(
      delays.map((delay, index) => worker(index, delay)),
      { limit: 2 },
    );
    expect(results).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(2);
    expect(started).toEqual(["0 at 0", "1 at 0", "2 at 10", "3 at 20", "4 at 30"]);
    expect(now() - start).toBe(40);
  });
});

test("limit works for a record, for returnExceptions and for a limit above the number", async () => {
  await virtually(function* () {
    let running = 0;
    let most = 0;
    const worker = coroutine(function* worker(value: string) {
      most = Math.max(most, ++running);
      yield* sleep(1);
      running--;
      return value;
    });
    const record = yield* gather({ a: worker("a"), b: worker("b"), c: worker("c") }, { limit: 1 });
    expect(record).toEqual({ a: "a", b: "b", c: "c" });
    expect(most).toBe(1);
    const all = [worker("a"), worker("b"), worker("c")];
    expect(yield* gather(all, { limit: 2, returnExceptions: true })).toEqual(["a", "b", "c"]);
    expect(most).toBe(2);
    expect(yield* gather([worker("a"), worker("b")], { limit: 1_000 })).toEqual(["a", "b"]);
  });
});

test("a limit that is no whole number from 1 throws RangeError", async () => {
  await virtually(function* () {
    for (const limit of [0, -1, Number.NaN, 1.5]) {
      const outcome = yield* outcomeOf(
        createTask(
          (function* () {
            yield* gather([sleep(1)], { limit });
          })(),
        ),
      );
      expect(outcome, String(limit)).toEqual({ error: expect.any(RangeError) });
    }
  });
});

test("what can't be gathered throws TypeError", async () => {
  await virtually(function* () {
    for (const wrong of [5, undefined, null, [5], ["text"], { a: 5 }, [undefined]]) {
      const outcome = yield* outcomeOf(
        createTask(
          (function* () {
            yield* gather(wrong as never);
          })(),
        ),
      );
      expect(outcome, JSON.stringify(wrong)).toEqual({ error: expect.any(TypeError) });
    }
  });
});

test("an iterable is read as slots come free, never further ahead than the limit", async () => {
  await virtually(function* () {
    let read = 0;
    let ended = 0;
    let ahead = 0;
    const worker = coroutine(function* worker(index: number) {
      yield* sleep(index % 3);
      ended++;
      return index;
    });
    const workers = (function* () {
      for (let index = 0; index < 100; index++) {
        read++;
        ahead = Math.max(ahead, read - ended);
        yield worker(index);
      }
    })();
    const results = yield* gather(workers, { limit: 4 });
    expect(results).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(ahead).toBe(4);
  });
});

test("an iterable is not read before gather is awaited; without a limit it is then read to its end", async () => {
  await virtually(function* () {
    let read = 0;
    const sleeps = (function* () {
      for (let index = 0; index < 5; index++) {
        read++;
        yield sleep(1, index);
      }
    })();
    const all = gather(sleeps);
    yield* sleep(5);
    expect(read).toBe(0);
    let early = 0;
    getRunningLoop().callSoon(() => {
      early = read;
    });
    expect(yield* all).toEqual([0, 1, 2, 3, 4]);
    expect(early).toBe(5);
  });
});

test("work that does not suspend, gathered through a limit, does not overflow the stack", async () => {
  await virtually(function* () {
    const nothing = coroutine(function* nothing(index: number) {
      return index;
    });
    const many = (function* () {
      for (let index = 0; index < 50_000; index++) yield nothing(index);
    })();
    expect(yield* gather(many, { limit: 2 })).toHaveLength(50_000);
  });
});

test("gather works in a group's child and leaves no task behind", async () => {
  await virtually(function* () {
    yield* taskGroup(function* (group) {
      const child = group.createTask(gather([sleep(5, 1), sleep(10, 2)]));
      expect(yield* child).toEqual([1, 2]);
    });
    expect(allTasks().size).toBe(1);
  });
});
