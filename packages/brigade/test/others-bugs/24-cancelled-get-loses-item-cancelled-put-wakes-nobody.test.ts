/**
 * asyncio: an item that had been handed to a `get` that was cancelled in the same iteration was gone (gh-68000,
 * python/asyncio#343), and a cancelled `put` or `get` that had been woken woke nobody in its place (gh-92824).
 */
import { coroutine, createTask, gather, Queue, run, sleep, timeout, TimeoutError, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const iterations = [0, 1, 2, 3, 4, 5];

const after = coroutine(function* (count: number, action: () => void) {
  for (let i = 0; i < count; i++) yield* sleep(0);
  action();
});

test("an item meant for a cancelled get goes to the next one, at every iteration around the put", async () => {
  for (const putAt of iterations) {
    for (const cancelAt of iterations) {
      await run(
        function* () {
          const queue = new Queue<number>();
          const received: number[] = [];
          const getter = coroutine(function* () {
            received.push(yield* queue.get());
          });
          const first = createTask(getter());
          const second = createTask(getter());
          yield* sleep(0);
          yield* gather([after(putAt, () => queue.putNowait(1)), after(cancelAt, () => first.cancel())]);
          yield* sleep(1);
          const where = `put at iteration ${putAt}, cancel at ${cancelAt}`;
          expect(received, where).toEqual([1]);
          expect(second.done, where).toBe(first.cancelled);
          yield* queue.put(2);
          yield* sleep(1);
          if (!queue.empty) received.push(queue.getNowait());
          expect(received, where).toEqual([1, 2]);
          expect(queue.size, where).toBe(0);
        },
        { clock: virtualClock() },
      );
    }
  }
});

test("a slot meant for a cancelled put goes to the next one, at every iteration around the get", async () => {
  for (const getAt of iterations) {
    for (const cancelAt of iterations) {
      await run(
        function* () {
          const queue = new Queue<string>({ maxSize: 1 });
          yield* queue.put("zero");
          const first = createTask(queue.put("first"));
          const second = createTask(queue.put("second"));
          yield* sleep(0);
          const received: string[] = [];
          yield* gather([after(getAt, () => received.push(queue.getNowait())), after(cancelAt, () => first.cancel())]);
          yield* sleep(1);
          const where = `get at iteration ${getAt}, cancel at ${cancelAt}`;
          expect(second.done, where).toBe(first.cancelled);
          while (!queue.empty) {
            received.push(queue.getNowait());
            yield* sleep(1);
          }
          expect(received, where).toEqual(first.cancelled ? ["zero", "second"] : ["zero", "first", "second"]);
        },
        { clock: virtualClock() },
      );
    }
  }
});

test("a reader whose timeouts expire as items arrive gets every item, in order", async () => {
  const received: (number | "end")[] = [];
  await run(
    function* () {
      const queue = new Queue<number | "end">();
      const producer = coroutine(function* () {
        for (let n = 0; n < 6; n++) {
          yield* queue.put(n);
          yield* sleep(n * 1000);
        }
        yield* queue.put("end");
      });
      createTask(producer());
      for (;;) {
        try {
          const item = yield* timeout("3s", queue.get());
          if (item === "end") break;
          received.push(item);
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error;
        }
      }
    },
    { clock: virtualClock() },
  );
  expect(received).toEqual([0, 1, 2, 3, 4, 5]);
});

test("all getters but one can be cancelled in the step of the put", async () => {
  await run(
    function* () {
      const queue = new Queue<string>();
      const getters = Array.from({ length: 10 }, () => createTask(queue.get()));
      yield* sleep(0);
      queue.putNowait("item");
      for (const getter of getters.slice(0, -1)) getter.cancel();
      yield* wait(getters);
      expect(getters.at(-1)?.result()).toBe("item");
      expect(queue.empty).toBe(true);
    },
    { clock: virtualClock() },
  );
});
