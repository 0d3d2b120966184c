/** Coroutine functions, coroutines, and the bare generators that go where they go. */
import {
  type Awaitable,
  type Coroutine,
  coroutine,
  createTask,
  currentTask,
  fromPromise,
  gather,
  getRunningLoop,
  InvalidStateError,
  moveOnAfter,
  race,
  run,
  shield,
  sleep,
  taskGroup,
  timeout,
  toPromise,
} from "brigade";
import { expect, test } from "vitest";
import { reporting, virtually } from "../virtually.ts";

test("calling a coroutine function runs nothing", async () => {
  const ran: string[] = [];
  const work = coroutine(function* work() {
    ran.push("work");
  });
  await virtually(function* () {
    const one = work();
    yield* sleep(5);
    expect(ran).toEqual([]);
    yield* one;
    expect(ran).toEqual(["work"]);
  });
});

test("a coroutine function hands on its arguments and its this, and gives what its body returns", async () => {
  class Client {
    readonly base = "/api/";
    get = coroutine(function* get(this: Client, path: string, ...rest: number[]) {
      yield* sleep(1);
      return { url: this.base + path, rest };
    });
  }
  const result = await virtually(function* () {
    return yield* new Client().get("orders", 1, 2);
  });
  expect(result).toEqual({ url: "/api/orders", rest: [1, 2] });
});

test("a coroutine has the name of its function", () => {
  const fetchOrder = coroutine(function* fetchOrder() {
    yield* sleep(1);
  });
  const one = fetchOrder();
  expect(one.name).toBe("fetchOrder");
  one.close();
});

test("a coroutine runs when it is awaited, given to createTask, gather, race, a scope, toPromise or run", async () => {
  const ran: string[] = [];
  const work = coroutine(function* work(how: string) {
    yield* sleep(1);
    ran.push(how);
  });
  await virtually(function* () {
    yield* work("awaited");
    yield* createTask(work("createTask"));
    yield* gather([work("gather")]);
    yield* race([work("race")]);
    yield* timeout(10, work("timeout"));
    yield* moveOnAfter(10, work("moveOnAfter"));
    yield* shield(work("shield"));
    yield* taskGroup((group) => group.createTask(work("group.createTask")));
    yield* fromPromise(toPromise(work("toPromise")));
  });
  await virtually(work("run"));
  expect(ran).toEqual([
    "awaited",
    "createTask",
    "gather",
    "race",
    "timeout",
    "moveOnAfter",
    "shield",
    "group.createTask",
    "toPromise",
    "run",
  ]);
});

test("awaiting a coroutine a second time throws InvalidStateError that names it", async () => {
  let runs = 0;
  const bakeCake = coroutine(function* bakeCake() {
    runs++;
    yield* sleep(1);
  });
  await virtually(function* () {
    const cake = bakeCake();
    yield* cake;
    let caught: unknown;
    try {
      yield* cake;
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InvalidStateError);
    expect((caught as Error).message).toContain("bakeCake");
  });
  expect(runs).toBe(1);
});

test("it is the second use that throws, whatever the first and the second are", async () => {
  const work = coroutine(function* work() {
    yield* sleep(1);
    return "done";
  });
  type Use = (one: Coroutine<string>) => Awaitable<unknown>;
  const uses: Record<string, Use> = {
    await: (one) => one,
    createTask: (one) => createTask(one),
    gather: (one) => gather([one]),
    timeout: (one) => timeout(10, one),
    shield: (one) => shield(one),
    toPromise: (one) => fromPromise(toPromise(one)),
  };
  for (const [first, useFirst] of Object.entries(uses))
    for (const [second, useSecond] of Object.entries(uses)) {
      await virtually(function* () {
        const one = work();
        yield* useFirst(one);
        let caught: unknown;
        try {
          yield* useSecond(one);
        } catch (error) {
          caught = error;
        }
        expect(caught, `${first}, then ${second}`).toBeInstanceOf(InvalidStateError);
        expect((caught as Error).message, `${first}, then ${second}`).toContain("work");
      });
    }
});

test("awaiting a coroutine that is still running throws too", async () => {
  const work = coroutine(function* work() {
    yield* sleep(10);
    return "done";
  });
  await virtually(function* () {
    const one = work();
    const task = createTask(one);
    yield* sleep(1);
    for (const use of [() => one, () => createTask(one), () => timeout(100, one), () => gather([one])]) {
      let caught: unknown;
      try {
        yield* use() as Awaitable<unknown>;
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(InvalidStateError);
    }
    expect(yield* task).toBe("done");
  });
});

test("running a coroutine a second time throws", async () => {
  const work = coroutine(function* work() {
    return 1;
  });
  const one = work();
  expect(await virtually(one)).toBe(1);
  await expect((async () => run(one))()).rejects.toThrow(InvalidStateError);
});

test("a coroutine that was called runs in the same task, at once, with no pass through the loop", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const self = currentTask();
    const inner = coroutine(function* inner() {
      expect(currentTask()).toBe(self);
      order.push("inner");
      return 1;
    });
    const outer = coroutine(function* outer() {
      const value = yield* inner();
      order.push("outer");
      return value;
    });
    getRunningLoop().callSoon(() => void order.push("loop"));
    for (let i = 0; i < 1_000; i++) yield* outer();
    expect(order).toHaveLength(2_000);
    expect(order).not.toContain("loop");
    yield* sleep(0);
    expect(order.at(-1)).toBe("loop");
  });
});

test("the frames of a call share the task after a suspension, too", async () => {
  await virtually(function* () {
    const self = currentTask();
    const body = coroutine(function* body(depth: number) {
      yield* sleep(1);
      expect(currentTask()).toBe(self);
      return depth;
    });
    const nest = coroutine(function* nest(depth: number) {
      return yield* body(depth);
    });
    expect(yield* nest(3)).toBe(3);
  });
});

test("an error passes to the caller as it was thrown, and a try around the call catches it", async () => {
  const thrown = { not: "an Error" };
  for (const suspends of [false, true]) {
    const failing = coroutine(function* failing() {
      if (suspends) yield* sleep(1);
      throw thrown;
    });
    const between = coroutine(function* between() {
      try {
        yield* failing();
      } finally {
        if (suspends) yield* sleep(1);
      }
    });
    const caught = await virtually(function* () {
      try {
        yield* between();
        return "nothing";
      } catch (error) {
        yield* sleep(1);
        return error;
      }
    });
    expect(caught).toBe(thrown);
  }
});

test("a plain yield, which types forbid, throws and says what is missing", async () => {
  const wrong = function* () {
    yield 5;
  } as unknown as () => Generator<never, void, unknown>;
  for (const main of [wrong, wrong(), coroutine(wrong)()]) {
    const { outcome } = await reporting(main);
    expect(outcome.status).toBe("rejected");
    if (outcome.status === "fulfilled") continue;
    expect(outcome.reason).toBeInstanceOf(TypeError);
    expect((outcome.reason as Error).message).toContain("yield*");
  }
});

test("a coroutine that was closed was never run, and is not reported", async () => {
  let ran = false;
  const work = coroutine(function* work() {
    ran = true;
  });
  await virtually(function* () {
    const one = work();
    one.close();
    one.close();
    yield* sleep(1);
  });
  expect(ran).toBe(false);
});

test("coroutine takes a generator function, and nothing else", () => {
  // @ts-expect-error a body is a generator function
  expect(() => coroutine(5)).toThrow(TypeError);
});
