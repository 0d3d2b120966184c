/**
 * Effection (thefrontside/effection#1154, #1190) and redux-saga: a halt called `return()` on the innermost generator.
 * When its `finally` awaited, it was resumed by a plain `next()`, and the callers took its end for a normal return:
 * a halted task ran on behind the cleanup.
 */
import {
  coroutine,
  type CoroutineBody,
  createTask,
  gather,
  run,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

const inner = coroutine(function* (log: string[]) {
  try {
    yield* sleep("1h");
    log.push("inner went on");
  } finally {
    yield* sleep(5);
    log.push("inner cleaned up");
  }
});

const outer = coroutine(function* (log: string[]) {
  try {
    yield* inner(log);
    log.push("outer went on");
    yield* sleep(1);
  } catch {
    log.push("outer caught");
  } finally {
    yield* sleep(5);
    log.push("outer cleaned up");
  }
  log.push("outer went on after its finally");
});

test("a cancelled caller runs its finally, and nothing after the call that was cut off", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const task = createTask(outer(log));
      yield* sleep(1);
      task.cancel();
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["inner cleaned up", "outer cleaned up"]);
});

test("a halted task does not set what it would have set after the call", async () => {
  let leaked = false;
  const halted = coroutine(function* () {
    try {
      yield* sleep(Infinity);
    } finally {
      yield* sleep(0);
    }
  });
  await run(
    function* () {
      const task = createTask(
        (function* () {
          yield* halted();
          leaked = true;
        })(),
      );
      yield* sleep(1);
      task.cancel();
      yield* wait([task]);
    },
    { clock: virtualClock() },
  );
  expect(leaked).toBe(false);
});

const nested = coroutine(function* (depth: number, log: string[]): CoroutineBody<void> {
  try {
    if (depth === 50) yield* sleep("1h");
    else yield* nested(depth + 1, log);
    log.push(`${depth} went on`);
  } catch {
    log.push(`${depth} caught`);
  } finally {
    yield* sleep(1);
    log.push(`${depth} cleaned up`);
  }
});

test("50 callers that each await in finally are unwound, innermost first", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const task = createTask(nested(1, log));
      yield* sleep(1);
      task.cancel();
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(Array.from({ length: 50 }, (_, index) => `${50 - index} cleaned up`));
});

test("an expired timeout unwinds the callers inside it in the same way", async () => {
  const log: string[] = [];
  const started = coroutine(function* () {
    yield* timeout(10, outer(log));
    log.push("went on after the timeout");
  });
  await expect(run(started, { clock: virtualClock() })).rejects.toBeInstanceOf(TimeoutError);
  expect(log).toEqual(["inner cleaned up", "outer cleaned up"]);
});

test("a failing child unwinds the body of its group in the same way", async () => {
  const log: string[] = [];
  const failing = coroutine(function* () {
    yield* sleep(10);
    throw new Error("child");
  });
  const main = coroutine(function* () {
    yield* taskGroup(function* (group) {
      group.createTask(failing());
      yield* outer(log);
      log.push("body went on");
    });
  });
  await expect(run(main, { clock: virtualClock() })).rejects.toMatchObject({ errors: [new Error("child")] });
  expect(log).toEqual(["inner cleaned up", "outer cleaned up"]);
});

test("a failing gather unwinds the callers of its other children in the same way", async () => {
  const log: string[] = [];
  const failing = coroutine(function* () {
    yield* sleep(10);
    throw new Error("sibling");
  });
  await expect(run(gather([outer(log), failing()]), { clock: virtualClock() })).rejects.toThrow("sibling");
  expect(log).toEqual(["inner cleaned up", "outer cleaned up"]);
});

test("a second cancel while the inner cleanup waits does not bring the callers back", async () => {
  const log: string[] = [];
  await run(
    function* () {
      const task = createTask(outer(log));
      yield* sleep(1);
      expect(task.cancel()).toBe(true);
      yield* sleep(2);
      expect(task.cancel()).toBe(false);
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["inner cleaned up", "outer cleaned up"]);
});

test("an error thrown by the inner cleanup does not bring the callers back, and is the outcome", async () => {
  const log: string[] = [];
  const broken = new Error("cleanup");
  const failing = coroutine(function* () {
    try {
      yield* sleep("1h");
    } finally {
      yield* sleep(5);
      log.push("inner cleanup fails");
      throw broken;
    }
  });
  const caller = coroutine(function* () {
    try {
      yield* failing();
      log.push("caller went on");
    } catch {
      log.push("caller caught");
    } finally {
      yield* sleep(5);
      log.push("caller cleaned up");
    }
    log.push("caller went on after its finally");
  });
  await run(
    function* () {
      const task = createTask(caller());
      yield* sleep(1);
      task.cancel();
      yield* wait([task]);
      expect(task.cancelled).toBe(false);
      expect(task.exception()).toBe(broken);
    },
    { clock: virtualClock() },
  );
  expect(log).toEqual(["inner cleanup fails", "caller cleaned up"]);
});

test("a loop around a call that awaits in finally stops", async () => {
  let turns = 0;
  const watcher = coroutine(function* () {
    for (;;) {
      turns++;
      yield* inner([]);
    }
  });
  await run(
    function* () {
      const task = createTask(watcher());
      yield* sleep(1);
      task.cancel();
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(turns).toBe(1);
});

test("a bare generator, which JavaScript hides from the runtime, is reported in debug", async () => {
  const kinds: string[] = [];
  function* bare() {
    yield* sleep(1);
  }
  await run(
    function* () {
      yield* bare();
    },
    { clock: virtualClock(), debug: true, onReport: (report) => kinds.push(report.kind) },
  );
  expect(kinds).toContain("bare-generator");
});
