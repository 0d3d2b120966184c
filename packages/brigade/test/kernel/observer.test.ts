/** What an observer of the loop is told, and in which order. */
import {
  coroutine,
  createTask,
  Event,
  getRunningLoop,
  type LoopObserver,
  sleep,
  type Task,
  timeout,
  type WaitInfo,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

/** Writes down each call, as `stepEnded Task-1 → sleep`. */
class Notes implements LoopObserver {
  readonly all: string[] = [];
  readonly waits: (WaitInfo | undefined)[] = [];
  taskCreated(task: Task<unknown>, parent: Task<unknown> | undefined): void {
    this.all.push(`created ${task.name} by ${parent?.name}`);
  }
  stepStarted(task: Task<unknown>): void {
    this.all.push(`started ${task.name}`);
  }
  stepEnded(task: Task<unknown>, waitingFor: WaitInfo | undefined): void {
    this.waits.push(waitingFor);
    this.all.push(`ended ${task.name} → ${waitingFor?.kind}`);
  }
  taskWoken(task: Task<unknown>, by: Task<unknown> | undefined): void {
    this.all.push(`woken ${task.name} by ${by?.name}`);
  }
  taskDone(task: Task<unknown>): void {
    this.all.push(`done ${task.name}`);
  }
  of(name: string): string[] {
    return this.all.filter((note) => note.split(" ")[1] === name);
  }
}

const sleeper = coroutine(function* sleeper(ms: number) {
  yield* sleep(ms);
});

test("an observer sees a task created, its steps with what it waits for, who woke it, and its end", async () => {
  const observer = new Notes();
  await virtually(
    function* () {
      yield* createTask(sleeper(5));
    },
    { observer },
  );
  expect(observer.of("Task-1")).toEqual([
    "created Task-1 by main",
    "started Task-1",
    "ended Task-1 → sleep",
    "woken Task-1 by undefined",
    "started Task-1",
    "done Task-1",
    "ended Task-1 → undefined",
  ]);
  const main = observer.of("main");
  expect(main[0]).toBe("created main by undefined");
  expect(main[1]).toBe("started main");
  expect(main[2]).toMatch(/^ended main → \w+/);
  expect(main.slice(3)).toEqual(["woken main by Task-1", "started main", "done main", "ended main → undefined"]);
});

test("the calls for two tasks come in the order in which things happen", async () => {
  const observer = new Notes();
  await virtually(
    function* () {
      const task = createTask(sleeper(5));
      yield* sleep(10);
      yield* task;
    },
    { observer },
  );
  const steps = observer.all.filter((note) => /^(created|started|done)/.test(note));
  expect(steps).toEqual([
    "created main by undefined",
    "started main",
    "created Task-1 by main",
    "started Task-1",
    "started Task-1",
    "done Task-1",
    "started main",
    "done main",
  ]);
});

test("every step that starts ends, before another starts", async () => {
  const observer = new Notes();
  await virtually(
    function* () {
      const failing = createTask(
        coroutine(function* failing() {
          yield* sleep(1);
          throw new Error("no stock");
        })(),
      );
      const stopped = createTask(sleeper(100));
      const unstarted = createTask(sleeper(100));
      unstarted.cancel();
      yield* outcomeOf(failing);
      stopped.cancel();
      yield* outcomeOf(stopped);
      yield* timeout(5, sleeper(1));
    },
    { observer },
  );
  const steps = observer.all.filter((note) => /^(started|ended)/.test(note));
  expect(steps.length).toBeGreaterThan(10);
  expect(steps.length % 2).toBe(0);
  for (let i = 0; i < steps.length; i += 2) {
    const name = steps[i]?.split(" ")[1];
    expect(steps[i]).toBe(`started ${name}`);
    expect(steps[i + 1]).toMatch(new RegExp(`^ended ${name} `));
  }
});

test("every task that is created is done, however it ends, and once", async () => {
  const observer = new Notes();
  await virtually(
    function* () {
      const failing = createTask(
        coroutine(function* failing() {
          throw new Error("no stock");
        })(),
      );
      createTask(sleeper(1));
      createTask(sleeper(100));
      createTask(sleeper(100)).cancel();
      yield* outcomeOf(failing);
      yield* sleep(2);
    },
    { observer },
  );
  const named = (verb: string) =>
    observer.all
      .filter((note) => note.startsWith(verb))
      .map((note) => note.split(" ")[1] ?? "")
      .toSorted();
  expect(named("created")).toHaveLength(5);
  expect(named("done")).toEqual(named("created"));
});

test("a task woken by another's doing is said to be woken by that one, not by the one that it waits for", async () => {
  const observer = new Notes();
  await virtually(
    function* () {
      const event = new Event();
      const future = getRunningLoop().createFuture<void>();
      createTask(
        coroutine(function* () {
          yield* event.wait();
        })(),
        { name: "waits-for-event" },
      );
      createTask(
        coroutine(function* () {
          yield* future;
        })(),
        { name: "waits-for-future" },
      );
      createTask(
        coroutine(function* () {
          yield* sleep(1);
          event.set();
          future.setResult();
        })(),
        { name: "setter" },
      );
      yield* sleep(2);
    },
    { observer },
  );
  expect(observer.all).toContain("woken waits-for-event by setter");
  expect(observer.all).toContain("woken waits-for-future by setter");
});

test("what a task waits for has a kind", async () => {
  const observer = new Notes();
  await virtually(
    function* () {
      yield* sleep(0);
      yield* sleep(1);
      yield* createTask(sleeper(1));
    },
    { observer },
  );
  const waits = observer.waits.filter((wait) => wait !== undefined);
  expect(waits.map((wait) => wait.kind).slice(0, 2)).toEqual(["sleep", "sleep"]);
  for (const wait of waits) expect(wait.kind).not.toBe("");
});

test("every method of an observer is optional", async () => {
  const woken: string[] = [];
  expect(await virtually(sleep(1, "result"), { observer: {} })).toBe("result");
  const observer: LoopObserver = { taskWoken: (task) => void woken.push(task.name) };
  expect(await virtually(sleep(1, "result"), { observer })).toBe("result");
  expect(woken).toEqual(["main"]);
});

test("an observer changes nothing in the order of a program", async () => {
  const program = (observer?: LoopObserver) => {
    const order: string[] = [];
    const worker = coroutine(function* worker(name: string) {
      for (let i = 0; i < 3; i++) {
        order.push(`${name}${i}`);
        yield* sleep(0);
      }
    });
    return virtually(
      function* () {
        for (const name of ["a", "b"]) createTask(worker(name));
        yield* sleep(1);
        return order;
      },
      observer === undefined ? {} : { observer },
    );
  };
  expect(await program(new Notes())).toEqual(await program());
});
