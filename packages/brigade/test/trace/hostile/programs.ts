/** Random programs that use everything a task can wait for, and tell in a log what happened: two runs of one program are compared by it. */
import {
  allTasks,
  type Awaitable,
  Condition,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  currentTask,
  Event,
  forEach,
  gather,
  getRunningLoop,
  Lock,
  moveOnAfter,
  Queue,
  race,
  type RunOptions,
  Semaphore,
  shield,
  sleep,
  stream,
  type Task,
  taskGroup,
  timeout,
} from "brigade";
import * as fc from "fast-check";
import { outcomeOf } from "../../outcome.ts";
import { reporting } from "../../virtually.ts";

export type Program =
  | { readonly kind: "sleep"; readonly ms: number }
  | { readonly kind: "fail" | "get" | "set" | "waitForEvent" | "notify" | "waitForCondition" | "cancelSelf" }
  | { readonly kind: "put"; readonly item: number }
  | { readonly kind: "cancel"; readonly task: number }
  | { readonly kind: "sequence"; readonly steps: readonly Program[] }
  | { readonly kind: "frame"; readonly body: Program; readonly cleanup: Program }
  | { readonly kind: "catch" | "deep"; readonly body: Program }
  | { readonly kind: "shield" | "task" | "eager" | "forgotten"; readonly body: Program }
  | { readonly kind: "timeout" | "moveOnAfter"; readonly ms: number; readonly body: Program }
  | { readonly kind: "locked" | "permitted"; readonly body: Program }
  | { readonly kind: "gather"; readonly limit: number; readonly children: readonly Program[] }
  | { readonly kind: "stream"; readonly limit: number; readonly items: number; readonly body: Program }
  | { readonly kind: "race"; readonly children: readonly Program[] }
  | { readonly kind: "group"; readonly children: readonly Program[]; readonly body: Program };

const ms = fc.integer({ min: 0, max: 6 });
const limit = fc.integer({ min: 1, max: 3 });
const of = <K extends string>(...kinds: readonly K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);

const { program } = fc.letrec<{ program: Program }>((tie) => {
  const body = tie("program");
  const children = fc.array(body, { minLength: 1, maxLength: 4 });
  return {
    program: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.record({ kind: of("sleep"), ms }),
      fc.record({ kind: of("get", "set", "waitForEvent", "notify", "waitForCondition", "fail", "cancelSelf") }),
      fc.record({ kind: of("put"), item: fc.nat(9) }),
      fc.record({ kind: of("cancel"), task: fc.nat(9) }),
      fc.record({ kind: of("sequence"), steps: children }),
      fc.record({ kind: of("frame"), body, cleanup: body }),
      fc.record({ kind: of("catch", "deep", "locked", "permitted"), body }),
      fc.record({ kind: of("shield", "task", "eager", "forgotten"), body }),
      fc.record({ kind: of("timeout", "moveOnAfter"), ms, body }),
      fc.record({ kind: of("gather"), limit, children }),
      fc.record({ kind: of("stream"), limit, items: fc.nat(4), body }),
      fc.record({ kind: of("race"), children }),
      fc.record({ kind: of("group"), children, body }),
    ),
  };
});

export interface Plan {
  readonly program: Program;
  /** Milliseconds, and further iterations, before each cancel(). */
  readonly cancels: readonly (readonly [number, number])[];
}

export const plans: fc.Arbitrary<Plan> = fc.record({
  program,
  cancels: fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 3 })), { maxLength: 3 }),
});

/** What the tasks of one run share. */
class World {
  readonly log: string[] = [];
  readonly lock = new Lock();
  readonly semaphore = new Semaphore(2);
  readonly queue = new Queue<number>({ maxSize: 2 });
  readonly event = new Event();
  readonly condition = new Condition();

  note(what: string): void {
    this.log.push(`${getRunningLoop().time()} ${currentTask().name}: ${what}`);
  }
}

class Failure extends Error {
  override readonly name = "Failure";
}

const numbers = stream(function* numbers(world: World, count: number) {
  try {
    for (let i = 0; i < count; i++) {
      yield* sleep(i % 2);
      yield i;
    }
  } finally {
    world.note("stream ends");
    yield* sleep(1);
  }
});

const framed = coroutine(function* framed(world: World, body: Program, cleanup: Program): CoroutineBody<void> {
  world.note("enter");
  try {
    yield* interpret(world, body);
    world.note("goes on");
  } finally {
    world.note(`clean${currentTask().unwinding ? ", unwinding" : ""}`);
    yield* interpret(world, cleanup);
    world.note("cleaned");
  }
});

const caught = coroutine(function* caught(world: World, body: Program): CoroutineBody<void> {
  try {
    yield* interpret(world, body);
  } catch (error) {
    world.note(`caught ${String(error)}`);
  }
});

const locked = coroutine(function* locked(world: World, body: Program): CoroutineBody<void> {
  using _ = yield* world.lock.acquire();
  world.note("locked");
  yield* interpret(world, body);
});

