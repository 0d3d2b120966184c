/** Brigade recorded: what that costs, what it weighs, and how soon something is known from it. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coroutine, createTask, gather, Queue, run, Semaphore, sleep, taskGroup, timeout, wait } from "brigade";
import { fileSink } from "brigade/instruments";
import { virtualClock } from "brigade/testing";
import { advise, readTrace, recorder } from "brigade/trace";
import type { Programs } from "../../program.ts";
import { sum } from "../../results.ts";
import { snapshotMs } from "../../trace/watched-process.ts";

const FLIGHT_EVENTS = 65_536;

const tenTurns = coroutine(function* () {
  let turns = 0;
  for (let i = 0; i < 10; i++) {
    yield* sleep(0);
    turns++;
  }
  return turns;
});

/** The work `switch`. */
const switches = coroutine(function* (count: number) {
  return sum(yield* gather(Array.from({ length: count }, () => tenTurns())));
});

async function withTraceFile<T>(use: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "brigade-bench-"));
  try {
    return await use(join(folder, "trace.brigade"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Order {
  readonly id: number;
  readonly weight: number;
}

const inventory = new Semaphore(20, { name: "inventory" });

const stock = coroutine(function* (order: Order) {
  yield* inventory.acquire();
  try {
    yield* sleep(20 + order.weight);
  } finally {
    inventory.release();
  }
});

const price = coroutine(function* (order: Order) {
  yield* sleep(35 + (order.weight % 3) * 10);
  return order.weight * 100;
});

const handled = coroutine(function* (order: Order) {
  const [, cents] = yield* timeout("1s", gather([stock(order), price(order)]));
  yield* sleep(5);
  return cents;
});

/** Orders come through a queue, and each asks two services at once, one of which takes only so many. */
const pipeline = coroutine(function* (orders: number) {
  const queue = new Queue<Order | undefined>({ maxSize: 16, name: "orders" });
  let total = 0;
  const worker = coroutine(function* () {
    for (let order = yield* queue.get(); order !== undefined; order = yield* queue.get()) {
      const cents = yield* handled(order);
      total += cents;
    }
  });
  const workers = 40;
  yield* taskGroup(function* (group) {
    for (let i = 0; i < workers; i++) group.createTask(worker(), { name: `worker ${i + 1}` });
    for (let id = 0; id < orders; id++) yield* queue.put({ id, weight: id % 17 });
    for (let i = 0; i < workers; i++) yield* queue.put(undefined);
  });
  return total;
});

const hour = coroutine(function* () {
  yield* sleep("1h");
});
const page = coroutine(function* () {
  yield* hour();
});
const item = coroutine(function* () {
  yield* page();
});

/** Milliseconds of the replay and the rules on a trace that was recorded of so many orders. */
async function adviceMs(orders: number): Promise<number> {
  const observer = recorder();
  await run(pipeline(orders), { observer, clock: virtualClock() });
  const trace = readTrace(observer.bytes());
  const begun = performance.now();
  const advice = advise(trace);
  const ms = performance.now() - begun;
  if (advice.length === 0) throw new Error("It had no advice for a program whose semaphore is the bottleneck.");
  return (ms * 1e3) / trace.count;
}

export const programs: Programs = {
  unrecorded: (count) => run(switches(count)),

  "recorder-flight": (count) => run(switches(count), { observer: recorder({ last: FLIGHT_EVENTS }) }),

  "recorder-full": (count) =>
    withTraceFile(async (path) => {
      const observer = recorder({ sink: fileSink(path) });
      const turns = await run(switches(count), { observer });
      observer.close();
      return turns;
    }),

  "event-size": (orders) =>
    withTraceFile(async (path) => {
      const observer = recorder({ sink: fileSink(path) });
      await run(pipeline(orders), { observer, clock: virtualClock() });
      observer.close();
      if (observer.lost > 0) throw new Error(`The recorder lost ${observer.lost} events.`);
      return statSync(path).size / observer.events;
    }),

  probe: (count) =>
    run(function* () {
      const tasks = Array.from({ length: count }, () => createTask(item()));
      yield* sleep(0);
      const begun = performance.now();
      const stacks = tasks.map((task) => task.stack());
      const ms = performance.now() - begun;
      const isWhole = (lines: number): boolean => lines === 3;
      if (!stacks.every((stack) => isWhole(stack.filter(({ line }) => line !== undefined).length)))
        throw new Error(`A task's frames are ${JSON.stringify(stacks[0])}.`);
      for (const task of tasks) task.cancel();
      yield* wait(tasks);
      return ms;
    }),

  "top-100k": snapshotMs,
  "top-1k": () => snapshotMs(1_000),

  replay: adviceMs,
};
