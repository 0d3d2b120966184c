/** mapStream: results as a stream, in order or as they come, with no more under way than it was told. */
import {
  collect,
  coroutine,
  createTask,
  forEach,
  getRunningLoop,
  mapStream,
  Queue,
  sleep,
  stream,
  suppressed,
  wait,
} from "brigade";
import { assertNoLeaks, virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();
const ended = { done: true, value: undefined };

const slowly = coroutine(function* slowly<T>(delay: number, value: T) {
  yield* sleep(delay);
  return value;
});

test("results come in the order of the source, however long each takes", async () => {
  await virtually(function* () {
    const start = now();
    const results = mapStream([30, 10, 20], (delay) => slowly(delay, delay), { limit: 3 });
    expect(yield* collect(results)).toEqual([30, 10, 20]);
    expect(now() - start).toBe(30);
  });
});

test("with ordered: false they come as they are ready", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const results = mapStream([30, 10, 20], (delay) => slowly(delay, delay), { limit: 3, ordered: false });
    yield* forEach(results, (delay) => void seen.push(`${delay} at ${now() - start}`));
    expect(seen).toEqual(["10 at 10", "20 at 20", "30 at 30"]);
  });
});

test("every kind of source will do", async () => {
  await virtually(function* () {
    const numbers = stream(function* () {
      for (const value of [1, 2, 3]) {
        yield* sleep(1);
        yield value;
      }
    });
    const queue = new Queue<number>();
    for (const value of [1, 2, 3]) queue.putNowait(value);
    queue.shutdown();
    async function* promised() {
      for (const value of [1, 2, 3]) yield await Promise.resolve(value);
    }
    for (const source of [numbers(), queue, new Set([1, 2, 3]), promised()]) {
      const doubled = mapStream<number, number>(source, (value) => slowly(1, value * 2), { limit: 2 });
      expect(yield* collect(doubled)).toEqual([2, 4, 6]);
    }
    yield* queue.join();
  });
});

test("nothing starts before the first read", async () => {
  await virtually(function* () {
    let read = 0;
    const source = (function* () {
      for (;;) yield read++;
    })();
    const results = mapStream(source, (value) => slowly(1, value), { limit: 2 });
    yield* sleep(100);
    expect(read).toBe(0);
    yield* results.next();
    yield* results.close();
  });
});

test("at most limit are in flight or waiting to be read", async () => {
  for (const ordered of [true, false]) {
    await virtually(function* () {
      let begun = 0;
      let taken = 0;
      let most = 0;
      const results = mapStream(
        Array.from({ length: 30 }, (_, index) => index),
        function* (value) {
          most = Math.max(most, ++begun - taken);
          yield* sleep(1 + ((value * 7) % 5));
          return value;
        },
        { limit: 4, ordered },
      );
      const values: number[] = [];
      for (let next = yield* results.next(); next.done !== true; next = yield* results.next()) {
        taken++;
        values.push(next.value);
        yield* sleep(3);
      }
      expect(most).toBeLessThanOrEqual(4);
      expect(most).toBeGreaterThan(1);
      expect([...values].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    });
  }
});

test("the first failure cancels the others and closes the source, and is thrown at the read", async () => {
  for (const ordered of [true, false]) {
    await virtually(function* () {
      const seen: string[] = [];
      const [first, second] = [new Error("first"), new Error("second")];
      const source = stream(function* () {
        try {
          for (let index = 0; ; index++) yield index;
        } finally {
          seen.push("source closed");
        }
      });
      const results = mapStream(
        source(),
        function* (value) {
          try {
            yield* sleep(value === 1 ? 10 : 50);
            if (value === 1) throw first;
          } finally {
            if (value !== 1) {
              yield* sleep(5);
              seen.push(`${value} unwound`);
            }
            if (value === 2) throw second;
          }
          return value;
        },
        { limit: 3, ordered },
      );
      expect(yield* outcomeOf(createTask(results.next()))).toEqual({ error: first });
      expect([...seen].sort()).toEqual(["0 unwound", "2 unwound", "source closed"]);
      expect(suppressed(first)).toEqual([second]);
      expect(yield* results.next()).toEqual(ended);
    });
  }
});

test("closing it cancels what is in flight, waits for it, and closes the source", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const source = stream(function* () {
      try {
        for (let index = 0; ; index++) yield index;
      } finally {
        seen.push("source closed");
      }
    });
    const results = mapStream(
      source(),
      function* (value) {
        if (value === 0) return value;
        try {
          yield* sleep(1_000);
        } finally {
          yield* sleep(value);
          seen.push(`${value} unwound`);
        }
        return value;
      },
      { limit: 3 },
    );
    expect(yield* results.next()).toEqual({ done: false, value: 0 });
    yield* sleep(10);
    yield* results.close();
    expect(seen.slice(0, 2)).toEqual(["1 unwound", "2 unwound"]);
    expect(seen).toContain("source closed");
    expect(now() - start).toBeLessThanOrEqual(13);
    expect(yield* results.next()).toEqual(ended);
  });
});

test("a cancelled reader cancels what is in flight and waits for it", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const results = mapStream(
      [1, 2, 3],
      function* (value) {
        try {
          yield* sleep(1_000);
        } finally {
          yield* sleep(value);
          seen.push(`${value} unwound`);
        }
      },
      { limit: 2 },
    );
    const reader = createTask(forEach(results, () => {}));
    yield* sleep(10);
    expect(yield* cancelled(reader)).toBe("cancelled");
    expect(seen).toEqual(["1 unwound", "2 unwound"]);
  });
});

test("a limit below 1 throws RangeError", async () => {
  await virtually(function* () {
    for (const limit of [0, -1, Number.NaN]) {
      const reading = coroutine(function* reading() {
        yield* collect(mapStream([1], (value) => slowly(1, value), { limit }));
      });
      expect(yield* outcomeOf(createTask(reading()))).toEqual({ error: expect.any(RangeError) });
    }
  });
});

test("gives every place back, whether it was read to its end, closed early, or cancelled", async () => {
  const results = () => mapStream([1, 2, 3, 4, 5], (delay) => slowly(delay, delay), { limit: 2 });
  const programs = [
    () => forEach(results(), () => {}),
    function* closedEarly() {
      const some = results();
      yield* some.next();
      yield* some.close();
    },
    function* cancelledInTheMidst() {
      const reading = createTask(forEach(results(), (value) => sleep(value)));
      yield* sleep(2);
      reading.cancel();
      yield* wait([reading]);
    },
  ];
  for (const program of programs) {
    expect(await assertNoLeaks(program, { clock: virtualClock() })).toBeUndefined();
  }
});
