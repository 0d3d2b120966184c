/** A replay without changes is the recording; with changes, permits, limits, queues and cancellations still hold. */
import { coroutine, createTask, gather, Lock, Queue, race, run, Semaphore, sleep, taskGroup } from "brigade";
import { virtualClock } from "brigade/testing";
import { CREATED, DONE, readTrace, recorder, replay, STEP, TICKS, type Trace, TraceWriter } from "brigade/trace";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { carryOut, type Plan, plans } from "../hostile/programs.ts";

async function recorded(main: Parameters<typeof run>[0]): Promise<Trace> {
  const observer = recorder();
  await run(main as () => Generator<never, unknown>, { observer, clock: virtualClock() });
  return readTrace(observer.bytes());
}

const call = coroutine(function* call(ms: number) {
  yield* sleep(ms);
});

const permitted = coroutine(function* permitted(permits: Semaphore, ms: number) {
  using _ = yield* permits.acquire();
  yield* sleep(ms);
});

/** The number of the resource of this kind. */
function numberOf({ resources }: Trace, kind: string): number {
  return resources.findIndex((resource) => resource?.kind === kind);
}

describe("unchanged", () => {
  // A cancellation that a shield held back is told of when it was asked for, not when it was delivered.
  const unshielded = plans.filter((plan: Plan) => !JSON.stringify(plan).includes('"shield"'));
  const uncancelled = unshielded.filter((plan: Plan) => !/"cancel/.test(JSON.stringify(plan.program)));

  async function traceOf(plan: Plan): Promise<Trace> {
    const observer = recorder();
    await carryOut(plan, { observer, clock: virtualClock() });
    return readTrace(observer.bytes());
  }

  test("random programs, cancelled anywhere, end in the replay when they did", async () => {
    const ends = fc.asyncProperty(unshielded, async (plan) => {
      const { recorded: took, replayed, brokenOff } = replay(await traceOf(plan));
      expect(brokenOff).toBe(0);
      expect(replayed).toBeCloseTo(took, 6);
    });
    await fc.assert(ends, { numRuns: 200, seed: 6 });
  });

  test("and so does each task of those that cancel none of their own", async () => {
    const everyTask = fc.asyncProperty(uncancelled, async (plan) => {
      const trace = await traceOf({ ...plan, cancels: [] });
      const { ends } = replay(trace);
      const began = trace.time[0] as number;
      for (let i = 0; i < trace.count; i++) {
        if (trace.type[i] !== DONE) continue;
        expect(ends.get(trace.task[i] as number)).toBeCloseTo((trace.time[i] as number) - began, 6);
      }
    });
    await fc.assert(everyTask, { numRuns: 200, seed: 6 });
  });

  test("on a real clock it is off by less than a tenth", async () => {
    const permits = new Semaphore(2);
    const observer = recorder();
    // On the host's clock: lateness of timers and the time of steps are what is tried.
    await run(gather([1, 2, 3, 4].map((n) => permitted(permits, n * 10))), { observer });
    const { recorded: took, replayed } = replay(readTrace(observer.bytes()));
    expect(Math.abs(took - replayed)).toBeLessThan(took / 10);
  });

  test("a run that begins when another has ended waits for that in the replay too", async () => {
    const observer = recorder();
    const clock = virtualClock();
    await run(call(30), { observer, clock });
    await run(call(20), { observer, clock });
    const trace = readTrace(observer.bytes());
    const places = new Map(trace.places.map((_, number) => [number, 0.5]));
    expect(replay(trace).replayed).toBe(50);
    expect(replay(trace, { factor: places }).replayed).toBe(25);
  });
});

describe("with more", () => {
  test("permits, a semaphore lets in as many more, first come, first served", async () => {
    const trace = await recorded(function* () {
      const permits = new Semaphore(2);
      yield* gather([40, 30, 20, 10].map((ms) => permitted(permits, ms)));
    });
    const permits = numberOf(trace, "Semaphore");
    // 40 | 30, then 20 | 10 behind whoever ends first.
    expect(replay(trace).replayed).toBe(50);
    expect(replay(trace, { more: new Map([[permits, 1]]) }).replayed).toBe(40);
  });

  test("places, a gather starts as many more at once", async () => {
    const trace = await recorded(function* () {
      yield* gather(
        [10, 10, 10, 10, 10, 10].map((ms) => call(ms)),
        { limit: 2 },
      );
    });
    const limit = numberOf(trace, "gather");
    expect(replay(trace).replayed).toBe(30);
    expect(replay(trace, { more: new Map([[limit, 1]]) }).replayed).toBe(20);
    expect(replay(trace, { more: new Map([[limit, 4]]) }).replayed).toBe(10);
  });

  test("room, a queue lets its producer go on", async () => {
    const trace = await recorded(function* () {
      const jobs = new Queue<number>({ maxSize: 1 });
      yield* taskGroup(function* (group) {
        group.createTask(
          coroutine(function* produce() {
            for (let i = 0; i < 3; i++) yield* jobs.put(i);
            yield* sleep(30);
          })(),
        );
        group.createTask(
          coroutine(function* consume() {
            for (let i = 0; i < 3; i++) {
              yield* jobs.get();
              yield* sleep(10);
            }
          })(),
        );
      });
    });
    const jobs = numberOf(trace, "Queue");
    expect(replay(trace).replayed).toBe(40);
    expect(replay(trace, { more: new Map([[jobs, 1]]) }).replayed).toBe(30);
  });

  test("holders, a lock is one no longer", async () => {
    const trace = await recorded(function* () {
      const lock = new Lock();
      const one = coroutine(function* one() {
        using _ = yield* lock.acquire();
        yield* sleep(10);
      });
      yield* gather([one(), one()]);
    });
    expect(replay(trace).replayed).toBe(20);
    expect(replay(trace, { more: new Map([[numberOf(trace, "Lock"), 1]]) }).replayed).toBe(10);
  });
});

describe("with quicker waits", () => {
  /** All sleeps of this length take half as long. */
  function halved(trace: Trace, label: string): ReturnType<typeof replay> {
    const places = trace.places.flatMap((place, number) => (place?.label === label ? [[number, 0.5] as const] : []));
    return replay(trace, { factor: new Map(places) });
  }

  test("the loser of a race is cancelled when the quicker winner ends", async () => {
    const trace = await recorded(function* () {
      yield* race([call(20), call(50)]);
      yield* sleep(5);
    });
    expect(halved(trace, "20 ms").replayed).toBe(15);
  });

  test("tasks that run until the end are cancelled at the earlier end", async () => {
    const trace = await recorded(function* () {
      createTask(
        coroutine(function* ticks() {
          for (;;) yield* sleep(7);
        })(),
      );
      yield* sleep(100);
    });
    expect(replay(trace).replayed).toBe(100);
    expect(halved(trace, "100 ms").replayed).toBe(50);
  });

  test("who waits for several goes on when the slowest of them ends, whichever that is then", async () => {
    const trace = await recorded(gather([call(50), call(40)]));
    expect(halved(trace, "50 ms").replayed).toBe(40);
  });

  test("who awaits a task goes on when that ends", async () => {
    const trace = await recorded(function* () {
      const task = createTask(call(60));
      yield* sleep(10);
      yield* task;
      yield* sleep(5);
    });
    expect(halved(trace, "60 ms").replayed).toBe(35);
  });

  test("a permit is taken sooner when it is given back sooner", async () => {
    const trace = await recorded(function* () {
      const permits = new Semaphore(1);
      yield* gather([permitted(permits, 40), permitted(permits, 10)]);
    });
    expect(halved(trace, "40 ms").replayed).toBe(30);
  });
});

describe("traces that are not whole", () => {
  function written(write: (writer: TraceWriter) => void): Trace {
    const parts: Uint8Array[] = [];
    const writer = new TraceWriter((bytes) => parts.push(bytes), { startedAt: 0 });
    write(writer);
    writer.close();
    return readTrace(Uint8Array.from(parts.flatMap((part) => [...part])));
  }

  test("a flight recorder's ring, which begins in the middle, is replayed as far as it goes", async () => {
    const observer = recorder({ last: 40 });
    await run(
      function* () {
        const permits = new Semaphore(2);
        yield* gather(Array.from({ length: 20 }, () => permitted(permits, 10)));
      },
      { observer, clock: virtualClock() },
    );
    const { recorded: took, replayed } = replay(readTrace(observer.bytes()));
    expect(took).toBeGreaterThan(0);
    expect(replayed).toBeGreaterThan(0);
    expect(replayed).toBeLessThanOrEqual(took + 1e-6);
  });

  test("an empty trace takes no time", () => {
    expect(replay(written(() => {}))).toEqual({ recorded: 0, replayed: 0, ends: new Map(), brokenOff: 0 });
  });

  test("numbers of tasks, resources and calls that lead nowhere cost no memory, and do no harm", () => {
    const far = 0xffff_fff0;
    const trace = written((writer) => {
      const place = writer.place({ kind: "sleep", frames: [], exact: false });
      for (const type of [CREATED, 2, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15] as const) writer.event(type, 1, far, far, far);
      writer.event(STEP, 2, far, 5 * TICKS, place);
      writer.event(STEP, 20, far, 0, 0);
      writer.event(DONE, 20, far, 1, 0);
    });
    expect(replay(trace).recorded).toBe(19);
  });

  test("a wait that nothing ends in the replay is broken off, and said to be", () => {
    const trace = written((writer) => {
      const place = writer.place({ kind: "Semaphore.acquire", frames: [], exact: false });
      const permits = writer.resource({ kind: "Semaphore", capacity: 1 });
      const main = writer.string("main");
      for (const task of [1, 2]) writer.event(CREATED, 0, task, 0, main);
      // The first takes the only permit and never gives it back; the second gets one all the same.
      writer.event(8, 0, 1, permits, 0);
      writer.event(5, 0, 1, 1, 0);
      writer.event(STEP, 0, 1, 0, 0);
      writer.event(7, 1, 2, permits, 2);
      writer.event(STEP, 1, 2, 0, place);
      writer.event(4, 9, 2, 0, 0);
      writer.event(8, 9, 2, permits, 0);
      writer.event(8, 9, 2, permits, 0);
      writer.event(5, 9, 2, 1, 0);
      writer.event(STEP, 9, 2, 0, 0);
    });
    // More permits were held than there were: the replay takes it that there were as many.
    expect(replay(trace).brokenOff).toBe(0);
    expect(replay(trace, { more: new Map([[numberOf(trace, "Semaphore"), -2]]) }).brokenOff).toBeGreaterThan(0);
  });
});
