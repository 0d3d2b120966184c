/**
 * Random programs of frames, scopes, tasks and failures, cancelled at random moments. Whatever they are: every frame that
 * was entered is left once, innermost first; cleanup that unwinding began goes to its end; nothing that was unwound goes on.
 */
import {
  allTasks,
  type Awaitable,
  CancelledError,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  currentTask,
  ExceptionGroup,
  gather,
  getRunningLoop,
  moveOnAfter,
  race,
  type RunOptions,
  shield,
  sleep,
  suppressed,
  type Task,
  taskGroup,
  TimeoutError,
  timeout,
} from "brigade";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { often } from "../often.ts";
import { type Outcome, outcomeOf } from "../outcome.ts";
import { reporting } from "../virtually.ts";

type Program =
  | { readonly kind: "sleep"; readonly ms: number }
  | { readonly kind: "fail" }
  | { readonly kind: "sequence"; readonly steps: readonly Program[] }
  | { readonly kind: "frame"; readonly body: Program; readonly cleanup: Program }
  | { readonly kind: "catch"; readonly body: Program }
  | { readonly kind: "timeout" | "moveOnAfter"; readonly ms: number; readonly body: Program }
  | { readonly kind: "shield" | "task" | "eager"; readonly body: Program }
  | { readonly kind: "gather" | "race"; readonly children: readonly Program[] }
  | { readonly kind: "group"; readonly children: readonly Program[]; readonly body: Program };

const ms = fc.integer({ min: 0, max: 6 });
const sleeping = fc.record({ kind: fc.constant("sleep" as const), ms });
const { program } = fc.letrec<{ program: Program }>((tie) => {
  const body = tie("program");
  const children = fc.array(body, { minLength: 1, maxLength: 3 });
  return {
    program: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      sleeping,
      fc.record({ kind: fc.constant("frame" as const), body, cleanup: fc.oneof(sleeping, body) }),
      fc.record({ kind: fc.constant("sequence" as const), steps: fc.array(body, { minLength: 1, maxLength: 3 }) }),
      fc.record({ kind: fc.constantFrom("timeout" as const, "moveOnAfter" as const), ms, body }),
      fc.record({ kind: fc.constantFrom("shield" as const, "task" as const, "eager" as const), body }),
      fc.record({ kind: fc.constantFrom("gather" as const, "race" as const), children }),
      fc.record({ kind: fc.constant("group" as const), children, body }),
      fc.record({ kind: fc.constant("catch" as const), body }),
      fc.constant({ kind: "fail" as const }),
    ),
  };
});

/** What one run of a program did, and what it must never do. */
class Watch {
  readonly trace: string[] = [];
  readonly violations: string[] = [];
  readonly failures = new Set<unknown>();
  /** Errors that reached a catch. */
  readonly told: unknown[] = [];
  readonly #stacks = new Map<Task<unknown>, number[]>();
  #frames = 0;
  entered = 0;
  left = 0;

  enter(): number {
    const frame = this.#frames++;
    this.entered++;
    this.#stack().push(frame);
    this.#note(`enter ${frame}`);
    return frame;
  }

  leave(frame: number): void {
    this.left++;
    const top = this.#stack().pop();
    if (top !== frame) this.violations.push(`frame ${frame} was left while ${top} was innermost`);
    this.#note(`leave ${frame}`);
  }

  cleans(frame: number, unwinding: boolean): void {
    const top = this.#stack().at(-1);
    if (top !== frame) this.violations.push(`frame ${frame} cleans up while ${top} is innermost`);
    this.#note(`clean ${frame}${unwinding ? ", unwinding" : ""}`);
  }

  fail(): never {
    const error = new Failure("on purpose");
    this.failures.add(error);
    throw error;
  }

  caught(error: unknown): void {
    this.told.push(error);
    this.#note(`caught ${(error as Error).name}`);
    if (error instanceof CancelledError) this.violations.push("a catch saw a cancellation");
    const expected = error instanceof TimeoutError || error instanceof ExceptionGroup || error instanceof Failure;
    if (!expected) this.violations.push(`a catch saw ${String(error)}`);
  }

  #stack(): number[] {
    const task = currentTask();
    const stack = this.#stacks.get(task) ?? [];
    this.#stacks.set(task, stack);
    return stack;
  }

  #note(what: string): void {
    this.trace.push(`${getRunningLoop().time()} ${currentTask().name}: ${what}`);
  }
}

class Failure extends Error {
  override readonly name = "Failure";
}

/** One coroutine frame with cleanup, watched. */
const frameOf = coroutine(function* frameOf(watch: Watch, body: Program, cleanup: Program): CoroutineBody<void> {
  const frame = watch.enter();
  let pending: unknown;
  let replaced = false;
  let unwound = false;
  let clean = false;
  try {
    try {
      yield* interpret(watch, body);
      if (currentTask().unwinding) watch.violations.push(`frame ${frame} goes on though it is being unwound`);
    } catch (error) {
      if (error instanceof CancelledError || currentTask().unwinding)
        watch.violations.push("a catch saw a cancellation");
      pending = error;
      throw error;
    } finally {
      unwound = currentTask().unwinding;
      watch.cleans(frame, unwound);
      try {
        yield* interpret(watch, cleanup);
        clean = true;
      } catch (error) {
        if (error instanceof CancelledError) watch.violations.push("cleanup was cancelled by an error");
        clean = true;
        replaced = true;
        throw error;
      }
    }
    if (unwound) watch.violations.push(`frame ${frame} goes on after it was unwound`);
  } finally {
    if (unwound && !clean) watch.violations.push(`the cleanup of frame ${frame} was cut short`);
    // JavaScript drops the error that a finally was going to throw when it throws another, and when it is returned from.
    if (replaced || !clean) watch.told.push(pending);
    watch.leave(frame);
  }
});

