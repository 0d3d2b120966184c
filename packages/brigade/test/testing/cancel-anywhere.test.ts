/** `cancelAnywhere`: every task is cancelled at every suspension, and only what is no answer to that fails. */
import {
  type AwaitableLike,
  CancelledError,
  coroutine,
  createTask,
  currentTask,
  fromPromise,
  gather,
  getRunningLoop,
  Lock,
  type SettableFuture,
  sleep,
  taskGroup,
} from "brigade";
import { ExplorationError, type ExploreOptions, explore } from "brigade/testing";
import { expect, test } from "vitest";

const cancelAnywhere: ExploreOptions = { cancelAnywhere: true, schedules: 500 };

async function failureOf(program: () => AwaitableLike<unknown>, options = cancelAnywhere): Promise<ExplorationError> {
  const error: unknown = await explore(program, options).catch((caught) => caught);
  expect(error).toBeInstanceOf(ExplorationError);
  return error as ExplorationError;
}

test("every task is cancelled before its first step and at each of its suspensions", async () => {
  for (const strategy of ["random", "pct", "exhaustive"] as const) {
    const seen = new Set<string>();
    const program = coroutine(function* main() {
      const work = coroutine(function* work(name: string) {
        let at = "start";
        try {
          yield* sleep(1);
          at = "middle";
          yield* sleep(1);
          at = "end";
        } finally {
          if (currentTask().unwinding) seen.add(`${name}:${at}`);
        }
      });
      let started = 0;
      const late = coroutine(function* late() {
        started++;
        yield* sleep(1);
      });
      try {
        yield* gather([work("a"), work("b"), late()]);
      } finally {
        if (currentTask().unwinding) seen.add("main");
        if (started === 0) seen.add("late never started");
      }
    });
    await explore(program, { cancelAnywhere: true, strategy, schedules: 5_000 });
    expect([...seen].toSorted()).toEqual(
      ["a:middle", "a:start", "b:middle", "b:start", "late never started", "main"].toSorted(),
    );
  }
});

test("a task that waits for a promise of the host is cancelled while it waits", async () => {
  for (const strategy of ["random", "exhaustive"] as const) {
    const endings = new Set<string>();
    const program = () =>
      fromPromise(async (signal) => {
        endings.add("called");
        await Promise.resolve();
        if (signal.aborted) endings.add("aborted");
        await Promise.resolve();
      });
    await explore(program, { cancelAnywhere: true, strategy, schedules: 50 });
    expect(endings).toEqual(new Set(["called", "aborted"]));
  }
});

test("a task that is cancelled before its first step is said never to start", async () => {
  const program = coroutine(function* main() {
    let started = false;
    const task = createTask(
      (function* () {
        started = true;
      })(),
      { name: "late" },
    );
    try {
      yield* task;
    } catch {}
    if (!started) throw new Error("not started");
  });
  const { timeline } = await failureOf(program);
  expect(timeline).toContain('explore  cancels "late"');
  expect(timeline).toContain("late     never starts; ends cancelled");
});

test("one task is cancelled in a schedule, not two", async () => {
  const program = coroutine(function* main() {
    let cancelled = 0;
    const tasks = ["a", "b", "c"].map(() => createTask(sleep(1)));
    for (const task of tasks) {
      try {
        yield* task;
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error;
        cancelled++;
      }
    }
    if (cancelled > 1) throw new Error(`${cancelled} were cancelled`);
  });
  expect(await explore(program, cancelAnywhere)).toMatchObject({ schedules: 500 });
});

test("to end cancelled is no failure, and neither is what was made and not reached", async () => {
  const step = coroutine(function* step() {
    yield* sleep(1);
  });
  const program = coroutine(function* main() {
    const second = step();
    yield* taskGroup(function* (group) {
      group.createTask(step());
      yield* sleep(1);
    });
    yield* second;
  });
  expect(await explore(program, { ...cancelAnywhere, leaks: true })).toMatchObject({ schedules: 500 });
});

test("a permit that a cancelled task keeps is found, and its fix passes", async () => {
  const holding = (released: boolean) => () => {
    const lock = new Lock();
    const work = coroutine(function* work() {
      const permit = yield* lock.acquire();
      try {
        yield* sleep(1);
      } finally {
        if (released) permit.release();
      }
      if (!released) permit.release(); // not reached by a cancellation
    });
    return gather([work(), work()], { returnExceptions: true });
  };
  const error = await failureOf(holding(false));
  expect(error.message).toContain("DeadlockError");
  expect(error.timeline).toMatch(/explore +cancels "Task-1"/);
  await expect(error.replay()).rejects.toMatchObject({ timeline: error.timeline });
  await explore(holding(true), { ...cancelAnywhere, leaks: true });
});

test("a wake-up that is lost with the cancelled task it went to is found", async () => {
  const program = () => {
    const waiters: SettableFuture<void>[] = [];
    let free = false;
    const acquire = coroutine(function* acquire() {
      if (free) {
        free = false;
        return;
      }
      const waiter = getRunningLoop().createFuture<void>();
      waiters.push(waiter);
      yield* waiter; // woken, and cancelled before it goes on: what it was given is gone
    });
    const release = (): void => {
      const waiter = waiters.find(({ done }) => !done);
      if (waiter) waiter.setResult();
      else free = true;
    };
    const work = coroutine(function* work() {
      yield* acquire();
      release();
    });
    return coroutine(function* main() {
      const tasks = [createTask(work()), createTask(work())];
      yield* sleep(1);
      release();
      for (const task of tasks) {
        try {
          yield* task;
        } catch (error) {
          if (!(error instanceof CancelledError)) throw error;
        }
      }
    })();
  };
  expect(await explore(program)).toMatchObject({ schedules: 1_000 });
  for (const strategy of ["random", "pct", "exhaustive"] as const) {
    expect((await failureOf(program, { ...cancelAnywhere, strategy })).message).toContain("DeadlockError");
  }
});

test("a cleanup that throws is found", async () => {
  const program = coroutine(function* main() {
    try {
      yield* sleep(1);
    } finally {
      if (currentTask().unwinding) throw new Error("the cleanup failed");
    }
  });
  const error = await failureOf(program);
  expect(error.message).toContain("the cleanup failed");
  expect(error.schedules).toBeLessThan(10);
});
