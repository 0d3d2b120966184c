/** Task.stack() tells the exact line wherever a task can be suspended: that of the `yield*`, in every frame of the program. */
import {
  asCompleted,
  type Awaitable,
  Barrier,
  Condition,
  type Coroutine,
  type CoroutineBody,
  collect,
  contextManager,
  coroutine,
  createTask,
  Event,
  forEach,
  fromPromise,
  gather,
  getRunningLoop,
  Lock,
  mapStream,
  moveOnAfter,
  Queue,
  race,
  Semaphore,
  shield,
  sleep,
  sleepUntil,
  stream,
  taskGroup,
  timeout,
  use,
  wait,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { nextLine } from "../source-line.ts";
import { virtually } from "../virtually.ts";

/** The lines at which the frames of the program wait, outermost first, as the program itself notes them. */
const lines: number[] = [];

/** The frame at this depth waits in the next line. */
function waitsBelow(depth: number, line: number): void {
  lines[depth] = line;
}

const bottom = coroutine(function* bottom(depth: number) {
  waitsBelow(depth, nextLine());
  yield* sleep(100);
});

/** A task's frames that lie in this file: what the runtime's own coroutines are called has no place in the program. */
function expectStack(task: { stack(): readonly { readonly file?: string; readonly line?: number }[] }): void {
  const told = task.stack().filter((frame) => frame.file !== undefined);
  expect(new Set(told.map((frame) => frame.file))).toEqual(new Set([import.meta.filename]));
  expect(told.map((frame) => frame.line)).toEqual(lines);
}

type Program = () => Coroutine<unknown>;

/** Looks at the stack when nothing has happened for 3 ms, twice, and again while the task unwinds if it takes its time. */
async function expectExactLines(program: Program): Promise<void> {
  lines.length = 0;
  await virtually(function* () {
    const task = createTask(program());
    yield* sleep(3);
    expectStack(task);
    expectStack(task);
    task.cancel();
    yield* outcomeOf(task);
  });
}

const inCode: Record<string, Program> = {
  "a nested coroutine": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* middle(1);
  }),
  "the second await of a loop": coroutine(function* () {
    for (const delay of [1, 100]) {
      yield* sleep(0);
      waitsBelow(0, nextLine());
      yield* sleep(delay);
    }
  }),
  "the second property of an object": coroutine(function* () {
    waitsBelow(0, nextLine() + 2);
    return {
      first: yield* sleep(1),
      second: yield* bottom(1),
    };
  }),
  "a finally that runs after normal completion": coroutine(function* () {
    try {
      yield* sleep(1);
    } finally {
      waitsBelow(0, nextLine());
      yield* bottom(1);
    }
  }),
  "a finally that runs after an error": coroutine(function* () {
    try {
      yield* failing();
    } catch {
      // goes on below
    } finally {
      waitsBelow(0, nextLine());
      yield* bottom(1);
    }
  }),
  "a catch": coroutine(function* () {
    try {
      yield* failing();
    } catch {
      waitsBelow(0, nextLine());
      yield* bottom(1);
    }
  }),
  "a method": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* new Client().get(1);
  }),
  "a coroutine behind a bare generator": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* bare(1);
  }),
  "a wait in two bare generators": coroutine(function* () {
    function* second(): CoroutineBody<void> {
      waitsBelow(2, nextLine());
      yield* new Queue().get();
    }
    function* first(): CoroutineBody<void> {
      waitsBelow(1, nextLine());
      yield* second();
    }
    waitsBelow(0, nextLine());
    yield* first();
  }),
};

const inScopes: Record<string, Program> = {
  "a timeout's coroutine": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* timeout("1h", bottom(1));
  }),
  "a timeout's body": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* timeout("1h", function* () {
      waitsBelow(1, nextLine());
      yield* bottom(2);
    });
  }),
  "moveOnAfter in a timeout": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* timeout("1h", moveOnAfter("2h", bottom(1)));
  }),
  "a shield": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* shield(bottom(1));
  }),
  "a group's body": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* taskGroup(function* (group) {
      group.createTask(sleep(50));
      waitsBelow(1, nextLine());
      yield* bottom(2);
    });
  }),
  "a group whose body has ended": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* taskGroup((group) => group.createTask(sleep(50)));
  }),
  "use, in the body": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* use(new Lock(), function* () {
      waitsBelow(1, nextLine());
      yield* bottom(2);
    });
  }),
  "use, in the manager's setup": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* use(slowManager("setup"), () => sleep(0));
  }),
  "use, in the manager's cleanup": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* use(slowManager("cleanup"), () => sleep(0));
  }),
};

const inStreams: Record<string, Program> = {
  "a stream that is read": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* numbers().next();
  }),
  "a stream after its first value": coroutine(function* () {
    const stream = numbersAtOnce();
    yield* stream.next();
    waitsBelow(0, nextLine());
    yield* stream.next();
  }),
  "a stream that is closed": coroutine(function* () {
    const stream = numbersAtOnce();
    yield* stream.next();
    waitsBelow(0, nextLine());
    yield* stream.close();
  }),
  "the source of forEach": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* forEach(numbers(), () => {});
  }),
  "the body of forEach": coroutine(function* () {
    waitsBelow(0, nextLine());
    yield* forEach([1], function* () {
      waitsBelow(1, nextLine());
      yield* bottom(2);
    });
  }),
  "a stream that reads a stream": coroutine(function* () {
    const doubled = stream(function* () {
      waitsBelow(1, nextLine());
      yield* forEach(numbers(2), () => {});
    });
    waitsBelow(0, nextLine());
    yield* collect(doubled());
  }),
};

