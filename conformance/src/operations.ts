/** What each operation does on Brigade, and how it is written down. */
import {
  type Awaitable,
  type Barrier,
  type Condition,
  type ContextVar,
  type Coroutine,
  coroutine,
  type CoroutineBody,
  createTask,
  currentTask,
  type Event,
  forEach,
  type Future,
  gather,
  type Lock,
  moveOnAfter,
  type Queue,
  type Semaphore,
  type SettableFuture,
  sleep,
  stream,
  type Suspension,
  type Task,
  taskGroup,
  timeout,
  type TimeoutScope,
  wait,
} from "brigade";
import { described, nameOf, ProgramError, written } from "./names.ts";
import type { Gathering, Op, StreamOp } from "./program.ts";
import type { Run } from "./run.ts";

/** A call of the function: nothing runs before it is awaited. Its operations go by its label in the trace. */
export function call(self: Run, name: string): Coroutine<string> {
  return body(self, self.label(name), name);
}

const body = coroutine(function* call(self: Run, label: string, name: string): CoroutineBody<string> {
  yield* block(self, label, self.program.functions[name] ?? []);
  return name;
});

/** Performs operations, one after another, and writes how each began and ended. */
const block: (self: Run, label: string, ops: readonly Op[]) => Coroutine<void> = coroutine(function* block(
  self: Run,
  label: string,
  ops: readonly Op[],
): CoroutineBody<void> {
  for (const op of ops) {
    const began = self.log(label, described(op));
    let end = "~"; // neither result nor error: the frame is unwound
    try {
      const result = perform(self, label, op);
      end = written(isAwaitable(result) ? yield* result : result);
    } catch (error) {
      end = `!${nameOf(error)}`;
      throw error;
    } finally {
      self.logEnd(began, label, op, end);
    }
  }
});

function isAwaitable(value: unknown): value is Coroutine<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

type OpOf<K extends Op["op"]> = Op & { readonly op: K };
type Performers = { readonly [K in Op["op"]]: (self: Run, op: OpOf<K>, label: string) => unknown };

const UNSET = "unset"; // the operation names what is not there (yet)

function perform(self: Run, label: string, op: Op): unknown {
  return (performers[op.op] as (self: Run, op: Op, label: string) => unknown)(self, op, label);
}

const performers: Performers = {
  sleep: (_, op) => sleep(op.ms),
  raise(_, op) {
    throw new ProgramError(op.error);
  },
  call: (self, op) => call(self, op.function),
  spawn: (self, op) => self.started(op.as, createTask(call(self, op.function), { eager: op.eager })),
  await: (self, op) => named(self, op.task) ?? UNSET,
  awaitFor(self, op) {
    const future = named(self, op.task);
    return future === undefined ? UNSET : timeout(op.ms < 0 ? Infinity : op.ms, future);
  },
  cancel: (self, op) => named(self, op.task)?.cancel() ?? UNSET,
  gather: gathered,
  wait: (self, op) => waited(self, op),

  timeout: (self, op, label) => timeout(op.ms, (scope) => scoped(self, label, op, scope)),
  moveOnAfter: (self, op, label) => moved(moveOnAfter(op.ms, (scope) => scoped(self, label, op, scope))),
  reschedule: (self, op) => {
    const scope = self.scopes.get(op.scope);
    return scope === undefined ? UNSET : scope.reschedule(op.ms);
  },
  group: (self, op, label) =>
    taskGroup((group) => {
      self.groups.set(op.as, group);
      return block(self, label, op.body);
    }),
  child(self, op) {
    const group = self.groups.get(op.group);
    if (group === undefined) return UNSET;
    return self.started(op.as, group.createTask(call(self, op.function), { eager: op.eager }));
  },
  try: (self, op, label) => attempted(self, label, op),

  acquire: (self, op) => nothing(holder(self, op.object).acquire()),
  release: (self, op) => holder(self, op.object).release(),
  with: (self, op, label) => held(self, label, op),
  set: (self, op) => event(self, op.event).set(),
  clear: (self, op) => event(self, op.event).clear(),
  waitEvent: (self, op) => event(self, op.event).wait(),
  waitCondition: (self, op) => condition(self, op.condition).wait(),
  waitFor: (self, op) => condition(self, op.condition).waitFor(() => event(self, op.event).isSet),
  notify: (self, op) => condition(self, op.condition).notify(op.count),
  notifyAll: (self, op) => condition(self, op.condition).notifyAll(),
  waitBarrier: (self, op) => barrier(self, op.barrier).wait(),
  reset: (self, op) => barrier(self, op.barrier).reset(),
  abort: (self, op) => barrier(self, op.barrier).abort(),
  setResult: (self, op) => future(self, op.future).setResult(op.value),
  setException: (self, op) => future(self, op.future).setException(new ProgramError(op.error)),
  setVariable: (self, op) => void variable(self, op.variable).set(op.value),
  getVariable: (self, op) => variable(self, op.variable).get(),

  put: (self, op) => queue(self, op.queue).put(op.value),
  putNowait: (self, op) => queue(self, op.queue).putNowait(op.value),
  get: (self, op) => queue(self, op.queue).get(),
  getNowait: (self, op) => queue(self, op.queue).getNowait(),
  taskDone: (self, op) => queue(self, op.queue).taskDone(),
  join: (self, op) => queue(self, op.queue).join(),
  shutdown: (self, op) => queue(self, op.queue).shutdown({ immediate: op.immediate }),

  open: (self, op) => void self.readers.set(op.as, produce(self, self.label(op.stream), opsOf(self, op.stream))),
  next: (self, op) => read(self, op),
  close: (self, op) => self.readers.get(op.reader)?.close() ?? UNSET,
  forEach: (self, op, label) => consumed(self, label, op),
};

