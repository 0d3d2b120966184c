/** Deadlocks: when nothing can ever wake main again, run says so, with each waiting task, its frames, and what it waits for. */
import {
  coroutine,
  createTask,
  currentTask,
  DeadlockError,
  Event,
  fromPromise,
  gather,
  getRunningLoop,
  InvalidStateError,
  Lock,
  Queue,
  Runner,
  run,
  sleep,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { runProgram, startProgram } from "../program.ts";
import { type Main, reporting } from "../virtually.ts";

const REAL = { timeout: 20_000 };

async function deadlockOf(main: Main<unknown>): Promise<DeadlockError> {
  const { outcome } = await reporting(main);
  if (outcome.status === "fulfilled") throw new Error("the program ended");
  expect(outcome.reason).toBeInstanceOf(DeadlockError);
  return outcome.reason as DeadlockError;
}

test("a main that waits for a future that nobody completes is a deadlock, in virtual time at once", async () => {
  const started = performance.now();
  const error = await deadlockOf(function* () {
    yield* getRunningLoop().createFuture<never>();
  });
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(error.name).toBe("DeadlockError");
  expect(error.tasks.map((task) => task.name)).toEqual(["main"]);
});

test("the error tells each waiting task, its frames, and what it waits for", async () => {
  const queue = new Queue<number>();
  const takeOrder = coroutine(function* takeOrder() {
    return yield* queue.get();
  });
  const cook = coroutine(function* cook() {
    return yield* takeOrder();
  });
  const error = await deadlockOf(function* () {
    const task = createTask(cook(), { name: "cook-1" });
    yield* task;
  });
  expect(error.tasks.map((task) => task.name)).toEqual(["main", "cook-1"]);
  for (const words of ["main", "cook-1", "cook", "takeOrder", "Queue.get", "deadlock.test.ts"])
    expect(error.message).toContain(words);
});

test("tasks are unwound before run rejects, with every await in their cleanup", async () => {
  const order: string[] = [];
  const stuck = coroutine(function* stuck(name: string) {
    try {
      yield* new Event().wait();
      order.push("never");
    } catch {
      order.push("catch");
    } finally {
      yield* sleep(5);
      order.push(`${name} clean`);
    }
  });
  const error = await deadlockOf(function* () {
    try {
      yield* gather([stuck("a"), stuck("b")]);
    } finally {
      order.push("main clean");
    }
  });
  expect(error.tasks).toHaveLength(3);
  expect(order).toEqual(["a clean", "b clean", "main clean"]);
});

test("two tasks that wait for each other are a deadlock", async () => {
  const error = await deadlockOf(function* () {
    const one = new Lock();
    const two = new Lock();
    const dine = coroutine(function* dine(left: Lock, right: Lock) {
      using _left = yield* left.acquire();
      yield* sleep(1);
      using _right = yield* right.acquire();
    });
    yield* gather([dine(one, two), dine(two, one)]);
  });
  expect(error.tasks).toHaveLength(3);
  expect(error.message).toContain("Lock.acquire");
});

test("a deadlock is noticed when the last timer has run", async () => {
  const clock = virtualClock();
  const start = clock.now();
  const { outcome } = await reporting(
    function* () {
      createTask(sleep("1h"));
      yield* getRunningLoop().createFuture<never>();
    },
    { clock },
  );
  expect(outcome).toMatchObject({ reason: expect.any(DeadlockError) });
  expect(clock.now() - start).toBe(3_600_000);
});

test("a deadlock is reported once, as an error of run and to whoever gets the reports", async () => {
  const { outcome, reports } = await reporting(function* () {
    yield* getRunningLoop().createFuture<never>();
  });
  expect(outcome.status).toBe("rejected");
  expect(reports.map((report) => report.kind)).toEqual(["deadlock"]);
  expect(reports[0]?.message).toContain("main");
});

test("background tasks that wait for ever are no deadlock while main can go on", async () => {
  const { outcome, reports } = await reporting(function* () {
    createTask(new Event().wait());
    yield* sleep("1h");
    return "value";
  });
  expect(outcome).toEqual({ status: "fulfilled", value: "value" });
  expect(reports).toEqual([]);
});

test("a cleanup that waits for ever while a deadlock is unwound does not keep run from rejecting", async () => {
  const { outcome } = await reporting(function* () {
    try {
      yield* new Event().wait();
    } finally {
      yield* new Event().wait();
    }
  });
  expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(DeadlockError) });
});

test("an error of the cleanup that a deadlock starts is reported or thrown with it, not lost", async () => {
  const error = new Error("cleanup failed");
  const { outcome, reports } = await reporting(function* () {
    try {
      yield* new Event().wait();
    } finally {
      throw error;
    }
  });
  expect(outcome.status).toBe("rejected");
  const { reason } = outcome as PromiseRejectedResult;
  const told = [
    reason,
    (reason as Error).cause,
    ...((reason as AggregateError).errors ?? []),
    ...reports.map((report) => report.error),
  ];
  expect(told).toContain(error);
});

test("a task that awaits itself is an InvalidStateError, not a deadlock", async () => {
  const { outcome } = await reporting(function* () {
    yield* currentTask();
  });
  expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(InvalidStateError) });
});

