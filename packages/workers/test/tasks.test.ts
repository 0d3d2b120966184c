/** What is checked before any job runs: tasks, arguments, options, modules. */
import { expect, test } from "vitest";
import { coroutine, createTask, InvalidStateError, run, sleep } from "brigade";
import {
  currentJob,
  engineFrom,
  reportProgress,
  type RateText,
  task,
  type TaskDefinition,
  TaskModuleError,
  taskNames,
  type TaskReference,
  worker,
  type Workers,
  workers,
} from "@brigade/workers";

const resize = task(function* resize(file: string, width: number) {
  yield* sleep(1);
  return `${file} at ${width}`;
});

test("a task that is called runs here, whatever kind of function it is made of", () =>
  run(function* () {
    expect(yield* resize("cat", 1)).toBe("cat at 1");
    expect(yield* task(async (a: number) => a + 1, { name: "async" })(1)).toBe(2);
    expect(yield* task((a: number) => [a], { name: "plain" })(1)).toEqual([1]);
    const inner = coroutine(function* (a: number) {
      yield* sleep(1);
      return a;
    });
    expect(yield* task((a: number) => inner(a), { name: "lazy" })(7)).toBe(7);
  }));

test("cleanup with waits in a task's generator is done to its end when it is cancelled", () =>
  run(function* () {
    const seen: string[] = [];
    const cleans = task(function* cleans() {
      try {
        yield* sleep("1h");
      } finally {
        yield* sleep(1);
        seen.push("cleaned");
      }
    });
    const running = createTask(cleans());
    yield* sleep(1);
    running.cancel();
    while (!running.done) yield* sleep(1);
    expect([running.cancelled, seen]).toEqual([true, ["cleaned"]]);
  }));

test("what is no task, and settings out of range, are refused with words that say what to do", () => {
  const of =
    (options: object): (() => unknown) =>
    () =>
      task(function named() {}, options);
  expect(() => task(5 as never)).toThrow(/takes a function/);
  expect(() => task(() => 1)).toThrow(/has no name/);
  expect(of({ retries: -1 })).toThrow(/task named: retries is a whole number from 0/);
  expect(of({ backoff: "1 parsec" })).toThrow(/task named, backoff: "1 parsec" is not a duration/);
  expect(of({ rate: "fast" as RateText })).toThrow(/"fast" is not a rate/);
  expect(of({ rate: "0/s" })).toThrow(RangeError);
  expect(of({ runs: "elsewhere" })).toThrow(/runs is "process" or "loop"/);
});

test("outside of a job there is no current job", () => {
  expect(() => currentJob()).toThrow(InvalidStateError);
  expect(() => reportProgress(1)).toThrow(/no job runs here/);
});

test("a name of an engine that does not exist is refused, without what may be a password", () => {
  expect(engineFrom("redis://127.0.0.1:6379").name).toBe("bullmq");
  expect(engineFrom("postgres://127.0.0.1/app").name).toBe("pg-boss");
  expect(engineFrom("local:./jobs").name).toBe("local");
  expect(() => engineFrom("mysql://user:passw0rd@host")).toThrow(/"mysql" is no engine: use bullmq/);
  expect(() => engineFrom("mysql://user:passw0rd@host")).not.toThrow(/passw0rd/);
  expect(() => engineFrom("")).toThrow(RangeError);
});

test("options of workers and worker are checked at once", () => {
  const engine = engineFrom("redis://127.0.0.1:9");
  const module = new URL("./programs/no-tasks.ts", import.meta.url);
  expect(() => workers({} as never)).toThrow(/give it an engine/);
  expect(() => workers({ engine, queue: "a:b" })).toThrow(/no name for a queue/);
  expect(() => workers({ engine, keep: "-1s" })).toThrow(/keep/);
  expect(() => worker(module, { engine, concurrency: 0 })).toThrow(/concurrency/);
  expect(() => worker(module, { engine, lease: 10 })).toThrow(/lease is at least 1 s/);
});

test("a module without tasks, with two of one name, or that throws, is an error before anything is connected", async () => {
  const engine = engineFrom("redis://127.0.0.1:9");
  for (const [name, words] of [
    ["no-tasks", "exports no task"],
    ["same-names", '"one" and "two" are two tasks named "same"'],
    ["throws", "can't be loaded: RangeError: not today"],
    ["is-not-there", "can't be loaded"],
  ] as const) {
    const serving = run(worker(new URL(`./programs/${name}.ts`, import.meta.url), { engine }));
    const error: unknown = await serving.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TaskModuleError);
    expect((error as Error).message).toContain(words);
    expect((error as TaskModuleError).address).toContain(`${name}.ts`);
  }
});

test("names of tasks carry their types; wrong arguments and results do not compile", () => {
  type Module = { readonly resize: typeof resize; readonly other: number };
  const names = taskNames<Module>();
  expect(names.resize.taskName).toBe("resize");
  names.resize satisfies TaskReference<[file: string, width: number], string>;
  resize satisfies TaskDefinition<[file: string, width: number], string>;
  const compiled = function* ({ submit, run: runJob }: Workers) {
    const job = yield* submit(names.resize, ["cat", 1]);
    (yield* job.result()) satisfies string;
    (yield* runJob(resize, ["cat", 1])) satisfies string;
    // @ts-expect-error the width is missing
    yield* submit(names.resize, ["cat"]);
    // @ts-expect-error the width is a number
    yield* submit(resize, ["cat", "1"]);
    // @ts-expect-error it is no task
    yield* submit(names.other, []);
  };
  expect(compiled).toBeTypeOf("function");
});
