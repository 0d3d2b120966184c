/** `explore`: what counts as a failure, which orders are tried, and that a seed decides them. */
import {
  type AwaitableLike,
  CancelledError,
  coroutine,
  createTask,
  currentTask,
  fromPromise,
  gather,
  getRunningLoop,
  Queue,
  run,
  sleep,
  timeout,
} from "brigade";
import { ExplorationError, type ExploreOptions, explore, virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

async function failureOf(program: () => AwaitableLike<unknown>, options?: ExploreOptions): Promise<ExplorationError> {
  const error: unknown = await explore(program, options).catch((caught) => caught);
  expect(error).toBeInstanceOf(ExplorationError);
  return error as ExplorationError;
}

/** What the program gives in each schedule, in the order in which they are tried. */
async function triedBy(program: () => AwaitableLike<string>, options: ExploreOptions): Promise<string[]> {
  const tried: string[] = [];
  const noting = coroutine(function* main() {
    tried.push(yield* program() as Generator<never, string, unknown>);
  });
  await explore(noting, options);
  return tried;
}

/** The order in which four tasks go on. */
const order = coroutine(function* order() {
  let names = "";
  yield* gather(
    ["a", "b", "c", "d"].map(function* (name) {
      yield* sleep(1);
      names += name;
      yield* sleep(0);
      names += name;
    }),
  );
  return names;
});

test("the plain order comes first, and is the order of run", async () => {
  for (const strategy of ["random", "pct", "exhaustive"] as const) {
    const tried = await triedBy(order, { strategy, schedules: 3 });
    expect(tried[0]).toBe(await run(order, { clock: virtualClock() }));
    expect(new Set(tried).size).toBeGreaterThan(1);
  }
});

test("the same seed tries the same schedules, and another seed others", async () => {
  for (const strategy of ["random", "pct"] as const) {
    const first = await triedBy(order, { strategy, schedules: 50, seed: 7 });
    expect(await triedBy(order, { strategy, schedules: 50, seed: 7 })).toEqual(first);
    expect(await triedBy(order, { strategy, schedules: 50, seed: 8 })).not.toEqual(first);
  }
});

test("random and pct reach every order of a small program", async () => {
  const small = coroutine(function* small() {
    let names = "";
    yield* gather(
      ["a", "b", "c"].map(function* (name) {
        yield* sleep(1);
        names += name;
      }),
    );
    return names;
  });
  for (const strategy of ["random", "pct"] as const) {
    expect(new Set(await triedBy(small, { strategy, schedules: 200 })).size).toBe(6);
  }
});

test("pct finds an order of few points among many steps, where a random walk does not", async () => {
  // The first step of the last task has to come after all forty steps of the other: 1 in 2 for priorities.
  const program = coroutine(function* main() {
    let steps = 0;
    const many = function* () {
      for (; steps < 40; steps++) yield* sleep(0);
    };
    const one = function* () {
      yield* sleep(0);
      if (steps >= 15) throw new Error("late");
    };
    yield* gather([many(), one()]);
  });
  expect((await failureOf(program, { strategy: "pct", schedules: 100 })).schedules).toBeLessThan(20);
  expect(await explore(program, { strategy: "random", schedules: 100 })).toMatchObject({ schedules: 100 });
});

test("a main that throws fails, whatever it throws, and the error is the cause", async () => {
  const thrown = new RangeError("no");
  const error = await failureOf(
    coroutine(function* main() {
      yield* sleep(1);
      throw thrown;
    }),
  );
  expect(error.cause).toBe(thrown);
  expect(error.message).toMatch(/^RangeError: no\n/);
  expect((await failureOf(() => Promise.reject(new Error("of a promise")))).message).toContain("of a promise");
  expect((await failureOf(() => sleep(-1))).message).toContain("RangeError");
});

test("a main that ends cancelled fails when nobody injected that", async () => {
  const program = coroutine(function* main() {
    currentTask().cancel();
    yield* sleep(1);
  });
  expect((await failureOf(program)).cause).toBeInstanceOf(CancelledError);
});

test("a deadlock fails, and says who waits for what", async () => {
  const error = await failureOf(() => new Queue().get());
  expect(error.message).toContain('task "main" waits for Queue.get');
  expect(error.timeline).toContain("reports deadlock");
});

test("whatever is reported fails", async () => {
  const save = coroutine(function* save() {
    yield* sleep(1);
  });
  const programs: Record<string, () => AwaitableLike<unknown>> = {
    'never-awaited: coroutine "save" was never awaited': coroutine(function* main() {
      save();
      yield* sleep(1);
    }),
    'unretrieved-error: task "Task-1" failed and nobody looked at its error: Error: lost': coroutine(function* main() {
      createTask(
        (function* () {
          yield* sleep(1);
          throw new Error("lost");
        })(),
      );
      yield* sleep(2);
    }),
    "callback-error: a callback threw: Error: thrown back": coroutine(function* main() {
      getRunningLoop().callSoon(() => {
        throw new Error("thrown back");
      });
      yield* sleep(1);
    }),
  };
  for (const [report, program] of Object.entries(programs)) {
    expect((await failureOf(program)).message).toContain(`reported as ${report}`);
  }
});

test("a program that goes round in circles fails after maxSteps", async () => {
  const program = coroutine(function* main() {
    for (;;) yield* sleep(0);
  });
  const error = await failureOf(program, { maxSteps: 300 });
  expect(error.message).toContain("more than 300 steps");
  expect(error.timeline).toContain("more …");
  expect(error.timeline.split("\n").length).toBeLessThan(130);
  await expect(error.replay()).rejects.toThrow("more than 300 steps");
});

test("a task that spins until another has done its work does not keep it from that", async () => {
  const program = coroutine(function* main() {
    let done = false;
    const spinning = function* () {
      while (!done) yield* sleep(0);
    };
    const working = function* () {
      yield* sleep(0);
      yield* sleep(0);
      done = true;
    };
    yield* gather([spinning(), working()]);
  });
  for (const strategy of ["random", "pct", "exhaustive"] as const) {
    expect((await explore(program, { strategy, schedules: 2_000, maxSteps: 200 })).schedules).toBeGreaterThan(100);
  }
});

test("a timeout and the sleep in it that are due together come in both orders", async () => {
  const program = coroutine(function* main() {
    const guarded = function* () {
      try {
        yield* timeout(5, sleep(5));
        return "in time";
      } catch {
        return "too late";
      }
    };
    return (yield* gather([guarded()]))[0];
  });
  const tried = await triedBy(program, { strategy: "exhaustive" });
  expect(new Set(tried)).toEqual(new Set(["too late", "in time"]));
});

test("promises that have settled together come in every order", async () => {
  const program = coroutine(function* main() {
    let names = "";
    const load = function* (name: string) {
      yield* fromPromise(Promise.resolve());
      names += name;
    };
    yield* gather([load("a"), load("b"), load("c")]);
    return names;
  });
  const tried = await triedBy(program, { strategy: "exhaustive" });
  expect(new Set(tried).size).toBe(6);
  expect(tried[0]).toBe("abc");
});

test("the host has its turn while schedules are tried", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await explore(order, { schedules: 3_000 });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
});

