/** Event: a flag that tasks wait for. */
import { coroutine, createTask, Event, getRunningLoop, moveOnAfter, sleep } from "brigade";
import { expect, test } from "vitest";
import { cancelled } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const waiting = coroutine(function* waiting(event: Event, seen: string[], name: string) {
  yield* event.wait();
  seen.push(name);
});

test("wait gives true, and does not suspend when the event is set", async () => {
  await virtually(function* () {
    const event = new Event();
    expect(event.isSet).toBe(false);
    event.set();
    expect(event.isSet).toBe(true);
    let later = false;
    getRunningLoop().callSoon(() => {
      later = true;
    });
    expect(yield* event.wait()).toBe(true);
    expect(later).toBe(false);
  });
});

test("set wakes every waiter, in the order they came, in the next iteration", async () => {
  await virtually(function* () {
    const event = new Event();
    const seen: string[] = [];
    for (const name of ["a", "b", "c"]) createTask(waiting(event, seen, name));
    yield* sleep(5);
    event.set();
    event.set();
    seen.push("set");
    yield* sleep(0);
    expect(seen).toEqual(["set", "a", "b", "c"]);
  });
});

test("clear makes later waiters wait, until it is set again", async () => {
  await virtually(function* () {
    const event = new Event();
    const seen: string[] = [];
    event.set();
    event.clear();
    event.clear();
    expect(event.isSet).toBe(false);
    createTask(waiting(event, seen, "waiter"));
    yield* sleep(5);
    expect(seen).toEqual([]);
    event.set();
    yield* sleep(0);
    expect(seen).toEqual(["waiter"]);
  });
});

test("waiters that were woken return, even if the event was cleared in the same step", async () => {
  await virtually(function* () {
    const event = new Event();
    const seen: string[] = [];
    createTask(waiting(event, seen, "waiter"));
    yield* sleep(1);
    event.set();
    event.clear();
    createTask(waiting(event, seen, "late"));
    yield* sleep(1);
    expect(seen).toEqual(["waiter"]);
    expect(event.isSet).toBe(false);
    event.set();
  });
});

test("a cancelled waiter is gone, also in the iteration of the set; the others are woken", async () => {
  for (const setFirst of [true, false]) {
    await virtually(function* () {
      const event = new Event();
      const seen: string[] = [];
      const first = createTask(waiting(event, seen, "first"));
      const second = createTask(waiting(event, seen, "second"));
      yield* sleep(1);
      if (setFirst) event.set();
      first.cancel();
      if (!setFirst) event.set();
      yield* second;
      expect(first.cancelled).toBe(true);
      expect(seen).toEqual(["second"]);
    });
  }
});

test("waiters that gave up leave nothing behind in the event", async () => {
  await virtually(function* () {
    const event = new Event();
    const collected = (): number => {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    };
    const round = coroutine(function* round(count: number) {
      for (let index = 0; index < count; index++) yield* moveOnAfter(1, event.wait());
    });
    yield* round(1_000);
    const before = collected();
    yield* round(20_000);
    expect(collected() - before).toBeLessThan(2 ** 20);
    const task = createTask(event.wait());
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
  });
});
