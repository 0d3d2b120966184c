/** contextManager: setup, one value, cleanup, written as a generator. */
import {
  contextManager,
  coroutine,
  createTask,
  currentTask,
  getRunningLoop,
  InvalidStateError,
  moveOnAfter,
  sleep,
  type Suspension,
  TimeoutError,
  timeout,
  use,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();
const refused = { error: expect.any(InvalidStateError) as InvalidStateError };

/** Opens, gives itself, closes; each takes ten milliseconds, and is said. */
const connection = contextManager(function* (seen: string[]) {
  yield* sleep(10);
  seen.push("open");
  try {
    yield "connection";
    seen.push("after the yield");
  } catch (error) {
    seen.push(`caught ${(error as Error).message}`);
    throw error;
  } finally {
    yield* sleep(10);
    seen.push("closed");
  }
});

test("setup, body with the value, cleanup: in this order, and the body's value comes out", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const value = yield* use(connection(seen), function* (given) {
      seen.push(`body has ${given}`);
      return yield* sleep(5, "value");
    });
    expect(value).toBe("value");
    expect(seen).toEqual(["open", "body has connection", "after the yield", "closed"]);
    expect(now() - start).toBe(25);
  });
});

test("nothing runs before it is used", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const manager = connection(seen);
    yield* sleep(50);
    expect(seen).toEqual([]);
    yield* use(manager, () => sleep(1));
    expect(seen).toEqual(["open", "after the yield", "closed"]);
  });
});

test("a body's error is thrown at the manager's yield, and comes out", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const error = new Error("no stock");
    const using = use(connection(seen), function* () {
      yield* sleep(5);
      throw error;
    });
    expect(yield* outcomeOf(createTask(using))).toEqual({ error });
    expect(seen).toEqual(["open", "caught no stock", "closed"]);
  });
});

test("a manager that catches the body's error and goes on does not swallow it", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const swallowing = contextManager(function* () {
      try {
        yield 1;
      } catch {
        yield* sleep(1);
      }
    });
    const using = use(swallowing(), (): never => {
      throw error;
    });
    expect(yield* outcomeOf(createTask(using))).toEqual({ error });
  });
});

test("a manager may replace the body's error by its own, whose cause is then the body's if it has none", async () => {
  await virtually(function* () {
    for (const [options, cause] of [
      [{}, "the body's"],
      [{ cause: "disk" }, "disk"],
    ] as const) {
      const error = new Error("no stock");
      const own = new Error("rollback failed", options);
      const replacing = contextManager(function* () {
        try {
          yield 1;
        } catch {
          yield* sleep(1);
          throw own;
        }
      });
      const using = use(replacing(), function* () {
        yield* sleep(1);
        throw error;
      });
      expect(yield* outcomeOf(createTask(using))).toEqual({ error: own });
      expect(own.cause).toBe(cause === "disk" ? "disk" : error);
    }
  });
});

test("an error of the cleanup after a body that ended well is thrown", async () => {
  await virtually(function* () {
    const error = new Error("can't close");
    const breaking = contextManager(function* () {
      yield 1;
      yield* sleep(1);
      throw error;
    });
    expect(yield* outcomeOf(createTask(use(breaking(), () => sleep(1))))).toEqual({ error });
  });
});

test("an unwinding is a return at the yield: finally runs, catch does not, and it knows that it is unwound", async () => {
  await virtually(function* () {
    const seen: unknown[] = [];
    const manager = contextManager(function* () {
      try {
        yield 1;
        seen.push("never");
      } catch {
        seen.push("catch");
      } finally {
        yield* sleep(10);
        seen.push("finally");
      }
      seen.push("never");
    });
    const task = createTask(use(manager(), () => sleep(100)));
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["finally"]);
    expect(
      yield* moveOnAfter(
        10,
        use(manager(), () => sleep(100)),
      ),
    ).toBeUndefined();
    expect(seen).toEqual(["finally", "finally"]);
    expect(currentTask().unwinding).toBe(false);
  });
});

test("cleanup is shielded: a cancellation that comes while it runs is held back, then delivered", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const task = createTask(
      (function* () {
        yield* use(connection(seen), () => sleep(5));
        seen.push("never");
      })(),
    );
    yield* sleep(20);
    expect(task.cancel()).toBe(true);
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(seen).toEqual(["open", "after the yield", "closed"]);
    expect(now() - start).toBe(25);
  });
});

test("the expiry of a scope while cleanup runs is held back too", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const using = timeout(
      20,
      use(connection(seen), () => sleep(5, "value")),
    );
    expect(yield* outcomeOf(createTask(using))).toEqual({ error: expect.any(TimeoutError) });
    expect(seen).toEqual(["open", "after the yield", "closed"]);
  });
});

test("cleanup runs once, also when the cancellation comes while the body's own cleanup runs", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const task = createTask(
      timeout(20, () =>
        use(connection(seen), function* () {
          try {
            yield* sleep(100);
          } finally {
            yield* sleep(10);
            seen.push("body unwound");
          }
        }),
      ),
    );
    yield* sleep(25);
    task.cancel();
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(seen).toEqual(["open", "body unwound", "closed"]);
  });
});

test("a cancellation during setup unwinds the setup, and the body never runs", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const manager = contextManager(function* () {
      try {
        yield* sleep(100);
        yield 1;
      } finally {
        seen.push("setup unwound");
      }
    });
    const task = createTask(
      use(manager(), function* () {
        seen.push("body");
      }),
    );
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["setup unwound"]);
  });
});

test("an error of the setup is thrown, and the body never runs", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const error = new Error("can't open");
    const manager = contextManager(function* (fail: boolean) {
      yield* sleep(1);
      if (fail) throw error;
      yield 1;
    });
    const using = use(manager(true), function* () {
      seen.push("body");
    });
    expect(yield* outcomeOf(createTask(using))).toEqual({ error });
    expect(seen).toEqual([]);
  });
});

test("a manager that never gives a value throws InvalidStateError before the body, one that gives two after it", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const never = contextManager(function* (): Generator<Suspension | number, void, unknown> {
      yield* sleep(1);
    });
    const body = coroutine(function* body() {
      seen.push("body");
      yield* sleep(1);
    });
    expect(yield* outcomeOf(createTask(use(never(), body)))).toEqual(refused);
    expect(seen).toEqual([]);
    const twice = contextManager(function* () {
      yield 1;
      yield 2;
    });
    expect(yield* outcomeOf(createTask(use(twice(), body)))).toEqual(refused);
    expect(seen).toEqual(["body"]);
  });
});

test("it may give any value, and is handed what its function takes", async () => {
  await virtually(function* () {
    const named = coroutine(function* named() {
      return yield* sleep(1, "result");
    });
    const giving = contextManager(function* (first: unknown, second: unknown) {
      yield [first, second] as const;
    });
    yield* use(giving(1, "two"), function* (given) {
      expect(given).toEqual([1, "two"]);
    });
    const recipe = named();
    const givingRecipe = contextManager(function* () {
      yield recipe;
    });
    yield* use(givingRecipe(), function* (given) {
      expect(given).toBe(recipe);
      expect(yield* given).toBe("result");
    });
  });
});

test("managers nest, and clean up in the opposite order", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const named = contextManager(function* (name: string) {
      seen.push(`+${name}`);
      try {
        yield name;
      } finally {
        yield* sleep(1);
        seen.push(`-${name}`);
      }
    });
    const task = createTask(use(named("a"), () => use(named("b"), () => use(named("c"), () => sleep(100)))));
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["+a", "+b", "+c", "-c", "-b", "-a"]);
  });
});
