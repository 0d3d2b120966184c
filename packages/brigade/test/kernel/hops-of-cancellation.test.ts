/** asyncio's order of cancellation, to the hop. Every expected trace is what CPython 3.11's asyncio prints for the same program. */
import {
  CancelledError,
  coroutine,
  createTask,
  currentTask,
  type Future,
  getRunningLoop,
  sleep,
  type Task,
} from "brigade";
import { expect, test } from "vitest";
import { type Say, traceOf } from "./iteration-trace.ts";

const endOf = coroutine(function* endOf(task: Task<unknown>, say: Say) {
  try {
    yield* task;
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    say("main");
  }
});

test("a cancelled task that waits for a future unwinds in the next iteration and ends there", async () => {
  const trace = await traceOf(function* (say) {
    const future = getRunningLoop().createFuture<void>();
    const waiter = coroutine(function* waiter() {
      try {
        yield* future;
      } finally {
        say("finally");
      }
    });
    const task = createTask(waiter());
    task.addDoneCallback(() => say("done callback"));
    yield* sleep(0);
    yield* sleep(0);
    task.cancel();
    say("cancel");
    yield* endOf(task, say);
  });
  expect(trace).toEqual(["2 cancel", "3 finally", "4 done callback", "4 main"]);
});

test("a cancelled task that stands in ready unwinds in the step that it was going to take", async () => {
  const trace = await traceOf(function* (say) {
    const worker = coroutine(function* worker() {
      try {
        say("worker");
        yield* sleep(0);
      } finally {
        say("finally");
      }
    });
    const task = createTask(worker());
    task.addDoneCallback(() => say("done callback"));
    yield* sleep(0);
    task.cancel();
    say("cancel");
    yield* endOf(task, say);
  });
  expect(trace).toEqual(["1 worker", "1 cancel", "2 finally", "3 done callback", "3 main"]);
});

test("a task cancelled before its first step ends in what would have been that step", async () => {
  const trace = await traceOf(function* (say) {
    const never = coroutine(function* never() {
      say("never");
    });
    const task = createTask(never());
    task.addDoneCallback(() => say("done callback"));
    task.cancel();
    say("cancel");
    yield* endOf(task, say);
  });
  expect(trace).toEqual(["0 cancel", "2 done callback", "2 main"]);
});

test("a chain of tasks that wait for each other unwinds from the innermost, an iteration each", async () => {
  const trace = await traceOf(function* (say) {
    const future = getRunningLoop().createFuture<void>();
    const follow = coroutine(function* follow(name: string, awaited: Future<void>) {
      try {
        yield* awaited;
      } finally {
        say(name);
      }
    });
    const inner = createTask(follow("inner", future));
    const middle = createTask(follow("middle", inner));
    const outer = createTask(follow("outer", middle));
    yield* sleep(0);
    yield* sleep(0);
    outer.cancel();
    say("cancel");
    yield* endOf(outer, say);
  });
  expect(trace).toEqual(["2 cancel", "3 inner", "4 middle", "5 outer", "6 main"]);
});

test("a task that was woken and is cancelled in the same iteration unwinds: it does not see the value", async () => {
  const trace = await traceOf(function* (say) {
    const future = getRunningLoop().createFuture<number>();
    const waiter = coroutine(function* waiter() {
      try {
        yield* future;
        say("never");
      } finally {
        say("finally");
      }
    });
    const task = createTask(waiter());
    yield* sleep(0);
    yield* sleep(0);
    future.setResult(1);
    task.cancel();
    say("set and cancelled");
    yield* endOf(task, say);
  });
  expect(trace).toEqual(["2 set and cancelled", "3 finally", "4 main"]);
});

test("a sleep(0) in cleanup takes one iteration, as anywhere", async () => {
  const trace = await traceOf(function* (say) {
    const future = getRunningLoop().createFuture<void>();
    const waiter = coroutine(function* waiter() {
      try {
        yield* future;
      } finally {
        say("finally");
        yield* sleep(0);
        say("finally after sleep");
      }
    });
    const task = createTask(waiter());
    yield* sleep(0);
    yield* sleep(0);
    task.cancel();
    say("cancel");
    yield* endOf(task, say);
  });
  expect(trace).toEqual(["2 cancel", "3 finally", "4 finally after sleep", "5 main"]);
});

test("a task that cancelled itself unwinds one iteration after its next suspension, whatever that is", async () => {
  for (const kind of ["sleep", "future"] as const) {
    const trace = await traceOf(function* (say) {
      const future = getRunningLoop().createFuture<void>();
      const worker = coroutine(function* worker() {
        currentTask().cancel();
        say("goes on");
        try {
          yield* kind === "sleep" ? sleep(0) : future;
          say("never");
        } finally {
          say("finally");
        }
      });
      const task = createTask(worker());
      yield* endOf(task, say);
      if (kind === "future") say(`future cancelled ${future.cancelled}`);
    });
    const end = kind === "future" ? ["3 future cancelled true"] : [];
    expect(trace, kind).toEqual(["1 goes on", "2 finally", "3 main", ...end]);
  }
});

test("a task that cancelled itself and does not suspend again ends cancelled in that step", async () => {
  const trace = await traceOf(function* (say) {
    const worker = coroutine(function* worker() {
      currentTask().cancel();
      say("goes on");
      return 1;
    });
    yield* endOf(createTask(worker()), say);
  });
  expect(trace).toEqual(["1 goes on", "2 main"]);
});

test("a task cancelled after the one it waits for has ended, and before it was told, unwinds all the same", async () => {
  const trace = await traceOf(function* (say) {
    const future = getRunningLoop().createFuture<number>();
    const inner = createTask(
      coroutine(function* inner() {
        yield* future;
        say("inner ends");
        return 5;
      })(),
    );
    const outer = createTask(
      coroutine(function* outer() {
        try {
          yield* inner;
          say("never");
        } finally {
          say("outer finally");
        }
      })(),
    );
    yield* sleep(0);
    yield* sleep(0);
    future.setResult(1);
    yield* sleep(0);
    outer.cancel();
    say(`cancel, inner done ${inner.done}`);
    yield* endOf(outer, say);
  });
  expect(trace).toEqual(["3 inner ends", "3 cancel, inner done true", "4 outer finally", "5 main"]);
});

test("cancelling a future wakes its awaiter with a CancelledError that it may catch, and goes on", async () => {
  const trace = await traceOf(function* (say) {
    const future = getRunningLoop().createFuture<void>();
    const waiter = coroutine(function* waiter() {
      try {
        yield* future;
      } catch (error) {
        say(error instanceof CancelledError ? "caught" : "something else");
        yield* sleep(0);
        say("goes on");
      }
    });
    const task = createTask(waiter());
    future.addDoneCallback(() => say("callback"));
    yield* sleep(0);
    future.cancel();
    say("cancel");
    yield* task;
    say("main");
  });
  expect(trace).toEqual(["1 cancel", "2 callback", "2 caught", "3 goes on", "4 main"]);
});
