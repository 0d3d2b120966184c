/** `assertNoLeaks` says what a program leaves behind, and nothing about what it gives back. */
import {
  BoundedSemaphore,
  coroutine,
  createTask,
  currentSignal,
  fromPromise,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  run,
  Semaphore,
  sleep,
  taskGroup,
  timeout,
  use,
} from "brigade";
import { assertNoLeaks, explore, LeakError } from "brigade/testing";
import { expect, test } from "vitest";

async function leaksOf(program: Parameters<typeof assertNoLeaks>[0]): Promise<readonly string[]> {
  const [outcome] = await Promise.allSettled([assertNoLeaks(program)]);
  if (outcome.status === "fulfilled") return [];
  if (!(outcome.reason instanceof LeakError)) throw outcome.reason;
  return outcome.reason.leaks;
}

test("a program that leaves nothing gives its result", async () => {
  const result = await assertNoLeaks(function* () {
    const [a, b] = yield* gather([sleep("1h", 1), sleep("2h", 2)]);
    return a + b;
  });
  expect(result).toBe(3);
});

test("a task that is left is named, with what it waits for", async () => {
  const leaks = await leaksOf(function* () {
    createTask(new Queue().get(), { name: "consumer" });
    createTask(sleep("1h"), { name: "sleeper" });
    yield* sleep(1);
  });
  expect(leaks).toEqual([
    'task "consumer" has not ended; it waits for Queue.get',
    'task "sleeper" has not ended; it waits for sleep "3600000 ms"',
  ]);
});

test("a timer of callLater is counted, those of a task that is left go with the task", async () => {
  const leaks = await leaksOf(function* () {
    getRunningLoop().callLater(5, () => {});
    createTask(timeout("1h", sleep("2h")), { name: "timed" });
    yield* sleep(1);
  });
  expect(leaks).toEqual(['task "timed" has not ended; it waits for sleep "7200000 ms"', "a timer is set"]);
});

test("a future that somebody waits for and nobody completes is left", async () => {
  const leaks = await leaksOf(function* () {
    getRunningLoop()
      .createFuture()
      .addDoneCallback(() => {});
    getRunningLoop().createFuture();
    yield* sleep(1);
  });
  expect(leaks).toEqual(["somebody waits for a future that was never completed"]);
});

test("permits that were not released are counted for each lock and semaphore, with who took them and where", async () => {
  const lock = new Lock();
  const leaks = await leaksOf(function* () {
    yield* lock.acquire();
    const semaphore = new Semaphore(5);
    yield* semaphore.acquire();
    yield* semaphore.acquire();
  });
  const here = String.raw`acquired by task "main" at .*assert-no-leaks\.test\.ts:\d+`;
  expect(leaks).toEqual([
    expect.stringMatching(new RegExp(`^a permit of a Lock not released; ${here}$`)),
    expect.stringMatching(new RegExp(`^2 permits of a Semaphore not released; ${here}, and by task .*$`)),
  ]);
});

test("permits that came back by whatever way are no leak", async () => {
  const lock = new Lock();
  const signal = new Semaphore(0);
  const leaks = await leaksOf(function* () {
    {
      using _held = yield* lock.acquire();
      yield* sleep(1);
    }
    yield* lock.acquire();
    lock.release();
    yield* use(new BoundedSemaphore(2), () => sleep(1));
    signal.release(); // says that there is something, to whoever takes it
    yield* signal.acquire();
  });
  expect(leaks).toEqual([]);
});

test("an abort listener that was not removed is left, with where it was added", async () => {
  const controller = new AbortController();
  const leaks = await leaksOf(function* () {
    controller.signal.addEventListener("abort", () => {}, { once: true });
    yield* sleep(1);
  });
  expect(leaks).toEqual([expect.stringMatching(/^an abort listener was not removed; added by task "main" at .*:\d+$/)]);
});

test("listeners that were removed, or whose signal has fired, are no leak", async () => {
  const kept = new AbortController();
  const fired = new AbortController();
  const until = new AbortController();
  const listener = (): void => {};
  const leaks = await leaksOf(function* () {
    kept.signal.addEventListener("abort", listener);
    kept.signal.addEventListener("abort", listener); // is there already
    kept.signal.removeEventListener("abort", listener);
    fired.signal.addEventListener("abort", listener);
    fired.abort();
    kept.signal.addEventListener("abort", listener, { signal: until.signal });
    until.abort();
    kept.signal.addEventListener("other", listener);
    yield* fromPromise(async (signal) => signal.addEventListener("abort", listener));
    yield* taskGroup(function* (group) {
      group.createTask(
        (function* () {
          currentSignal().addEventListener("abort", listener);
          yield* sleep("1h");
        })(),
      );
      yield* sleep(1);
      group.cancelChildren();
    });
  });
  expect(leaks).toEqual([]);
});

test("listeners are counted no longer than the program runs", async () => {
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  await assertNoLeaks(function* () {
    expect(EventTarget.prototype.addEventListener).not.toBe(addEventListener);
    yield* sleep(1);
  });
  expect(EventTarget.prototype.addEventListener).toBe(addEventListener);
  expect(EventTarget.prototype.removeEventListener).toBe(removeEventListener);
});

test("what runs on another loop meanwhile takes nothing from this one", async () => {
  const other = new Lock();
  const [outcome] = await Promise.allSettled([
    assertNoLeaks(() => fromPromise(run(() => other.acquire()))),
    assertNoLeaks(() => sleep(1)),
  ]);
  expect(outcome.status).toBe("fulfilled");
  expect(other.locked).toBe(true);
});

test("the error of the program is thrown, and is the cause of a leak beside it", async () => {
  const failing = coroutine(function* failing(lock: Lock | undefined) {
    if (lock) yield* lock.acquire();
    throw new RangeError("no");
  });
  await expect(assertNoLeaks(() => failing(undefined))).rejects.toThrow(RangeError);
  const leaking = assertNoLeaks(() => failing(new Lock()));
  await expect(leaking).rejects.toMatchObject({ name: "LeakError", cause: { message: "no" } });
  await expect(assertNoLeaks(() => sleep(-1))).rejects.toThrow(RangeError);
});

test("what is no function throws TypeError", async () => {
  await expect(assertNoLeaks(sleep(1) as never)).rejects.toThrow(TypeError);
});

test("explore fails on leaks when it is told to", async () => {
  const program = () =>
    (function* () {
      createTask(sleep("1h"), { name: "left" });
      yield* sleep(1);
    })();
  expect((await explore(program, { schedules: 10 })).schedules).toBe(10);
  await expect(explore(program, { schedules: 10, leaks: true })).rejects.toThrow('task "left" has not ended');
});
