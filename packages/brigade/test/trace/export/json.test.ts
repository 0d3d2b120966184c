/** The timeline as JSON: what stands in it, and that it is JSON whatever the trace is called and however long it is. */
import {
  A_RESOURCE,
  A_TASK,
  CANCEL,
  CANCELLED,
  CLOCK,
  ERROR,
  LOST,
  type TimelineJson,
  timelineOf,
  toJson,
  WAITS,
} from "brigade/trace";
import { expect, test } from "vitest";
import { Script } from "../timeline/written.ts";

function parsed(pieces: Iterable<string>): TimelineJson {
  return JSON.parse([...pieces].join("")) as TimelineJson;
}

test("tasks, spans, places and resources stand in the JSON as the trace tells of them", () => {
  const script = new Script().event(CLOCK, 0, 0, 0).created(0, 1, 0, "main", "main").created(0.1, 2, 1, "fetch");
  const db = script.writer.resource({ kind: "Lock", name: "db", capacity: 1 });
  script.event(WAITS, 0.9, 1, 2, A_TASK).step(0.2, 1, 1, "task");
  script.event(WAITS, 1.5, 2, db, A_RESOURCE).step(1, 2, 2, "Lock.acquire").woken(3, 2).done(3.5, 2, ERROR, "no host");
  script.step(3, 4, 2).event(CANCEL, 5, 1, 2).woken(5, 1, 2).done(5.5, 1, CANCELLED).step(5, 6, 1);
  const { tasks, places, resources, ...head } = parsed(toJson(script.created(6, 3, 0, "open").trace()));
  expect(head).toEqual({
    format: "brigade-timeline",
    version: 1,
    meta: { startedAt: 0 },
    clock: "real",
    start: 0,
    end: 6,
    lost: 0,
    ending: "complete",
  });
  expect(places.map(({ kind }) => kind)).toEqual(["", "task", "Lock.acquire"]);
  expect(resources[db]).toEqual({ kind: "Lock", name: "db", capacity: 1 });
  expect(tasks).toEqual([
    {
      ...{ id: 1, name: "main", coroutine: "main", parent: 0, created: 0, ended: 6, outcome: "cancelled" },
      cancelled: { at: 5, by: 2 },
      spans: [
        { state: "ready", start: 0, end: 0.2, place: 0, by: 0 },
        { state: "running", start: 0.2, end: 1, place: 1 },
        { state: "waiting", start: 1, end: 5, place: 1, by: 2, waitsFor: { task: 2 } },
        { state: "ready", start: 5, end: 5, place: 1, by: 2 },
        { state: "running", start: 5, end: 6, place: 0 },
      ],
    },
    {
      ...{
        id: 2,
        name: "Task-2",
        coroutine: "fetch",
        parent: 1,
        created: 0.1,
        ended: 4,
        outcome: "error",
        error: "no host",
      },
      spans: [
        { state: "ready", start: 0.1, end: 1, place: 0, by: 1 },
        { state: "running", start: 1, end: 2, place: 2 },
        { state: "waiting", start: 2, end: 3, place: 2, by: 0, waitsFor: { resource: db } },
        { state: "ready", start: 3, end: 3, place: 2, by: 0 },
        { state: "running", start: 3, end: 4, place: 0 },
      ],
    },
    {
      ...{ id: 3, name: "Task-3", coroutine: "open", parent: 0, created: 6, ended: null, outcome: null },
      spans: [{ state: "ready", start: 6, end: 6, place: 0, by: 0 }],
    },
  ]);
});

test("tasks have the recorder's ids, and those of which the beginning is missing say so", () => {
  const script = new Script().event(LOST, 1, 0, 7).woken(2, 900, 800).step(3, 4, 900, "sleep");
  const { tasks, lost } = parsed(toJson(timelineOf(script.trace())));
  expect(lost).toBe(7);
  expect(tasks.map(({ id, created, parent }) => [id, created, parent])).toEqual([
    [800, null, 0],
    [900, null, 0],
  ]);
  expect(tasks[1]?.spans[0]).toMatchObject({ by: 800 });
});

test("times have the digits that the recorder gave them, and no others", () => {
  const trace = new Script()
    .created(0.1, 1, 0, "main")
    .step(0.1, 0.3, 1, "sleep")
    .woken(0.7, 1)
    .step(0.7, 0.8, 1)
    .trace();
  expect([...toJson(trace)].join("")).not.toMatch(/\d\.\d{5}/);
});

test("with a virtual clock a step says how long it really ran", () => {
  const script = new Script().event(CLOCK, 0, 0, 1).created(0, 1, 0, "main").step(0, 250, 1);
  const { clock, tasks } = parsed(toJson(script.trace()));
  expect([clock, tasks[0]?.spans[1]]).toEqual(["virtual", { state: "running", start: 0, end: 0, place: 0, ran: 250 }]);
});

test("names, labels and messages come back as they are, and can't end a script element", () => {
  const hostile = `</script><img src=x onerror=alert(1)>"'&\u2028\u2029\u0000\ud800 \\`;
  const script = new Script().created(0, 1, 0, hostile, hostile);
  script.place("wait", { kind: hostile, label: hostile, frames: [{ name: hostile, file: hostile, line: 1 }] });
  script.writer.resource({ kind: hostile, name: hostile });
  const trace = script.done(0, 1, ERROR, hostile).step(0, 1, 1, "wait").trace();
  const text = [...toJson(trace)].join("");
  expect(text).not.toMatch(/[<>&\u2028\u2029]/);
  const { tasks, places, resources } = JSON.parse(text) as TimelineJson;
  expect([tasks[0]?.name, tasks[0]?.coroutine, tasks[0]?.error]).toEqual([hostile, hostile, hostile]);
  expect([places[1]?.kind, places[1]?.label, places[1]?.frames[0]?.file, resources[1]?.name]).toEqual(
    Array.from({ length: 4 }, () => hostile),
  );
});

test("a long trace comes in pieces, none of them long", () => {
  const script = new Script().created(0, 1, 0, "main");
  for (let i = 0; i < 20_000; i++) script.step(i, i + 0.5, 1, "sleep").woken(i + 0.7, 1);
  const pieces = [...toJson(script.trace())];
  expect(pieces.length).toBeGreaterThan(30);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(70_000);
  expect(parsed(pieces).tasks[0]?.spans.length).toBe(60_001);
});

test("an empty trace is JSON without tasks", () => {
  expect(parsed(toJson(new Script().trace())).tasks).toEqual([]);
});