function named(self: Run, name: string): Future<unknown> | undefined {
  return name === "self" ? currentTask() : self.future(name);
}

const lookup =
  <T>() =>
  (self: Run, name: string): T =>
    self.objects.get(name) as T;
const holder = lookup<Lock | Semaphore | Condition>();
const event = lookup<Event>();
const condition = lookup<Condition>();
const barrier = lookup<Barrier>();
const future = lookup<SettableFuture<number>>();
const variable = lookup<ContextVar<number>>();
const queue = lookup<Queue<number>>();

const nothing = coroutine(function* nothing(awaitable: Awaitable<unknown>): CoroutineBody<void> {
  yield* awaitable;
});

function gathered(self: Run, { items, returnExceptions }: Gathering): Awaitable<unknown> {
  const awaitables = items.map((item): Awaitable<unknown> => {
    if ("function" in item) return call(self, item.function);
    if ("gather" in item) return gathered(self, item.gather);
    return self.future(item.task) ?? unset();
  });
  return gather(awaitables, { returnExceptions });
}

const unset = coroutine(function* unset(): CoroutineBody<string> {
  return UNSET;
});

function waited(self: Run, op: OpOf<"wait">): unknown {
  const tasks = op.tasks.map((name) => [name, self.future(name)] as const);
  const known = tasks.flatMap(([, task]) => (task === undefined ? [] : [task]));
  if (known.length === 0) return UNSET;
  return waitFor(op, tasks, known as Task<unknown>[]);
}

const waitFor = coroutine(function* waitFor(
  op: OpOf<"wait">,
  tasks: readonly (readonly [string, unknown])[],
  known: readonly Task<unknown>[],
): CoroutineBody<string> {
  const options = op.ms < 0 ? {} : { timeout: op.ms };
  const { done } = yield* wait(known, { returnWhen: op.returnWhen, ...options });
  return `done: ${tasks.flatMap(([name, task]) => (done.has(task as Task<unknown>) ? [name] : [])).join(" ")}`;
});

const scoped = coroutine(function* scoped(
  self: Run,
  label: string,
  op: OpOf<"timeout" | "moveOnAfter">,
  scope: TimeoutScope,
): CoroutineBody<string> {
  self.scopes.set(op.as, scope);
  yield* block(self, label, op.body);
  return "in time";
});

const moved = coroutine(function* moved(scope: Awaitable<string | undefined>): CoroutineBody<string> {
  return (yield* scope) ?? "moved on";
});

const attempted = coroutine(function* attempted(self: Run, label: string, op: OpOf<"try">): CoroutineBody<void> {
  try {
    yield* block(self, label, op.body);
  } catch (error) {
    if (op.catch === undefined) throw error;
    yield* block(self, label, op.catch);
  } finally {
    if (op.finally !== undefined) yield* block(self, label, op.finally);
  }
});

const held = coroutine(function* held(self: Run, label: string, op: OpOf<"with">): CoroutineBody<void> {
  const permit = yield* holder(self, op.object).acquire();
  try {
    yield* block(self, label, op.body);
  } finally {
    permit.release();
  }
});

function opsOf(self: Run, name: string): readonly StreamOp[] {
  return self.program.streams[name] ?? [];
}

const produce = stream(function* produce(
  self: Run,
  label: string,
  ops: readonly StreamOp[],
): Generator<Suspension | number, void, unknown> {
  for (const op of ops) {
    if (op.op === "give") yield given(self, label, op.value);
    else if (op.op === "giving") {
      try {
        for (const inner of op.body) {
          if (inner.op === "give") yield given(self, label, inner.value);
          else yield* block(self, label, [inner]);
        }
      } finally {
        yield* block(self, label, op.finally);
      }
    } else yield* block(self, label, [op]);
  }
});

function given(self: Run, label: string, value: number): number {
  self.log(label, `give ${value}`);
  return value;
}

function read(self: Run, op: OpOf<"next">): unknown {
  const reader = self.readers.get(op.reader);
  return reader === undefined ? UNSET : nextOf(reader.next());
}

const nextOf = coroutine(function* nextOf(next: Awaitable<IteratorResult<number, void>>): CoroutineBody<unknown> {
  const { done, value } = yield* next;
  return done ? "end" : value;
});

const consumed = coroutine(function* consumed(self: Run, label: string, op: OpOf<"forEach">): CoroutineBody<string> {
  let left = op.most;
  const each = coroutine(function* each(value: number): CoroutineBody<void> {
    self.log(label, `took ${value}`);
    if (left-- === 0) throw new ProgramError("Enough");
    yield* block(self, label, op.body);
  });
  try {
    yield* forEach(produce(self, self.label(op.stream), opsOf(self, op.stream)), each);
    return "to the end";
  } catch (error) {
    if (error instanceof ProgramError && error.name === "Enough") return "enough";
    throw error;
  }
});
