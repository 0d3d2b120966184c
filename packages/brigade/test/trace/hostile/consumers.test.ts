/** All that reads traces, given traces that no recorder writes: damaged, begun in the middle, made to harm. It ends, and says something. */
import {
  adviceReport,
  CLOCK,
  CREATED,
  criticalPath,
  cyclesOf,
  DONE,
  type EventType,
  FRAME,
  NAMED,
  readTrace,
  recorder,
  replay,
  RUNNING,
  STACK,
  stateAt,
  STEP,
  timelineOf,
  toChromeTrace,
  toJson,
  toSvg,
  totals,
  type Trace,
  TraceError,
  type TraceWriter,
  WAITING,
  WAITS,
  WOKEN,
} from "brigade/trace";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { often } from "../../often.ts";
import { written } from "../format/files.ts";
import { carryOut, plans } from "./programs.ts";

/** Few numbers, so that they meet; and those that are too large for anything. */
const number = fc.oneof(
  { weight: 9, arbitrary: fc.nat(6) },
  { weight: 1, arbitrary: fc.constantFrom(0xffff_ffff, 0x7fff_ffff, 1_000_000) },
);
const time = fc.oneof(
  { weight: 9, arbitrary: fc.nat(50) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1e9, 4e12, 0.00005) },
);
const row = fc.record(
  { type: fc.integer({ min: 0, max: 19 }) as fc.Arbitrary<EventType>, time, task: number, a: number, b: number },
  { noNullPrototype: true },
);

/** A place and a text for half of the numbers that events use. */
function tables(writer: TraceWriter): void {
  for (const name of ["main", "<script>alert(1)</script>", "job"]) writer.string(name);
  writer.place({ kind: "sleep", label: "5 ms", frames: [], exact: false });
  writer.place({ kind: "gather", frames: [{ name: "f", file: "/no/such/file.ts", line: 3, column: 1 }], exact: true });
  writer.place({ kind: "Lock.acquire", frames: [{ name: "" }, { name: "g", line: -1 }], exact: true });
  writer.resource({ kind: "Lock", name: "db", capacity: 1 });
  writer.resource({ kind: "Queue", capacity: 0 });
  writer.resource({ kind: "gather", capacity: -5 });
}

/** Reads it in every way there is. Throws what any of them throws. */
function readInEveryWay(trace: Trace): void {
  const timeline = timelineOf(trace);
  expect(timeline.taskCount).toBeLessThanOrEqual(trace.count * 3);
  for (let task = 1; task <= timeline.taskCount; task++) {
    expect(typeof timeline.name(task)).toBe("string");
    expect(timeline.parent[task]).not.toBe(task);
  }
  expect([...timeline.inTreeOrder()].toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: timeline.taskCount }, (_, i) => i + 1),
  );
  let at = NaN;
  for (const { start, end } of criticalPath(timeline)) {
    expect(end).toBeGreaterThanOrEqual(start);
    if (!Number.isNaN(at)) expect(start).toBe(at);
    at = end;
  }
  totals(timeline);
  for (const moment of [timeline.start, (timeline.start + timeline.end) / 2, timeline.end]) {
    cyclesOf(timeline, stateAt(timeline, moment));
  }
  JSON.parse([...toJson(timeline)].join(""));
  JSON.parse([...toChromeTrace(timeline)].join(""));
  expect([...toSvg(timeline)].join("")).not.toContain("<script");
  expect(Number.isNaN(replay(trace).replayed)).toBe(false);
  for (const { title, saving } of adviceReport(trace).advice) {
    expect(title).not.toMatch(/NaN|Infinity|undefined/);
    expect(saving).toBeGreaterThanOrEqual(0);
  }
}

test("events at random are read in every way without an error, and in time", { timeout: 240_000 }, () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
      const bytes = written((writer) => {
        tables(writer);
        for (const { type, time: when, task, a, b } of rows) writer.event(type, when, task, a, b);
        writer.close();
      });
      readInEveryWay(readTrace(bytes));
      read++;
    }),
    { numRuns: often(3_000), seed: 6 },
  );
  expect(read).toBe(often(3_000));
});

test("recorded traces of which events were left out, doubled and exchanged are read in every way without an error", {
  timeout: 240_000,
}, async () => {
  let read = 0;
  await fc.assert(
    fc.asyncProperty(plans, fc.array(fc.tuple(fc.nat(400), fc.nat(3)), { maxLength: 8 }), async (plan, changes) => {
      const observer = recorder();
      await carryOut(plan, { observer });
      const whole = readTrace(observer.bytes());
      const order = Array.from({ length: whole.count }, (_, i) => i);
      for (const [at, kind] of changes) {
        const index = at % Math.max(1, order.length);
        if (kind === 0) order.splice(index, 1);
        else if (kind === 1) order.splice(index, 0, order[index] ?? 0);
        else if (kind === 2)
          order.splice(0, index); // a ring that has gone round
        else order.splice(index, 2, ...order.slice(index, index + 2).toReversed());
      }
      const bytes = written((writer) => {
        for (const text of whole.strings.slice(1)) writer.string(text);
        for (const place of whole.places.slice(1)) writer.place(place);
        for (const resource of whole.resources.slice(1)) writer.resource(resource);
        for (const i of order) {
          const [type, when, task, a, b] = [whole.type, whole.time, whole.task, whole.a, whole.b].map(
            (it) => it[i] as number,
          );
          writer.event(type as EventType, when as number, task as number, a as number, b as number);
        }
        writer.close();
      });
      readInEveryWay(readTrace(bytes));
      read++;
    }),
    { numRuns: often(1_000), seed: 6 },
  );
  expect(read).toBe(often(1_000));
});