const permitted = coroutine(function* permitted(world: World, body: Program): CoroutineBody<void> {
  using _ = yield* world.semaphore.acquire();
  world.note("permitted");
  yield* interpret(world, body);
});

const waitsForCondition = coroutine(function* waitsForCondition(world: World): CoroutineBody<void> {
  using _ = yield* world.condition.acquire();
  yield* world.condition.wait();
});

const notifies = coroutine(function* notifies(world: World): CoroutineBody<void> {
  using _ = yield* world.condition.acquire();
  world.condition.notify();
});

const deeper: (world: World, body: Program, depth: number) => Coroutine<void> = coroutine(function* oneDeeper(
  world: World,
  body: Program,
  depth: number,
): CoroutineBody<void> {
  if (depth === 0) yield* interpret(world, body);
  else yield* deeper(world, body, depth - 1);
});

const grouped = (world: World, children: readonly Program[], body: Program): Awaitable<void> =>
  taskGroup(function* (group) {
    for (const child of children) group.createTask(interpret(world, child));
    yield* interpret(world, body);
  });

const interpret: (world: World, program: Program) => Coroutine<void> = coroutine(function* interpretOne(
  world: World,
  one: Program,
): CoroutineBody<void> {
  world.note(one.kind);
  switch (one.kind) {
    case "sleep":
      yield* sleep(one.ms);
      break;
    case "fail":
      throw new Failure("on purpose");
    case "get":
      world.note(`got ${yield* world.queue.get()}`);
      break;
    case "put":
      yield* world.queue.put(one.item);
      break;
    case "set":
      world.event.set();
      break;
    case "waitForEvent":
      yield* world.event.wait();
      break;
    case "notify":
      yield* notifies(world);
      break;
    case "waitForCondition":
      yield* waitsForCondition(world);
      break;
    case "cancelSelf":
      world.note(`cancel: ${currentTask().cancel()}`);
      break;
    case "cancel":
      cancelOne(world, one.task);
      break;
    case "sequence":
      for (const step of one.steps) yield* interpret(world, step);
      break;
    case "frame":
      yield* framed(world, one.body, one.cleanup);
      break;
    case "catch":
      yield* caught(world, one.body);
      break;
    case "deep":
      yield* deeper(world, one.body, 12);
      break;
    case "timeout":
      yield* timeout(one.ms, interpret(world, one.body));
      break;
    case "moveOnAfter":
      yield* moveOnAfter(one.ms, interpret(world, one.body));
      break;
    case "locked":
      yield* locked(world, one.body);
      break;
    case "permitted":
      yield* permitted(world, one.body);
      break;
    default:
      yield* interpretMany(world, one);
  }
  world.note(`${one.kind} ended`);
});

type Many = Extract<
  Program,
  { kind: "shield" | "task" | "eager" | "forgotten" | "gather" | "stream" | "race" | "group" }
>;

function interpretMany(world: World, one: Many): Awaitable<unknown> {
  switch (one.kind) {
    case "shield":
      return shield(interpret(world, one.body));
    case "task":
      return createTask(interpret(world, one.body));
    case "eager":
      return createTask(interpret(world, one.body), { eager: true });
    case "forgotten":
      createTask(interpret(world, one.body), { name: "forgotten" });
      return sleep(0);
    case "gather":
      return gather(
        one.children.map((child) => interpret(world, child)),
        { limit: one.limit },
      );
    case "stream":
      return forEach(numbers(world, one.items), () => interpret(world, one.body), { limit: one.limit });
    case "race":
      return race(one.children.map((child) => interpret(world, child)));
    default:
      return grouped(world, one.children, one.body);
  }
}

/** Cancels a task, whichever the number leads to: this one, main, or one that is being cancelled. */
function cancelOne(world: World, number: number): void {
  const tasks = [...allTasks()];
  const task = tasks[number % tasks.length] as Task<unknown>;
  world.note(`cancel ${task.name}: ${task.cancel()}`);
}

export interface Told {
  readonly log: readonly string[];
  readonly ending: string;
  readonly reports: readonly string[];
}

/** Runs a plan in virtual time, and gives all that it told. */
export async function carryOut({ program: given, cancels }: Plan, options: RunOptions = {}): Promise<Told> {
  const world = new World();
  const { outcome, reports } = await reporting(
    coroutine(function* root(): CoroutineBody<string> {
      const task = createTask(interpret(world, given));
      for (const [delay, turns] of cancels) {
        yield* sleep(delay);
        for (let turn = 0; turn < turns; turn++) yield* sleep(0);
        world.note(`cancel from outside: ${task.cancel()}`);
      }
      const ending = yield* outcomeOf(task);
      return ending === "cancelled" || "value" in ending ? JSON.stringify(ending) : String(ending.error);
    }),
    options,
  );
  return {
    log: world.log,
    ending: outcome.status === "fulfilled" ? outcome.value : String(outcome.reason),
    reports: reports.map(({ kind, message }) => `${kind}: ${message}`),
  };
}
