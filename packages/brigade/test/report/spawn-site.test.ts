/** In debug, reports and deadlocks say where a task was made: the line of the program, never one of the runtime's. */
import {
  asCompleted,
  collect,
  coroutine,
  createTask,
  DeadlockError,
  Event,
  forEach,
  gather,
  getRunningLoop,
  mapStream,
  race,
  Runner,
  run,
  shield,
  sleep,
  stream,
  taskGroup,
  timeout,
  toPromise,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { nextLine } from "../source-line.ts";
import { type Main, reporting } from "../virtually.ts";

const waiting = coroutine(function* waiting(_item?: unknown) {
  yield* new Event().wait();
});
const failing = coroutine(function* failing() {
  yield* sleep(1);
  throw new Error("no stock");
});
const numbers = stream(function* numbers() {
  for (let i = 0; i < 3; i++) {
    yield* sleep(1);
    yield i;
  }
});

/** What the deadlock says of each task but main, without the frames. */
async function deadlockOf(main: Main<unknown>, debug = true): Promise<string[]> {
  const { outcome } = await reporting(main, { debug });
  if (outcome.status === "fulfilled") throw new Error("the program ended");
  expect(outcome.reason).toBeInstanceOf(DeadlockError);
  return tasksIn(outcome.reason).filter((line) => !line.includes('"main"'));
}

function tasksIn(error: unknown): string[] {
  return (error as Error).message.split("\n").filter((line) => /^ {2}task "/.test(line));
}

async function unretrieved(main: Main<unknown>, debug = true): Promise<string[]> {
  const { reports } = await reporting(main, { debug });
  return reports.filter((report) => report.kind === "unretrieved-error").map((report) => report.message);
}

const madeAt = (line: number | undefined): string => `(made at ${import.meta.filename}:${line})`;

/** Every one of so many tasks was made on the line. */
function expectAllAt(tasks: readonly string[], line: number, count: number): void {
  expect(tasks).toHaveLength(count);
  for (const task of tasks) expect(task).toContain(madeAt(line));
}

test("a task that failed while nobody looked is reported with the line of its createTask", async () => {
  let line = 0;
  const messages = await unretrieved(function* () {
    line = nextLine();
    createTask(failing(), { name: "pricing" });
    yield* sleep(5);
  });
  expect(messages).toEqual([`task "pricing" failed and nobody looked at its error ${madeAt(line)}`]);
});

test("a failed task that was collected is reported with its line, too", async () => {
  let line = 0;
  const messages: string[] = [];
  await run(
    function* () {
      line = nextLine();
      createTask(failing());
      yield* sleep(5);
      // The collector calls back in a turn of the host's own: real time, and not much of it.
      for (let i = 0; i < 100 && messages.length === 0; i++) {
        globalThis.gc?.();
        yield* sleep(5);
      }
      expect(messages).toHaveLength(1);
    },
    { debug: true, onReport: (report) => messages.push(report.message) },
  );
  expect(messages[0]).toContain(madeAt(line));
});

test("a deadlock says of each task where it was made: the line of createTask, of the loop's and of the group's", async () => {
  const lines: number[] = [];
  const tasks = await deadlockOf(function* () {
    lines.push(nextLine());
    createTask(waiting(), { name: "free" });
    lines.push(nextLine());
    getRunningLoop().createTask(waiting(), { name: "of the loop" });
    yield* taskGroup(function* (group) {
      yield* sleep(1);
      lines.push(nextLine());
      group.createTask(waiting(), { name: "of the group" });
    });
  });
  expect(tasks).toHaveLength(3);
  for (const [index, name] of ["free", "of the loop", "of the group"].entries())
    expect(tasks[index]).toBe(`  task "${name}" ${madeAt(lines[index])} waits for Event.wait`);
});

test("main was made where run was called, and so was that of a Runner", async () => {
  const options = { debug: true, clock: virtualClock(), onReport: () => {} };
  const inRun = nextLine();
  const [first] = await Promise.allSettled([run(waiting(), options)]);
  await using runner = new Runner(options);
  const inRunner = nextLine();
  const [second] = await Promise.allSettled([runner.run(waiting())]);
  expect(first.status === "rejected" && tasksIn(first.reason)[0]).toContain(madeAt(inRun));
  expect(second.status === "rejected" && tasksIn(second.reason)[0]).toContain(madeAt(inRunner));
});

test("the children of gather, race and asCompleted were made where the program awaits them", async () => {
  let line = 0;
  const inGather = await deadlockOf(function* () {
    line = nextLine();
    yield* gather([waiting(), waiting()]);
  });
  expectAllAt(inGather, line, 2);
  const inRace = await deadlockOf(function* () {
    line = nextLine();
    yield* race([waiting(), waiting()]);
  });
  expectAllAt(inRace, line, 2);
  const inOrder = await deadlockOf(function* () {
    line = nextLine();
    yield* asCompleted([waiting(), waiting()]).next();
  });
  expectAllAt(inOrder, line, 2);
});

test("the children that gather starts later, as places come free, were made where the program awaits it, too", async () => {
  let line = 0;
  const limited = await deadlockOf(function* () {
    line = nextLine();
    yield* gather([sleep(1), sleep(1), waiting(), waiting()], { limit: 2 });
  });
  expectAllAt(limited, line, 2);
});

test("behind scopes of the runtime, the line is the program's own, in the innermost coroutine of the program", async () => {
  let line = 0;
  const inner = coroutine(function* inner() {
    yield* sleep(1);
    line = nextLine();
    yield* timeout("1h", shield(gather({ a: waiting(), b: waiting() }))); // the shield holds the expiry back, for ever
  });
  const tasks = await deadlockOf(function* () {
    yield* shield(inner());
  });
  expectAllAt(tasks, line, 2);
});

test("the tasks of forEach and mapStream were made where the program awaits them, the later ones as well", async () => {
  let line = 0;
  const each = await deadlockOf(function* () {
    line = nextLine();
    yield* forEach(numbers(), waiting, { limit: 3 });
  });
  expectAllAt(each, line, 3);
  const mapped = await deadlockOf(function* () {
    line = nextLine();
    yield* collect(mapStream(numbers(), waiting, { limit: 2 }));
  });
  expectAllAt(mapped, line, 3); // two items and the task that reads the source
});

test("a call by a function of the language, eager tasks and toPromise tell the program's line", async () => {
  let line = 0;
  const mapped = await deadlockOf(function* () {
    line = nextLine();
    for (const task of [1, 2].map((item) => createTask(waiting(item)))) yield* task;
  });
  expectAllAt(mapped, line, 2);
  const bodies = [waiting, waiting].map((make) => make());
  const given = await deadlockOf(function* () {
    line = nextLine();
    bodies.forEach(createTask as (body: (typeof bodies)[number]) => void);
    yield* new Event().wait();
  });
  expectAllAt(given, line, 2);
  const eager = await deadlockOf(function* () {
    line = nextLine();
    yield* createTask(gather([waiting()]), { eager: true });
  });
  expectAllAt(eager, line, 2);
  const promised = await deadlockOf(function* () {
    line = nextLine();
    void toPromise(waiting()).catch(() => {});
    yield* new Event().wait();
  });
  expectAllAt(promised, line, 1);
});

test("children that no line of the program awaits were made where the task that starts them was", async () => {
  let line = 0;
  const tasks = await deadlockOf(function* () {
    line = nextLine();
    yield* createTask(gather([waiting(), gather([waiting()])]));
  });
  expectAllAt(tasks, line, 4);
});

test("without debug nothing is said of places", async () => {
  const failed = await unretrieved(function* () {
    createTask(failing());
    yield* sleep(5);
  }, false);
  expect(failed).toEqual(['task "Task-1" failed and nobody looked at its error']);
  const tasks = await deadlockOf(function* () {
    yield* createTask(waiting());
  }, false);
  expect(tasks).toEqual(['  task "Task-1" waits for Event.wait']);
});

test("without debug no stack is read for a task that is made", async () => {
  const prepare = Error.prepareStackTrace;
  let read = 0;
  Error.prepareStackTrace = (error, calls) => {
    read++;
    return prepare?.(error, calls) ?? String(error);
  };
  try {
    const make = function* () {
      for (let i = 0; i < 10; i++) createTask(sleep(0));
      yield* sleep(1);
    };
    await reporting(make, { debug: false });
    expect(read).toBe(0);
    await reporting(make, { debug: true });
    expect(read).toBeGreaterThanOrEqual(10);
  } finally {
    Error.prepareStackTrace = prepare;
  }
});

test("noting the place changes nothing: the stack limit of the host, and the trace of a program, stay as they were", async () => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const ended = async (debug: boolean): Promise<unknown> => {
      const order: string[] = [];
      const { outcome } = await reporting(
        function* () {
          const waits = coroutine(function* waits(name: string) {
            yield* sleep(1);
            order.push(name);
          });
          yield* forEach(numbers(), (item) => waits(`item ${item}`), { limit: 2 });
          yield* gather([waits("a"), waits("b"), waits("c")], { limit: 2 });
          return order;
        },
        { debug },
      );
      return outcome;
    };
    expect(await ended(true)).toEqual(await ended(false));
    expect(Error.stackTraceLimit).toBe(0);
  } finally {
    Error.stackTraceLimit = limit;
  }
});