test("a program that is not the same each time can't be explored exhaustively", async () => {
  let runs = 0;
  const program = () => gather([sleep(1), ...(++runs % 2 ? [sleep(1)] : [])]);
  await expect(explore(program, { strategy: "exhaustive" })).rejects.toThrow("not the same each time");
});

test("a failure that does not come again is told, and said to be unstable", async () => {
  let runs = 0;
  const program = coroutine(function* main() {
    yield* sleep(1);
    if (++runs === 3) throw new Error("once");
  });
  const error = await failureOf(program);
  expect(error.message).toContain("Error: once");
  expect(error.message).toContain("something beside the schedule");
  expect(error.schedules).toBe(3);
});

test("options out of range, and what is no function, are refused", async () => {
  const program = () => sleep(1);
  await expect(explore(program, { schedules: 0 })).rejects.toThrow("explore: schedules is 0");
  await expect(explore(program, { maxSteps: 1.5 })).rejects.toThrow(RangeError);
  await expect(explore(program, { changePoints: -1 })).rejects.toThrow(RangeError);
  await expect(explore(program, { seed: Number.NaN })).rejects.toThrow("explore: seed is NaN");
  await expect(explore(program, { strategy: "best" as "random" })).rejects.toThrow('strategy is "best"');
  await expect(explore(sleep(1) as never)).rejects.toThrow(TypeError);
});

test("inside a coroutine it says what to do", async () => {
  const inside = run(function* () {
    yield* fromPromise(explore(() => sleep(1), { schedules: 1 }));
  });
  await expect(inside).rejects.toThrow("a coroutine runs here already");
});
