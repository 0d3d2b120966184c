/** Bare generators and functions, where a coroutine could stand. */
import {
  coroutine,
  createTask,
  fromPromise,
  gather,
  getRunningLoop,
  moveOnAfter,
  race,
  shield,
  sleep,
  taskGroup,
  timeout,
  toPromise,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

test("what takes an awaitable takes a bare generator object", async () => {
  function* bare<T>(value: T) {
    yield* sleep(1);
    return value;
  }
  await virtually(function* () {
    expect(yield* createTask(bare(1))).toBe(1);
    expect(yield* gather([bare(2), bare("3")])).toEqual([2, "3"]);
    expect(yield* gather({ a: bare(4) })).toEqual({ a: 4 });
    expect(yield* race([bare(5), sleep(10)])).toBe(5);
    expect(yield* timeout(10, bare(6))).toBe(6);
    expect(yield* moveOnAfter(10, bare(7))).toBe(7);
    expect(yield* shield(bare(8))).toBe(8);
    expect(yield* fromPromise(toPromise(bare(9)))).toBe(9);
    expect(yield* taskGroup((group) => group.createTask(bare(10)))).toBe(10);
    expect(yield* getRunningLoop().createTask(bare(11))).toBe(11);
  });
  expect(await virtually(bare(12))).toBe(12);
});

test("run and the scopes take a generator function", async () => {
  function* body() {
    yield* sleep(1);
    return "ran";
  }
  expect(await virtually(body)).toBe("ran");
  await virtually(function* () {
    expect(yield* timeout(10, body)).toBe("ran");
    expect(yield* moveOnAfter(10, body)).toBe("ran");
    expect(yield* taskGroup(body)).toBe("ran");
  });
});

test("run takes a coroutine function", async () => {
  const main = coroutine(function* main() {
    yield* sleep(1);
    return "ran";
  });
  expect(await virtually(main)).toBe("ran");
});

test("delegating to a bare generator inside a body works", async () => {
  function* bare(value: number) {
    yield* sleep(1);
    const more = yield* nested(value);
    return more + 1;
  }
  function* nested(value: number) {
    yield* sleep(1);
    if (value < 0) throw new RangeError("less than nothing");
    return value + 1;
  }
  await virtually(function* () {
    const start = getRunningLoop().time();
    expect(yield* bare(1)).toBe(3);
    expect(getRunningLoop().time() - start).toBe(2);
    let caught: unknown;
    try {
      yield* bare(-1);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(RangeError);
  });
});

test("a bare generator that a task runs is cancelled like a coroutine: an await in its finally goes to its end", async () => {
  const order: string[] = [];
  function* bare() {
    try {
      yield* sleep(100);
      order.push("never");
    } finally {
      yield* sleep(5);
      order.push("cleaned");
    }
  }
  await virtually(function* () {
    const task = createTask(bare());
    yield* sleep(1);
    task.cancel();
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(order).toEqual(["cleaned"]);
  });
});
