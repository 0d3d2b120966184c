/** currentSignal: an AbortSignal for clients that know nothing of tasks. It fires when the task, or a scope around it, is unwound. */
import { coroutine, createTask, currentSignal, gather, moveOnAfter, sleep, taskGroup, timeout } from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

test("the signal of a task fires when the task is cancelled, before its cleanup runs", async () => {
  await virtually(function* () {
    const seen: unknown[] = [];
    const task = createTask(
      coroutine(function* worker() {
        const signal = currentSignal();
        expect(signal).toBeInstanceOf(AbortSignal);
        expect(signal.aborted).toBe(false);
        signal.addEventListener("abort", () => seen.push("fired"));
        try {
          yield* sleep("1h");
        } finally {
          seen.push(`finally, aborted ${signal.aborted}`);
        }
      })(),
    );
    yield* sleep(1);
    expect(seen).toEqual([]);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual(["fired", "finally, aborted true"]);
  });
});

test("the signal of a task that ends by itself never fires", async () => {
  await virtually(function* () {
    const signals: AbortSignal[] = [];
    const worker = coroutine(function* worker(fails: boolean) {
      signals.push(currentSignal());
      yield* sleep(1);
      if (fails) throw new Error("no stock");
    });
    yield* createTask(worker(false));
    yield* outcomeOf(createTask(worker(true)));
    yield* worker(false);
    yield* sleep(10);
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false, false]);
  });
});

test("one task's cancellation does not fire another task's signal", async () => {
  await virtually(function* () {
    const signals: AbortSignal[] = [];
    const worker = coroutine(function* worker() {
      signals.push(currentSignal());
      yield* sleep("1h");
    });
    const [one, two] = [createTask(worker()), createTask(worker())];
    const own = currentSignal();
    yield* sleep(1);
    yield* cancelled(one);
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
    expect(own.aborted).toBe(false);
    yield* cancelled(two);
  });
});

test("in a scope the signal fires when that scope is unwound, and those taken around it do not", async () => {
  await virtually(function* () {
    const around = currentSignal();
    let inside: AbortSignal | undefined;
    const gaveUp = yield* moveOnAfter(5, function* () {
      inside = currentSignal();
      expect(inside.aborted).toBe(false);
      yield* sleep("1h");
    });
    expect(gaveUp).toBeUndefined();
    expect(inside?.aborted).toBe(true);
    expect(around.aborted).toBe(false);
    expect(currentSignal().aborted).toBe(false);
  });
});

test("a signal taken in an inner scope fires when an outer scope is unwound", async () => {
  await virtually(function* () {
    const signals: AbortSignal[] = [];
    yield* moveOnAfter(5, function* () {
      signals.push(currentSignal());
      yield* timeout("1h", function* () {
        signals.push(currentSignal());
        yield* timeout("1h", function* () {
          signals.push(currentSignal());
          yield* sleep("1h");
        });
      });
    });
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true, true]);
  });
});

test("a signal taken in a scope fires when the task is cancelled", async () => {
  await virtually(function* () {
    let inside: AbortSignal | undefined;
    const task = createTask(
      timeout("1h", function* () {
        inside = currentSignal();
        yield* sleep("1h");
      }),
    );
    yield* sleep(1);
    yield* cancelled(task);
    expect(inside?.aborted).toBe(true);
  });
});

test("the signal of a scope that ended in time does not fire afterwards", async () => {
  await virtually(function* () {
    let inside: AbortSignal | undefined;
    const task = createTask(
      coroutine(function* worker() {
        yield* timeout(10, function* () {
          inside = currentSignal();
          yield* sleep(1);
        });
        yield* sleep("1h");
      })(),
    );
    yield* sleep(50);
    expect(inside?.aborted).toBe(false);
    yield* cancelled(task);
  });
});

test("when a group fails, the signals of its body and of its children fire", async () => {
  await virtually(function* () {
    const signals: AbortSignal[] = [];
    const child = coroutine(function* child() {
      signals.push(currentSignal());
      yield* sleep("1h");
    });
    const group = taskGroup(function* (children) {
      children.createTask(child());
      signals.push(currentSignal());
      children.createTask(
        coroutine(function* failing() {
          yield* sleep(1);
          throw new Error("no stock");
        })(),
      );
      yield* sleep("1h");
    });
    const around = currentSignal();
    try {
      yield* group;
    } catch {
      // The failure is the test's own doing.
    }
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
    expect(around.aborted).toBe(false);
  });
});

test("when gather fails, the signals of the children that it cancels fire", async () => {
  await virtually(function* () {
    let signal: AbortSignal | undefined;
    const child = coroutine(function* child() {
      signal = currentSignal();
      yield* sleep("1h");
    });
    const failing = coroutine(function* failing() {
      yield* sleep(1);
      throw new Error("no stock");
    });
    yield* outcomeOf(createTask(gather([child(), failing()])));
    expect(signal?.aborted).toBe(true);
  });
});

test("a signal taken in a coroutine that the task calls is the task's", async () => {
  await virtually(function* () {
    let inside: AbortSignal | undefined;
    const inner = coroutine(function* inner() {
      yield* sleep(1);
      inside = currentSignal();
    });
    const task = createTask(
      coroutine(function* outer() {
        yield* inner();
        yield* sleep("1h");
      })(),
    );
    yield* sleep(5);
    expect(inside?.aborted).toBe(false);
    yield* cancelled(task);
    expect(inside?.aborted).toBe(true);
  });
});
