import { describe, expect, test } from "vitest";
import { nextBlocked } from "../../src/page/model/blocked.ts";
import { holdersOf } from "../../src/page/model/holders.ts";
import { found } from "../../src/page/model/search.ts";
import { spotsOf } from "../../src/page/model/spots.ts";
import { clamped, fitting, moved, stepOfAxis, zoomed } from "../../src/page/model/viewport.ts";
import { wakesBetween, wakesOfTask } from "../../src/page/model/wakes.ts";
import { memoryOf, packed, unpacked } from "../../src/page/open/opened.ts";
import { axisTime, bytes, duration, percent } from "../../src/page/words.ts";
import { crowd, shop } from "../traces.ts";

describe("the window", () => {
  test("keeps the time below the pointer where it is when it is zoomed", () => {
    const { from, to } = zoomed({ from: 100, to: 200 }, 4, 125);
    expect([from, to]).toEqual([118.75, 143.75]);
    expect((125 - from) / (to - from)).toBe(0.25);
  });

  test("never leaves the program, and never shows less than a tick or more than everything", () => {
    const whole = fitting(0, 1_000);
    expect(clamped(moved({ from: 0, to: 100 }, -1e6), 0, 1_000).from).toBe(whole.from);
    expect(clamped(moved({ from: 0, to: 100 }, 1e6), 0, 1_000).to).toBe(whole.to);
    expect(clamped(zoomed({ from: 0, to: 1_000 }, 0.01), 0, 1_000)).toEqual(whole);
    const { from, to } = clamped(zoomed({ from: 0, to: 1_000 }, 1e12), 0, 1_000);
    expect(to - from).toBeCloseTo(0.001, 9);
  });

  test("a program of no length can be looked at", () => {
    const { from, to } = clamped(fitting(5, 5), 5, 5);
    expect(from).toBeLessThan(5);
    expect(to).toBeGreaterThan(5);
  });

  test("has an axis of round steps, as many as there is room for", () => {
    expect(stepOfAxis({ from: 0, to: 1_000 }, 10)).toBe(100);
    expect(stepOfAxis({ from: 0, to: 1_000 }, 9)).toBe(200);
    expect(stepOfAxis({ from: 0, to: 3 }, 10)).toBeCloseTo(0.5);
  });
});

test("numbers are written with their units, and no more digits than say something", () => {
  expect([0, 0.0042, 0.5, 9.876, 182.04, 2_040, 62_000, 3_725_000].map(duration)).toEqual([
    "0 ms",
    "4.2 µs",
    "0.5 ms",
    "9.88 ms",
    "182 ms",
    "2.04 s",
    "1 min 2 s",
    "1 h 2 min",
  ]);
  expect([axisTime(0, 10), axisTime(250, 50), axisTime(1.25, 0.05), axisTime(12_000, 500)]).toEqual([
    "0",
    "250 ms",
    "1.25 ms",
    "12.0 s",
  ]);
  expect([bytes(999), bytes(12_345_678), percent(0.034), percent(0.5)]).toEqual(["999 B", "12 MB", "3.4 %", "50 %"]);
});

describe("search", () => {
  test("finds tasks by name, number, coroutine, wait and line, whatever the case", () => {
    const timeline = shop().timeline();
    expect([...found(timeline, "ORDERS")]).toEqual([2, 3]); // its name; the lock that the other waits for
    expect([...found(timeline, "task-3")]).toEqual([3]);
    expect([...found(timeline, "sell")]).toEqual([2, 3]);
    expect([...found(timeline, "gather")]).toEqual([1]);
    expect([...found(timeline, "shop.ts:12")]).toEqual([2]);
    expect([...found(timeline, "nobody")]).toEqual([]);
    expect([...found(timeline, "  ")]).toEqual([]);
  });
});

test("the next step that blocks is found among many that don't, and after the last there is none", () => {
  const quick = crowd(100, 20).opened();
  expect(nextBlocked(quick, -Infinity, 1)).toBe(-1);
  const opened = shop().opened();
  const span = nextBlocked(opened, -Infinity, 50);
  expect(opened.timeline.spanTask[span]).toBe(2);
  expect(nextBlocked(opened, opened.timeline.spanStart[span] ?? 0, 50)).toBe(-1);
});

test("whoever holds what a task waits for is known at that time, and not after it was given back", () => {
  const timeline = shop().timeline();
  expect(holdersOf(timeline, 1, 3)).toEqual([2]);
  expect(holdersOf(timeline, 1, 0)).toEqual([]);
});

test("arrows go from who woke to who was woken, both ways of a task", () => {
  const timeline = shop().timeline();
  const wakes = wakesOfTask(timeline, 3);
  expect(wakesBetween(wakes, 100, 183, 10)).toEqual([
    { time: 170, from: 2, to: 3 },
    { time: 182, from: 3, to: 1 },
  ]);
});

test("advice stands where its places are waited at, most of all where that took longest", () => {
  const timeline = shop().timeline();
  const advice = { kind: "polling", title: "", saving: 1, details: [] } as const;
  const spots = spotsOf(timeline, [
    { ...advice, places: [3] },
    { ...advice, kind: "blocking-step", tasks: [2] },
  ]);
  expect(spots.map(({ advice: index, task, isMain }) => [index, task, isMain])).toEqual([
    [0, 3, true],
    [1, 2, true],
  ]);
});

test("a trace that was handed over says the same as before, and its columns were not copied", () => {
  const opened = crowd(20, 5).opened();
  const parcel = packed(opened);
  const memory = memoryOf(parcel);
  const copy = unpacked(structuredClone(parcel, { transfer: memory }));
  expect(memory.every(({ byteLength }) => byteLength === 0)).toBe(true); // it has left
  expect(copy.timeline.name(1)).toBe("main");
  expect(copy.timeline.spanCount).toBeGreaterThan(100);
  expect(copy.spans.levels).toHaveLength(1);
});