/** Deeper than any stack. */
const CHAIN = often(200_000);

const shapes: Readonly<Record<string, (writer: TraceWriter) => void>> = {
  "no event": () => {},
  "a clock alone": (writer) => writer.event(CLOCK, 0, 0, 1, 0),
  "a task that made itself": (writer) => writer.event(CREATED, 0, 1, 1, 1),
  "tasks that made each other": (writer) => {
    writer.event(CREATED, 0, 1, 2, 1);
    writer.event(CREATED, 0, 2, 3, 1);
    writer.event(CREATED, 0, 3, 1, 1);
  },
  "tasks that wait for each other, and for themselves": (writer) => {
    for (let task = 1; task <= 4; task++) {
      writer.event(CREATED, task, task, 0, 1);
      writer.event(WAITS, task, task, (task % 4) + 1, 1);
      writer.event(WAITS, task, task, task, 1);
      writer.event(STEP, task, task, 5, 1);
      writer.event(WOKEN, task, task, task, 0);
    }
  },
  "frames that called each other": (writer) => {
    writer.event(FRAME, 0, 1, 1, 2);
    writer.event(FRAME, 0, 1, 2, 1);
    writer.event(STACK, 0, 1, 2, 4_000_000_000);
    writer.event(STEP, 0, 1, 5, 1);
  },
  "times that go back a year at each event": (writer) => {
    for (let i = 20; i > 0; i--) writer.event(STEP, i * 3e10, 1, 0xffff_ffff, 1);
  },
  "steps that take as long as can be told, at once": (writer) => {
    for (let task = 1; task <= 20; task++) writer.event(STEP, 0, task, 0xffff_ffff, 1);
  },
  "numbers of tasks as large as can be": (writer) => {
    for (let i = 0; i < 20; i++) writer.event(CREATED, i, 0xffff_ffff - i * 1_000_000, 0xffff_fffe, 0xffff_ffff);
  },
  "ends without tasks": (writer) => {
    for (let task = 0; task < 20; task++) writer.event(DONE, task, task, 99, 0xffff_ffff);
  },
  "names without tasks": (writer) => {
    for (let task = 0; task < 20; task++) writer.event(NAMED, task, task, 0xffff_ffff, 0xffff_ffff);
  },
  [`a chain of ${CHAIN.toLocaleString("en")} tasks, each made by the last`]: (writer) => {
    for (let task = 1; task <= CHAIN; task++) writer.event(CREATED, task, task, task - 1, 1);
  },
};

for (const [what, write] of Object.entries(shapes)) {
  test(`a trace of ${what} is read in every way`, { timeout: 60_000 }, () => {
    const bytes = written((writer) => {
      tables(writer);
      write(writer);
      writer.close();
    });
    const before = process.memoryUsage().arrayBuffers;
    readInEveryWay(readTrace(bytes));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(500_000_000);
  });
}

test("times that are no numbers, or that no clock has, are refused or read in every way", () => {
  for (const when of [NaN, Infinity, -Infinity, -5, Number.MAX_VALUE]) {
    const bytes = written((writer) => {
      tables(writer);
      writer.event(CREATED, 0, 1, 0, 1);
      writer.event(STEP, when, 1, 5, 1);
      writer.event(WOKEN, 3, 1, 0, 0);
      writer.event(STEP, 4, 1, 5, 0);
      writer.close();
    });
    try {
      readInEveryWay(readTrace(bytes));
    } catch (error) {
      expect(error, String(when)).toBeInstanceOf(TraceError);
      expect(Number.isFinite(when)).toBe(false);
    }
  }
});

test("spans of every recorded task follow each other without a gap, from its making to its end", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const observer = recorder();
      await carryOut(plan, { observer });
      const timeline = timelineOf(readTrace(observer.bytes()));
      for (let task = 1; task <= timeline.taskCount; task++) {
        const [from, to] = [timeline.spanFrom[task] as number, timeline.spanFrom[task + 1] as number];
        let at = timeline.created[task] as number;
        for (let span = from; span < to; span++) {
          expect(Math.abs((timeline.spanStart[span] as number) - at)).toBeLessThan(1e-3);
          expect(timeline.spanEnd[span]).toBeGreaterThanOrEqual(timeline.spanStart[span] as number);
          expect([RUNNING, WAITING, 3]).toContain(timeline.spanState[span]);
          at = timeline.spanEnd[span] as number;
        }
        if (to > from) expect(Math.abs((timeline.ended[task] as number) - at)).toBeLessThan(1e-3);
      }
    }),
    { numRuns: often(500), seed: 12 },
  );
});
