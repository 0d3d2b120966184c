/** Queue, LifoQueue and PriorityQueue: what they hold, in which order they give it, and who waits. */
import {
  coroutine,
  createTask,
  getRunningLoop,
  LifoQueue,
  moveOnAfter,
  PriorityQueue,
  Queue,
  QueueEmpty,
  QueueFull,
  sleep,
} from "brigade";
import { expect, test } from "vitest";
import { virtually } from "../virtually.ts";

const kinds: readonly [string, new (options?: { maxSize?: number }) => Queue<number>][] = [
  ["Queue", Queue],
  ["LifoQueue", LifoQueue],
  ["PriorityQueue", PriorityQueue],
];

const drained = <T>(queue: Queue<T>): T[] => {
  const items: T[] = [];
  while (!queue.empty) items.push(queue.getNowait());
  return items;
};

for (const [name, Kind] of kinds) {
  test(`a ${name} tells its size and its bounds`, () => {
    const queue = new Kind({ maxSize: 2 });
    const state = () => [queue.size, queue.empty, queue.full];
    expect(queue.maxSize).toBe(2);
    expect(state()).toEqual([0, true, false]);
    queue.putNowait(1);
    expect(state()).toEqual([1, false, false]);
    queue.putNowait(2);
    expect(state()).toEqual([2, false, true]);
    queue.getNowait();
    expect(state()).toEqual([1, false, false]);
  });

  test(`a ${name} is unbounded unless told otherwise, and with maxSize 0`, () => {
    for (const queue of [new Kind(), new Kind({}), new Kind({ maxSize: 0 })]) {
      expect(queue.maxSize).toBe(0);
      for (let index = 0; index < 1_000; index++) queue.putNowait(index);
      expect([queue.size, queue.full]).toEqual([1_000, false]);
    }
  });

  test(`a ${name} of a size below 0 or of no number throws RangeError`, () => {
    for (const maxSize of [-1, Number.NaN]) expect(() => new Kind({ maxSize })).toThrow(RangeError);
  });

  test(`getNowait of an empty ${name} throws QueueEmpty, putNowait to a full one QueueFull`, () => {
    const queue = new Kind({ maxSize: 1 });
    expect(() => queue.getNowait()).toThrow(QueueEmpty);
    queue.putNowait(1);
    expect(() => queue.putNowait(2)).toThrow(QueueFull);
    expect(queue.getNowait()).toBe(1);
    expect(() => queue.getNowait()).toThrow(QueueEmpty);
  });

  test(`put to a ${name} with room, and get from one with items, do not suspend`, async () => {
    await virtually(function* () {
      const queue = new Kind({ maxSize: 1 });
      let later = false;
      getRunningLoop().callSoon(() => {
        later = true;
      });
      yield* queue.put(7);
      expect(yield* queue.get()).toBe(7);
      expect(later).toBe(false);
    });
  });

  test(`get waits while a ${name} is empty; getters are served in the order they came`, async () => {
    await virtually(function* () {
      const queue = new Kind();
      const seen: string[] = [];
      const getter = coroutine(function* getter(name: string) {
        seen.push(`${name}${yield* queue.get()}`);
      });
      for (const name of ["a", "b", "c"]) createTask(getter(name));
      for (const item of [1, 2, 3]) {
        yield* sleep(5);
        expect(seen).toHaveLength(item - 1);
        yield* queue.put(item);
      }
      yield* sleep(5);
      expect(seen).toEqual(["a1", "b2", "c3"]);
    });
  });

  test(`put waits while a ${name} is full; putters are let in in the order they came`, async () => {
    await virtually(function* () {
      const queue = new Kind({ maxSize: 1 });
      const seen: number[] = [];
      const putter = coroutine(function* putter(item: number) {
        yield* queue.put(item);
        seen.push(item);
      });
      yield* queue.put(0);
      for (const item of [1, 2, 3]) createTask(putter(item));
      for (const item of [0, 1, 2, 3]) {
        yield* sleep(5);
        expect(seen).toHaveLength(item);
        expect(yield* queue.get()).toBe(item);
      }
      yield* sleep(5);
      expect(seen).toEqual([1, 2, 3]);
    });
  });

  test(`a cancelled get leaves the item in the ${name}, also in the iteration of the put; the next getter has it`, async () => {
    for (const putFirst of [true, false]) {
      await virtually(function* () {
        const queue = new Kind();
        const seen: string[] = [];
        const getter = coroutine(function* getter(name: string) {
          seen.push(`${name}${yield* queue.get()}`);
        });
        const first = createTask(getter("first"));
        const second = createTask(getter("second"));
        yield* sleep(1);
        if (putFirst) queue.putNowait(1);
        first.cancel();
        if (!putFirst) queue.putNowait(1);
        yield* second;
        expect(seen).toEqual(["second1"]);
        const alone = createTask(getter("alone"));
        yield* sleep(1);
        queue.putNowait(2);
        alone.cancel();
        yield* sleep(1);
        expect(drained(queue)).toEqual([2]);
      });
    }
  });

  test(`a cancelled put leaves no item in the ${name}, also in the iteration of the get; the next putter is let in`, async () => {
    for (const getFirst of [true, false]) {
      await virtually(function* () {
        const queue = new Kind({ maxSize: 1 });
        queue.putNowait(0);
        const first = createTask(queue.put(1));
        const second = createTask(queue.put(2));
        yield* sleep(1);
        if (getFirst) queue.getNowait();
        first.cancel();
        if (!getFirst) queue.getNowait();
        yield* second;
        expect(first.cancelled).toBe(true);
        expect(drained(queue)).toEqual([2]);
      });
    }
  });

  test(`a get and a put that time out leave the ${name} as it was`, async () => {
    await virtually(function* () {
      const queue = new Kind({ maxSize: 1 });
      expect(yield* moveOnAfter(10, queue.get())).toBeUndefined();
      yield* queue.put(1);
      yield* moveOnAfter(10, queue.put(2));
      expect(drained(queue)).toEqual([1]);
      yield* queue.put(3);
      expect(yield* queue.get()).toBe(3);
    });
  });

  test(`every value may go through a ${name}'s put and get, undefined included`, async () => {
    await virtually(function* () {
      const queue = new Kind() as Queue<unknown>;
      const got = createTask(queue.get());
      yield* sleep(1);
      yield* queue.put(undefined);
      expect(yield* got).toBeUndefined();
      yield* queue.put(null);
      expect(queue.size).toBe(1);
      expect(yield* queue.get()).toBeNull();
    });
  });
}

