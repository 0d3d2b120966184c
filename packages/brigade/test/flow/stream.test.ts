/** stream: an async generator that is pulled, and unwound when it is left early. */
import {
  collect,
  coroutine,
  createTask,
  forEach,
  fromPromise,
  getRunningLoop,
  InvalidStateError,
  moveOnAfter,
  type Stream,
  sleep,
  stream,
  type Task,
  taskGroup,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();
const ended = { done: true, value: undefined };
const refused = { error: expect.any(InvalidStateError) as InvalidStateError };

/** Counts, a number every ten milliseconds, and says what it does. */
const counting = stream(function* (seen: string[], count: number, cleanup: number) {
  try {
    for (let index = 0; index < count; index++) {
      seen.push(`makes ${index}`);
      yield* sleep(10);
      yield index;
    }
    seen.push("end");
  } catch {
    seen.push("catch");
  } finally {
    if (cleanup > 0) yield* sleep(cleanup);
    seen.push("finally");
  }
});

test("yield* awaits and yield gives, one at a time, until the end", async () => {
  await virtually(function* () {
    const start = now();
    const numbers = counting([], 2, 0);
    expect(yield* numbers.next()).toEqual({ done: false, value: 0 });
    expect(now() - start).toBe(10);
    expect(yield* numbers.next()).toEqual({ done: false, value: 1 });
    expect(yield* numbers.next()).toEqual(ended);
    expect(yield* numbers.next()).toEqual(ended);
    expect(now() - start).toBe(20);
  });
});

test("it is pulled: nothing is made that nobody asked for", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const numbers = counting(seen, 5, 0);
    yield* sleep(100);
    expect(seen).toEqual([]);
    yield* numbers.next();
    yield* sleep(100);
    expect(seen).toEqual(["makes 0"]);
    yield* numbers.next();
    expect(seen).toEqual(["makes 0", "makes 1"]);
    yield* numbers.close();
  });
});

test("it may give any value: undefined, tasks, coroutines and streams", async () => {
  await virtually(function* () {
    const named = coroutine(function* named() {
      return yield* sleep(1, "result");
    });
    const task = createTask(sleep(1, "task"));
    const one = named();
    const inner = counting([], 1, 0);
    const values = stream(function* () {
      yield undefined;
      yield task;
      yield one;
      yield inner;
      yield null;
    });
    const all = (yield* collect(values())) as unknown[];
    expect(all[0]).toBeUndefined();
    expect(all[1]).toBe(task);
    expect(all[2]).toBe(one);
    expect(all[3]).toBe(inner);
    expect(all[4]).toBeNull();
    expect(yield* one).toBe("result");
    expect(yield* task).toBe("task");
  });
});

test("one that gives without waiting does not suspend its reader", async () => {
  await virtually(function* () {
    const numbers = stream(function* () {
      for (let index = 0; index < 20_000; index++) yield index;
    });
    let later = false;
    getRunningLoop().callSoon(() => {
      later = true;
    });
    const reader = numbers();
    for (let index = 0; index < 20_000; index++) expect((yield* reader.next()).value).toBe(index);
    expect(later).toBe(false);
  });
});

test("its error is thrown at the read, once; then it is at its end", async () => {
  await virtually(function* () {
    const error = new Error("no more rows");
    const failing = stream(function* () {
      yield 1;
      yield* sleep(1);
      throw error;
    });
    const rows = failing();
    yield* rows.next();
    expect(yield* outcomeOf(createTask(rows.next()))).toEqual({ error });
    expect(yield* rows.next()).toEqual(ended);
    yield* rows.close();
  });
});

test("close unwinds the producer and waits for its cleanup: finally runs, catch does not", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const numbers = counting(seen, 5, 7);
    yield* numbers.next();
    yield* numbers.close();
    expect(seen).toEqual(["makes 0", "finally"]);
    expect(now() - start).toBe(17);
    expect(yield* numbers.next()).toEqual(ended);
    yield* numbers.close();
    expect(seen).toHaveLength(2);
  });
});

test("close unwinds the frames that the producer called too, innermost first", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const outer = stream(function* () {
      const inner = counting(seen, 5, 3);
      try {
        for (;;) {
          const next = yield* inner.next();
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        yield* inner.close();
        seen.push("outer finally");
      }
    });
    const numbers = outer();
    yield* numbers.next();
    yield* numbers.close();
    expect(seen).toEqual(["makes 0", "finally", "outer finally"]);
  });
});

test("one that was never started closes at once, runs nothing, and is at its end", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const numbers = counting(seen, 5, 7);
    const start = now();
    yield* numbers.close();
    expect(yield* numbers.next()).toEqual(ended);
    expect(now() - start).toBe(0);
    expect(seen).toEqual([]);
  });
});

