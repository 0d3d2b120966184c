/** gather, race and taskGroup under every schedule: no orphan, no error lost, nothing runs after its cancellation. */
import {
  type Awaitable,
  CancelledError,
  coroutine,
  currentTask,
  ExceptionGroup,
  gather,
  type Report,
  race,
  sleep,
  suppressed,
  type Task,
  type TaskGroup,
  taskGroup,
} from "brigade";
import { expect, test } from "vitest";
import { demand, type Ending, explore, type Program, told } from "./explorer.ts";

const thrownByAny = new WeakSet<Error>();

/** Children of one parent, each with a cleanup that takes an iteration: who is there, and what they threw. */
class Family {
  readonly #thrown: Error[] = [];
  readonly #caught: unknown[] = [];
  readonly #reported: unknown[] = [];
  readonly #members: Task<unknown>[] = [];
  #parent: Task<unknown> | undefined;
  #alive = 0;

  readonly child = coroutine(function* child(
    this: Family,
    iterations: number,
    ending: "value" | "error" | "cleanup error",
  ) {
    this.#members.push(currentTask());
    this.#alive++;
    let finished = false;
    try {
      for (let index = 0; index < iterations; index++) yield* sleep(0);
      if (ending === "error") throw this.#error("child");
      finished = true;
      return iterations;
    } finally {
      if (currentTask().unwinding) yield* sleep(0);
      this.#alive--;
      if (!finished && ending === "cleanup error") throw this.#error("cleanup");
    }
  });

  /** Runs the parent's work, and demands that no child outlives it. A child that was cancelled on its own is no error. */
  readonly parent = coroutine(function* parent(this: Family, work: () => Awaitable<unknown>) {
    this.#parent = currentTask();
    try {
      yield* work();
    } catch (error) {
      this.#caught.push(error, ...suppressed(error));
      if (!(error instanceof CancelledError)) throw error;
    } finally {
      demand(this.#alive === 0, "a child outlives its parent");
      demand(
        this.#members.every((task) => task.done || task === this.#parent),
        "a child's task outlives its parent",
      );
    }
  });

  /** Cancels the child that began first, if one did. */
  readonly cancelling = coroutine(function* cancelling(this: Family) {
    yield* sleep(0);
    this.#members.find((task) => task !== this.#parent)?.cancel();
  });

  #error(message: string): Error {
    const error = new Error(message);
    this.#thrown.push(error);
    thrownByAny.add(error);
    return error;
  }

