/** What tasks did when, read off written traces: whole ones, and those that a flight recorder or a broken disk leaves. */
import {
  A_RESOURCE,
  A_TASK,
  CANCEL,
  CANCELLED,
  CLOCK,
  ERROR,
  LOST,
  RUNNING,
  STEP,
  Timeline,
  timelineOf,
  type Trace,
  WAITS,
} from "brigade/trace";
import { expect, test } from "vitest";
import { Script, told } from "./written.ts";

test("a task is ready, runs, waits, and is ready again, each from where the one before ends", () => {
  const timeline = timelineOf(
    new Script().created(0, 1, 0, "main").step(1, 2, 1, "sleep").woken(7, 1).done(8.5, 1).step(8, 9, 1).trace(),
  );
  expect(told(timeline, 1)).toBe(
    "ready 0-1, running 1-2 to sleep, waiting 2-7 at sleep, ready 7-8 at sleep, running 8-9",
  );
  expect([timeline.start, timeline.end]).toEqual([0, 9]);
  expect([timeline.created[1], timeline.ended[1], timeline.outcome[1]]).toEqual([0, 9, 1]);
});

test("the waker of a wait is the task that woke it, and that of a new task its parent", () => {
  const timeline = timelineOf(
    new Script()
      .created(0, 1, 0, "main")
      .created(1, 2, 1, "fetch", "fetch users")
      .step(0, 2, 1, "task")
      .done(3, 2)
      .woken(3, 1, 2)
      .step(2, 4, 2)
      .done(4, 1)
      .step(4, 5, 1)
      .trace(),
  );
  expect(told(timeline, 1)).toBe(
    "ready 0-0, running 0-2 to task, waiting 2-3 at task by 2, ready 3-4 at task by 2, running 4-5",
  );
  expect(told(timeline, 2)).toBe("ready 1-2 by 1, running 2-4");
  expect([...timeline.children(1)]).toEqual([2]);
  expect([...timeline.children(0)]).toEqual([1]);
  expect([timeline.name(1), timeline.coroutine(1)]).toEqual(["Task-1", "main"]);
  expect([timeline.name(2), timeline.coroutine(2)]).toEqual(["fetch users", "fetch"]);
});

test("after a bare yield a task is ready, not waiting", () => {
  const timeline = timelineOf(
    new Script().created(0, 1, 0, "main").step(0, 1, 1, "yield").done(3, 1).step(3, 4, 1).trace(),
  );
  expect(told(timeline, 1)).toBe("ready 0-0, running 0-1 to yield, ready 1-3 at yield, running 3-4");
});

test("with a virtual clock a step takes no time, and tells how long it really ran", () => {
  const script = new Script().event(CLOCK, 0, 0, 1).created(0, 1, 0, "main").step(0, 250, 1, "sleep");
  const timeline = timelineOf(script.woken(1_000, 1).done(1_000, 1).step(1_000, 1_003, 1).trace());
  expect(told(timeline, 1)).toBe(
    "ready 0-0, running 0-0 to sleep, waiting 0-1000 at sleep, ready 1000-1000 at sleep, running 1000-1000",
  );
  expect(timeline.end).toBe(1_000);
  expect(timeline.ran(1)).toBe(250);
});

test("what is open when the trace ends goes on to its end", () => {
  const timeline = timelineOf(
    new Script()
      .created(0, 1, 0, "main")
      .step(0, 1, 1, "sleep")
      .created(2, 2, 0, "other")
      .step(3, 4, 2, "lock")
      .woken(5, 2, 1)
      .created(6, 3, 0, "late")
      .event(CANCEL, 9, 3)
      .trace(),
  );
  expect(told(timeline, 1)).toBe("ready 0-0, running 0-1 to sleep, waiting 1-9 at sleep");
  expect(told(timeline, 2)).toBe("ready 2-3, running 3-4 to lock, waiting 4-5 at lock by 1, ready 5-9 at lock by 1");
  expect(told(timeline, 3)).toBe("ready 6-9");
  const open = [1, 2, 3].map((task) => timeline.isOpen((timeline.spanFrom[task + 1] as number) - 1));
  expect(open).toEqual([true, true, true]);
  expect(timeline.isOpen(timeline.spanFrom[1] as number)).toBe(false);
  expect([...timeline.ended.subarray(1)]).toEqual([Infinity, Infinity, Infinity]);
});

test("a task that is cancelled before its first step is ready until then, and never runs", () => {
  const timeline = timelineOf(
    new Script().created(0, 1, 0, "main").event(CANCEL, 2, 1).done(2, 1, CANCELLED).event(LOST, 5, 0, 1).trace(),
  );
  expect(told(timeline, 1)).toBe("ready 0-2");
  expect([timeline.ended[1], timeline.outcome[1], timeline.cancelledAt[1]]).toEqual([2, CANCELLED, 2]);
  expect(timeline.isOpen(0)).toBe(false);
});

