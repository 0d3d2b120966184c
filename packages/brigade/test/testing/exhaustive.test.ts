/** "exhaustive" tries every order there is, and no more of them than it has to. */
import {
  type AwaitableLike,
  createTask,
  gather,
  getRunningLoop,
  Lock,
  moveOnAfter,
  Queue,
  race,
  sleep,
  taskGroup,
  wait,
} from "brigade";
import { type ExploreOptions, explore } from "brigade/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { often } from "../often.ts";
import { outcomesOf } from "./outcomes.ts";

type Note = (what: string) => void;

test("the orders of three tasks are as many as the formula says", async () => {
  // Three starts, then two steps of each, then three ends: 3! × 6! / 2!³ × 3!
  const program = () =>
    gather(
      [1, 2, 3].map(function* () {
        yield* sleep(1);
        yield* sleep(0);
        yield* sleep(1);
      }),
    );
  expect(await explore(program, { strategy: "exhaustive" })).toEqual({ schedules: 6 * 90 * 6, complete: true });
});

test("a program without a choice has one schedule", async () => {
  const program = () =>
    (function* () {
      yield* sleep(1);
      yield* gather([sleep(2)]);
    })();
  expect(await explore(program, { strategy: "exhaustive" })).toEqual({ schedules: 1, complete: true });
});

test("what the number of schedules leaves untried makes it incomplete", async () => {
  const program = () => gather([1, 2, 3].map(() => sleep(1)));
  expect(await explore(program, { strategy: "exhaustive", schedules: 35 })).toEqual({ schedules: 35, complete: false });
  expect(await explore(program, { strategy: "exhaustive", schedules: 36 })).toEqual({ schedules: 36, complete: true });
});

test("tasks that wait for one future go on in every order", async () => {
  const { outcomes } = await outcomesOf(function* (note) {
    const future = getRunningLoop().createFuture<void>();
    const waiters = ["a", "b", "c"].map((name) =>
      createTask(
        (function* () {
          yield* future;
          note(name);
        })(),
      ),
    );
    yield* sleep(1);
    future.setResult();
    yield* wait(waiters);
  }, true);
  expect([...outcomes].toSorted()).toEqual(["a b c", "a c b", "b a c", "b c a", "c a b", "c b a"]);
});

test("callbacks of callSoon, and those of one future, keep the order that is promised", async () => {
  const { outcomes } = await outcomesOf(function* (note) {
    const loop = getRunningLoop();
    const future = loop.createFuture<void>();
    future.addDoneCallback(() => note("c"));
    future.addDoneCallback(() => note("d"));
    loop.callSoon(() => note("a"));
    loop.callSoon(() => note("b"));
    future.setResult();
    yield* sleep(1);
  }, true);
  expect([...outcomes]).toEqual(["a b c d"]);
});

test("timers that are due together fire in every order", async () => {
  const { outcomes } = await outcomesOf(function* (note) {
    const loop = getRunningLoop();
    loop.callLater(5, () => note("a"));
    loop.callLater(5, () => note("b"));
    loop.callLater(4, () => note("first"));
    yield* sleep(6);
  }, true);
  expect([...outcomes].toSorted()).toEqual(["first a b", "first b a"]);
});

test("race gives whoever ends first, never one that ended later", async () => {
  const { outcomes } = await outcomesOf(function* (note) {
    let first = "";
    const runner = function* (name: string) {
      yield* sleep(1);
      first ||= name;
      return name;
    };
    const winner = yield* race([runner("a"), runner("b")]);
    note(`${winner} of ${first}`);
  }, true);
  expect([...outcomes].toSorted()).toEqual(["a of a", "b of b"]);
});

test("the sibling of a child that failed may take a step before it is cancelled, and not two", async () => {
  const { outcomes } = await outcomesOf(function* (note) {
    let steps = 0;
    let failed = false;
    const failing = function* () {
      yield* sleep(1);
      failed = true;
      throw new Error("failed");
    };
    const going = function* () {
      yield* sleep(1);
      for (let i = 0; i < 4; i++) {
        if (failed) steps++;
        yield* sleep(0);
      }
      yield* sleep(1);
    };
    try {
      yield* gather([failing(), going()]);
    } catch {
      note(String(steps));
    }
  }, true);
  expect([...outcomes].toSorted()).toEqual(["0", "1"]);
});

/** One thing that a task of a random program does. */
type Action =
  | { readonly kind: "pass" | "lock" | "put" | "get" | "cancel" | "timeout" | "fail" }
  | { readonly kind: "sleep"; readonly ms: number };

