/** A program at a moment of its trace: who was there, who held and waited for what, and who waited for one another. */
import {
  A_RESOURCE,
  A_TASK,
  ACQUIRED,
  cyclesOf,
  RELEASED,
  stateAt,
  stateName,
  type Timeline,
  timelineOf,
  WAITS,
} from "brigade/trace";
import { expect, test } from "vitest";
import { Script } from "./written.ts";

function embrace(): { timeline: Timeline; db: number; cache: number } {
  const script = new Script().created(0, 1, 0, "main", "main").created(0, 2, 1, "a", "A").created(0, 3, 1, "b", "B");
  const db = script.writer.resource({ kind: "Lock", name: "db" });
  const cache = script.writer.resource({ kind: "Lock", name: "cache" });
  script.event(WAITS, 1, 1, 2, A_TASK).step(0, 1, 1, "task");
  script.event(ACQUIRED, 1.5, 2, db).step(1, 2, 2, "sleep").event(ACQUIRED, 2.5, 3, cache).step(2, 3, 3, "sleep");
  script.woken(10, 2).event(WAITS, 10.5, 2, cache, A_RESOURCE).step(10, 11, 2, "Lock.acquire");
  script.woken(11, 3).event(WAITS, 11.5, 3, db, A_RESOURCE).step(11, 12, 3, "Lock.acquire");
  return { timeline: timelineOf(script.created(20, 4, 0, "later").trace()), db, cache };
}

test("at a moment each task is where it then was, since when, for what, and with what it held", () => {
  const { timeline, db, cache } = embrace();
  const at = (time: number): unknown[] =>
    stateAt(timeline, time).tasks.map(({ name, state, place, since, waitsFor, holds }) => [
      name,
      stateName(state),
      timeline.place(place).kind,
      since,
      waitsFor,
      holds,
    ]);
  expect(at(5)).toEqual([
    ["main", "waiting", "task", 1, { task: 2 }, []],
    ["A", "waiting", "sleep", 2, undefined, [db]],
    ["B", "waiting", "sleep", 3, undefined, [cache]],
  ]);
  expect(at(15)).toEqual([
    ["main", "waiting", "task", 1, { task: 2 }, []],
    ["A", "waiting", "Lock.acquire", 11, { resource: cache }, [db]],
    ["B", "waiting", "Lock.acquire", 12, { resource: db }, [cache]],
  ]);
  expect(at(-1)).toEqual([]);
  expect(at(20).length).toBe(4);
});

test("a circle of tasks is told at a moment when it is there, and not before", () => {
  const { timeline } = embrace();
  expect(cyclesOf(timeline, stateAt(timeline, 10))).toEqual([]);
  const [cycle, ...more] = cyclesOf(timeline, stateAt(timeline, 15));
  expect(more).toEqual([]);
  expect(cycle?.tasks.map(({ name }) => name)).toEqual(["A", "B"]);
  expect(cycle?.stuck.map(({ name }) => name)).toEqual(["main"]);
});

test("a permit that another task gives back is taken off whoever took it first", () => {
  const script = new Script().created(0, 1, 0, "a").created(0, 2, 0, "b").created(0, 3, 0, "c");
  const pool = script.writer.resource({ kind: "Semaphore", capacity: 3 });
  for (const task of [1, 2, 3]) script.event(ACQUIRED, task, task, pool).step(task, task + 1, task, "sleep");
  script
    .event(RELEASED, 5, 2, pool)
    .event(RELEASED, 6, 0, pool)
    .event(RELEASED, 7, 0, pool)
    .event(RELEASED, 8, 0, pool);
  const timeline = timelineOf(script.trace());
  const holders = (time: number): number[] =>
    stateAt(timeline, time)
      .tasks.filter(({ holds }) => holds.includes(pool))
      .map(({ task }) => task);
  expect([4, 5, 6, 7, 8].map((time) => holders(time))).toEqual([[1, 2, 3], [1, 3], [3], [], []]);
  expect([...stateAt(timeline, 4).held]).toEqual([[pool, 3]]);
});
