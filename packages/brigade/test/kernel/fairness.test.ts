/** The host gets its turn, however busy the loop is. These tests measure real time: that is their subject. */
import { connect, createServer } from "node:net";
import { type CoroutineBody, coroutine, createTask, Event, fromPromise, getRunningLoop, run, sleep } from "brigade";
import { expect, test } from "vitest";

const busy = coroutine(function* busy(until: number) {
  while (performance.now() < until) yield* sleep(0);
});

/** Keeps a loop busy with a thousand tasks that never wait for I/O, and gives what the body measured meanwhile. */
async function whileBusy<T>(milliseconds: number, body: (until: number) => Promise<T>): Promise<T> {
  const until = performance.now() + milliseconds;
  const measured = body(until);
  await run(function* () {
    for (let i = 0; i < 1_000; i++) createTask(busy(until));
    yield* busy(until);
  });
  return await measured;
}

/** Milliseconds of processor that this thread has used. Unlike time, it does not pass while other processes have the processor. */
const used = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** How much of the processor went by between setting the host's 5 ms timer and its turn, each time until the end. */
const costsUntil = (until: number): Promise<number[]> =>
  new Promise((resolve) => {
    const costs: number[] = [];
    const next = (): void => {
      const start = used();
      setTimeout(() => {
        costs.push(used() - start);
        if (performance.now() < until - 10) next();
        else resolve(costs);
      }, 5);
    };
    next();
  });

test("a thousand tasks on sleep(0) leave a host timer of 5 ms its turn at most 10 ms late", {
  timeout: 20_000,
}, async () => {
  const costs = await whileBusy(500, costsUntil);
  expect(costs.length).toBeGreaterThan(5);
  expect(Math.max(...costs)).toBeLessThan(5 + 10);
});

/** Holds the processor for so many milliseconds. */
function work(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

/** The most that the loop used of the processor between two turns of the host while it ran the program. */
async function longestWithoutHost(program: () => CoroutineBody<unknown>): Promise<number> {
  let longest = 0;
  let last = used();
  let ended = false;
  const turn = (): void => {
    longest = Math.max(longest, used() - last);
    last = used();
    if (!ended) setImmediate(turn);
  };
  turn();
  await run(program);
  await new Promise((resolve) => setImmediate(resolve));
  ended = true;
  return longest;
}

test("two thousand tasks that wait for one future leave the host its turn when it is done", {
  timeout: 20_000,
}, async () => {
  const longest = await longestWithoutHost(function* () {
    const future = getRunningLoop().createFuture<void>();
    const waiter = coroutine(function* waiter() {
      yield* future;
      work(0.05);
    });
    const tasks = Array.from({ length: 2_000 }, () => createTask(waiter()));
    yield* sleep(5);
    future.setResult();
    for (const task of tasks) yield* task;
  });
  expect(longest).toBeLessThan(15);
});

test("two thousand tasks that wait for one event leave the host its turn when it is set", {
  timeout: 20_000,
}, async () => {
  const longest = await longestWithoutHost(function* () {
    const event = new Event();
    const waiter = coroutine(function* waiter() {
      yield* event.wait();
      work(0.05);
    });
    const tasks = Array.from({ length: 2_000 }, () => createTask(waiter()));
    yield* sleep(5);
    event.set();
    for (const task of tasks) yield* task;
  });
  expect(longest).toBeLessThan(15);
});

test("tasks whose steps were quick and now take a millisecond each leave the host its turn", {
  timeout: 20_000,
}, async () => {
  const longest = await longestWithoutHost(function* () {
    const worker = coroutine(function* worker() {
      for (let i = 0; i < 1_000; i++) yield* sleep(0);
      work(1);
    });
    const tasks = Array.from({ length: 100 }, () => createTask(worker()));
    for (const task of tasks) yield* task;
  });
  expect(longest).toBeLessThan(15);
});

test("a thousand tasks on sleep(0) leave a socket its turn", { timeout: 20_000 }, async () => {
  const server = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const socket = connect(address.port, "127.0.0.1");
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  const echo = (): Promise<void> =>
    new Promise((resolve) => {
      socket.once("data", () => resolve());
      socket.write("x");
    });
  const costs = await whileBusy(500, async (until) => {
    const each: number[] = [];
    while (performance.now() < until - 10) {
      const start = used();
      await echo();
      each.push(used() - start);
    }
    return each;
  });
  socket.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  expect(costs.length).toBeGreaterThan(3);
  // There and back are two turns of the host, each at most 10 ms late.
  expect(Math.max(...costs)).toBeLessThan(2 * 10 + 5);
});

test("a promise that the host settles is seen by a coroutine while other tasks keep the loop busy", async () => {
  const waited = await run(function* () {
    const until = performance.now() + 2_000;
    const workers = Array.from({ length: 100 }, () => createTask(busy(until)));
    const started = performance.now();
    yield* fromPromise(new Promise((resolve) => void setTimeout(resolve, 5)));
    for (const worker of workers) worker.cancel();
    return performance.now() - started;
  });
  expect(waited).toBeLessThan(500);
});

test("a timer of the loop is not starved by tasks that are always ready", async () => {
  const waited = await run(function* () {
    const until = performance.now() + 2_000;
    const workers = Array.from({ length: 1_000 }, () => createTask(busy(until)));
    const started = performance.now();
    yield* sleep(20);
    for (const worker of workers) worker.cancel();
    return performance.now() - started;
  });
  expect(waited).toBeLessThan(500);
});

test("two busy loops on one host share it", async () => {
  const order: string[] = [];
  const program = (name: string) =>
    run(function* () {
      for (let i = 0; i < 5; i++) {
        const until = performance.now() + 15;
        yield* busy(until);
        order.push(name);
      }
    });
  await Promise.all([program("a"), program("b")]);
  expect(order.indexOf("b")).toBeLessThan(order.lastIndexOf("a"));
  expect(order.indexOf("a")).toBeLessThan(order.lastIndexOf("b"));
});