type Shape = "gather" | "group" | "wait";

const action = fc.oneof<fc.Arbitrary<Action>[]>(
  fc.constantFrom<Action>(
    { kind: "pass" },
    { kind: "lock" },
    { kind: "put" },
    { kind: "get" },
    { kind: "cancel" },
    { kind: "timeout" },
    { kind: "fail" },
  ),
  fc.record({ kind: fc.constant("sleep" as const), ms: fc.integer({ min: 1, max: 2 }) }),
);

interface RandomProgram {
  readonly shape: Shape;
  readonly tasks: readonly (readonly Action[])[];
}

const programs = (mostTasks: number, mostActions: number): fc.Arbitrary<RandomProgram> =>
  fc.record({
    shape: fc.constantFrom<Shape>("gather", "group", "wait"),
    tasks: fc.array(fc.array(action, { minLength: 1, maxLength: mostActions }), { minLength: 2, maxLength: mostTasks }),
  });

/** The program of these actions: its tasks share a lock, a queue, and the first of them, which any may cancel. */
function build({ shape, tasks }: RandomProgram, note: Note): AwaitableLike<unknown> {
  const lock = new Lock();
  const queue = new Queue<number>();
  let cancelFirst: () => void = () => {};
  const perform = function* (one: Action, name: string) {
    if (one.kind === "pass") yield* sleep(0);
    else if (one.kind === "sleep") yield* sleep(one.ms);
    else if (one.kind === "put") yield* queue.put(1);
    else if (one.kind === "get") yield* moveOnAfter(1, queue.get());
    else if (one.kind === "timeout") yield* moveOnAfter(1, sleep(1));
    else if (one.kind === "cancel") cancelFirst();
    else if (one.kind === "fail") throw new Error(name);
    else {
      using _permit = yield* lock.acquire();
      note(`${name}:in`);
      yield* sleep(1);
    }
  };
  const bodies = tasks.map(function* (actions, index) {
    for (const [at, one] of actions.entries()) {
      yield* perform(one, `${index}${at}`);
      note(`${index}${at}`);
    }
  });
  return (function* () {
    if (shape === "gather") yield* gather(bodies, { returnExceptions: true });
    else if (shape === "group") {
      yield* taskGroup(function* (group) {
        const [first] = bodies.map((body) => group.createTask(body));
        cancelFirst = () => void first?.cancel();
      });
    } else {
      const started = bodies.map((body) => createTask(body));
      cancelFirst = () => void started[0]?.cancel();
      yield* wait(started);
      for (const task of started) if (!task.cancelled) task.exception();
    }
    note("end");
  })();
}

const MOST = 1_500; // schedules of a program without pruning; larger programs take too long

/** Compares what pruning leaves of random programs with all that there is. */
async function expectSameOutcomes(
  arbitrary: fc.Arbitrary<RandomProgram>,
  numRuns: number,
  options: ExploreOptions,
): Promise<void> {
  const total = { compared: 0, pruned: 0, all: 0 };
  const compareOne = async (random: RandomProgram): Promise<void> => {
    const program = (note: Note): AwaitableLike<unknown> => build(random, note);
    const pruned = await outcomesOf(program, true, { ...options, schedules: MOST });
    if (!pruned.complete) return;
    const all = await outcomesOf(program, false, { ...options, schedules: MOST });
    if (!all.complete) return;
    expect(pruned.outcomes).toEqual(all.outcomes);
    expect(pruned.schedules).toBeLessThanOrEqual(all.schedules);
    total.compared++;
    total.pruned += pruned.schedules;
    total.all += all.schedules;
  };
  await fc.assert(fc.asyncProperty(arbitrary, compareOne), { numRuns, seed: 1 });
  console.info(`${total.compared} programs: ${total.pruned} schedules instead of ${total.all}`);
  expect(total.compared).toBeGreaterThan(numRuns / 2);
  expect(total.pruned).toBeLessThan(total.all / 2);
}

test(
  "pruning loses no outcome, and tries fewer schedules",
  () => expectSameOutcomes(programs(3, 3), often(120), {}),
  60_000,
);

test("nor does it where every task is cancelled at every choice", async () => {
  // The error of a child that is cancelled with its gather is the gather's: that would end the exploration.
  const unfailing = programs(2, 2).filter(({ tasks }) => tasks.flat().every(({ kind }) => kind !== "fail"));
  await expectSameOutcomes(unfailing, often(60), { cancelAnywhere: true });
}, 60_000);
