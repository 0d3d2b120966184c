/** forEach and collect over a queue: until its shutdown, with taskDone after each item. */
import { collect, createTask, forEach, getRunningLoop, PriorityQueue, Queue, QueueShutDown, sleep } from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

test("forEach reads a queue until its shutdown, and calls taskDone after each body", async () => {
  for (const limit of [undefined, 1, 2]) {
    await virtually(function* () {
      const start = now();
      const queue = new Queue<number>({ maxSize: 2 });
      const got: number[] = [];
      const reader = createTask(
        forEach(
          queue,
          function* (item) {
            yield* sleep(10);
            got.push(item);
          },
          limit === undefined ? {} : { limit },
        ),
      );
      for (const item of [1, 2, 3, 4]) yield* queue.put(item);
      yield* queue.join();
      expect(got).toEqual([1, 2, 3, 4]);
      expect(now() - start).toBe(limit === 2 ? 20 : 40);
      expect(reader.done).toBe(false);
      queue.putNowait(5);
      queue.shutdown();
      yield* reader;
      expect(got).toEqual([1, 2, 3, 4, 5]);
      yield* queue.join();
      expect(() => queue.getNowait()).toThrow(QueueShutDown);
    });
  }
});

test("a cancelled forEach over a queue loses no item", async () => {
  await virtually(function* () {
    const queue = new Queue<number>();
    const got: number[] = [];
    const reader = createTask(forEach(queue, (item) => void got.push(item)));
    yield* sleep(1);
    queue.putNowait(1);
    expect(yield* cancelled(reader)).toBe("cancelled");
    expect([got.length, queue.size]).toEqual([0, 1]);
    expect(queue.getNowait()).toBe(1);
  });
});

test("collect reads a queue until its shutdown, in the queue's order, and leaves no work to be done", async () => {
  await virtually(function* () {
    const queue = new PriorityQueue<number>();
    for (const item of [3, 1, 2]) queue.putNowait(item);
    queue.shutdown();
    expect(yield* collect(queue)).toEqual([1, 2, 3]);
    yield* queue.join();
  });
});

test("an item whose body throws at once has been dealt with: join does not wait for it", async () => {
  await virtually(function* () {
    const queue = new Queue<number>();
    queue.putNowait(1);
    const failing = createTask(
      forEach(queue, () => {
        throw new Error("no");
      }),
    );
    yield* queue.join();
    expect(yield* outcomeOf(failing)).toEqual({ error: new Error("no") });
  });
});