test("a Queue gives items in the order they were put, a LifoQueue the latest first, a PriorityQueue the least first", () => {
  const orderOf = (queue: Queue<number>): number[] => {
    for (const item of [3, 1, 4, 1, 5, 9, 2, 6]) queue.putNowait(item);
    const first = [queue.getNowait(), queue.getNowait()];
    queue.putNowait(0);
    return [...first, ...drained(queue)];
  };
  expect(orderOf(new Queue())).toEqual([3, 1, 4, 1, 5, 9, 2, 6, 0]);
  expect(orderOf(new LifoQueue())).toEqual([6, 2, 0, 9, 5, 1, 4, 1, 3]);
  expect(orderOf(new PriorityQueue())).toEqual([1, 1, 0, 2, 3, 4, 5, 6, 9]);
});

test("a Queue keeps its order over many puts and gets", () => {
  const queue = new Queue<number>();
  let put = 0;
  let got = 0;
  for (let round = 1; round <= 200; round++) {
    for (let index = 0; index < round; index++) queue.putNowait(put++);
    for (let index = 0; index < round - 1; index++) expect(queue.getNowait()).toBe(got++);
  }
  expect(drained(queue)).toEqual(Array.from({ length: put - got }, (_, index) => got + index));
});

test("a PriorityQueue takes a comparison, and is stable among equals", () => {
  const queue = new PriorityQueue<[number, string]>({ compare: (a, b) => b[0] - a[0] });
  const expected: string[] = [];
  for (const priority of [5, 4, 3, 2, 1])
    for (let index = 0; index < 20; index++) expected.push(`${priority}.${index}`);
  for (let index = 0; index < 20; index++)
    for (const priority of [2, 5, 1, 4, 3]) queue.putNowait([priority, `${priority}.${index}`]);
  expect(drained(queue).map(([, name]) => name)).toEqual(expected);
});

test("a PriorityQueue stays stable when gets come between the puts", () => {
  const queue = new PriorityQueue<[number, number]>({ compare: (a, b) => a[0] - b[0] });
  const got: number[] = [];
  for (let index = 0; index < 100; index++) {
    queue.putNowait([1, index]);
    if (index % 3 === 0) got.push(queue.getNowait()[1]);
  }
  got.push(...drained(queue).map(([, index]) => index));
  expect(got).toEqual(Array.from({ length: 100 }, (_, index) => index));
});

test("a PriorityQueue orders strings without a comparison", () => {
  const queue = new PriorityQueue<string>();
  for (const word of ["pear", "apple", "fig"]) queue.putNowait(word);
  expect(drained(queue)).toEqual(["apple", "fig", "pear"]);
});

test("producers and consumers: each item arrives once, and each producer's items in order", async () => {
  await virtually(function* () {
    const queue = new Queue<[number, number]>({ maxSize: 3 });
    const got: [number, number][] = [];
    const producer = coroutine(function* producer(name: number) {
      for (let index = 0; index < 50; index++) {
        yield* queue.put([name, index]);
        if (index % 7 === name) yield* sleep(1);
      }
    });
    const consumer = coroutine(function* consumer() {
      for (let index = 0; index < 50; index++) {
        got.push(yield* queue.get());
        if (index % 5 === 0) yield* sleep(1);
      }
    });
    const tasks = [0, 1, 2].flatMap((name) => [createTask(producer(name)), createTask(consumer())]);
    for (const task of tasks) yield* task;
    expect(got).toHaveLength(150);
    for (const name of [0, 1, 2]) {
      const indices = got.filter(([producer]) => producer === name).map(([, index]) => index);
      expect(indices).toEqual(Array.from({ length: 50 }, (_, index) => index));
    }
  });
});