test("a wait that a cancellation ends is over when the cancellation comes, unless somebody wakes the task later", () => {
  const cancelled = new Script().created(0, 1, 0, "main").created(0, 2, 0, "other").step(0, 1, 1, "sleep");
  const direct = timelineOf(cancelled.event(CANCEL, 4, 1, 2).done(6, 1, CANCELLED).step(5, 6, 1).trace());
  expect(told(direct, 1)).toContain("waiting 1-4 at sleep by 2, ready 4-5 at sleep by 2");
  const passedOn = new Script().created(0, 1, 0, "main").created(0, 2, 0, "other").step(0, 1, 1, "task");
  const later = timelineOf(passedOn.event(CANCEL, 4, 1).woken(8, 1, 2).done(9, 1, CANCELLED).step(8, 9, 1).trace());
  expect(told(later, 1)).toContain("waiting 1-8 at task by 2, ready 8-8");
});

test("an error's message is that of the task that failed", () => {
  const timeline = timelineOf(
    new Script().created(0, 1, 0, "main").done(1, 1, ERROR, "no <b>such</b> host").step(0, 1, 1).trace(),
  );
  expect([timeline.outcome[1], timeline.errorMessage(1)]).toEqual([ERROR, "no <b>such</b> host"]);
});

test("a wait tells the task or the resource that it is for", () => {
  const script = new Script().created(0, 1, 0, "main").created(0, 2, 1, "other");
  const lock = script.writer.resource({ kind: "Lock", name: "db" });
  const timeline = timelineOf(
    script
      .event(WAITS, 0.5, 1, 2, A_TASK)
      .step(0, 1, 1, "task")
      .event(WAITS, 1.5, 2, lock, A_RESOURCE)
      .step(1, 2, 2, "Lock.acquire")
      .woken(3, 2)
      .step(3, 4, 2, "sleep")
      .trace(),
  );
  const waits = (task: number): unknown[] => {
    const [from, to] = timeline.spansOf(task);
    return Array.from({ length: to - from }, (_, i) => timeline.waitsFor(from + i)).filter(
      (what) => what !== undefined,
    );
  };
  expect(waits(1)).toEqual([{ task: 2 }]);
  expect(waits(2)).toEqual([{ resource: lock }]);
  expect(timeline.resource(lock)).toEqual({ kind: "Lock", name: "db" });
});

test("a trace that begins in the middle shows what it can: tasks without a beginning, wakers and parents without events", () => {
  const script = new Script().event(LOST, 10, 0, 5_000);
  const timeline = timelineOf(
    script
      .woken(12, 700, 650)
      .step(13, 14, 700, "sleep")
      .step(15, 16, 701, "sleep")
      .created(16, 702, 650, "fetch")
      .done(18, 703)
      .trace(),
  );
  expect([...timeline.id]).toEqual([0, 650, 700, 701, 702, 703]);
  expect(timeline.taskCount).toBe(5);
  const [main, woken, stepped, made, ended] = [1, 2, 3, 4, 5] as const;
  expect(told(timeline, main)).toBe("");
  expect(told(timeline, woken)).toBe(
    "waiting 10-12 by 1, ready 12-13 by 1, running 13-14 to sleep, waiting 14-18 at sleep",
  );
  expect(told(timeline, stepped)).toBe("running 15-16 to sleep, waiting 16-18 at sleep");
  expect([timeline.name(main), timeline.name(woken), timeline.coroutine(woken)]).toEqual(["task 650", "task 700", ""]);
  expect([timeline.parent[made], timeline.parent[woken]]).toEqual([main, 0]);
  expect([timeline.created[woken], timeline.created[made]]).toEqual([-Infinity, 16]);
  expect([told(timeline, ended), timeline.ended[ended]]).toEqual(["", 18]);
  expect([timeline.taskWithId(702), timeline.taskWithId(5)]).toEqual([made, 0]);
});

test("where events are missing, a task that goes on is said to have waited, as what woke it may be missing", () => {
  const script = new Script().created(0, 1, 0, "main").step(0, 1, 1, "sleep").event(LOST, 5, 0, 3);
  expect(told(timelineOf(script.step(6, 7, 1, "sleep").step(8, 9, 1).trace()), 1)).toBe(
    "ready 0-0, running 0-1 to sleep, waiting 1-6 at sleep, running 6-7 to sleep, ready 7-8 at sleep, running 8-9",
  );
});

test("times that are a little off, as the recorder does not look at the clock for every event, leave no gap and no overlap", () => {
  const script = new Script().created(0, 1, 0, "main").step(1, 4, 1, "sleep").woken(3.5, 1).step(6, 7, 1, "sleep");
  const timeline = timelineOf(script.woken(9, 1).step(8.5, 10, 1).trace());
  expect(told(timeline, 1)).toBe(
    "ready 0-1, running 1-4 to sleep, waiting 4-4 at sleep, ready 4-6 at sleep, running 6-7 to sleep, " +
      "waiting 7-8.5 at sleep, ready 8.5-8.5 at sleep, running 8.5-10",
  );
});

