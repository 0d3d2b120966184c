/** ContextVar and copyContext: values that belong to the task or callback that runs, as in Python's contextvars (PEP 567). */
import {
  type Awaitable,
  asCompleted,
  ContextVar,
  copyContext,
  coroutine,
  createTask,
  Event,
  forEach,
  fromPromise,
  gather,
  getRunningLoop,
  InvalidStateError,
  mapStream,
  Queue,
  race,
  run,
  sleep,
  stream,
  taskGroup,
  timeout,
  toPromise,
  use,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { virtually } from "../virtually.ts";

const user = new ContextVar<string>("user", { default: "nobody" });

const seen = coroutine(function* seen() {
  return user.get();
});
const seenLater = coroutine(function* seenLater() {
  yield* sleep(1);
  return user.get();
});
const setsAndSees = coroutine(function* setsAndSees(name: string) {
  yield* sleep(1);
  user.set(name);
  yield* sleep(1);
  return user.get();
});

test("a variable has its default where nothing is set, also if that is undefined, and its name", () => {
  expect(user.get()).toBe("nobody");
  expect(user.name).toBe("user");
  expect(new ContextVar<string | undefined>("maybe", { default: undefined }).get()).toBe(undefined);
});

test("a variable without default throws InvalidStateError with its name where it is not set", async () => {
  const order = new ContextVar<number>("order");
  expect(() => order.get()).toThrow(InvalidStateError);
  expect(() => order.get()).toThrow("order");
  await virtually(function* () {
    order.set(7);
    expect(order.get()).toBe(7);
  });
  expect(() => order.get()).toThrow(InvalidStateError);
});

test("a value that is set lasts for the rest of the task, across its awaits and in what it awaits", async () => {
  await virtually(function* () {
    user.set("Ada");
    yield* sleep(1);
    expect(user.get()).toBe("Ada");
    expect(yield* seen()).toBe("Ada");
    expect(yield* timeout(10, seenLater())).toBe("Ada");
    yield* setsAndSees("Grace"); // a coroutine is no task: it sets for its caller
    expect(user.get()).toBe("Grace");
  });
});

test("a task begins with the values of the code that created it, as they were then", async () => {
  await virtually(function* () {
    user.set("before");
    const task = createTask(seenLater());
    user.set("after");
    expect(yield* task).toBe("before");
    expect(user.get()).toBe("after");
  });
});

test("what a task sets is seen by nobody else: not by its creator, and not by other tasks", async () => {
  await virtually(function* () {
    const names = ["Ada", "Grace", "Edsger"];
    expect(yield* gather(names.map((name) => setsAndSees(name)))).toEqual(names);
    expect(yield* createTask(setsAndSees("eager"), { eager: true })).toBe("eager");
    expect(user.get()).toBe("nobody");
  });
});

test("every way to start children hands on the values of the code that starts them", async () => {
  await virtually(function* () {
    user.set("Ada");
    const ways: Record<string, Awaitable<unknown>> = {
      createTask: createTask(seenLater()),
      "loop.createTask": getRunningLoop().createTask(seenLater()),
      gather: gather([seenLater()]),
      "gather, ending in its first step": gather([seen()]),
      "gather with limit": gather([seen(), seenLater()], { limit: 1 }),
      race: race([seenLater()]),
      taskGroup: taskGroup((group) => group.createTask(seenLater())),
      toPromise: fromPromise(toPromise(seenLater())),
      mapStream: mapStream([1], () => seenLater(), { limit: 1 }).next(),
    };
    for (const [way, awaitable] of Object.entries(ways)) {
      const result = yield* awaitable;
      expect(JSON.stringify(result), way).toContain("Ada");
    }
    const bodies: string[] = [];
    yield* forEach(
      [1, 2],
      function* () {
        bodies.push(yield* seenLater());
      },
      { limit: 2 },
    );
    yield* forEach(asCompleted([seenLater()]), function* (task) {
      bodies.push(yield* task);
    });
    expect(bodies).toEqual(["Ada", "Ada", "Ada"]);
  });
});

test("run and its caller share nothing, and two runs neither", async () => {
  const nested = copyContext();
  await nested.run(() => {
    user.set("caller");
    return run(
      function* () {
        expect(user.get()).toBe("caller");
        user.set("main");
        yield* sleep(1);
      },
      { clock: virtualClock() },
    );
  });
  expect(nested.run(() => user.get())).toBe("caller");
  const names = await Promise.all(["a", "b"].map((name) => run(setsAndSees(name), { clock: virtualClock() })));
  expect(names).toEqual(["a", "b"]);
  expect(user.get()).toBe("nobody");
});

test("reset gives back the value before, or that there was none, and throws when it comes twice", async () => {
  const order = new ContextVar<number>("order");
  await virtually(function* () {
    const first = order.set(1);
    const second = order.set(2);
    yield* sleep(1);
    second.reset();
    expect(order.get()).toBe(1);
    first.reset();
    expect(() => order.get()).toThrow(InvalidStateError);
    expect(() => first.reset()).toThrow(InvalidStateError);
  });
});

test("a finally that resets runs with the task's values when the task is cancelled", async () => {
  await virtually(function* () {
    const after: string[] = [];
    const acting = coroutine(function* acting() {
      const set = user.set("admin");
      try {
        yield* sleep(100);
      } finally {
        after.push(user.get());
        yield* sleep(1);
        set.reset();
        after.push(user.get());
      }
    });
    user.set("Ada");
    const task = createTask(acting());
    yield* sleep(1);
    task.cancel();
    yield* sleep(5);
    expect(after).toEqual(["admin", "Ada"]);
  });
});

test("callSoon's and timers' callbacks see the values of the code that scheduled them, and change only their own", async () => {
  await virtually(function* () {
    const loop = getRunningLoop();
    const told: string[] = [];
    const tell = (kind: string) => (): void => {
      told.push(`${kind} ${user.get()}`);
      user.set("callback");
    };
    user.set("Ada");
    loop.callSoon(tell("soon"));
    loop.callLater(1, tell("later"));
    loop.callAt(loop.time() + 2, tell("at"));
    user.set("Grace");
    yield* sleep(5);
    expect(told).toEqual(["soon Ada", "later Ada", "at Ada"]);
    expect(user.get()).toBe("Grace");
  });
});

test("done callbacks see the values of the code that registered them, and change only their own", async () => {
  const account = new ContextVar<string>("account", { default: "none" });
  await virtually(function* () {
    const told: string[] = [];
    const tell = (): void => {
      told.push(account.get());
      account.set("callback");
    };
    const task = createTask(sleep(2));
    account.set("first");
    task.addDoneCallback(tell);
    account.set("second");
    yield* sleep(5);
    task.addDoneCallback(tell);
    account.set("third");
    yield* sleep(5);
    expect(told).toEqual(["first", "second"]);
    expect(account.get()).toBe("third");
  });
  expect(account.get()).toBe("none");
});

test("code that wakes a task does not lend it its values", async () => {
  await virtually(function* () {
    const event = new Event();
    const queue = new Queue<string>();
    const future = getRunningLoop().createFuture<string>();
    const waiting = (awaitable: Awaitable<unknown>): Awaitable<string> =>
      createTask(
        (function* () {
          yield* awaitable;
          return user.get();
        })(),
      );
    const sleepers = [waiting(event.wait()), waiting(queue.get()), waiting(future)];
    yield* sleep(1);
    user.set("waker");
    event.set();
    queue.putNowait("item");
    future.setResult("value");
    for (const sleeper of sleepers) expect(yield* sleeper).toBe("nobody");
  });
});

test("a stream's producer and a manager run in the values of whoever reads and uses them, as in asyncio", async () => {
  await virtually(function* () {
    const names = stream(function* names() {
      for (;;) {
        yield* sleep(1);
        yield user.get();
      }
    });
    const reading = names();
    for (const name of ["Ada", "Grace"]) {
      user.set(name);
      expect(yield* reading.next()).toEqual({ done: false, value: name });
    }
    yield* reading.close();
    let atEnd = "";
    const disposable = {
      [Symbol.dispose]() {
        atEnd = user.get();
      },
    };
    yield* use(disposable, () => setsAndSees("inside"));
    expect(atEnd).toBe("inside");
  });
});

test("copyContext is a copy: run in it sees the values from then, and keeps what it sets for the next run", async () => {
  await virtually(function* () {
    user.set("Ada");
    const context = copyContext();
    user.set("Grace");
    expect(
      context.run(() => {
        const before = user.get();
        user.set("in the copy");
        return before;
      }),
    ).toBe("Ada");
    expect(user.get()).toBe("Grace");
    expect(context.run(() => user.get())).toBe("in the copy");
    const error = new Error("thrown in it");
    expect(() =>
      context.run(() => {
        user.set("before the error");
        throw error;
      }),
    ).toThrow(error);
    expect(user.get()).toBe("Grace");
    expect(context.run(() => user.get())).toBe("before the error");
    yield* sleep(0);
    expect(user.get()).toBe("Grace");
  });
});

test("a context that code runs in already can't be entered, by run or inside a task of that context; afterwards it can", async () => {
  await virtually(function* () {
    const context = copyContext();
    const entered = (): void => expect(() => context.run(() => "entered")).toThrow(InvalidStateError);
    context.run(() => {
      user.set("outer");
      entered();
      expect(user.get()).toBe("outer");
    });
    const inTask = coroutine(function* inTask() {
      entered();
      yield* sleep(1);
      entered();
    });
    const task = createTask(inTask(), { context });
    yield* sleep(0);
    expect(context.run(() => user.get())).toBe("outer"); // while the task waits, nobody runs in it
    yield* task;
    expect(() =>
      context.run(() => {
        throw new Error("thrown in it");
      }),
    ).toThrow("thrown in it");
    expect(context.run(() => user.get())).toBe("outer");
  });
});

test("TaskOptions.context: tasks given one context share it, with each other and with its run", async () => {
  await virtually(function* () {
    const context = copyContext();
    context.run(() => user.set("shared"));
    const sets = createTask(setsAndSees("set by a task"), { context });
    const sees = createTask(seenLater(), { context });
    const eager = createTask(seen(), { context, eager: true });
    expect(eager.result()).toBe("shared");
    yield* sets;
    expect(yield* sees).toBe("set by a task");
    expect(context.run(() => user.get())).toBe("set by a task");
    expect(user.get()).toBe("nobody");
    const inGroup = yield* taskGroup((group) => group.createTask(seenLater(), { context }));
    expect(inGroup).toBe("set by a task");
  });
});

test("a debugged and a watched loop keep values as any other does", async () => {
  for (const options of [{ debug: true }, { observer: {} }, { asyncLocalStorage: "task" as const }]) {
    await virtually(function* () {
      user.set("main");
      expect(yield* gather([setsAndSees("a"), setsAndSees("b"), seenLater()])).toEqual(["a", "b", "main"]);
      expect(user.get()).toBe("main");
    }, options);
  }
});

test("ten thousand values of ten thousand tasks stay apart", async () => {
  await virtually(function* () {
    const names = Array.from({ length: 10_000 }, (_, index) => `user ${index}`);
    expect(yield* gather(names.map((name) => setsAndSees(name)))).toEqual(names);
  });
});
