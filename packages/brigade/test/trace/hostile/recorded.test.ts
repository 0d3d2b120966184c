/** What a recorder writes of random programs, cancelled anywhere: every promise of the schema, and what another observer saw. */
import type { LoopObserver, Task } from "brigade";
import { CALLBACK, CANCELLED, ERROR, LOST, readTrace, recorder, type Trace, VALUE } from "brigade/trace";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { often } from "../../often.ts";
import { look } from "./promises.ts";
import { carryOut, type Plan, plans } from "./programs.ts";

/** One call after the other, to each of them. */
function both(first: LoopObserver, second: LoopObserver): LoopObserver {
  const calls = ["taskCreated", "stepStarted", "stepEnded", "taskWoken", "taskDone"] as const;
  const more = ["cancelRequested", "callbackEnded", "reported", "idle", "closed"] as const;
  const one = Object.fromEntries(
    [...calls, ...more].map((call) => [
      call,
      (...told: unknown[]) => {
        for (const it of [first, second]) (it[call] as ((...them: unknown[]) => void) | undefined)?.apply(it, told);
      },
    ]),
  );
  return one;
}

interface Row {
  readonly name: string;
  readonly parent: string | undefined;
  outcome: number;
  steps: number;
}

/** Tells of tasks by hand. */
class ByHand implements LoopObserver {
  readonly rows = new Map<Task<unknown>, Row>();

  taskCreated(task: Task<unknown>, parent: Task<unknown> | undefined): void {
    this.rows.set(task, { name: task.name, parent: parent?.name, outcome: 0, steps: 0 });
  }

  stepEnded(task: Task<unknown>): void {
    this.#row(task).steps++;
  }

  taskDone(task: Task<unknown>): void {
    this.#row(task).outcome = task.cancelled ? CANCELLED : task.exception() === undefined ? VALUE : ERROR;
  }

  #row(task: Task<unknown>): Row {
    const row = this.rows.get(task);
    if (row === undefined) throw new Error(`${task.name} was never created`);
    return row;
  }
}

/** Type, task and time of each. Without callbacks: whether one was long is a matter of each recorder's luck. */
function rowsOf({ type, task, time }: Trace): [number, number, number][] {
  const rows = [...type].map((kind, i): [number, number, number] => [kind, task[i] as number, time[i] as number]);
  return rows.filter(([kind]) => kind !== CALLBACK);
}

async function recorded(plan: Plan, options: Parameters<typeof recorder>[0] = {}) {
  const byRecorder = recorder(options);
  const byHand = new ByHand();
  await carryOut(plan, { observer: both(byRecorder, byHand) });
  return { trace: readTrace(byRecorder.bytes()), byHand };
}

test("every event of every program is as the schema says", { timeout: 120_000 }, async () => {
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const { trace } = await recorded(plan);
      const seen = look(trace);
      expect(seen.violations).toEqual([]);
      steps += seen.steps;
    }),
    { numRuns: often(1_500), seed: 6 },
  );
  expect(steps).toBeGreaterThan(often(10_000));
});

/** Real time ends no deadlock inside a test's process: without what may wait for ever. */
const endingPlans = plans.filter((plan) => !/"(get|put|waitFor\w+|locked|permitted)"/.test(JSON.stringify(plan)));

test("so it is in real time, where steps stand apart and none begins before its task was woken", {
  timeout: 120_000,
}, async () => {
  // Real time: the lengths of steps are real, and flight recorders look at the clock more seldom.
  const real: object = { clock: undefined }; // not the virtual one
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(endingPlans, async (plan) => {
      const full = recorder();
      const ring = recorder({ last: 5_000 });
      await carryOut(plan, { ...real, observer: both(full, ring) });
      const seen = look(readTrace(full.bytes()));
      expect(seen.violations).toEqual([]);
      expect(look(readTrace(ring.bytes()), { whole: false }).violations).toEqual([]);
      steps += seen.steps;
    }),
    { numRuns: 200, seed: 12 },
  );
  expect(steps).toBeGreaterThan(1_000);
});

test("tasks, their makers, names, steps and outcomes are those that another observer saw", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const { trace, byHand } = await recorded(plan);
      const { tasks } = look(trace);
      const rows = [...tasks.values()].map(({ name, parent, outcome, steps }) => ({
        name,
        parent: tasks.get(parent)?.name,
        outcome,
        steps,
      }));
      expect(rows).toEqual([...byHand.rows.values()]);
    }),
    { numRuns: often(1_000), seed: 8 },
  );
});

test("a small flight recorder has the last events of a large one, and tells how many it lost", {
  timeout: 120_000,
}, async () => {
  let rounds = 0;
  let skipped = 0;
  await fc.assert(
    fc.asyncProperty(plans, fc.constantFrom(1, 2, 3, 7, 64), async (plan, last) => {
      const large = recorder({ last: 10_000 });
      const small = recorder({ last });
      await carryOut(plan, { observer: both(large, small) });
      const all = rowsOf(readTrace(large.bytes()));
      const some = readTrace(small.bytes());
      if (large.events !== all.length || small.events !== all.length) {
        skipped++; // a callback was long for one of them
        return;
      }
      expect(large.lost).toBe(0);
      const kept = Math.min(last, all.length);
      expect(rowsOf(some)).toEqual([
        ...(kept < all.length ? [[LOST, 0, some.time[0]]] : []),
        ...all.slice(all.length - kept),
      ]);
      expect([some.lost, small.lost]).toEqual([all.length - kept, all.length - kept]);
      expect(look(some, { whole: false }).violations).toEqual([]);
      if (all.length > last) rounds++;
    }),
    { numRuns: often(600), seed: 9 },
  );
  expect(rounds).toBeGreaterThan(often(250));
  expect(skipped).toBeLessThan(often(30));
});

test("a flight recorder that holds all has the outcome of every task that it tells of", {
  timeout: 120_000,
}, async () => {
  let told = 0;
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const { trace, byHand } = await recorded(plan, { last: 10_000 });
      const { tasks, violations } = look(trace, { whole: false });
      expect(violations).toEqual([]);
      const rows = [...byHand.rows.values()];
      for (const { name, parent, outcome } of tasks.values()) {
        const maker = tasks.get(parent)?.name;
        const same = rows.filter((row) => row.name === name && row.outcome === outcome && row.parent === maker);
        expect(same.length, name).toBeGreaterThan(0);
        told++;
      }
    }),
    { numRuns: often(400), seed: 11 },
  );
  expect(told).toBeGreaterThan(often(400));
});

test("what a sink was given is what the recorder has in memory without one", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const parts: Uint8Array[] = [];
      const full = recorder();
      const toSink = recorder({ sink: (bytes) => parts.push(bytes) });
      await carryOut(plan, { observer: both(full, toSink) });
      toSink.close();
      const inMemory = readTrace(full.bytes());
      const inSink = readTrace(Buffer.concat(parts));
      expect(inSink.end).toBe("complete");
      expect(rowsOf(inSink)).toEqual(rowsOf(inMemory));
      expect(look(inSink).violations).toEqual([]);
    }),
    { numRuns: often(300), seed: 10 },
  );
});
