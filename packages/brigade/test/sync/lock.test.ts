/** Lock: one holder, first come first served, and no permit lost to a cancelled waiter. */
import {
  coroutine,
  createTask,
  getRunningLoop,
  InvalidStateError,
  Lock,
  moveOnAfter,
  sleep,
  timeout,
  TimeoutError,
  use,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

/** Holds the lock for as long as it is told, and says when it got it. */
const holding = coroutine(function* holding(lock: Lock, seen: string[], name: string, duration: number = 10) {
  using _ = yield* lock.acquire();
  seen.push(name);
  yield* sleep(duration);
});

test("a free lock is acquired without suspending", async () => {
  await virtually(function* () {
    const lock = new Lock();
    let later = false;
    getRunningLoop().callSoon(() => {
      later = true;
    });
    expect(lock.locked).toBe(false);
    const permit = yield* lock.acquire();
    expect(later).toBe(false);
    expect(lock.locked).toBe(true);
    permit.release();
    expect(lock.locked).toBe(false);
  });
});

test("waiters get it one at a time, in the order they came", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const seen: string[] = [];
    let inside = 0;
    const worker = coroutine(function* worker(name: string) {
      using _ = yield* lock.acquire();
      expect(++inside).toBe(1);
      yield* sleep(1);
      inside--;
      seen.push(name);
    });
    for (const name of ["a", "b", "c", "d"]) createTask(worker(name));
    yield* worker("main");
    yield* sleep(10);
    expect(seen).toEqual(["main", "a", "b", "c", "d"]);
    expect(lock.locked).toBe(false);
  });
});

test("a late acquire never overtakes a waiter that has been woken", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const seen: string[] = [];
    const permit = yield* lock.acquire();
    const waiter = createTask(holding(lock, seen, "waiter"));
    yield* sleep(0);
    permit.release();
    using _ = yield* lock.acquire();
    seen.push("late");
    expect(waiter.done).toBe(true);
    expect(seen).toEqual(["waiter", "late"]);
  });
});

test("a holder that releases and acquires in a loop does not starve the waiters", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const seen: string[] = [];
    const greedy = coroutine(function* greedy(name: string) {
      for (let turn = 0; turn < 3; turn++) {
        using _ = yield* lock.acquire();
        seen.push(name);
        yield* sleep(1);
      }
    });
    const first = createTask(greedy("a"));
    yield* createTask(greedy("b"));
    yield* first;
    expect(seen).toEqual(["a", "b", "a", "b", "a", "b"]);
  });
});

test("acquire passes on in the iteration after the release, as asyncio's does", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const permit = yield* lock.acquire();
    let got = false;
    createTask(
      (function* () {
        yield* lock.acquire();
        got = true;
      })(),
    );
    yield* sleep(5);
    permit.release();
    expect(got).toBe(false);
    yield* sleep(0);
    expect(got).toBe(true);
  });
});

test("release of a lock that is not held throws, and the lock works on", async () => {
  await virtually(function* () {
    const lock = new Lock();
    expect(() => lock.release()).toThrow(InvalidStateError);
    yield* lock.acquire();
    lock.release();
    expect(() => lock.release()).toThrow(InvalidStateError);
    yield* lock.acquire();
    expect(lock.locked).toBe(true);
  });
});

test("any task may release it", async () => {
  await virtually(function* () {
    const lock = new Lock();
    yield* lock.acquire();
    createTask(
      (function* () {
        yield* sleep(5);
        lock.release();
      })(),
    );
    const start = getRunningLoop().time();
    yield* lock.acquire();
    expect(getRunningLoop().time() - start).toBe(5);
  });
});

test("a permit releases once, however often it is disposed", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const permit = yield* lock.acquire();
    permit.release();
    permit.release();
    permit[Symbol.dispose]();
    const next = yield* lock.acquire();
    permit[Symbol.dispose]();
    permit.release();
    expect(lock.locked).toBe(true);
    next[Symbol.dispose]();
    expect(lock.locked).toBe(false);
  });
});

test("using releases at the end of the block on return, throw and cancellation", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const ending = coroutine(function* ending(how: "return" | "throw" | "wait") {
      using _ = yield* lock.acquire();
      expect(lock.locked).toBe(true);
      if (how === "return") return;
      if (how === "throw") throw new Error("no stock");
      yield* sleep(1_000);
    });
    yield* ending("return");
    expect(lock.locked).toBe(false);
    expect(yield* outcomeOf(createTask(ending("throw")))).toMatchObject({ error: { message: "no stock" } });
    expect(lock.locked).toBe(false);
    const waiting = createTask(ending("wait"));
    yield* sleep(10);
    expect(lock.locked).toBe(true);
    expect(yield* cancelled(waiting)).toBe("cancelled");
    expect(lock.locked).toBe(false);
    expect(yield* moveOnAfter(10, ending("wait"))).toBeUndefined();
    expect(lock.locked).toBe(false);
  });
});

test("use acquires, hands the permit to the body, and releases", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const value = yield* use(lock, function* (permit) {
      expect(lock.locked).toBe(true);
      yield* sleep(1);
      expect(permit.release).toBeTypeOf("function");
      return "value";
    });
    expect(value).toBe("value");
    expect(lock.locked).toBe(false);
    yield* use(lock, function* (permit) {
      permit.release();
      expect(lock.locked).toBe(false);
    });
    expect(lock.locked).toBe(false);
  });
});

test("a cancelled waiter leaves the queue: the one behind it gets the lock", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const seen: string[] = [];
    const permit = yield* lock.acquire();
    const first = createTask(holding(lock, seen, "first"));
    createTask(holding(lock, seen, "second"));
    yield* sleep(1);
    expect(yield* cancelled(first)).toBe("cancelled");
    permit.release();
    yield* sleep(1);
    expect(seen).toEqual(["second"]);
  });
});

test("a waiter cancelled in the iteration in which it was woken passes the lock on", async () => {
  for (const releaseFirst of [true, false]) {
    await virtually(function* () {
      const lock = new Lock();
      const seen: string[] = [];
      const permit = yield* lock.acquire();
      const first = createTask(holding(lock, seen, "first"));
      const second = createTask(holding(lock, seen, "second"));
      yield* sleep(1);
      if (releaseFirst) permit.release();
      first.cancel();
      if (!releaseFirst) permit.release();
      yield* second;
      expect(first.cancelled).toBe(true);
      expect(seen).toEqual(["second"]);
      expect(lock.locked).toBe(false);
    });
  }
});

test("a waiter cancelled when it was woken, with nobody behind it, leaves the lock free", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const permit = yield* lock.acquire();
    const waiter = createTask(holding(lock, [], "waiter"));
    yield* sleep(1);
    permit.release();
    expect(yield* cancelled(waiter)).toBe("cancelled");
    expect(lock.locked).toBe(false);
    yield* lock.acquire();
  });
});

test("an acquire that times out leaves the permit, and the lock is free for the next", async () => {
  await virtually(function* () {
    const lock = new Lock();
    const seen: string[] = [];
    const holder = createTask(holding(lock, seen, "holder", 20));
    yield* sleep(0);
    expect(yield* outcomeOf(createTask(timeout(10, lock.acquire())))).toEqual({ error: expect.any(TimeoutError) });
    yield* holder;
    expect(lock.locked).toBe(false);
    (yield* timeout(10, lock.acquire())).release();
  });
});
