/** Flight recorders, read while the program runs: the living are there however long ago they were made, in rings of any size. */
import { coroutine, createTask, Event, gather, Lock, Queue, run, Semaphore, sleep, taskGroup } from "brigade";
import { virtualClock } from "brigade/testing";
import { ACQUIRED, CREATED, LOST, NAMED, readTrace, recorder, STEP, type Trace, WAITS } from "brigade/trace";
import { expect, test } from "vitest";
import { often } from "../../often.ts";
import { look } from "./promises.ts";

const SIZES = [1, 2, 3, 5, 8, 100];

/** Runs the program under a ring of each size; `atRest` is called inside with what the ring gives. */
async function inRings(
  main: (read: () => void) => Parameters<typeof run>[0],
  check: (trace: Trace, last: number) => void,
): Promise<void> {
  for (const last of SIZES) {
    const observer = recorder({ last });
    let read = 0;
    const look = (): void => {
      read++;
      check(readTrace(observer.bytes()), last);
    };
    await run(main(look), { observer, clock: virtualClock(), onReport: () => {} });
    expect(read).toBeGreaterThan(0);
  }
}

const noise = coroutine(function* noise(rounds: number) {
  for (let i = 0; i < rounds; i++) yield* sleep(i % 3);
});

test("tasks that wait since before the ring's first event are told, with name, maker and place", async () => {
  const waiter = coroutine(function* waiter(event: Event) {
    yield* event.wait();
  });
  await inRings(
    (read) =>
      taskGroup(function* (group) {
        const event = new Event();
        for (let i = 1; i <= 4; i++) group.createTask(waiter(event), { name: `waiter ${i}` });
        yield* noise(50);
        read();
        event.set();
      }),
    (trace) => {
      const { violations, tasks } = look(trace, { whole: false });
      expect(violations).toEqual([]);
      const waiters = [...tasks].filter(([, { name }]) => name.startsWith("waiter"));
      expect(waiters.map(([, { name }]) => name)).toEqual(["waiter 1", "waiter 2", "waiter 3", "waiter 4"]);
      for (const [id, task] of waiters) {
        expect(tasks.get(task.parent)?.name).toBe("main");
        expect(trace.strings[task.root]).toBe("waiter");
        const step = [...trace.type].findLastIndex((type, i) => type === STEP && trace.task[i] === id);
        expect(trace.places[trace.b[step] as number]?.kind).toBe("Event.wait");
      }
    },
  );
});

/** Main holds the lock while `second` waits for it, and does so many other things before that wait and after. */
const contended = (before: number, after: number, read: () => void): Parameters<typeof run>[0] =>
  taskGroup(function* (group) {
    const lock = new Lock({ name: "db" });
    const waits = coroutine(function* waits() {
      using _ = yield* lock.acquire();
    });
    using _ = yield* lock.acquire();
    yield* noise(before);
    group.createTask(waits(), { name: "second" });
    yield* noise(after);
    read();
  });

for (const [before, after, when] of [
  [0, 60, "long ago"],
  [60, 1, "long before the wait"],
  [1, 1, "just now"],
] as const) {
  test(`who holds what the living wait for is told, though it was taken ${when}`, async () => {
    await inRings(
      (read) => contended(before, after, read),
      (trace, last) => {
        const rows = [...trace.type].map((type, i) => [type, trace.task[i] as number, trace.a[i] as number] as const);
        const { tasks, violations } = look(trace, { whole: false });
        expect(violations).toEqual([]);
        const waits = rows.find(([type]) => type === WAITS);
        const taken = rows.find(([type]) => type === ACQUIRED);
        expect(tasks.get(waits?.[1] as number)?.name, `in ${last}`).toBe("second");
        expect(trace.resources[waits?.[2] as number]).toMatchObject({ kind: "Lock", name: "db" });
        expect(tasks.get(taken?.[1] as number)?.name, `in ${last}`).toBe("main");
        expect(taken?.[2]).toBe(waits?.[2]);
        expect(rows.filter(([type]) => type === ACQUIRED)).toHaveLength(1);
      },
    );
  });
}

test("a ring that has not gone round is whole, and nothing is lost", async () => {
  const observer = recorder({ last: 1_000 });
  await run(noise(20), { observer, clock: virtualClock() });
  const trace = readTrace(observer.bytes());
  expect([trace.lost, observer.lost, trace.count]).toEqual([0, 0, observer.events]);
  expect([...trace.type]).not.toContain(LOST);
});

test("at every size and number of events, those kept and those lost make all", async () => {
  for (const last of [1, 2, 3, 4, 16]) {
    for (let rounds = 0; rounds < 12; rounds++) {
      const observer = recorder({ last });
      await run(noise(rounds), { observer, clock: virtualClock() });
      const trace = readTrace(observer.bytes());
      const told = trace.count - (trace.lost > 0 ? 1 : 0);
      expect(told, `${rounds} rounds in ${last}`).toBe(Math.min(last, observer.events));
      expect(told + trace.lost, `${rounds} rounds in ${last}`).toBe(observer.events);
    }
  }
});

test("reading a ring changes nothing in it: the same bytes twice, and the program goes on", async () => {
  await inRings(
    (read) => {
      const semaphore = new Semaphore(2);
      const queue = new Queue<number>({ maxSize: 1 });
      const one = coroutine(function* one(item: number) {
        using _ = yield* semaphore.acquire();
        yield* queue.put(item);
        read();
        return yield* queue.get();
      });
      return gather(Array.from({ length: 6 }, (_, item) => one(item)));
    },
    () => {},
  );
  const observer = recorder({ last: 7 });
  const main = coroutine(function* main() {
    yield* noise(30);
    const first = observer.bytes();
    const second = observer.bytes();
    const withoutMeta = (trace: Trace): object => ({ ...trace, meta: undefined });
    expect(withoutMeta(readTrace(second))).toEqual(withoutMeta(readTrace(first)));
    yield* noise(3);
  });
  await run(main(), { observer, clock: virtualClock() });
});

test("names that no event of the ring has any more are forgotten", { timeout: 60_000 }, async () => {
  const count = often(80_000);
  const observer = recorder({ last: 100 });
  const waits = coroutine(function* waits() {
    yield* sleep(1);
  });
  const main = coroutine(function* main() {
    for (let i = 0; i < count; i++) yield* createTask(waits(), { name: `task with the number ${i}` });
  });
  await run(main(), { observer, clock: virtualClock() });
  const bytes = observer.bytes();
  expect(bytes.length).toBeLessThan(37 * count); // all names would take more
  const trace = readTrace(bytes);
  const names = [...trace.type].flatMap((type, i) => (type === NAMED ? [trace.strings[trace.a[i] as number]] : []));
  expect(names.length).toBeGreaterThan(5);
  names.forEach((name) =>
    expect(Number(/^task with the number (\d+)$/.exec(String(name))?.[1])).toBeGreaterThanOrEqual(count - 100),
  );
});

test("a ring of a bad size is refused, with the size", () => {
  for (const last of [0, -1, 1.5, NaN, Infinity, 2 ** 40]) {
    expect(() => recorder({ last })).toThrow(RangeError);
    expect(() => recorder({ last })).toThrow(String(last));
  }
});

test("a ring read before anything happened is a trace of nothing", () => {
  const trace = readTrace(recorder({ last: 10 }).bytes());
  expect([trace.count, trace.lost]).toEqual([0, 0]);
  expect([...trace.type].filter((type) => type === CREATED)).toEqual([]);
});
