/** The tasks of the suite. */
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { coroutine, sleep } from "brigade";
import {
  type CurrentJob,
  currentJob,
  report,
  reportProgress,
  type RateText,
  task,
  type TaskDefinition,
} from "@brigade/workers";

export const plain: TaskDefinition<[a: number, b: number], number> = task(function plain(a: number, b: number) {
  return a + b;
});
export const asynchronous: TaskDefinition<[a: number, b: number], number> = task(async function asynchronous(
  a: number,
  b: number,
) {
  return await Promise.resolve(a + b);
});
export const generator: TaskDefinition<[a: number, b: number], number> = task(function* generator(
  a: number,
  b: number,
) {
  yield* sleep(1);
  return a + b;
});
export const wrapped: TaskDefinition<[a: number, b: number], number> = task(
  coroutine(function* wrapped(a: number, b: number) {
    yield* sleep(1);
    return a + b;
  }),
);
export const add: TaskDefinition<[a: number, b: number], number> = task(
  function* add(a: number, b: number) {
    yield* sleep(1);
    return a + b;
  },
  { runs: "loop" },
);
export const echo: TaskDefinition<[value: unknown], unknown> = task(
  function echo(value: unknown) {
    return value;
  },
  { runs: "loop" },
);
export const echoInPool: TaskDefinition<[value: unknown], unknown> = task(function echoInPool(value: unknown) {
  return value;
});
export const pidInPool: TaskDefinition<[], number> = task(function pidInPool() {
  return process.pid;
});
export const pidOnLoop: TaskDefinition<[], number> = task(
  function pidOnLoop() {
    return process.pid;
  },
  { runs: "loop" },
);
export const jobHere: TaskDefinition<[], CurrentJob> = task(async function jobHere() {
  await Promise.resolve();
  return currentJob();
});
export const jobOnLoop: TaskDefinition<[], CurrentJob> = task(
  async function jobOnLoop() {
    await Promise.resolve();
    return currentJob();
  },
  { runs: "loop" },
);
/** Fails in its first attempts. */
export const flaky: TaskDefinition<[failures: number], number> = task(
  function* flaky(failures: number) {
    const { attempt } = currentJob();
    if (attempt <= failures) throw new RangeError(`attempt ${attempt} fails`);
    return attempt;
  },
  { retries: 3, backoff: "20ms", runs: "loop" },
);
export const fails: TaskDefinition<[log: string], never> = task(
  function* fails(log: string) {
    appendFileSync(log, "x");
    throw new SyntaxError("it never works");
  },
  { runs: "loop" },
);
export const thrower: TaskDefinition<[kind: string], never> = task(
  function thrower(kind: string): never {
    if (kind === "undefined") throw undefined;
    if (kind === "text") throw "just words";
    throw new Proxy(new Error("x"), {
      get: () => {
        throw new Error("hidden");
      },
    });
  },
  { runs: "loop" },
);
export const exits: TaskDefinition<[code: number], never> = task(function exits(code: number): never {
  process.exit(code);
});
export const unsendable: TaskDefinition<[], unknown> = task(
  function unsendable() {
    return { inner: [() => 1] };
  },
  { runs: "loop" },
);
export const slow: TaskDefinition<[ms: number, log: string], string> = task(function* slow(ms: number, log: string) {
  appendFileSync(log, "began ");
  try {
    yield* sleep(ms);
    return "slept";
  } finally {
    yield* sleep(20);
    appendFileSync(log, "cleaned ");
  }
});
export const slowOnLoop: TaskDefinition<[ms: number, log: string], string> = task(
  function* slowOnLoop(ms: number, log: string) {
    appendFileSync(log, "began ");
    try {
      yield* sleep(ms);
      return "slept";
    } finally {
      yield* sleep(20);
      appendFileSync(log, "cleaned ");
    }
  },
  { runs: "loop" },
);
export const log: TaskDefinition<[file: string, what: string], void> = task(
  function log(file: string, what: string) {
    appendFileSync(file, what);
  },
  { runs: "loop" },
);
export const steps: TaskDefinition<[count: number], string> = task(function* steps(count: number) {
  for (let step = 1; step <= count; step++) {
    yield* report({ step });
    yield* sleep(30);
  }
  return "done";
});
export const manySteps: TaskDefinition<[count: number], number> = task(
  function manySteps(count: number) {
    for (let step = 1; step <= count; step++) reportProgress(step);
    return count;
  },
  { runs: "loop" },
);
export const limited: TaskDefinition<[], number> = task(
  function limited() {
    return Date.now();
  },
  { runs: "loop", rate: "5/s" satisfies RateText },
);
export const large: TaskDefinition<[size: number], string> = task(
  function large(size: number) {
    return "x".repeat(size);
  },
  { runs: "loop" },
);
/** An effect that is keyed by the job: it happens once, however often the job runs. */
export const effect: TaskDefinition<[folder: string], string> = task(
  function* effect(folder: string) {
    const { id } = currentJob();
    const file = join(folder, id);
    appendFileSync(join(folder, "..", "attempts"), `${id}\n`);
    yield* sleep(5);
    if (!existsSync(file)) writeFileSync(file, "");
    return id;
  },
  { runs: "loop" },
);
/** Kills the whole worker. */
export const poison: TaskDefinition<[file: string], void> = task(
  function poison(file: string): void {
    appendFileSync(file, "x");
    process.kill(process.pid, "SIGKILL");
  },
  { runs: "loop" },
);
export const busy: TaskDefinition<[ms: number, file: string], string> = task(function busy(ms: number, file: string) {
  appendFileSync(file, "x");
  for (const end = performance.now() + ms; performance.now() < end; );
  return "computed";
});