const waits: Record<string, () => Awaitable<unknown>> = {
  sleep: () => sleep(100),
  sleepUntil: () => sleepUntil(getRunningLoop().time() + 100),
  gather: () => gather([sleep(100), sleep(50)]),
  race: () => race([sleep(100), sleep(50)]),
  wait: () => wait([createTask(sleep(100))]),
  "a task": () => createTask(sleep(100)),
  "a future": () => getRunningLoop().createFuture(),
  "a promise": () => fromPromise((signal) => new Promise((_, reject) => signal.addEventListener("abort", reject))),
  "Queue.get": () => new Queue().get(),
  "Queue.put": () => full().put(2),
  "Queue.join": () => full().join(),
  "Lock.acquire": () => held(new Lock()).acquire(),
  "Semaphore.acquire": () => new Semaphore(0).acquire(),
  "Condition.acquire": () => held(new Condition()).acquire(),
  "Condition.wait": () => held(new Condition()).wait(),
  "Event.wait": () => new Event().wait(),
  "Barrier.wait": () => new Barrier(2).wait(),
  asCompleted: () => asCompleted([sleep(100)]).next(),
  mapStream: () => mapStream([1], () => sleep(100), { limit: 1 }).next(),
};

test.each(Object.entries({ ...inCode, ...inScopes, ...inStreams }))("in %s", (_position, program) =>
  expectExactLines(program),
);

test.each(Object.entries(waits))("at the yield* of %s", (_what, awaitable) =>
  expectExactLines(
    coroutine(function* () {
      const waited = awaitable();
      waitsBelow(0, nextLine());
      yield* waited;
    }),
  ),
);

test("in the cleanup of a cancelled task, however deep", async () => {
  const cleaning = coroutine(function* cleaning(depth: number) {
    try {
      yield* sleep(100);
    } finally {
      waitsBelow(depth, nextLine());
      yield* bottom(depth + 1);
    }
  });
  const owner = coroutine(function* owner() {
    waitsBelow(0, nextLine());
    yield* cleaning(1);
  });
  lines.length = 0;
  await virtually(function* () {
    const task = createTask(owner());
    yield* sleep(1);
    expect(task.stack()).toHaveLength(2);
    task.cancel();
    yield* sleep(1);
    expect(lines).toHaveLength(3);
    expectStack(task);
    yield* outcomeOf(task);
  });
});

test("in a child of gather, of a group and of mapStream: each has a stack of its own", async () => {
  lines.length = 0;
  await virtually(function* () {
    const before = getRunningLoop().allTasks();
    const all = createTask(
      gather([gather([bottom(0)]), taskGroup((group) => group.createTask(bottom(0))), collect(mapped())]),
    );
    yield* sleep(3);
    const children = [...getRunningLoop().allTasks()].filter((task) => !before.has(task));
    const inBottom = children.filter((task) => task.stack().at(-1)?.name === "bottom");
    expect(inBottom).toHaveLength(3);
    for (const task of inBottom) expectStack(task);
    yield* all;
  });
});

test("in a task that was never resumed there are names, and no lines", async () => {
  await virtually(function* () {
    const task = createTask(bottom(0));
    expect(task.stack()).toEqual([{ name: "bottom" }]);
    yield* task;
  });
});

const middle = coroutine(function* middle(depth: number) {
  waitsBelow(depth, nextLine());
  const value = yield* bottom(depth + 1);
  return value;
});

const failing = coroutine(function* failing() {
  yield* sleep(1);
  throw new Error("no stock");
});

class Client {
  get = coroutine(function* get(this: Client, depth: number) {
    waitsBelow(depth, nextLine());
    yield* bottom(depth + 1);
  });
}

function* bare(depth: number): CoroutineBody<void> {
  waitsBelow(depth, nextLine());
  yield* bottom(depth + 1);
}

const slowManager = contextManager(function* slowManager(slow: "setup" | "cleanup") {
  if (slow === "setup") {
    waitsBelow(1, nextLine());
    yield* bottom(2);
  }
  try {
    yield "value";
  } finally {
    if (slow === "cleanup") {
      waitsBelow(1, nextLine());
      yield* bottom(2);
    }
  }
});

const numbers = stream(function* numbers(depth: number = 1) {
  waitsBelow(depth, nextLine());
  yield* bottom(depth + 1);
  yield 1;
});

const numbersAtOnce = stream(function* numbersAtOnce() {
  try {
    yield 1;
    waitsBelow(1, nextLine());
    yield* bottom(2);
  } finally {
    waitsBelow(1, nextLine());
    yield* bottom(2);
  }
});

const mapped = () => mapStream([1], () => bottom(0), { limit: 1 });

function full(): Queue<number> {
  const queue = new Queue<number>({ maxSize: 1 });
  queue.putNowait(1);
  return queue;
}

/** Acquired, by the task that runs: nobody has to wait for that. */
function held<L extends Lock | Condition>(lock: L): L {
  const { value } = lock.acquire()[Symbol.iterator]().next();
  expect(value).toHaveProperty("release");
  return lock;
}