test("an error of the cleanup is thrown at close", async () => {
  await virtually(function* () {
    const error = new Error("cleanup broke");
    const breaking = stream(function* () {
      try {
        yield 1;
      } finally {
        yield* sleep(1);
        throw error;
      }
    });
    const values = breaking();
    yield* values.next();
    expect(yield* outcomeOf(createTask(values.close()))).toEqual({ error });
    expect(yield* values.next()).toEqual(ended);
  });
});

test("reading it while it is being read throws InvalidStateError, and does not disturb the first reader", async () => {
  await virtually(function* () {
    const numbers = counting([], 2, 0);
    const first = createTask(numbers.next());
    yield* sleep(1);
    expect(yield* outcomeOf(createTask(numbers.next()))).toEqual(refused);
    expect(yield* outcomeOf(createTask(numbers.close()))).toEqual(refused);
    expect(yield* first).toEqual({ done: false, value: 0 });
    expect(yield* numbers.next()).toEqual({ done: false, value: 1 });
    yield* numbers.close();
  });
});

test("giving a value while it closes throws InvalidStateError", async () => {
  await virtually(function* () {
    const stubborn = stream(function* () {
      try {
        yield 1;
      } finally {
        yield 2;
      }
    });
    const values = stubborn();
    yield* values.next();
    expect(yield* outcomeOf(createTask(values.close()))).toEqual(refused);
  });
});

test("a reader that is cancelled or times out unwinds the producer, which is then at its end, as asyncio's is", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const first = counting(seen, 5, 3);
    const reader = createTask(first.next());
    yield* sleep(5);
    expect(yield* cancelled(reader)).toBe("cancelled");
    expect(seen).toEqual(["makes 0", "finally"]);
    expect(yield* first.next()).toEqual(ended);
    const second = counting(seen, 5, 3);
    yield* second.next();
    expect(yield* moveOnAfter(5, second.next())).toBeUndefined();
    expect(seen.slice(2)).toEqual(["makes 0", "makes 1", "finally"]);
    expect(yield* second.next()).toEqual(ended);
  });
});

test("what is left half read when run ends is unwound then, and its cleanup may wait", async () => {
  const seen: string[] = [];
  await virtually(function* () {
    yield* counting(seen, 5, 7).next();
    seen.push("main ends");
  });
  expect(seen).toEqual(["makes 0", "main ends", "finally"]);
});

test("it may be read by one task after the other", async () => {
  await virtually(function* () {
    const numbers = counting([], 3, 0);
    const values: unknown[] = [];
    for (let index = 0; index < 3; index++) values.push((yield* createTask(numbers.next())).value);
    expect(values).toEqual([0, 1, 2]);
    yield* numbers.close();
  });
});

test("an async function of the loop reads it with for await, and break closes it", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const read = async (source: Stream<number>, until: number): Promise<number[]> => {
      const values: number[] = [];
      for await (const value of source) {
        values.push(value);
        if (value === until) break;
      }
      return values;
    };
    expect(yield* fromPromise(read(counting(seen, 3, 0), -1))).toEqual([0, 1, 2]);
    expect(seen.slice(-2)).toEqual(["end", "finally"]);
    expect(yield* fromPromise(read(counting(seen, 3, 5), 1))).toEqual([0, 1]);
    expect(seen.slice(-2)).toEqual(["makes 1", "finally"]);
  });
});

test("what it takes is handed to the body", async () => {
  const greeting = stream(function* (greeting: string, ...names: string[]) {
    for (const name of names) yield `${greeting} ${name}`;
  });
  expect(await virtually(collect(greeting("hello", "a", "b")))).toEqual(["hello a", "hello b"]);
});

test("it may use tasks and scopes between its values", async () => {
  await virtually(function* () {
    const batches = stream(function* () {
      for (let batch = 0; batch < 3; batch++) {
        const sum = yield* taskGroup(function* (group) {
          const parts: Task<number>[] = [1, 2, 3].map((part) => group.createTask(sleep(part, part * batch)));
          let total = 0;
          for (const part of parts) total += yield* part;
          return total;
        });
        yield sum;
      }
    });
    const sums: number[] = [];
    yield* forEach(batches(), (sum) => void sums.push(sum));
    expect(sums).toEqual([0, 6, 12]);
  });
});

test("a million values are given in bounded memory", async () => {
  await virtually(function* () {
    const collected = (): number => {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    };
    const numbers = stream(function* () {
      for (let index = 0; index < 1_000_000; index++) yield index;
    });
    const before = collected();
    let count = 0;
    let most = 0;
    yield* forEach(numbers(), () => {
      if (++count % 250_000 === 0) most = Math.max(most, collected() - before);
    });
    expect(count).toBe(1_000_000);
    expect(most).toBeLessThan(4 * 2 ** 20);
  });
}, 30_000);
