/** run: the border between synchronous code and coroutines. It ends when main and everything that main left behind has ended. */
import { getEventListeners } from "node:events";
import {
  CancelledError,
  coroutine,
  createTask,
  currentTask,
  fromPromise,
  getRunningLoop,
  InvalidStateError,
  run,
  sleep,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { reporting, virtually } from "../virtually.ts";

test("run gives a promise of main's result", async () => {
  const main = coroutine(function* main() {
    yield* sleep(1);
    return "result";
  });
  const promise = run(main(), { clock: virtualClock() });
  expect(promise).toBeInstanceOf(Promise);
  expect(await promise).toBe("result");
});

test("run rejects with what main throws, as it was thrown", async () => {
  for (const thrown of [new RangeError("no stock"), "a string", undefined]) {
    const { outcome, reports } = await reporting(function* () {
      yield* sleep(1);
      throw thrown;
    });
    expect(outcome).toEqual({ status: "rejected", reason: thrown });
    expect(reports).toEqual([]);
  }
});

test("main may be a coroutine, a coroutine function, a generator, a generator function, a leaf, a promise or an async function", async () => {
  const main = coroutine(function* main() {
    return yield* sleep(1, "value");
  });
  function* bare() {
    return yield* sleep(1, "value");
  }
  for (const one of [main(), main, bare(), bare, sleep(1, "value"), Promise.resolve("value"), async () => "value"])
    expect(await virtually(one)).toBe("value");
});

test("a signal cancels main: cleanup runs, and run rejects with CancelledError that has the signal's reason", async () => {
  const controller = new AbortController();
  const order: string[] = [];
  const reason = new Error("closing time");
  const { outcome, reports } = await reporting(
    function* () {
      getRunningLoop().callLater(5, () => controller.abort(reason));
      try {
        yield* sleep("1h");
        order.push("never");
      } catch {
        order.push("catch");
      } finally {
        yield* sleep(5);
        order.push(`clean at ${getRunningLoop().time()}`);
      }
    },
    { signal: controller.signal },
  );
  expect(order).toEqual(["clean at 10"]);
  expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(CancelledError) });
  expect(outcome).toMatchObject({ reason: { reason } });
  expect(reports).toEqual([]);
});

test("a signal that is aborted already keeps main from starting", async () => {
  let started = false;
  const { outcome } = await reporting(
    function* () {
      started = true;
      yield* sleep(1);
    },
    { signal: AbortSignal.abort("closed today") },
  );
  expect(started).toBe(false);
  expect(outcome).toMatchObject({ status: "rejected", reason: { name: "CancelledError", reason: "closed today" } });
});

test("a signal that aborts on the host wakes a loop that is idle", async () => {
  // Real time: the abort comes from outside the loop.
  const controller = new AbortController();
  setTimeout(() => controller.abort("closing time"), 10);
  const started = performance.now();
  await expect(run(sleep("1h"), { signal: controller.signal })).rejects.toMatchObject({ reason: "closing time" });
  expect(performance.now() - started).toBeLessThan(2_000);
});

test("a signal has no listener left when run has ended, and aborting it then does nothing", async () => {
  const controller = new AbortController();
  for (let i = 0; i < 3; i++) await virtually(sleep(1), { signal: controller.signal });
  await reporting(
    function* () {
      throw new Error("main fails");
    },
    { signal: controller.signal },
  );
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  controller.abort();
});

test("two runs at once on one host have loops of their own and end in their own time", async () => {
  const order: string[] = [];
  const program = coroutine(function* program(name: string, ms: number) {
    const loop = getRunningLoop();
    for (let i = 0; i < 3; i++) {
      yield* sleep(ms);
      expect(getRunningLoop()).toBe(loop);
      expect(currentTask().name).toBe("main");
    }
    order.push(name);
    return loop;
  });
  // Real time: both loops wait on the host's timers.
  const [slow, quick] = await Promise.all([run(program("slow", 15)), run(program("quick", 2))]);
  expect(order).toEqual(["quick", "slow"]);
  expect(slow).not.toBe(quick);
});

test("a hundred runs at once, in virtual and in real time, give each its own result", async () => {
  const program = coroutine(function* program(id: number) {
    const tasks = [1, 2, 3].map((ms) => createTask(sleep(ms, id)));
    let total = 0;
    for (const task of tasks) total += yield* task;
    return total;
  });
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, id) => (id % 2 === 0 ? run(program(id)) : virtually(program(id)))),
  );
  expect(results).toEqual(Array.from({ length: 100 }, (_, id) => id * 3));
});

test("an error in one run leaves another alone", async () => {
  const failing = run(
    function* () {
      yield* sleep(1);
      throw new Error("only here");
    },
    { clock: virtualClock() },
  );
  const other = run(sleep(20, "unharmed"));
  await expect(failing).rejects.toThrow("only here");
  expect(await other).toBe("unharmed");
});

test("run in an async function that a coroutine awaits is a run of its own, once the coroutine's step is over", async () => {
  await virtually(
    function* () {
      const outer = getRunningLoop();
      const nested = async () => {
        await Promise.resolve();
        return await virtually(function* () {
          yield* sleep(5);
          return getRunningLoop();
        });
      };
      const inner = yield* fromPromise(nested());
      expect(inner).not.toBe(outer);
      expect(getRunningLoop()).toBe(outer);
    },
    { clock: virtualClock({ patience: "1h" }) },
  );
});

test("run inside a coroutine throws, in its first step and after a suspension, and in a coroutine that it calls", async () => {
  const inner = coroutine(function* inner() {
    expect(() => run(sleep(1))).toThrow(InvalidStateError);
    yield* sleep(1);
    expect(() => run(sleep(1))).toThrow(InvalidStateError);
  });
  await virtually(function* () {
    expect(() => run(sleep(1))).toThrow(InvalidStateError);
    yield* inner();
    yield* createTask(inner());
  });
});

test("an option of a wrong kind throws TypeError", async () => {
  const wrong = { clock: 5 } as never;
  await expect((async () => run(sleep(1), wrong))()).rejects.toThrow(TypeError);
});
