/** Mistakes: the class of the error says what kind of mistake it was, its words say which. */
import {
  allTasks,
  Barrier,
  BoundedSemaphore,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  currentSignal,
  currentTask,
  fromPromise,
  type Future,
  gather,
  getRunningLoop,
  InvalidStateError,
  Lock,
  moveOnAfter,
  race,
  Runner,
  run,
  Semaphore,
  shield,
  sleep,
  type TaskGroup,
  taskGroup,
  timeout,
  timeoutAt,
  toPromise,
  wait,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

/** What the body throws, be it where something is made or where it is awaited. */
const thrownBy = (body: () => unknown): Promise<unknown> =>
  virtually(function* () {
    try {
      const made = body() as ReturnType<typeof sleep>;
      if (typeof made === "object" && made !== null && Symbol.iterator in made) yield* made;
      return "nothing was thrown";
    } catch (error) {
      return error;
    }
  });

/** A value of a kind that types forbid in this place. */
const wrong = (value: unknown): never => value as never;

for (const value of [123, "text", null, undefined, {}, true])
  test(`what is not awaitable throws TypeError: ${JSON.stringify(value)}`, async () => {
    const uses: Record<string, () => unknown> = {
      createTask: () => createTask(wrong(value)),
      "loop.createTask": () => getRunningLoop().createTask(wrong(value)),
      "gather of one": () => gather([wrong(value)]),
      race: () => race([wrong(value)]),
      timeout: () => timeout(5, wrong(value)),
      timeoutAt: () => timeoutAt(5, wrong(value)),
      moveOnAfter: () => moveOnAfter(5, wrong(value)),
      shield: () => shield(wrong(value)),
      fromPromise: () => fromPromise(wrong(value)),
      taskGroup: () => taskGroup(wrong(value)),
      "group.createTask": () =>
        taskGroup(function* (group) {
          let caught: unknown;
          try {
            group.createTask(wrong(value));
          } catch (error) {
            caught = error;
          }
          yield* sleep(0);
          throw (caught as Error | undefined) ?? new Error("nothing was thrown");
        }),
    };
    for (const [name, use] of Object.entries(uses)) {
      let error = await thrownBy(use);
      if (error instanceof AggregateError) error = error.errors[0];
      expect(error, name).toBeInstanceOf(TypeError);
    }
    await expect((async () => run(wrong(value), { clock: virtualClock() }))()).rejects.toThrow(TypeError);
    await virtually(function* () {
      const promise = (async () => toPromise(wrong(value)))();
      const caught = yield* outcomeOf(createTask(promise));
      expect(caught).toMatchObject({ error: expect.any(TypeError) });
    });
  });

test("gather of something that is not many throws TypeError", async () => {
  for (const value of [5, undefined, null])
    expect(await thrownBy(() => gather(wrong(value)))).toBeInstanceOf(TypeError);
});

test("what is out of range throws RangeError", async () => {
  const uses: Record<string, () => unknown> = {
    "new Semaphore(-1)": () => new Semaphore(-1),
    "new BoundedSemaphore(-1)": () => new BoundedSemaphore(-1),
    "new Barrier(0)": () => new Barrier(0),
    "wait([])": () => wait([]),
    "race([])": () => race([]),
    "limit: 0": () => gather([sleep(1)], { limit: 0 }),
    "limit: -1": () => gather([sleep(1)], { limit: -1 }),
    "limit: NaN": () => gather([sleep(1)], { limit: Number.NaN }),
    "sleep(-1)": () => sleep(-1),
    "timeout(-1)": () => timeout(-1, sleep(1)),
  };
  for (const [name, use] of Object.entries(uses)) expect(await thrownBy(use), name).toBeInstanceOf(RangeError);
});

test("what can't be right at this moment throws InvalidStateError", async () => {
  const uses: Record<string, () => unknown> = {
    "release of a lock that is not held": () => new Lock().release(),
    "release above the bound": () => new BoundedSemaphore(1).release(),
  };
  for (const [name, use] of Object.entries(uses)) expect(await thrownBy(use), name).toBeInstanceOf(InvalidStateError);
});

test("awaiting a future of another loop throws InvalidStateError that says so", async () => {
  const runner = new Runner({ clock: virtualClock() });
  const foreign = runner.loop.createFuture<number>();
  for (const use of [
    (): unknown => foreign,
    () => createTask(foreign),
    () => gather([foreign]),
    () => timeout(5, foreign),
  ]) {
    const error = await thrownBy(use);
    expect(error).toBeInstanceOf(InvalidStateError);
    expect((error as Error).message).toMatch(/loop/);
  }
  await runner.close();
});

test("awaiting a task of another loop throws InvalidStateError, and leaves that task alone", async () => {
  let handOver: (task: Future<string>) => void = () => undefined;
  const foreign = new Promise<{ task: Future<string> }>((resolve) => {
    handOver = (task) => resolve({ task });
  });
  const other = run(function* () {
    const task = createTask(sleep(50, "undisturbed"));
    handOver(task);
    return yield* task;
  });
  const { task } = await foreign;
  expect(await thrownBy(() => task)).toBeInstanceOf(InvalidStateError);
  expect(await other).toBe("undisturbed");
});

test("a task that awaits itself is told so", async () => {
  await virtually(function* () {
    const narcissus: () => Coroutine<unknown> = coroutine(function* narcissusFrame(): CoroutineBody<unknown> {
      return yield* currentTask();
    });
    const task = createTask(narcissus());
    const outcome = yield* outcomeOf(task);
    expect(outcome).toMatchObject({ error: expect.any(InvalidStateError) });
    expect(task.exception()?.message).toMatch(/itself/);
  });
});

test("what needs a running loop throws InvalidStateError without one, and says what is missing", () => {
  const work = coroutine(function* work() {
    yield* sleep(1);
  });
  const one = work();
  one.close();
  const uses: Record<string, () => unknown> = {
    getRunningLoop,
    currentTask,
    allTasks,
    currentSignal,
    createTask: () => createTask(sleep(1)),
    toPromise: () => toPromise(sleep(1)),
  };
  for (const [name, use] of Object.entries(uses)) {
    let caught: unknown;
    try {
      use();
    } catch (error) {
      caught = error;
    }
    expect(caught, name).toBeInstanceOf(InvalidStateError);
    expect((caught as Error).message, name).toMatch(/loop|task/);
  }
});

test("yield* outside a coroutine throws InvalidStateError instead of giving something half done", () => {
  const work = coroutine(function* work() {
    yield* sleep(1);
  });
  expect(() => [...(work() as Iterable<unknown>)]).toThrow(InvalidStateError);
  expect(() => [...(sleep(1) as Iterable<unknown>)]).toThrow(InvalidStateError);
});

test("run inside a coroutine throws InvalidStateError that says so, and the coroutine goes on", async () => {
  const inner = coroutine(function* inner() {
    yield* sleep(1);
  });
  await virtually(function* () {
    const one = inner();
    expect(() => run(one)).toThrow(InvalidStateError);
    expect(() => run(inner)).toThrow(/run/);
    yield* sleep(1);
    expect(() => run(inner)).toThrow(InvalidStateError);
    one.close();
    expect(getRunningLoop().running).toBe(true);
  });
});

test("a runner that was closed throws InvalidStateError that says so", async () => {
  const runner = new Runner({ clock: virtualClock() });
  await runner.run(sleep(1));
  await runner.close();
  const failure = (async () => runner.run(sleep(1)))();
  await expect(failure).rejects.toThrow(InvalidStateError);
  await expect(failure).rejects.toThrow(/closed/);
});

test("a group that has ended throws InvalidStateError that says so", async () => {
  await virtually(function* () {
    let kept: TaskGroup | undefined;
    yield* taskGroup(function* (group) {
      kept = group;
      yield* sleep(1);
    });
    expect(() => kept?.createTask(sleep(1))).toThrow(InvalidStateError);
    expect(() => kept?.createTask(sleep(1))).toThrow(/group/i);
  });
});

test("a message says what happened and to what: the error class has its own name", async () => {
  const error = await thrownBy(() => wait([]));
  expect((error as Error).message.length).toBeGreaterThan(10);
  expect(new InvalidStateError("x").name).toBe("InvalidStateError");
});
