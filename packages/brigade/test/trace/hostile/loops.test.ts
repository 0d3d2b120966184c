/** Recorders and loops in every number: two of one, one of two, runs in a row, runs at once, runs that end badly. */
import { coroutine, createTask, Event, gather, Lock, Queue, run, Runner, sleep, type LoopObserver } from "brigade";
import { virtualClock } from "brigade/testing";
import { CLOCK, CREATED, DONE, readTrace, recorder, STEP, type Trace } from "brigade/trace";
import { expect, test } from "vitest";
import { witness } from "../../../src/kernel/witness.ts";
import { look } from "./promises.ts";

const worker = coroutine(function* worker(lock: Lock, queue: Queue<number>, item: number) {
  using _ = yield* lock.acquire();
  yield* sleep(1);
  yield* queue.put(item);
  return yield* queue.get();
});

const program = coroutine(function* program(name: string, workers: number) {
  const lock = new Lock({ name: `${name} lock` });
  const queue = new Queue<number>({ name: `${name} queue` });
  const items = Array.from({ length: workers }, (_, item) => worker(lock, queue, item));
  return yield* gather(items);
});

function count(trace: Trace, type: number): number {
  return [...trace.type].filter((it) => it === type).length;
}

test("two runs at once: each recorder has its own loop's tasks and resources only", async () => {
  const recorders = [recorder(), recorder()] as const;
  await Promise.all([
    run(program("first", 3), { observer: recorders[0] }),
    run(program("second", 5), { observer: recorders[1] }),
    run(program("third", 2)),
  ]);
  const [first, second] = recorders.map((it) => readTrace(it.bytes())) as [Trace, Trace];
  expect(look(first).violations).toEqual([]);
  expect(look(second).violations).toEqual([]);
  expect(count(first, CREATED)).toBe(4);
  expect(count(second, CREATED)).toBe(6);
  expect(first.resources.slice(1).map((it) => it.name)).toEqual(["first lock", "first queue"]);
  expect(second.resources.slice(1).map((it) => it.name)).toEqual(["second lock", "second queue"]);
});

test("one recorder of two runs at once has the tasks of both, and each loop's beginning", async () => {
  const observer = recorder();
  await Promise.all([run(program("first", 3), { observer }), run(program("second", 5), { observer })]);
  const trace = readTrace(observer.bytes());
  expect(look(trace).violations).toEqual([]);
  expect([count(trace, CREATED), count(trace, DONE), count(trace, CLOCK)]).toEqual([10, 10, 2]);
});

test("one recorder of runs in a row goes on where it was", async () => {
  const observer = recorder();
  for (let round = 1; round <= 3; round++) {
    await run(program("again", 2), { observer, clock: virtualClock() });
    const trace = readTrace(observer.bytes());
    expect([count(trace, CREATED), count(trace, DONE), count(trace, CLOCK)]).toEqual([3 * round, 3 * round, round]);
  }
});

test("a Runner's runs are one loop with one beginning", async () => {
  const observer = recorder();
  {
    await using runner = new Runner({ observer });
    for (let round = 0; round < 3; round++) await runner.run(program("runner", 2));
  }
  const trace = readTrace(observer.bytes());
  expect(look(trace).violations).toEqual([]);
  expect([count(trace, CREATED), count(trace, CLOCK)]).toEqual([9, 1]);
});

test("a run inside a run's promise code is recorded like any other", async () => {
  const inner = recorder();
  const outer = recorder();
  const main = coroutine(function* main() {
    const nested = new Promise<void>((resolve, reject) => {
      setTimeout(() => run(program("inner", 2), { observer: inner }).then(() => resolve(), reject), 1);
    });
    yield* gather([program("outer", 2), nested]);
  });
  await run(main(), { observer: outer });
  for (const it of [inner, outer]) expect(look(readTrace(it.bytes())).violations).toEqual([]);
  expect(count(readTrace(inner.bytes()), CREATED)).toBe(3);
  expect(count(readTrace(outer.bytes()), CREATED)).toBe(5); // main, the program, its two workers, and who waits for the promise
});

test("after every run nobody is told of permits any more", async () => {
  expect(witness).toBeUndefined();
  const observer = recorder();
  await run(program("first", 2), { observer });
  expect(witness).toBeUndefined();
  await run(
    coroutine(function* fails() {
      yield* sleep(0);
      throw new Error("on purpose");
    }),
    { observer },
  ).catch(() => {});
  expect(witness).toBeUndefined();
  await run(new Event().wait(), { observer: recorder(), clock: virtualClock(), onReport: () => {} }).catch(() => {});
  expect(witness).toBeUndefined();
  await expect((async () => run(123 as never, { observer: recorder() }))()).rejects.toThrow(TypeError);
  expect(witness).toBeUndefined();
});

test("a run whose clock fails leaves no recorder behind", async () => {
  const broken = {
    now: () => {
      throw new Error("no clock");
    },
  };
  await (async () => run(sleep(1), { observer: recorder(), clock: broken }))().catch(() => {});
  expect(witness).toBeUndefined();
});

test("an observer beside the recorder that throws takes down neither", async () => {
  const kept: LoopObserver = recorder();
  const throwing: LoopObserver = {
    taskCreated: () => {
      throw new Error("observer");
    },
  };
  await (async () => run(program("x", 1), { observer: throwing, onReport: () => {} }))().catch(() => {});
  expect(await run(program("y", 2), { observer: kept })).toEqual([0, 1]);
});

test("main has no maker; every other task has the one whose step made it", async () => {
  const observer = recorder();
  const main = coroutine(function* main() {
    const made = new Event();
    createTask(
      coroutine(function* child() {
        yield* sleep(0);
        made.set();
      })(),
    );
    yield* made.wait();
  });
  await run(main(), { observer });
  const { tasks, violations } = look(readTrace(observer.bytes()));
  expect(violations).toEqual([]);
  expect([...tasks.values()].map((it) => [it.name, it.parent])).toEqual([
    ["main", 0],
    ["Task-1", 1],
  ]);
});

test("days of virtual time are recorded to the tick, however long nothing happened", async () => {
  const observer = recorder();
  const waits = [1, 429_496, 429_497, 86_400_000, 86_400_000 * 365, 0.5];
  const main = coroutine(function* main() {
    for (const ms of waits) yield* sleep(ms);
  });
  await run(main(), { observer, clock: virtualClock() });
  const trace = readTrace(observer.bytes());
  expect(look(trace).violations).toEqual([]);
  const starts = [...trace.time].filter((_, i) => trace.type[i] === STEP);
  let at = 0;
  const expected = [0, ...waits.map((ms) => (at += ms))];
  starts.forEach((start, i) => expect(Math.abs(start - (expected[i] as number))).toBeLessThan(1e-3));
  expect(starts).toHaveLength(expected.length);
});
