/** How a queue ends: shutdown, taskDone and join, as in CPython 3.13. */
import {
  coroutine,
  createTask,
  getRunningLoop,
  InvalidStateError,
  LifoQueue,
  moveOnAfter,
  PriorityQueue,
  Queue,
  QueueEmpty,
  QueueShutDown,
  sleep,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();
const shutDown = { error: expect.any(QueueShutDown) as QueueShutDown };

test("after shutdown put throws QueueShutDown at once, full or not", async () => {
  await virtually(function* () {
    for (const Kind of [Queue, LifoQueue, PriorityQueue]) {
      for (const maxSize of [0, 1]) {
        const queue = new Kind<number>({ maxSize });
        queue.putNowait(1);
        queue.shutdown();
        expect(() => queue.putNowait(2)).toThrow(QueueShutDown);
        expect(yield* outcomeOf(createTask(queue.put(2)))).toEqual(shutDown);
        expect(queue.size).toBe(1);
      }
    }
  });
});

test("after shutdown get gives what is left, then throws QueueShutDown", async () => {
  await virtually(function* () {
    const queue = new Queue<number>();
    queue.putNowait(1);
    queue.putNowait(2);
    queue.shutdown();
    expect(yield* queue.get()).toBe(1);
    expect(queue.getNowait()).toBe(2);
    expect(() => queue.getNowait()).toThrow(QueueShutDown);
    expect(yield* outcomeOf(createTask(queue.get()))).toEqual(shutDown);
  });
});

test("before a shutdown, getNowait of an empty queue throws QueueEmpty", () => {
  expect(() => new Queue().getNowait()).toThrow(QueueEmpty);
});

test("shutdown wakes every waiting getter and putter with QueueShutDown", async () => {
  await virtually(function* () {
    const empty = new Queue<number>();
    const getters = [createTask(empty.get()), createTask(empty.get())];
    const full = new Queue<number>({ maxSize: 1 });
    full.putNowait(0);
    const putters = [createTask(full.put(1)), createTask(full.put(2))];
    yield* sleep(1);
    empty.shutdown();
    full.shutdown();
    for (const task of [...getters, ...putters]) expect(yield* outcomeOf(task)).toEqual(shutDown);
    expect(full.getNowait()).toBe(0);
    expect(full.size).toBe(0);
  });
});

test("a getter that was woken by a put still has its item when shutdown comes in the same step", async () => {
  await virtually(function* () {
    const queue = new Queue<number>();
    const first = createTask(queue.get());
    const second = createTask(queue.get());
    yield* sleep(1);
    queue.putNowait(1);
    queue.shutdown();
    expect(yield* first).toBe(1);
    expect(yield* outcomeOf(second)).toEqual(shutDown);
  });
});

test("a getter and a putter that are cancelled in the step of the shutdown end cancelled", async () => {
  for (const shutdownFirst of [true, false]) {
    await virtually(function* () {
      const queue = new Queue<number>({ maxSize: 1 });
      const getter = createTask(queue.get());
      const full = new Queue<number>({ maxSize: 1 });
      full.putNowait(0);
      const putter = createTask(full.put(1));
      yield* sleep(1);
      const end = () => {
        queue.shutdown();
        full.shutdown();
      };
      if (shutdownFirst) end();
      getter.cancel();
      putter.cancel();
      if (!shutdownFirst) end();
      expect(yield* outcomeOf(getter)).toBe("cancelled");
      expect(yield* outcomeOf(putter)).toBe("cancelled");
    });
  }
});

test("an immediate shutdown drops the items and releases join", async () => {
  await virtually(function* () {
    const queue = new Queue<number>({ maxSize: 2 });
    queue.putNowait(1);
    queue.putNowait(2);
    const joiner = createTask(queue.join());
    const putter = createTask(queue.put(3));
    yield* sleep(1);
    queue.shutdown({ immediate: true });
    expect(queue.size).toBe(0);
    expect(queue.empty).toBe(true);
    yield* joiner;
    expect(yield* outcomeOf(putter)).toEqual(shutDown);
    expect(yield* outcomeOf(createTask(queue.get()))).toEqual(shutDown);
    expect(() => queue.getNowait()).toThrow(QueueShutDown);
    yield* queue.join();
  });
});

test("shutdown twice is fine, and the second may be immediate", async () => {
  await virtually(function* () {
    const queue = new Queue<number>();
    queue.putNowait(1);
    queue.shutdown();
    queue.shutdown();
    expect(queue.size).toBe(1);
    queue.shutdown({ immediate: true });
    expect(queue.size).toBe(0);
    yield* queue.join();
  });
});

test("a plain shutdown does not release join: what is left has to be done", async () => {
  await virtually(function* () {
    const queue = new Queue<number>();
    queue.putNowait(1);
    queue.shutdown();
    const joiner = createTask(queue.join());
    yield* sleep(5);
    expect(joiner.done).toBe(false);
    yield* queue.get();
    queue.taskDone();
    yield* joiner;
  });
});

test("join waits until taskDone was called for every item", async () => {
  await virtually(function* () {
    const start = now();
    const queue = new Queue<number>();
    for (const item of [1, 2, 3]) queue.putNowait(item);
    const worker = coroutine(function* worker() {
      for (;;) {
        yield* queue.get();
        yield* sleep(10);
        queue.taskDone();
      }
    });
    const workers = [createTask(worker()), createTask(worker())];
    yield* queue.join();
    expect(now() - start).toBe(20);
    for (const task of workers) task.cancel();
  });
});

test("join does not suspend when nothing is left to do, and waits again after another put", async () => {
  await virtually(function* () {
    const queue = new Queue<number>();
    let later = false;
    getRunningLoop().callSoon(() => {
      later = true;
    });
    yield* queue.join();
    expect(later).toBe(false);
    queue.putNowait(1);
    queue.getNowait();
    expect(
      yield* moveOnAfter(10, function* () {
        yield* queue.join();
        return "joined";
      }),
    ).toBeUndefined();
    queue.taskDone();
    yield* queue.join();
  });
});

test("every task that joins is released, and a cancelled one does no harm", async () => {
  await virtually(function* () {
    const queue = new Queue<number>();
    queue.putNowait(1);
    const joiners = [createTask(queue.join()), createTask(queue.join()), createTask(queue.join())];
    yield* sleep(1);
    joiners[1]?.cancel();
    yield* sleep(1);
    queue.getNowait();
    queue.taskDone();
    yield* sleep(1);
    expect(joiners.map((task) => task.cancelled)).toEqual([false, true, false]);
    expect(joiners.every((task) => task.done)).toBe(true);
  });
});

test("taskDone too often throws, and the count stays right", async () => {
  await virtually(function* () {
    const queue = new Queue<number>();
    expect(() => queue.taskDone()).toThrow(InvalidStateError);
    queue.putNowait(1);
    queue.taskDone();
    expect(() => queue.taskDone()).toThrow(InvalidStateError);
    queue.putNowait(2);
    expect(
      yield* moveOnAfter(1, function* () {
        yield* queue.join();
        return "joined";
      }),
    ).toBeUndefined();
    queue.taskDone();
    yield* queue.join();
  });
});

test("a cancelled put does not count as work to be done", async () => {
  await virtually(function* () {
    const queue = new Queue<number>({ maxSize: 1 });
    queue.putNowait(1);
    yield* moveOnAfter(5, queue.put(2));
    queue.getNowait();
    queue.taskDone();
    yield* queue.join();
    expect(() => queue.taskDone()).toThrow(InvalidStateError);
  });
});
