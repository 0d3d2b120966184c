/** Condition: wait gives the lock away and holds it again when it returns, however it returns. */
import {
  Condition,
  coroutine,
  createTask,
  getRunningLoop,
  InvalidStateError,
  Lock,
  moveOnAfter,
  sleep,
  TimeoutError,
  timeout,
  use,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

/** Waits for one notification; says when it has it, and that it holds the lock then. */
const waiting = coroutine(function* waiting(condition: Condition, seen: string[], name: string) {
  using _ = yield* condition.acquire();
  yield* condition.wait();
  expect(condition.locked).toBe(true);
  seen.push(name);
});

const notifying = coroutine(function* notifying(condition: Condition, count?: number) {
  using _ = yield* condition.acquire();
  condition.notify(count);
});

test("it is a lock: acquire, release, locked, use", async () => {
  await virtually(function* () {
    const condition = new Condition();
    expect(condition.locked).toBe(false);
    const permit = yield* condition.acquire();
    expect(condition.locked).toBe(true);
    permit.release();
    permit.release();
    expect(condition.locked).toBe(false);
    yield* condition.acquire();
    condition.release();
    expect(() => condition.release()).toThrow(InvalidStateError);
    yield* use(condition, function* () {
      expect(condition.locked).toBe(true);
    });
    expect(condition.locked).toBe(false);
  });
});

test("wait releases the lock while it waits, and holds it again when it returns", async () => {
  await virtually(function* () {
    const condition = new Condition();
    const seen: string[] = [];
    const waiter = createTask(waiting(condition, seen, "waiter"));
    yield* sleep(1);
    expect(condition.locked).toBe(false);
    const permit = yield* condition.acquire();
    condition.notify();
    yield* sleep(5);
    expect(seen).toEqual([]);
    permit.release();
    yield* waiter;
    expect(seen).toEqual(["waiter"]);
    expect(condition.locked).toBe(false);
  });
});

test("the permit from before the wait releases the lock that wait took again", async () => {
  await virtually(function* () {
    const condition = new Condition();
    const task = createTask(
      (function* () {
        const permit = yield* condition.acquire();
        yield* condition.wait();
        expect(condition.locked).toBe(true);
        permit.release();
        expect(condition.locked).toBe(false);
      })(),
    );
    yield* sleep(1);
    yield* notifying(condition);
    yield* task;
  });
});

test("wait and notify without the lock throw, and change nothing", async () => {
  await virtually(function* () {
    const condition = new Condition();
    const wait = coroutine(function* wait() {
      yield* condition.wait();
    });
    expect(yield* outcomeOf(createTask(wait()))).toEqual({ error: expect.any(InvalidStateError) });
    expect(() => condition.notify()).toThrow(InvalidStateError);
    expect(() => condition.notifyAll()).toThrow(InvalidStateError);
    expect(condition.locked).toBe(false);
  });
});

test("notify wakes one, notify(n) wakes n, notifyAll wakes all, in the order they came", async () => {
  await virtually(function* () {
    const condition = new Condition();
    const seen: string[] = [];
    for (const name of ["a", "b", "c", "d", "e", "f"]) createTask(waiting(condition, seen, name));
    yield* sleep(1);
    yield* notifying(condition);
    yield* sleep(1);
    expect(seen).toEqual(["a"]);
    yield* notifying(condition, 2);
    yield* sleep(1);
    expect(seen).toEqual(["a", "b", "c"]);
    yield* use(condition, function* () {
      condition.notifyAll();
    });
    yield* sleep(1);
    expect(seen).toEqual(["a", "b", "c", "d", "e", "f"]);
  });
});

test("a notification is for those who wait, not for those who come later", async () => {
  await virtually(function* () {
    const condition = new Condition();
    const seen: string[] = [];
    yield* notifying(condition, 5);
    const late = createTask(waiting(condition, seen, "late"));
    yield* sleep(10);
    expect(seen).toEqual([]);
    yield* notifying(condition, 0);
    yield* sleep(10);
    expect(seen).toEqual([]);
    yield* notifying(condition, 5);
    yield* late;
  });
});

test("waitFor waits until the predicate gives something truthy, and gives that", async () => {
  await virtually(function* () {
    const condition = new Condition();
    let stock = 0;
    let asked = 0;
    const buyer = createTask(
      use(condition, () =>
        condition.waitFor(() => {
          asked++;
          return stock >= 3 && `${stock} in stock`;
        }),
      ),
    );
    yield* sleep(1);
    for (let index = 0; index < 3; index++) {
      yield* use(condition, function* () {
        stock++;
        condition.notify();
      });
      yield* sleep(1);
    }
    expect(yield* buyer).toBe("3 in stock");
    expect(asked).toBe(4);
    yield* use(condition, function* () {
      expect(yield* condition.waitFor(() => 7)).toBe(7);
    });
  });
});

test("an error of the predicate passes through waitFor, with the lock held", async () => {
  await virtually(function* () {
    const condition = new Condition();
    const error = new Error("no stock");
    let fail = false;
    const seen: boolean[] = [];
    const task = createTask(
      (function* () {
        using _ = yield* condition.acquire();
        try {
          yield* condition.waitFor(() => {
            if (fail) throw error;
            return false;
          });
        } finally {
          seen.push(condition.locked);
        }
      })(),
    );
    yield* sleep(1);
    fail = true;
    yield* notifying(condition);
    expect(yield* outcomeOf(task)).toEqual({ error });
    expect(seen).toEqual([true]);
    expect(condition.locked).toBe(false);
  });
});

test("a cancelled wait holds the lock again in the caller's finally, and waits for it if it must", async () => {
  await virtually(function* () {
    const start = getRunningLoop().time();
    const condition = new Condition();
    const seen: string[] = [];
    let holder = "nobody";
    const task = createTask(
      (function* () {
        using _ = yield* condition.acquire();
        try {
          yield* condition.wait();
          seen.push("never");
        } finally {
          expect(holder).toBe("nobody");
          seen.push(`finally at ${getRunningLoop().time() - start}, locked ${condition.locked}`);
        }
      })(),
    );
    yield* sleep(1);
    const permit = yield* condition.acquire();
    holder = "main";
    task.cancel();
    yield* sleep(19);
    expect(seen).toEqual([]);
    holder = "nobody";
    permit.release();
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(seen).toEqual(["finally at 20, locked true"]);
    expect(condition.locked).toBe(false);
  });
});

test("a second cancel while the wait takes the lock again changes nothing", async () => {
  await virtually(function* () {
    const condition = new Condition();
    const seen: boolean[] = [];
    const task = createTask(
      (function* () {
        using _ = yield* condition.acquire();
        try {
          yield* condition.wait();
        } finally {
          seen.push(condition.locked);
        }
      })(),
    );
    yield* sleep(1);
    const permit = yield* condition.acquire();
    expect(task.cancel()).toBe(true);
    yield* sleep(1);
    expect(task.cancel()).toBe(false);
    yield* sleep(1);
    permit.release();
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(seen).toEqual([true]);
    expect(condition.locked).toBe(false);
  });
});

test("a notification that came to a cancelled waiter goes to another", async () => {
  for (const when of ["notify then cancel", "cancel then notify", "while it takes the lock"] as const) {
    await virtually(function* () {
      const condition = new Condition();
      const seen: string[] = [];
      const first = createTask(waiting(condition, seen, "first"));
      const second = createTask(waiting(condition, seen, "second"));
      yield* sleep(1);
      const permit = yield* condition.acquire();
      if (when === "cancel then notify") first.cancel();
      condition.notify();
      if (when === "notify then cancel") first.cancel();
      if (when === "while it takes the lock") {
        yield* sleep(1);
        first.cancel();
        yield* sleep(1);
      }
      permit.release();
      yield* second;
      expect(first.cancelled, when).toBe(true);
      expect(seen, when).toEqual(["second"]);
      expect(condition.locked, when).toBe(false);
    });
  }
});

test("a wait that times out holds the lock again before the TimeoutError is seen", async () => {
  await virtually(function* () {
    const condition = new Condition();
    using _ = yield* condition.acquire();
    expect(yield* moveOnAfter(10, condition.wait())).toBeUndefined();
    expect(condition.locked).toBe(true);
    try {
      yield* timeout(10, condition.wait());
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TimeoutError);
    }
    expect(condition.locked).toBe(true);
  });
});

test("conditions may share a lock", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const [filled, emptied] = [new Condition(lock), new Condition(lock)];
    const items: number[] = [];
    const got: number[] = [];
    const consumer = createTask(
      (function* () {
        for (let index = 0; index < 5; index++) {
          using _ = yield* filled.acquire();
          yield* filled.waitFor(() => items.length > 0);
          got.push(items.pop() ?? -1);
          emptied.notify();
        }
      })(),
    );
    for (let index = 0; index < 5; index++) {
      using _ = yield* emptied.acquire();
      expect(lock.locked && filled.locked && emptied.locked).toBe(true);
      yield* emptied.waitFor(() => items.length === 0);
      items.push(index);
      filled.notify();
    }
    yield* consumer;
    expect(got).toEqual([0, 1, 2, 3, 4]);
    expect(lock.locked).toBe(false);
  });
});
