/** Foreign work under the virtual clock: it holds time back while it makes progress; what waits for the loop is not foreign. */
import {
  coroutine,
  createTask,
  fromPromise,
  gather,
  getRunningLoop,
  sleep,
  type Task,
  timeout,
  toPromise,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { virtually } from "../virtually.ts";
import { really } from "../host-promises.ts";

test("foreign work holds time back until it ends", async () => {
  const order = await virtually(
    function* () {
      const loop = getRunningLoop();
      const start = loop.time();
      const order: string[] = [];
      const foreign = coroutine(function* foreign() {
        yield* fromPromise(really(30, undefined));
        order.push(`foreign at ${loop.time() - start}`);
      });
      const sleeper = coroutine(function* sleeper() {
        yield* sleep(10);
        order.push(`sleep at ${loop.time() - start}`);
      });
      yield* gather([sleeper(), foreign()]);
      return order;
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(order).toEqual(["foreign at 0", "sleep at 10"]);
});

test("foreign work without progress for patience of real time holds time back no longer", async () => {
  const started = performance.now();
  let waited = 0;
  await virtually(
    function* () {
      const stuck = createTask(fromPromise(new Promise<never>(() => undefined)));
      yield* sleep("1h");
      waited = performance.now() - started;
      stuck.cancel();
    },
    { clock: virtualClock({ patience: 40 }) },
  );
  expect(waited).toBeGreaterThanOrEqual(38);
  expect(waited).toBeLessThan(2_000);
});

test("patience is 100 ms of real time unless told otherwise", async () => {
  const started = performance.now();
  let waited = 0;
  await virtually(function* () {
    const stuck = createTask(fromPromise(new Promise<never>(() => undefined)));
    yield* sleep("1h");
    waited = performance.now() - started;
    stuck.cancel();
  });
  expect(waited).toBeGreaterThanOrEqual(98);
  expect(waited).toBeLessThan(3_000);
});

test("foreign work that makes progress holds time back for longer than patience in all", async () => {
  const order = await virtually(
    function* () {
      const order: string[] = [];
      const chain = coroutine(function* chain() {
        for (let i = 0; i < 6; i++) yield* fromPromise(really(40, undefined));
        order.push("foreign");
      });
      const sleeper = coroutine(function* sleeper() {
        yield* sleep(10);
        order.push("sleep");
      });
      yield* gather([sleeper(), chain()]);
      return order;
    },
    { clock: virtualClock({ patience: 200 }) },
  );
  expect(order).toEqual(["foreign", "sleep"]);
});

test("an async function that awaits a task of the loop is not foreign work: time goes on for it", async () => {
  const value = await virtually(
    function* () {
      const task = createTask(sleep("1h", "slept"));
      const waits = async (awaited: Task<string>) => `${await awaited} and awaited`;
      return yield* fromPromise(waits(task));
    },
    // Were it foreign work, the test would take an hour.
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(value).toBe("slept and awaited");
});

test("an async function that awaits a future, and several tasks in turn, is not foreign work either", async () => {
  const value = await virtually(
    function* () {
      const loop = getRunningLoop();
      const future = loop.createFuture<number>();
      loop.callLater("1h", () => future.setResult(1));
      const sum = async () => {
        let total = await future;
        for (let i = 0; i < 3; i++) total += await loop.createTask(sleep("1h", 10));
        return total;
      };
      return yield* fromPromise(sum());
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(value).toBe(31);
});

test("promises of the loop's own tasks are not foreign work, however they are put together", async () => {
  const values = await virtually(
    function* () {
      const first = yield* fromPromise(toPromise(sleep("1h", 1)));
      const second = yield* fromPromise(Promise.all([createTask(sleep("1h", 2)), createTask(sleep("2h", 3))]));
      const deep = async (task: Task<number>) => (await (async () => await task)()) + 1;
      const third = yield* fromPromise(deep(createTask(sleep("1h", 4))));
      return [first, ...second, third];
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(values).toEqual([1, 2, 3, 5]);
});

test("an async function is foreign work while it awaits the host, and is not while it awaits the loop", async () => {
  const order = await virtually(
    function* () {
      const loop = getRunningLoop();
      const order: string[] = [];
      const note = (what: string) => void order.push(`${what} at ${loop.time()}`);
      const task = createTask(sleep(50));
      const mixed = async () => {
        await really(20, undefined);
        note("host");
        await task;
        note("loop");
        await really(20, undefined);
        note("host again");
      };
      const sleeper = coroutine(function* sleeper() {
        yield* sleep(100);
        note("sleeper");
      });
      yield* gather([fromPromise(mixed()), sleeper()]);
      return order;
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(order).toEqual(["host at 0", "loop at 50", "host again at 50", "sleeper at 100"]);
});

test("foreign work holds time back while another async function awaits the loop", async () => {
  const order = await virtually(
    function* () {
      const loop = getRunningLoop();
      const order: string[] = [];
      const task = createTask(sleep(10));
      const waits = async () => {
        await task;
        order.push(`loop at ${loop.time()}`);
      };
      const foreign = async () => {
        await really(30, undefined);
        order.push(`host at ${loop.time()}`);
      };
      yield* gather([fromPromise(waits()), fromPromise(foreign())]);
      return order;
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(order).toEqual(["host at 0", "loop at 10"]);
});

test("a promise handed to createTask, gather or timeout is foreign work as well", async () => {
  const start = performance.now();
  const at = await virtually(
    function* () {
      const loop = getRunningLoop();
      createTask(sleep("1h"));
      const times: number[] = [];
      const wait = () => really(15, undefined);
      yield* createTask(wait());
      times.push(loop.time());
      yield* gather([wait(), wait()]);
      times.push(loop.time());
      yield* timeout(1, wait());
      times.push(loop.time());
      return times;
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
  expect(at).toEqual([0, 0, 0]);
  expect(performance.now() - start).toBeGreaterThanOrEqual(44);
});
