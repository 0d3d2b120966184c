/**
 * PEP 789 (asyncio, trio, anyio): a generator could give a value from inside a `timeout` or a task group. The scope
 * then stood open while its reader ran, and a cancellation meant for the generator hit whatever code ran just then.
 * Here a scope's body is a function of its own, from which a stream can't give a value.
 */
import {
  contextManager,
  coroutine,
  createTask,
  currentTask,
  forEach,
  InvalidStateError,
  moveOnAfter,
  run,
  sleep,
  stream,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

test("a stream can't give a value from inside a scope: the types refuse it, and so does the run", async () => {
  const started: string[] = [];
  const across = stream(function* () {
    // @ts-expect-error the body of a scope awaits; it has nobody to give a value to
    yield* timeout(10, function* () {
      started.push("timeout");
      yield "value";
    });
    yield "unused";
  });
  const acrossGroup = stream(function* () {
    // @ts-expect-error the same
    yield* taskGroup(function* (group) {
      group.createTask(sleep(1));
      started.push("group");
      yield "value";
    });
    yield "unused";
  });
  const read = coroutine(function* (source: ReturnType<typeof acrossGroup>) {
    return yield* source.next();
  });
  await expect(run(read(across()), { clock: virtualClock() })).rejects.toBeInstanceOf(Error);
  await expect(run(read(acrossGroup()), { clock: virtualClock() })).rejects.toBeInstanceOf(Error);
  expect(started).toEqual(["timeout", "group"]);
});

test("a context manager can't hand out its value from inside a scope either", async () => {
  const across = contextManager(function* () {
    // @ts-expect-error the same as for a stream
    yield* timeout(10, function* () {
      yield "value";
    });
    yield "unused";
  });
  const enter = coroutine(function* () {
    return yield* across().enter();
  });
  await expect(run(enter(), { clock: virtualClock() })).rejects.toBeInstanceOf(Error);
});

test("a timeout inside a stream bounds the stream's own waits, not what its reader does between them", async () => {
  const log: string[] = [];
  const ticks = stream(function* () {
    for (let n = 1; n <= 2; n++) {
      yield* timeout(10, sleep(5));
      yield n;
    }
    try {
      yield* timeout(10, sleep(20));
    } catch (error) {
      log.push(error instanceof TimeoutError ? "the stream's own wait timed out" : "another error");
    }
  });
  await run(
    forEach(ticks(), function* (n) {
      yield* sleep(100);
      log.push(`reader took its time over ${n}`);
    }),
    { clock: virtualClock() },
  );
  expect(log).toEqual([
    "reader took its time over 1",
    "reader took its time over 2",
    "the stream's own wait timed out",
  ]);
});

test("a timeout of the reader that expires inside the stream unwinds the reader's task and no other", async () => {
  const log: string[] = [];
  const slow = stream(function* () {
    try {
      for (let n = 1; ; n++) {
        yield* sleep(20);
        yield n;
      }
    } finally {
      yield* sleep(5);
      log.push("stream torn down");
    }
  });
  await run(
    function* () {
      const bystander = createTask(sleep(200, "bystander"));
      const value = yield* moveOnAfter(
        50,
        forEach(slow(), (n) => {
          log.push(`read ${n}`);
        }),
      );
      expect(value).toBeUndefined();
      expect(currentTask().cancelRequested).toBe(false);
      expect(yield* bystander).toBe("bystander");
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["read 1", "read 2", "stream torn down"]);
});

test("a stream that was first read by one task and is now read by another follows the one that reads", async () => {
  const log: string[] = [];
  const shared = stream(function* () {
    try {
      for (let n = 1; ; n++) {
        yield* sleep(20);
        yield n;
      }
    } finally {
      log.push("torn down");
    }
  });
  await run(
    function* () {
      const source = shared();
      const reader = coroutine(function* () {
        const { value } = yield* source.next();
        return value;
      });
      const first = createTask(
        (function* () {
          expect(yield* reader()).toBe(1);
          log.push("first got its value");
          yield* sleep("1h");
        })(),
      );
      yield* sleep(30);
      const second = createTask(reader());
      yield* sleep(5);
      first.cancel();
      yield* wait([first, second]);
      expect(first.cancelled).toBe(true);
      expect(second.result()).toBe(2);
      yield* source.close();
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["first got its value", "torn down"]);
});

test("reading a stream that another task is reading is refused, so no two tasks are ever inside it", async () => {
  const slow = stream(function* () {
    yield* sleep(20);
    yield 1;
  });
  await run(
    function* () {
      const source = slow();
      const reader = coroutine(function* () {
        return yield* source.next();
      });
      const first = createTask(reader());
      yield* sleep(1);
      const second = createTask(reader());
      yield* wait([first, second]);
      expect(first.result()).toEqual({ done: false, value: 1 });
      expect(second.exception()).toBeInstanceOf(InvalidStateError);
      yield* source.close();
    },
    { clock: virtualClock() },
  );
});