test("in a long trace each of many tasks has its own spans, those of one that fills it included", () => {
  const script = new Script();
  const steps = new Map<number, number[]>();
  for (let task = 1; task <= 300; task++) script.created(0, task, 0, `f ${task}`);
  for (let i = 1; i <= 60_000; i++) {
    const task = i % 3 === 0 ? 7 : 1 + ((i * 7_919) % 300);
    script.woken(i, task).step(i + 0.5, i + 0.75, task, "sleep");
    const starts = steps.get(task) ?? [];
    starts.push(i + 0.5);
    steps.set(task, starts);
  }
  const timeline = timelineOf(script.trace());
  expect(steps.get(7)?.length).toBe(20_000);
  for (let task = 1; task <= 300; task++) {
    const [from, to] = timeline.spansOf(task);
    const starts: number[] = [];
    for (let span = from; span < to; span++) {
      if (timeline.spanTask[span] !== task) throw new Error(`span ${span} is not of task ${task}`);
      if (timeline.spanState[span] === RUNNING) starts.push(timeline.spanStart[span] as number);
    }
    expect(starts).toEqual(steps.get(task) ?? []);
  }
});

test("columns that a worker hands over make the same timeline", () => {
  const trace = new Script().created(0, 1, 0, "main").step(0, 1, 1, "sleep").woken(2, 1).step(2, 3, 1).trace();
  const first = timelineOf(trace);
  const before = told(first, 1);
  const second = new Timeline(trace, structuredClone(first.columns));
  expect(told(second, 1)).toBe(before);
});

test("the span at a time is the last that has begun, and none before the task is there or after it has ended", () => {
  const timeline = timelineOf(
    new Script().created(1, 1, 0, "main").step(2, 3, 1, "sleep").woken(6, 1).step(6, 7, 1).event(LOST, 9, 0, 1).trace(),
  );
  const [from] = timeline.spansOf(1);
  const at = (time: number): number => timeline.spanAt(1, time) - from;
  expect([0.5, 1, 2, 2.5, 3, 6, 6.5].map((time) => at(time))).toEqual([-1 - from, 0, 1, 1, 2, 4, 4]);
  expect(timeline.spanAt(1, 7)).toBe(-1);
});

test("numbers of a foreign trace take no room: ids, places and strings that are not there", () => {
  const before = process.memoryUsage().arrayBuffers;
  const timeline = timelineOf(
    new Script()
      .created(0, 4_294_967_295, 4_294_967_290, "main")
      .event(STEP, 0, 4_294_967_295, 10_000, 3_000_000_000)
      .woken(5, 4_294_967_295, 17)
      .event(WAITS, 5, 4_294_967_295, 99, A_RESOURCE)
      .step(6, 7, 4_294_967_295, "sleep")
      .trace(),
  );
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  expect([...timeline.id]).toEqual([0, 17, 4_294_967_290, 4_294_967_295]);
  expect(told(timeline, 3)).toBe(
    "ready 0-0 by 2, running 0-1, waiting 1-5 by 1, ready 5-6 by 1, running 6-7 to sleep, waiting 7-7 at sleep",
  );
  const lastSpan = timeline.spanCount - 1;
  expect(timeline.waitsFor(lastSpan)).toEqual({ resource: 99 });
  expect(timeline.resource(99)).toEqual({ kind: "resource" });
  expect(timeline.place(3_000_000_000)).toEqual({ kind: "", frames: [], exact: false });
});

test("rows of a table that are not what they should be are read as far as they can be", () => {
  const trace = new Script().created(0, 1, 0, "main").trace();
  const hostile = {
    ...trace,
    strings: [5, {}] as unknown as string[],
    places: [null, null, { kind: 7, label: {}, frames: [{ name: "f", line: "x" }, null, { name: "g" }] }] as never,
    resources: [null, "x", { kind: "", name: 3, capacity: "many" }] as never,
  } satisfies Trace;
  const timeline = timelineOf(hostile);
  expect([timeline.coroutine(1), timeline.errorMessage(1)]).toEqual(["", ""]);
  expect([1, 2].map((place) => timeline.place(place))).toEqual([
    { kind: "", frames: [], exact: false },
    { kind: "", frames: [{ name: "g" }], exact: false },
  ]);
  expect([1, 2].map((resource) => timeline.resource(resource))).toEqual([{ kind: "resource" }, { kind: "resource" }]);
});

test("times that are no numbers become those before them", () => {
  const trace = new Script().created(1, 1, 0, "main").step(2, 3, 1, "sleep").woken(4, 1).step(4, 5, 1).trace();
  trace.time[3] = NaN;
  trace.time[2] = Infinity;
  const timeline = timelineOf(trace);
  expect([timeline.start, timeline.end]).toEqual([1, 5]);
  expect(timeline.spanEnd.every(Number.isFinite)).toBe(true);
});

test("a parent that was made after its child is none", () => {
  const timeline = timelineOf(
    new Script().created(0, 1, 2, "main").created(0, 2, 1, "main").created(0, 3, 3, "main").trace(),
  );
  expect([...timeline.parent]).toEqual([0, 0, 1, 0]);
  expect([...timeline.children(0)]).toEqual([1, 3]);
});

test("an empty trace is an empty timeline", () => {
  const timeline = timelineOf(new Script().trace());
  expect([timeline.taskCount, timeline.spanCount, timeline.start, timeline.end]).toEqual([0, 0, 0, 0]);
});