const catching = coroutine(function* catching(watch: Watch, body: Program): CoroutineBody<void> {
  try {
    yield* interpret(watch, body);
  } catch (error) {
    watch.caught(error);
  }
});

const grouped = (watch: Watch, children: readonly Program[], body: Program): Awaitable<void> =>
  taskGroup(function* (group) {
    for (const child of children) group.createTask(interpret(watch, child));
    yield* interpret(watch, body);
  });

const interpret: (watch: Watch, program: Program) => Coroutine<void> = coroutine(function* interpretStep(
  watch: Watch,
  one: Program,
): CoroutineBody<void> {
  switch (one.kind) {
    case "sleep":
      return yield* sleep(one.ms);
    case "fail":
      return watch.fail();
    case "sequence":
      for (const step of one.steps) yield* interpret(watch, step);
      return;
    case "frame":
      return yield* frameOf(watch, one.body, one.cleanup);
    case "catch":
      return yield* catching(watch, one.body);
    case "timeout":
      return yield* timeout(one.ms, interpret(watch, one.body));
    case "moveOnAfter":
      return yield* moveOnAfter(one.ms, interpret(watch, one.body));
    case "shield":
      return yield* shield(interpret(watch, one.body));
    case "task":
      return yield* createTask(interpret(watch, one.body));
    case "eager":
      return yield* createTask(interpret(watch, one.body), { eager: true });
    case "gather":
      return void (yield* gather(one.children.map((child) => interpret(watch, child))));
    case "race":
      return yield* race(one.children.map((child) => interpret(watch, child)));
    case "group":
      return yield* grouped(watch, one.children, one.body);
    default:
      one satisfies never;
  }
});

interface Plan {
  readonly program: Program;
  /** Milliseconds, and further iterations, before each cancel(). */
  readonly cancels: readonly (readonly [number, number])[];
}

/** Runs a plan; `options` and `atEachTurn` must not change what happens. */
async function carryOut({ program: given, cancels }: Plan, options: RunOptions = {}, atEachTurn?: () => void) {
  const watch = new Watch();
  let created = 0;
  let done = 0;
  const observer = {
    taskCreated: () => void created++,
    taskDone: () => void done++,
    ...(atEachTurn && { stepEnded: atEachTurn }),
  };
  const { outcome, reports } = await reporting(
    function* () {
      const task = createTask(interpret(watch, given));
      const requests: boolean[] = [];
      for (const [delay, turns] of cancels) {
        yield* sleep(delay);
        for (let turn = 0; turn < turns; turn++) yield* sleep(0);
        requests.push(task.cancel());
      }
      const ending: Outcome = yield* outcomeOf(task);
      return { requests, ending, tasks: [...allTasks()].map((one) => one.name) };
    },
    { observer, ...options },
  );
  if (outcome.status === "rejected") throw outcome.reason;
  return { ...outcome.value, watch, reports, created, done };
}

/** An error, and every error that it brings along. */
function within(error: unknown): unknown[] {
  if (typeof error !== "object" || error === null) return [];
  const { error: wrapped, cause, errors = [] } = error as { error?: unknown; cause?: unknown; errors?: unknown[] };
  return [error, ...[wrapped, cause, ...errors, ...suppressed(error)].flatMap(within)];
}

function expectPromisesKept(run: Awaited<ReturnType<typeof carryOut>>): void {
  const { watch, requests, ending } = run;
  expect(watch.violations).toEqual([]);
  expect(watch.left).toBe(watch.entered);
  expect(run.tasks).toEqual(["main"]);
  expect(run.done).toBe(run.created);
  expect(requests.filter(Boolean).length).toBeLessThan(2);
  const granted = requests.includes(true);
  // An unwinding may come between a failure and the step of whoever waits for it: then it is reported, as in asyncio.
  expect(run.reports.filter((report) => report.kind !== "unretrieved-error")).toEqual([]);
  const told = [...watch.told, ...run.reports.map((report) => report.error), ending === "cancelled" ? 0 : ending];
  const found = new Set(told.flatMap(within));
  expect(
    [...watch.failures].filter((failure) => !found.has(failure)),
    "errors that were lost",
  ).toEqual([]);
  if (granted) expect(ending === "cancelled" || "error" in ending).toBe(true);
  else expect(ending).not.toBe("cancelled");
}

const plan = fc.record({
  program,
  cancels: fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 3 })), { maxLength: 3 }),
});

test("random programs, cancelled at random moments, keep every promise", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (given) => {
      expectPromisesKept(await carryOut(given));
    }),
    { numRuns: often(4_000), seed: 20_251 },
  );
});

test("random programs do the same when they run again, in debug, and while everybody's stack is looked at", {
  timeout: 120_000,
}, async () => {
  const lookAround = () => {
    for (const task of allTasks()) task.stack();
  };
  await fc.assert(
    fc.asyncProperty(plan, async (given) => {
      const { watch } = await carryOut(given);
      for (const again of [
        await carryOut(given),
        await carryOut(given, { debug: true, slowStep: "1h" }),
        await carryOut(given, {}, lookAround),
      ])
        expect(again.watch.trace).toEqual(watch.trace);
    }),
    { numRuns: often(500), seed: 7 },
  );
});
