import { describe, expect, test } from "vitest";
import { aliveAt, foldedLanes } from "../../src/page/model/folded.ts";
import { revealing, type Rows, rowsOf } from "../../src/page/model/rows.ts";
import type { OpenedTrace } from "../../src/page/open/opened.ts";
import { crowd, shop, Story } from "../traces.ts";

const none: ReadonlySet<number> = new Set();

function shown({ timeline, groups }: OpenedTrace, rows: Rows): string[] {
  return Array.from(rows.key, (key, row) => {
    const name = key > 0 ? timeline.name(key) : `${timeline.coroutine(groups.member[groups.from[-key] ?? 0] ?? 0)} ×`;
    return `${" ".repeat(rows.depth[row] ?? 0)}${name}`;
  });
}

describe("rows", () => {
  test("a task stands below the one that made it", () => {
    const opened = shop().opened();
    expect(shown(opened, rowsOf(opened.timeline, opened.groups, none))).toEqual(["main", " orders", " Task-3"]);
  });

  test("many siblings that run one coroutine are one row, which unfolds", () => {
    const opened = crowd(50, 2).opened();
    const { timeline, groups } = opened;
    expect(shown(opened, rowsOf(timeline, groups, none))).toEqual(["main", " worker ×"]);
    const open = rowsOf(timeline, groups, new Set([-1]));
    expect(open.count).toBe(52);
    expect(shown(opened, open).slice(0, 4)).toEqual(["main", " worker ×", "  Task-2", "  Task-3"]);
  });

  test("what is folded away has the row of whatever hides it", () => {
    const { timeline, groups } = crowd(50, 2).opened();
    expect(rowsOf(timeline, groups, none).rowOfTask.at(-1)).toBe(1);
    expect(rowsOf(timeline, groups, new Set([1])).rowOfTask.at(-1)).toBe(0); // main is folded
  });

  test("a task that is hidden twice is revealed", () => {
    const { timeline, groups } = crowd(50, 2).opened();
    const toggled = revealing(timeline, groups, new Set([1]), 20);
    const rows = rowsOf(timeline, groups, toggled);
    expect(rows.key[rows.rowOfTask[20] ?? -1]).toBe(20);
  });

  test("a chain of a hundred thousand tasks has as many rows", () => {
    const story = new Story();
    const place = story.place("task");
    for (let task = 0; task < 100_000; task++) {
      story.task(task, "link", { parent: task });
      story.step(task, task + 1, 0.5, place);
    }
    const { timeline, groups } = story.opened();
    const rows = rowsOf(timeline, groups, none);
    expect(rows.count).toBe(100_000);
    expect(rows.depth.at(-1)).toBe(65_535); // deep enough: names are not indented so far
  });
});

describe("folded lanes", () => {
  test("have the steps of all that is below, in the order of time", () => {
    const { timeline, groups, orders } = crowd(50, 3).opened();
    const lanes = foldedLanes(timeline, orders, rowsOf(timeline, groups, none));
    expect([...lanes.from]).toEqual([0, 0, 150]); // main is no folded row
    expect(Array.from(lanes.track.start).every((time, i, all) => i === 0 || time >= (all[i - 1] ?? 0))).toBe(true);
    expect(timeline.spanTask[lanes.span[0] ?? -1]).toBe(2);
  });

  test("know how many tasks there are at a time, and the most there were", () => {
    const { timeline, groups, orders } = crowd(50, 2).opened();
    const lanes = foldedLanes(timeline, orders, rowsOf(timeline, groups, none));
    expect(aliveAt(lanes, 1, -1)).toBe(0);
    expect(aliveAt(lanes, 1, 0.3)).toBe(50);
    expect(aliveAt(lanes, 1, timeline.end)).toBe(0);
    expect(lanes.most[1]).toBe(50);
  });
});