test("a main that waits for an async function that waits for the loop in vain is a deadlock, in virtual time at once", async () => {
  const error = await deadlockOf(function* () {
    const future = getRunningLoop().createFuture<never>();
    yield* fromPromise((async () => await future)());
  });
  expect(error.tasks.map((task) => task.name)).toEqual(["main"]);
});

test("it is not a deadlock while the signal could still cancel", async () => {
  const controller = new AbortController();
  const order: string[] = [];
  setTimeout(() => {
    order.push("abort");
    controller.abort("closing time");
  }, 50);
  const { outcome, reports } = await reporting(
    function* () {
      try {
        yield* getRunningLoop().createFuture<never>();
      } finally {
        order.push("clean");
      }
    },
    { signal: controller.signal },
  );
  expect(outcome).toMatchObject({ reason: { name: "CancelledError", reason: "closing time" } });
  expect(order).toEqual(["abort", "clean"]);
  expect(reports).toEqual([]);
});

test("a runner notices a deadlock, and can be closed after it", async () => {
  const runner = new Runner({ clock: virtualClock(), onReport: () => undefined });
  await expect(
    runner.run(function* () {
      yield* getRunningLoop().createFuture<never>();
    }),
  ).rejects.toThrow(DeadlockError);
  await runner.close();
  expect(runner.loop.closed).toBe(true);
});

test(
  "on Node a main that waits for nothing that can come ends the process with the deadlock report",
  REAL,
  async () => {
    const { code, stdout, stderr } = await runProgram(`
    import { coroutine, createTask, Event, run, sleep } from "brigade";
    const waitForWaiter = coroutine(function* waitForWaiter(event) {
      try { yield* event.wait(); } finally { yield* sleep(5); console.log("clean"); }
    });
    await run(function* main() {
      yield* sleep(5);
      yield* createTask(waitForWaiter(new Event()), { name: "table-7" });
    });
    console.log("never");
  `);
    expect(code).toBe(1);
    expect(stdout).toBe("clean\n");
    for (const words of ["DeadlockError", "table-7", "waitForWaiter", "Event.wait"]) expect(stderr).toContain(words);
  },
);

test("on Node a promise that nobody settles is a deadlock when the process has nothing left to do", REAL, async () => {
  const { code, stderr } = await runProgram(`
    import { fromPromise, run } from "brigade";
    await run(function* () { yield* fromPromise(new Promise(() => {})); });
  `);
  expect(code).toBe(1);
  expect(stderr).toContain("DeadlockError");
});

test("on Node a deadlocked run that the program catches ends the process well", REAL, async () => {
  const { code, stdout } = await runProgram(`
    import { Event, run } from "brigade";
    const report = [];
    await run(function* () { yield* new Event().wait(); }, { onReport: ({ kind }) => report.push(kind) })
      .catch((error) => console.log(error.name, report.join()));
    console.log("goes on");
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "DeadlockError deadlock\ngoes on\n" });
});

test("on Node every run in progress that can't go on rejects", REAL, async () => {
  const { code, stdout } = await runProgram(`
    import { Event, run } from "brigade";
    const stuck = () => run(function* () { yield* new Event().wait(); }, { onReport() {} });
    const endings = await Promise.allSettled([stuck(), stuck(), stuck()]);
    console.log(endings.map((ending) => ending.reason.name).join());
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "DeadlockError,DeadlockError,DeadlockError\n" });
});

test(
  "on Node a main that waits while the host has work of its own is left alone until the host is done",
  REAL,
  async () => {
    const { code, stdout } = await runProgram(`
    import { getRunningLoop, run } from "brigade";
    await run(function* () {
      const future = getRunningLoop().createFuture();
      setTimeout(() => future.setResult("from the host"), 200);
      console.log(yield* future);
    });
  `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "from the host\n" });
  },
);

test("with handleSignals a wait without end is no deadlock: a signal can still cancel", REAL, async () => {
  const program = startProgram(`
    import { Event, run } from "brigade";
    import { virtualClock } from "brigade/testing";
    // Keeps the process alive, so that only the loop's own judgement is tested.
    const alive = setInterval(() => {}, 1_000);
    run(function* () {
      try { console.log("waiting"); yield* new Event().wait(); } finally { console.log("clean"); }
    }, { handleSignals: true, clock: virtualClock() }).catch((error) => console.log(error.name)).finally(() => clearInterval(alive));
  `);
  await program.printed("waiting");
  await new Promise((resolve) => setTimeout(resolve, 300));
  program.process.kill("SIGINT");
  const { stdout, stderr } = await program.ended;
  expect({ stdout, stderr }).toEqual({ stdout: "waiting\nclean\nCancelledError\n", stderr: "" });
});

test("beforeExit has no listener left when run has ended, however it ended", REAL, async () => {
  const { stdout } = await runProgram(`
    import { Event, run, sleep } from "brigade";
    const before = process.eventNames().join();
    await run(sleep(1));
    await run(function* () { throw new Error("fails"); }).catch(() => {});
    await run(function* () { yield* new Event().wait(); }, { onReport() {} }).catch(() => {});
    console.log(process.listenerCount("beforeExit"), process.eventNames().join() === before);
  `);
  expect(stdout).toBe("0 true\n");
});

test("run is usable after a deadlock", async () => {
  await deadlockOf(function* () {
    yield* new Event().wait();
  });
  expect(await run(sleep(1, "value"))).toBe("value");
});
