/** The critical path: what it goes over, and that it covers the time of any program without gap or overlap. */
import {
  type CoroutineBody,
  createTask,
  Event,
  gather,
  Lock,
  Queue,
  run,
  Semaphore,
  sleep,
  type Task,
  taskGroup,
} from "brigade";
import { virtualClock } from "brigade/testing";
import {
  type CriticalPath,
  criticalPath,
  LOST,
  readTrace,
  READY,
  recorder,
  RUNNING,
  stateName,
  type Timeline,
  timelineOf,
  WAITING,
} from "brigade/trace";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Script } from "./written.ts";

/** "main running 0-1; fetch waiting 1-5 sleep; …" */
function told(timeline: Timeline, path: CriticalPath): string {
  const parts: string[] = [];
  for (const { task, start, end, state, place } of path) {
    const where = state === WAITING ? ` ${timeline.place(place).kind}` : "";
    parts.push(`${task === 0 ? "-" : timeline.name(task)} ${stateName(state)} ${start}-${end}${where}`);
  }
  return parts.join("; ");
}

test("the path goes from a wait to the task that ended it, and stays where nobody did", () => {
  const timeline = timelineOf(
    new Script()
      .created(0, 1, 0, "main", "main")
      .created(1, 2, 1, "fetch", "users")
      .created(2, 3, 1, "fetch", "orders")
      .step(0, 3, 1, "gather")
      .step(3, 4, 2, "socket")
      .step(4, 5, 3, "socket")
      .woken(7, 2)
      .step(7, 8, 2)
      .woken(20, 3)
      .woken(21, 1, 3)
      .step(20, 22, 3)
      .done(23, 1)
      .step(22, 24, 1)
      .trace(),
  );
  expect(told(timeline, criticalPath(timeline))).toBe(
    "main running 0-2; orders ready 2-4; orders running 4-5; orders waiting 5-20 socket; orders running 20-21; main ready 21-22; main running 22-24",
  );
  expect(told(timeline, criticalPath(timeline, { task: 2 }))).toBe(
    "main running 0-1; users ready 1-3; users running 3-4; users waiting 4-7 socket; users running 7-8",
  );
});

test("the end of the program is that of the last task below the first root", () => {
  const script = new Script().created(0, 1, 0, "main", "main").created(1, 2, 1, "child", "child").step(0, 2, 1);
  script.step(2, 3, 2, "sleep").created(4, 3, 0, "other", "other").step(4, 5, 3, "sleep").woken(6, 2).step(6, 9, 2);
  const timeline = timelineOf(script.woken(20, 3).step(20, 21, 3).trace());
  expect(told(timeline, criticalPath(timeline))).toBe(
    "main running 0-1; child ready 1-2; child running 2-3; child waiting 3-6 sleep; child running 6-9",
  );
});

test("a task that ended before whom it woke could be told is the waker all the same", () => {
  const script = new Script().created(0, 1, 0, "main", "main").created(1, 2, 1, "child", "child").step(0, 2, 1, "task");
  const timeline = timelineOf(script.step(2, 4, 2).woken(5, 1, 2).step(6, 7, 1).trace());
  expect(told(timeline, criticalPath(timeline))).toBe(
    "main running 0-1; child ready 1-2; child running 2-4; main waiting 4-5 task; main ready 5-6; main running 6-7",
  );
});

test("what a task leaves to the loop between two steps counts as brought about by the step before", () => {
  const script = new Script()
    .created(0, 1, 0, "main", "main")
    .step(0, 2, 1, "gather")
    .created(3, 2, 1, "child", "child");
  const timeline = timelineOf(script.step(4, 5, 2).woken(5, 1, 2).step(6, 7, 1).trace());
  const [from] = timeline.spansOf(1);
  expect(timeline.stepOf(1, 3) - from).toBe(1);
  expect(told(timeline, criticalPath(timeline))).toBe(
    "main running 0-2; child ready 2-3; child ready 3-4; child running 4-5; main ready 5-6; main running 6-7",
  );
});

test("a path that reaches the beginning of a broken trace says that nothing is known from there", () => {
  const timeline = timelineOf(
    new Script().event(LOST, 10, 0, 9).step(12, 13, 5, "sleep").woken(15, 5).step(15, 16, 5).trace(),
  );
  expect(told(timeline, criticalPath(timeline))).toBe(
    "- waiting 10-12 ; task 5 running 12-13; task 5 waiting 13-15 sleep; task 5 running 15-16",
  );
});

test("the path of an empty trace has no segments", () => {
  expect([...criticalPath(timelineOf(new Script().trace()))]).toEqual([]);
});

