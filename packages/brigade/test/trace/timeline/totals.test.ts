/** Sums over a trace: waits by place and kind, how busy the loop was, long steps, groups of tasks. */
import {
  CALLBACK,
  CANCELLED,
  CLOCK,
  ERROR,
  type LongRun,
  TICKS,
  type Timeline,
  timelineOf,
  totals,
} from "brigade/trace";
import { expect, test } from "vitest";
import { Script } from "./written.ts";

function twoFetches(): Timeline {
  const script = new Script().created(0, 1, 0, "main", "main");
  script.created(1, 2, 1, "fetch").created(1, 3, 1, "fetch").step(0, 1, 1, "gather");
  script.step(1, 2, 2, "socket").step(2, 4, 3, "socket").woken(6, 2).step(6, 7, 2, "lock").woken(10, 3);
  script.woken(11, 2, 3).done(11, 3, ERROR, "no").step(10, 12, 3).step(12, 13, 2).woken(13, 1, 2).step(13, 14, 1);
  return timelineOf(script.trace());
}

test("waits are summed by place and by kind, and those that no task ended apart", () => {
  const timeline = twoFetches();
  const { byPlace, byKind, waiting } = totals(timeline);
  const named = byPlace.map(({ place, span, ...rest }) => ({
    kind: timeline.place(place).kind,
    at: timeline.spanStart[span],
    ...rest,
  }));
  expect(named).toEqual([
    { kind: "gather", at: 1, count: 1, total: 12, outside: 0, longest: 12 },
    { kind: "socket", at: 4, count: 2, total: 10, outside: 10, longest: 6 },
    { kind: "lock", at: 7, count: 1, total: 4, outside: 0, longest: 4 },
  ]);
  expect(byKind.map(({ kind, count, total }) => ({ kind, count, total }))).toEqual([
    { kind: "gather", count: 1, total: 12 },
    { kind: "socket", count: 2, total: 10 },
    { kind: "lock", count: 1, total: 4 },
  ]);
  expect(waiting).toBe(26);
});

test("two places of one kind are one row of the kinds", () => {
  const script = new Script();
  script.place("a", { kind: "sleep", label: "1 s" });
  script.place("b", { kind: "sleep", label: "2 s" });
  const trace = script
    .created(0, 1, 0, "main")
    .step(0, 1, 1, "a")
    .woken(2, 1)
    .step(2, 3, 1, "b")
    .woken(6, 1)
    .step(6, 7, 1)
    .trace();
  const { byKind, byPlace } = totals(timelineOf(trace));
  expect(byPlace.map(({ total }) => total)).toEqual([3, 1]);
  expect(byKind.map(({ kind, count, total, longest }) => [kind, count, total, longest])).toEqual([["sleep", 2, 4, 3]]);
});

test("the loop's busy time counts a step that ran inside another one once, and long callbacks", () => {
  const script = new Script().created(0, 1, 0, "main").created(1, 2, 1, "eager").step(1, 3, 2).step(0, 5, 1);
  const { busy, steps } = totals(timelineOf(script.event(CALLBACK, 6, 0, 2 * TICKS, 0).trace()));
  expect([busy, steps]).toEqual([7, 2]);
});

test("with a virtual clock, what steps really took is summed and compared", () => {
  const script = new Script().event(CLOCK, 0, 0, 1).created(0, 1, 0, "main").step(0, 250, 1, "sleep");
  const sums = totals(timelineOf(script.woken(5, 1).step(5, 8, 1).trace()));
  expect([sums.busy, sums.end, sums.longest.map(({ duration }) => duration), sums.groups[0]?.running]).toEqual([
    253,
    5,
    [250, 3],
    253,
  ]);
});

test("long steps come with where they came from and led to, the longest first, as many as are asked for", () => {
  const timeline = twoFetches();
  const told = ({ task, start, duration, from, to }: LongRun): unknown[] => [
    task,
    start,
    duration,
    timeline.place(from).kind,
    timeline.place(to).kind,
  ];
  const { longest } = totals(timeline, { most: 3 });
  expect(longest.map(told)).toEqual([
    [3, 10, 2, "socket", ""],
    [3, 2, 2, "", "socket"],
    [1, 13, 1, "gather", ""],
  ]);
  expect(longest.map(({ span }) => timeline.spanTask[span])).toEqual([3, 3, 1]);
  expect(totals(timeline, { slow: 1.5 }).longest.length).toBe(2);
  expect(totals(timeline, { most: 0 }).longest).toEqual([]);
});

test("a long callback is one of the longest runs, with its place", () => {
  const script = new Script().created(0, 1, 0, "main").step(0, 1, 1, "sleep");
  const timeline = timelineOf(script.event(CALLBACK, 2, 0, 30 * TICKS, script.place("timer")).trace());
  const [callback] = totals(timeline).longest;
  expect(callback).toMatchObject({ task: 0, start: 2, duration: 30, span: -1 });
  expect(timeline.place(callback?.from ?? 0).kind).toBe("timer");
});

test("siblings that run one coroutine are a group, below that of their parents", () => {
  const timeline = twoFetches();
  const { groups, tasks } = totals(timeline);
  expect(groups).toEqual([
    {
      name: "main",
      parent: -1,
      depth: 0,
      tasks: 1,
      first: 1,
      start: 0,
      end: 14,
      running: 2,
      waiting: 12,
      ready: 0,
      errors: 0,
      open: 0,
    },
    {
      name: "fetch",
      parent: 0,
      depth: 1,
      tasks: 2,
      first: 2,
      start: 1,
      end: 13,
      running: 7,
      waiting: 14,
      ready: 2,
      errors: 1,
      open: 0,
    },
  ]);
  expect(tasks).toEqual({ count: 3, values: 0, errors: 1, cancelled: 0, open: 0, mostAtOnce: 3 });
});

test("groups stand in the order of the tree, however deep it is", () => {
  const script = new Script()
    .created(0, 1, 0, "main", "main")
    .created(0, 2, 1, "a", "left")
    .created(0, 3, 1, "b", "right");
  script.created(0, 4, 2, "c", "below left").created(0, 5, 3, "c", "below right");
  let above = 5;
  for (let task = 6; task < 20_000; task++) {
    script.created(0, task, above, "nested", "nested");
    above = task;
  }
  const { groups } = totals(timelineOf(script.trace()));
  expect(groups.slice(0, 5).map(({ name, parent, depth }) => [name, parent, depth])).toEqual([
    ["main", -1, 0],
    ["left", 0, 1],
    ["below left", 1, 2],
    ["right", 0, 1],
    ["below right", 3, 2],
  ]);
  expect(groups.at(-1)).toMatchObject({ depth: 19_996, parent: groups.length - 2 });
});

test("tasks are counted by how they ended, and by how many there were at once", () => {
  const script = new Script().created(0, 1, 0, "main").done(1, 1).step(0, 1, 1);
  script.created(2, 2, 0, "f").created(3, 3, 0, "f").done(4, 2, CANCELLED).step(3, 4, 2).created(9, 4, 0, "f");
  expect(totals(timelineOf(script.trace())).tasks).toEqual({
    count: 4,
    values: 1,
    errors: 0,
    cancelled: 1,
    open: 2,
    mostAtOnce: 2,
  });
});

test("an empty trace has totals of zero", () => {
  const sums = totals(timelineOf(new Script().trace()));
  expect([sums.busy, sums.waiting, sums.groups, sums.byPlace, sums.tasks.count]).toEqual([0, 0, [], [], 0]);
});
