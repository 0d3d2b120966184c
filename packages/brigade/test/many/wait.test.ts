/** wait: sorts tasks and futures into done and pending, and never cancels. asyncio.wait. */
import { coroutine, createTask, type Future, getRunningLoop, moveOnAfter, sleep, type Task, wait } from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

const failing = coroutine(function* failing(delay: number, error: unknown) {
  yield* sleep(delay);
  throw error;
});

const sizes = ({ done, pending }: { done: Set<unknown>; pending: Set<unknown> }): [number, number] => [
  done.size,
  pending.size,
];

test("by default it waits for all, and throws nothing for the failed", async () => {
  await virtually(function* () {
    const start = now();
    const good = createTask(sleep(20, "good"));
    const bad: Task<unknown> = createTask(failing(10, new Error("no stock")));
    const gone = createTask(sleep(100));
    getRunningLoop().callLater(5, () => gone.cancel());
    const { done, pending } = yield* wait<Future<unknown>>([good, bad, gone]);
    expect(done).toEqual(new Set([good, bad, gone]));
    expect(pending).toEqual(new Set());
    expect(now() - start).toBe(20);
    expect(bad.exception()?.message).toBe("no stock");
  });
});

test("first-completed returns when one has ended, whichever way", async () => {
  await virtually(function* () {
    const start = now();
    const tasks = [createTask(sleep(20)), createTask(sleep(10)), createTask(sleep(30))];
    const { done, pending } = yield* wait(tasks, { returnWhen: "first-completed" });
    expect(now() - start).toBe(10);
    expect(done).toEqual(new Set([tasks[1]]));
    expect(pending).toEqual(new Set([tasks[0], tasks[2]]));
    tasks[0]?.cancel();
    const next = yield* wait(pending, { returnWhen: "first-completed" });
    expect(next.done).toEqual(new Set([tasks[0]]));
    expect(now() - start).toBe(10);
  });
});

test("those that end in the same iteration are done together", async () => {
  await virtually(function* () {
    const tasks = [createTask(sleep(10)), createTask(sleep(10)), createTask(sleep(30))];
    expect(sizes(yield* wait(tasks, { returnWhen: "first-completed" }))).toEqual([2, 1]);
  });
});

test("first-exception returns at the first failure; neither a value nor a cancellation counts as one", async () => {
  await virtually(function* () {
    const start = now();
    const good = createTask(sleep(5));
    const gone = createTask(sleep(100));
    const bad = createTask(failing(20, new Error("no stock")));
    const slow = createTask(sleep(50));
    getRunningLoop().callLater(10, () => gone.cancel());
    const { done, pending } = yield* wait<Future<unknown>>([good, gone, bad, slow], { returnWhen: "first-exception" });
    expect(now() - start).toBe(20);
    expect(done).toEqual(new Set([good, gone, bad]));
    expect(pending).toEqual(new Set([slow]));
    expect(bad.exception()).toBeInstanceOf(Error);
  });
});

test("first-exception without a failure waits for all", async () => {
  await virtually(function* () {
    const start = now();
    const tasks = [createTask(sleep(5)), createTask(sleep(15))];
    expect(sizes(yield* wait(tasks, { returnWhen: "first-exception" }))).toEqual([2, 0]);
    expect(now() - start).toBe(15);
  });
});

test("its timeout throws nothing and cancels nothing", async () => {
  await virtually(function* () {
    const start = now();
    const quick = createTask(sleep(5));
    const slow = createTask(sleep(50, "slow"));
    const { done, pending } = yield* wait<Task<unknown>>([quick, slow], { timeout: "10ms" });
    expect(now() - start).toBe(10);
    expect(done).toEqual(new Set([quick]));
    expect(pending).toEqual(new Set([slow]));
    expect(yield* slow).toBe("slow");
    expect(sizes(yield* wait([createTask(sleep(5))], { timeout: 0 }))).toEqual([0, 1]);
  });
});

test("a timeout that has not passed leaves no timer", async () => {
  await virtually(function* () {
    const start = now();
    yield* wait([createTask(sleep(5))], { timeout: "1h" });
    expect(now() - start).toBe(5);
  });
});

test("a timeout of 0 that came too late, or was unwound, does not wake what its task waits for next", async () => {
  await virtually(function* () {
    const done = createTask(sleep(1));
    yield* done;
    const start = now();
    yield* wait([done], { timeout: 0 });
    yield* sleep(10);
    expect(now() - start).toBe(10);
    yield* moveOnAfter(0, wait([createTask(sleep(1))], { timeout: 0 }));
    yield* sleep(10);
    expect(now() - start).toBe(20);
  });
});

test("cancelling the task that waits cancels none of those it waits for", async () => {
  await virtually(function* () {
    const task = createTask(sleep(50, "value"));
    const waiter = createTask(wait([task]));
    yield* sleep(10);
    expect(yield* cancelled(waiter)).toBe("cancelled");
    expect(task.cancelRequested).toBe(false);
    expect(yield* task).toBe("value");
  });
});

test("futures may be waited for, and those that are done already are done", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const set = loop.createFuture<number>();
    set.setResult(1);
    const later = loop.createFuture<number>();
    loop.callLater(10, () => later.setResult(2));
    expect(sizes(yield* wait([set, later], { returnWhen: "first-completed" }))).toEqual([1, 1]);
    expect(sizes(yield* wait([set, later]))).toEqual([2, 0]);
    expect(sizes(yield* wait([set, later]))).toEqual([2, 0]);
  });
});

test("the same task given twice counts once; a Set or a generator will do", async () => {
  await virtually(function* () {
    const task = createTask(sleep(5));
    expect(sizes(yield* wait([task, task]))).toEqual([1, 0]);
    expect(sizes(yield* wait(new Set([task])))).toEqual([1, 0]);
    const tasks = (function* () {
      yield task;
      yield createTask(sleep(7));
    })();
    expect(sizes(yield* wait(tasks))).toEqual([2, 0]);
  });
});

test("wait([]) throws RangeError, and what is neither task nor future TypeError", async () => {
  await virtually(function* () {
    const errorOf = coroutine(function* errorOf(futures: readonly Future<unknown>[]) {
      const waiting = coroutine(function* waiting() {
        yield* wait(futures);
      });
      return ((yield* outcomeOf(createTask(waiting()))) as { error: unknown }).error;
    });
    expect(yield* errorOf([])).toBeInstanceOf(RangeError);
    const refused = failing(1, new Error("never"));
    expect(yield* errorOf([refused as never])).toBeInstanceOf(TypeError);
    refused.close();
    expect(yield* errorOf([5 as never])).toBeInstanceOf(TypeError);
  });
});

test("a wait that ended leaves no callback on those that are pending", async () => {
  await virtually(function* () {
    const gate = getRunningLoop().createFuture<void>();
    const collected = (): number => {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    };
    const round = coroutine(function* round(count: number) {
      for (let index = 0; index < count; index++) yield* wait([gate], { timeout: 0 });
    });
    yield* round(1_000);
    const before = collected();
    yield* round(20_000);
    expect(collected() - before).toBeLessThan(2 ** 20);
    gate.setResult();
  });
});
