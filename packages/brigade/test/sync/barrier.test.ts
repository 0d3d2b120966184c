/** Barrier: all go on together, or all learn that they can't. */
import {
  Barrier,
  BrokenBarrierError,
  coroutine,
  createTask,
  gather,
  getRunningLoop,
  moveOnAfter,
  sleep,
  type Task,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();
const broken = { error: expect.any(BrokenBarrierError) as BrokenBarrierError };

const arriving = (barrier: Barrier, count: number): Task<number>[] =>
  Array.from({ length: count }, () => createTask(barrier.wait()));

test("nobody goes on before all parties have arrived; each gets the number of its arrival", async () => {
  await virtually(function* () {
    const start = now();
    const barrier = new Barrier(3);
    const party = coroutine(function* party(delay: number) {
      yield* sleep(delay);
      const index = yield* barrier.wait();
      return `${index} at ${now() - start}`;
    });
    expect(yield* gather([party(20), party(10), party(30)])).toEqual(["1 at 30", "0 at 30", "2 at 30"]);
  });
});

test("it tells how many are expected, how many wait, and whether it is broken", async () => {
  await virtually(function* () {
    const barrier = new Barrier(3);
    expect([barrier.parties, barrier.waiting, barrier.broken]).toEqual([3, 0, false]);
    const tasks = arriving(barrier, 2);
    yield* sleep(1);
    expect([barrier.parties, barrier.waiting, barrier.broken]).toEqual([3, 2, false]);
    yield* barrier.wait();
    expect([barrier.parties, barrier.waiting, barrier.broken]).toEqual([3, 0, false]);
    yield* gather(tasks);
  });
});

test("a barrier of one lets everybody through; a barrier of none is a RangeError", async () => {
  await virtually(function* () {
    const barrier = new Barrier(1);
    expect(yield* barrier.wait()).toBe(0);
    expect(yield* barrier.wait()).toBe(0);
    for (const parties of [0, -1, Number.NaN]) expect(() => new Barrier(parties)).toThrow(RangeError);
  });
});

test("it is used again, round after round, and rounds do not mix", async () => {
  await virtually(function* () {
    const barrier = new Barrier(3);
    const seen: string[] = [];
    const party = coroutine(function* party(name: string) {
      for (let round = 0; round < 4; round++) {
        yield* barrier.wait();
        seen.push(`${round} ${name}`);
      }
    });
    yield* gather([party("a"), party("b"), party("c")]);
    const rounds = seen.map((one) => Number(one[0]));
    expect(rounds).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    expect(new Set(seen).size).toBe(12);
  });
});

test("more than the parties: the surplus waits for the next round", async () => {
  await virtually(function* () {
    const barrier = new Barrier(2);
    const tasks = arriving(barrier, 3);
    yield* sleep(5);
    expect(tasks.map((task) => task.done)).toEqual([true, true, false]);
    expect(barrier.waiting).toBe(1);
    yield* barrier.wait();
    expect(yield* gather(tasks)).toEqual([0, 1, 0]);
  });
});

test("a waiter that is cancelled while it waits breaks the barrier for all", async () => {
  await virtually(function* () {
    const barrier = new Barrier(3);
    const [first, second] = arriving(barrier, 2) as [Task<number>, Task<number>];
    yield* sleep(1);
    expect(yield* cancelled(first)).toBe("cancelled");
    expect(yield* outcomeOf(second)).toEqual(broken);
    expect(barrier.broken).toBe(true);
    expect(yield* outcomeOf(createTask(barrier.wait()))).toEqual(broken);
    expect(barrier.waiting).toBe(0);
  });
});

test("so does one that times out", async () => {
  await virtually(function* () {
    const barrier = new Barrier(3);
    const waiter = createTask(barrier.wait());
    expect(yield* moveOnAfter(10, barrier.wait())).toBeUndefined();
    expect(yield* outcomeOf(waiter)).toEqual(broken);
    expect(barrier.broken).toBe(true);
  });
});

test("one cancelled after the last has arrived no longer waits: the others go on", async () => {
  await virtually(function* () {
    const barrier = new Barrier(3);
    const [first, second] = arriving(barrier, 2) as [Task<number>, Task<number>];
    yield* sleep(1);
    const last = createTask(barrier.wait());
    yield* sleep(0);
    first.cancel();
    expect(yield* last).toBe(2);
    expect(yield* second).toBe(1);
    expect((yield* outcomeOf(first)) === "cancelled").toBe(true);
    expect(barrier.broken).toBe(false);
    expect(yield* gather(arriving(barrier, 3))).toEqual([0, 1, 2]);
  });
});

test("abort breaks it: those that wait and those that come get BrokenBarrierError, until it is reset", async () => {
  await virtually(function* () {
    const barrier = new Barrier(2);
    const [waiter] = arriving(barrier, 1) as [Task<number>];
    yield* sleep(1);
    barrier.abort();
    expect(barrier.broken).toBe(true);
    expect(yield* outcomeOf(waiter)).toEqual(broken);
    expect(yield* outcomeOf(createTask(barrier.wait()))).toEqual(broken);
    barrier.abort();
    expect(barrier.broken).toBe(true);
    barrier.reset();
    expect(barrier.broken).toBe(false);
    expect(yield* gather(arriving(barrier, 2))).toEqual([0, 1]);
  });
});

test("reset sends those that wait away with BrokenBarrierError, and the barrier is whole", async () => {
  await virtually(function* () {
    const barrier = new Barrier(3);
    const old = arriving(barrier, 2);
    yield* sleep(1);
    barrier.reset();
    expect(barrier.broken).toBe(false);
    const fresh = arriving(barrier, 3);
    for (const task of old) expect(yield* outcomeOf(task)).toEqual(broken);
    expect(yield* gather(fresh)).toEqual([0, 1, 2]);
    barrier.reset();
    expect([barrier.broken, barrier.waiting]).toEqual([false, 0]);
  });
});

test("reset before those that were let through have run sends them away too, as asyncio's does", async () => {
  await virtually(function* () {
    const barrier = new Barrier(2);
    const [waiter] = arriving(barrier, 1) as [Task<number>];
    yield* sleep(1);
    expect(yield* barrier.wait()).toBe(1);
    barrier.reset();
    expect(yield* outcomeOf(waiter)).toEqual(broken);
    expect(yield* gather(arriving(barrier, 2))).toEqual([0, 1]);
  });
});

test("a cancelled waiter of a barrier that is broken already changes nothing", async () => {
  await virtually(function* () {
    const barrier = new Barrier(3);
    const [first, second] = arriving(barrier, 2) as [Task<number>, Task<number>];
    yield* sleep(1);
    barrier.abort();
    first.cancel();
    expect(yield* outcomeOf(first)).toBe("cancelled");
    expect(yield* outcomeOf(second)).toEqual(broken);
    barrier.reset();
    expect(yield* gather(arriving(barrier, 3))).toEqual([0, 1, 2]);
  });
});