test("tasks that a damaged trace says have woken one another in a circle have a path that ends", () => {
  const script = new Script().created(0, 1, 0, "a").created(0, 2, 0, "b").step(0, 1, 1, "x").step(1, 2, 2, "x");
  for (let i = 0; i < 20; i++) script.woken(3 + i, 1, 2).woken(3 + i, 2, 1);
  const timeline = timelineOf(script.step(30, 31, 1, "x").step(31, 32, 2).trace());
  expectToCover(timeline, criticalPath(timeline), 32);
});

/** The segments reach from the start of the trace to the end, each from where the one before ends. */
function expectToCover(timeline: Timeline, path: CriticalPath, end: number): void {
  let at = timeline.start;
  let sum = 0;
  for (const segment of path) {
    expect(segment.start).toBe(at);
    expect(segment.end).toBeGreaterThanOrEqual(segment.start);
    if (segment.state !== RUNNING) expect(segment.end).toBeGreaterThan(segment.start);
    at = segment.end;
    sum += segment.end - segment.start;
  }
  expect(at).toBe(end);
  expect(sum).toBeCloseTo(end - timeline.start, 6);
}

type Work =
  | { readonly kind: "sleep" | "locked" | "permitted" | "spawn"; readonly ms: number }
  | { readonly kind: "put" | "get" | "set" | "wait" | "yield" | "await" }
  | { readonly kind: "gather" | "group"; readonly children: readonly (readonly Work[])[] };

const { works } = fc.letrec<{ works: readonly Work[]; work: Work }>((tie) => ({
  works: fc.array(tie("work"), { maxLength: 5, depthIdentifier: "work" }) as fc.Arbitrary<readonly Work[]>,
  work: fc.oneof(
    { depthSize: "small", depthIdentifier: "work" },
    fc.record({ kind: fc.constantFrom("sleep" as const, "locked", "permitted", "spawn"), ms: fc.nat(9) }),
    fc.record({ kind: fc.constantFrom("put" as const, "get", "set", "wait", "yield", "await") }),
    fc.record({
      kind: fc.constantFrom("gather" as const, "group"),
      children: fc.array(tie("works"), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));

/** Runs the program; what waits for ever is cancelled when main ends. */
async function recorded(program: readonly Work[]): Promise<Timeline> {
  const observer = recorder();
  const lock = new Lock();
  const semaphore = new Semaphore(2);
  const queue = new Queue<number>({ maxSize: 1 });
  const event = new Event();
  const spawned: Task<void>[] = [];
  function* all(list: readonly Work[]): CoroutineBody<void> {
    for (const work of list) {
      if (work.kind === "sleep") yield* sleep(work.ms);
      else if (work.kind === "locked") {
        using _ = yield* lock.acquire();
        yield* sleep(work.ms);
      } else if (work.kind === "permitted") {
        using _ = yield* semaphore.acquire();
        yield* sleep(work.ms);
      } else if (work.kind === "spawn") spawned.push(createTask(sleep(work.ms)));
      else if (work.kind === "await") for (const task of spawned.splice(0)) yield* task;
      else if (work.kind === "put") createTask(queue.put(1));
      else if (work.kind === "get") createTask(queue.get());
      else if (work.kind === "set") event.set();
      else if (work.kind === "wait") createTask(event.wait());
      else if (work.kind === "yield") yield* sleep(0);
      else if (work.kind === "gather") yield* gather(work.children.map((child) => all(child)));
      else if (work.kind === "group") {
        const { children } = work;
        yield* taskGroup(function* (group) {
          for (const child of children) group.createTask(all(child));
        });
      }
    }
  }
  await run(all(program), { observer, clock: virtualClock() });
  return timelineOf(readTrace(observer.bytes()));
}

test("the segments of any program's path cover its time without gap or overlap, and add up to it", async () => {
  await fc.assert(
    fc.asyncProperty(works, async (program) => {
      const timeline = await recorded(program);
      expectToCover(timeline, criticalPath(timeline), timeline.end);
      for (let task = 1; task <= timeline.taskCount; task++) {
        expectToCover(timeline, criticalPath(timeline, { task }), timeline.ended[task] as number);
      }
    }),
    { numRuns: 200 },
  );
});

test("the spans of any program's tasks follow each other without gap, from creation to end", async () => {
  await fc.assert(
    fc.asyncProperty(works, async (program) => {
      const timeline = await recorded(program);
      for (let task = 1; task <= timeline.taskCount; task++) {
        const [from, to] = timeline.spansOf(task);
        let at = timeline.created[task] as number;
        for (let span = from; span < to; span++) {
          expect(timeline.spanTask[span]).toBe(task);
          expect(timeline.spanStart[span]).toBe(at);
          at = timeline.spanEnd[span] as number;
          if (timeline.spanState[span] === WAITING) expect(timeline.spanState[span + 1]).toBe(READY);
        }
        expect(at).toBe(timeline.ended[task]);
        expect(timeline.spanState[to - 1]).toBe(from === to - 1 ? READY : RUNNING);
      }
    }),
    { numRuns: 100 },
  );
});
