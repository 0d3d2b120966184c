/**
 * asyncio's order, to the hop. Every expected trace is what CPython 3.11's asyncio prints for the same program:
 * the number is the iteration, counted by a callback that schedules itself again in each.
 */
import { coroutine, createTask, type Future, getRunningLoop, sleep } from "brigade";
import { expect, test } from "vitest";
import { virtually } from "../virtually.ts";
import { traceOf } from "./iteration-trace.ts";

test("sleep(0) suspends for exactly one iteration, and tasks take turns in the order of their creation", async () => {
  const trace = await traceOf(function* (say) {
    const worker = coroutine(function* worker(name: string) {
      for (let turn = 0; turn < 3; turn++) {
        say(`${name}${turn}`);
        yield* sleep(0);
      }
      say(`${name} end`);
    });
    for (const name of ["a", "b", "c"]) createTask(worker(name));
    say("made");
    for (let turn = 0; turn < 5; turn++) {
      yield* sleep(0);
      say(`main${turn}`);
    }
  });
  expect(trace).toEqual([
    "0 made",
    ...["1 a0", "1 b0", "1 c0", "1 main0"],
    ...["2 a1", "2 b1", "2 c1", "2 main1"],
    ...["3 a2", "3 b2", "3 c2", "3 main2"],
    ...["4 a end", "4 b end", "4 c end", "4 main3"],
    "5 main4",
  ]);
});

test("completing a future schedules its callbacks in registration order, through ready", async () => {
  const trace = await traceOf(function* (say) {
    const loop = getRunningLoop();
    const future = loop.createFuture<number>();
    future.addDoneCallback(() => {
      say("first");
      loop.callSoon(() => say("made by first"));
    });
    future.addDoneCallback(() => say("second"));
    loop.callSoon(() => say("scheduled before"));
    future.setResult(1);
    loop.callSoon(() => say("scheduled after"));
    future.addDoneCallback(() => say("late"));
    say("set");
    yield* sleep(0);
    say("main 1");
    yield* sleep(0);
    say("main 2");
  });
  expect(trace).toEqual([
    "0 set",
    ...["1 scheduled before", "1 first", "1 second", "1 scheduled after", "1 late", "1 main 1"],
    ...["2 made by first", "2 main 2"],
  ]);
});

test("each task in a chain of awaits resumes one iteration after the one that it waits for", async () => {
  const trace = await traceOf(function* (say) {
    const future = getRunningLoop().createFuture<number>();
    const follow = coroutine(function* follow(name: string, awaited: Future<number>) {
      const value = yield* awaited;
      say(name);
      return value;
    });
    const inner = createTask(follow("inner", future));
    const middle = createTask(follow("middle", inner));
    const outer = createTask(follow("outer", middle));
    yield* sleep(0);
    yield* sleep(0);
    future.setResult(7);
    say("set");
    say(`main ${yield* outer}`);
  });
  expect(trace).toEqual(["2 set", "3 inner", "4 middle", "5 outer", "6 main 7"]);
});

test("awaiters and done callbacks of a future run in the order in which they came", async () => {
  const trace = await traceOf(function* (say) {
    const future = getRunningLoop().createFuture<void>();
    const waiter = coroutine(function* waiter(name: string) {
      yield* future;
      say(name);
    });
    createTask(waiter("a"));
    yield* sleep(0);
    future.addDoneCallback(() => say("callback"));
    const b = createTask(waiter("b"));
    yield* sleep(0);
    future.setResult();
    say("set");
    yield* future;
    say("main goes on");
    yield* b;
    say("main after b");
  });
  expect(trace).toEqual(["2 set", "2 main goes on", "3 a", "3 callback", "3 b", "4 main after b"]);
});

test("a coroutine call and an await of what is done take no iteration, a task takes two", async () => {
  const trace = await traceOf(function* (say) {
    const leaf = coroutine(function* leaf() {
      return 1;
    });
    const nest = coroutine(function* nest() {
      return yield* leaf();
    });
    const future = getRunningLoop().createFuture<number>();
    future.setResult(2);
    say("before");
    yield* nest();
    say("call");
    yield* future;
    say("future");
    const task = createTask(nest());
    yield* task;
    say("task");
    yield* task;
    say("task again");
    yield* sleep(0);
    say("sleep 0");
  });
  expect(trace).toEqual(["0 before", "0 call", "0 future", "2 task", "2 task again", "3 sleep 0"]);
});

test("children get their first step in the iteration after createTask, after what was scheduled before them", async () => {
  const trace = await traceOf(function* (say) {
    const child = coroutine(function* child(name: string) {
      say(`${name} 1`);
      yield* sleep(0);
      say(`${name} 2`);
    });
    const parent = coroutine(function* parent() {
      say("parent 1");
      createTask(child("x"));
      createTask(child("y"));
      say("parent 2");
      yield* sleep(0);
      say("parent 3");
      yield* sleep(0);
      say("parent 4");
    });
    const task = createTask(parent());
    createTask(child("z"));
    yield* task;
    say("main");
    yield* sleep(0);
  });
  expect(trace).toEqual([
    ...["1 parent 1", "1 parent 2", "1 z 1"],
    ...["2 x 1", "2 y 1", "2 parent 3", "2 z 2"],
    ...["3 x 2", "3 y 2", "3 parent 4"],
    "4 main",
  ]);
});

test("timers that are due run after what stood in ready, ordered by their time, then by their creation", async () => {
  const trace = await traceOf(function* (say) {
    const loop = getRunningLoop();
    loop.callLater(0, () => say("timer 1"));
    loop.callSoon(() => say("soon 1"));
    loop.callLater(0, () => {
      say("timer 2");
      loop.callLater(0, () => say("timer 4"));
      loop.callSoon(() => say("soon 3"));
    });
    loop.callAt(loop.time() - 1, () => say("timer 0, of the past"));
    loop.callSoon(() => say("soon 2"));
    yield* sleep(0);
    say("main 1");
    loop.callLater(0, () => say("timer 3"));
    yield* sleep(0);
    say("main 2");
    yield* sleep(0);
    say("main 3");
  });
  expect(trace).toEqual([
    ...["1 soon 1", "1 soon 2", "1 main 1", "1 timer 0, of the past", "1 timer 1", "1 timer 2"],
    ...["2 main 2", "2 soon 3", "2 timer 3", "2 timer 4"],
    "3 main 3",
  ]);
});

test("a task that slept resumes through ready, one iteration after its timer", async () => {
  const order = await virtually(function* () {
    const loop = getRunningLoop();
    const order: string[] = [];
    const sleeper = createTask(
      coroutine(function* sleeper() {
        yield* sleep(10);
        order.push("task");
      })(),
    );
    yield* sleep(0);
    loop.callLater(10, () => {
      order.push("timer made later, due at the same time");
      loop.callSoon(() => void order.push("made by that timer"));
    });
    yield* sleeper;
    yield* sleep(0);
    return order;
  });
  expect(order).toEqual(["timer made later, due at the same time", "task", "made by that timer"]);
});

test("an error reaches done callback and awaiter one iteration after it was thrown", async () => {
  const trace = await traceOf(function* (say) {
    const failing = coroutine(function* failing() {
      yield* sleep(0);
      say("throws");
      throw new Error("no stock");
    });
    const task = createTask(failing());
    task.addDoneCallback(() => say("callback"));
    try {
      yield* task;
    } catch {
      say("main caught");
    }
  });
  expect(trace).toEqual(["2 throws", "3 callback", "3 main caught"]);
});