  /** Takes the report of an error that was on its way to the parent when the parent was cancelled. It may come late. */
  takesReport({ kind, error }: Report): boolean {
    if (this.#thrown.some((one) => one === error)) this.#reported.push(error);
    return kind === "unretrieved-error" && error instanceof Error && thrownByAny.has(error);
  }

  /** Every error that was thrown came out of the parent, or was caught in it. */
  nothingLost(ending: Ending | undefined): void {
    const carried = [...this.#caught];
    if (typeof ending?.outcome === "object") carried.push(ending.outcome.error, ...suppressed(ending.outcome.error));
    for (const error of carried) if (error instanceof ExceptionGroup) carried.push(...error.errors);
    demand(this.#reported.length === 0 || ending?.outcome === "cancelled", "an error was reported instead of thrown");
    carried.push(...this.#reported.flatMap((error) => [error, ...suppressed(error)]));
    for (const error of this.#thrown) demand(carried.includes(error), `the error of a ${error.message} was lost`);
  }
}

type Work = (family: Family) => Awaitable<unknown>;

/** A parent with its children, a task that cancels the first child, and every cancellation of both. */
const familyProgram = (work: Work, errors: boolean) => (): Program => {
  const family = new Family();
  return {
    tasks: [[() => family.parent(() => work(family))], [() => family.cancelling()]],
    mayFail: () => true,
    mayReport: (report) => family.takesReport(report),
    atRest: (endings) => {
      demand(!endings.some(({ outcome }) => outcome === "waiting"), "a parent waits for ever");
      if (errors) family.nothingLost(endings[0]);
    },
  };
};

const children = (family: Family, kinds: readonly Parameters<Family["child"]>[]): Awaitable<unknown>[] =>
  kinds.map((kind) => family.child(...kind));

const groupOf =
  (
    kinds: readonly Parameters<Family["child"]>[],
    body: (group: TaskGroup, family: Family) => Awaitable<unknown>,
  ): Work =>
  (family) =>
    taskGroup(function* (group) {
      for (const one of children(family, kinds)) group.createTask(one);
      return yield* body(group, family);
    });

const kinds = [
  [
    [2, "value"],
    [3, "value"],
  ],
  [
    [2, "error"],
    [4, "value"],
  ],
  [
    [4, "value"],
    [2, "error"],
    [2, "error"],
  ],
  [
    [2, "error"],
    [4, "cleanup error"],
  ],
  [
    [4, "cleanup error"],
    [5, "cleanup error"],
  ],
] as const satisfies readonly (readonly Parameters<Family["child"]>[])[];

const campaign = async (
  name: string,
  work: (kinds: readonly Parameters<Family["child"]>[]) => Work,
  errors: boolean,
) => {
  let schedules = 0;
  for (const list of kinds) {
    const label = list.map((kind) => kind.join(" ")).join(", ");
    schedules += told(`${name} of ${label}`, await explore(familyProgram(work(list), errors), { pauses: 3 }));
  }
  return schedules;
};

test("gather: children that end, fail, or throw in their cleanup, with the parent and a child cancelled", async () => {
  const schedules = await campaign("gather", (list) => (family) => gather(children(family, list)), true);
  expect(schedules).toBeGreaterThan(5_000);
}, 60_000);

test("gather with a limit: the same", async () => {
  const work =
    (list: readonly Parameters<Family["child"]>[]): Work =>
    (family) =>
      gather(children(family, list), { limit: 1 });
  expect(await campaign("gather, limit 1,", work, true)).toBeGreaterThan(5_000);
}, 60_000);

test("gather with returnExceptions: the parent ends with the values, or cancelled, or with an error of the cleanup", async () => {
  const work =
    (list: readonly Parameters<Family["child"]>[]): Work =>
    (family) =>
      gather(children(family, list), { returnExceptions: true });
  expect(await campaign("gather, returnExceptions,", work, false)).toBeGreaterThan(5_000);
}, 60_000);

test("race: the losers are cancelled and awaited", async () => {
  const schedules = await campaign("race", (list) => (family) => race(children(family, list)), false);
  expect(schedules).toBeGreaterThan(5_000);
}, 60_000);

test("taskGroup: the body awaits while children end, fail, or throw in their cleanup", async () => {
  const work = (list: readonly Parameters<Family["child"]>[]) => groupOf(list, (_, family) => family.child(3, "value"));
  expect(await campaign("taskGroup", work, true)).toBeGreaterThan(5_000);
}, 60_000);

test("taskGroup: the body ends first, the body fails, the body cancels the children", async () => {
  let schedules = 0;
  const ends = (list: readonly Parameters<Family["child"]>[]) => groupOf(list, (_, family) => family.child(0, "value"));
  const fails = (list: readonly Parameters<Family["child"]>[]) =>
    groupOf(list, (_, family) => family.child(3, "error"));
  const stops = (list: readonly Parameters<Family["child"]>[]) =>
    groupOf(
      list,
      coroutine(function* (group: TaskGroup) {
        yield* sleep(0);
        group.cancelChildren();
        yield* sleep(0);
      }),
    );
  for (const work of [ends, fails, stops]) schedules += await campaign("taskGroup", work, true);
  expect(schedules).toBeGreaterThan(5_000);
}, 60_000);

test("taskGroup: children that add children, until the group has ended", async () => {
  const adding: Work = (family) =>
    taskGroup(function* (group) {
      const grow = coroutine(function* grow(level: number) {
        try {
          yield* sleep(0);
        } finally {
          if (level > 0) group.createTask(family.child(level, level === 1 ? "cleanup error" : "value"));
        }
      });
      group.createTask(grow(1));
      group.createTask(grow(2));
      yield* sleep(0);
    });
  const exploration = await explore(familyProgram(adding, true), { pauses: 4 });
  expect(told("taskGroup that grows", exploration)).toBeGreaterThan(1_000);
}, 60_000);
