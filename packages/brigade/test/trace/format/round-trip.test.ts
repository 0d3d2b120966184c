/** What TraceWriter writes, readTrace reads, whatever was written and however it was cut into chunks. */
import { CREATED, type EventType, LOST, type Place, readTrace, type Resource, STEP, TICKS } from "brigade/trace";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Collected, END, events, file, json, type Row, together, written } from "./files.ts";
import { TraceWriter } from "brigade/trace";

const HALF_TICK = 0.5 / TICKS;

const word = fc.oneof(fc.nat(20), fc.nat({ max: 0xffff_ffff }), fc.constantFrom(0xffff_ffff, 0x8000_0000, 0x7fff_ffff));
// LOST counts in `Trace.lost`, and has its test.
const type = fc.integer({ min: 1, max: 17 }).map((number) => (number === LOST ? STEP : number) as EventType);
const time = fc.oneof(
  fc.double({ min: 0, max: 1_000, noNaN: true }),
  fc.double({ min: 0, max: 3e9, noNaN: true }), // five weeks of virtual time
  fc.constantFrom(0, 429_496.7295, 429_496.7296, 86_400_000),
);
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "", "\ud800", "\u2028</script>", '"\\\0'),
);
const frame = fc.record(
  { name: text, file: text, line: fc.nat(), column: fc.nat() },
  { requiredKeys: ["name"], noNullPrototype: true },
);
const place: fc.Arbitrary<Place> = fc.record(
  { kind: text, label: text, frames: fc.array(frame, { maxLength: 4 }), exact: fc.boolean() },
  { requiredKeys: ["kind", "frames", "exact"], noNullPrototype: true },
);
const resource: fc.Arbitrary<Resource> = fc.record(
  { kind: text, name: text, capacity: fc.nat() },
  { requiredKeys: ["kind"], noNullPrototype: true },
);

type Act = Row | "flush" | { string: string } | { place: Place } | { resource: Resource };
const row: fc.Arbitrary<Row> = fc.record({ type, time, task: word, a: word, b: word }, { noNullPrototype: true });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: row },
  { weight: 1, arbitrary: fc.constant("flush" as const) },
  { weight: 2, arbitrary: text.map((string) => ({ string })) },
  { weight: 1, arbitrary: place.map((it) => ({ place: it })) },
  { weight: 1, arbitrary: resource.map((it) => ({ resource: it })) },
);

interface Told {
  readonly rows: Row[];
  readonly strings: Map<number, string>;
  readonly places: Map<number, Place>;
  readonly resources: Map<number, Resource>;
}

function perform(writer: TraceWriter, acts: readonly Act[]): Told {
  const told: Told = { rows: [], strings: new Map(), places: new Map(), resources: new Map() };
  for (const it of acts) {
    if (it === "flush") writer.flush();
    else if ("string" in it) told.strings.set(writer.string(it.string), it.string);
    else if ("place" in it) told.places.set(writer.place(it.place), it.place);
    else if ("resource" in it) told.resources.set(writer.resource(it.resource), it.resource);
    else {
      told.rows.push(it);
      writer.event(it.type, it.time, it.task, it.a, it.b);
    }
  }
  writer.close();
  return told;
}

test("what was written is read: events in their order, times to the tick, tables by their numbers", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const collected = new Collected();
      const told = perform(new TraceWriter(collected.sink, { startedAt: 1, pid: 2, program: "x" }), acts);
      const trace = readTrace(collected.bytes);
      expect(trace.end).toBe("complete");
      expect(trace.meta).toEqual({ startedAt: 1, pid: 2, program: "x" });
      expect(trace.count).toBe(told.rows.length);
      expect(trace.lost).toBe(0);
      told.rows.forEach(({ type: kind, time: when, task, a, b }, i) => {
        expect([trace.type[i], trace.task[i], trace.a[i], trace.b[i]]).toEqual([kind, task, a, b]);
        // A sum of base and ticks is rounded once more than the time was.
        const rounding = when * 2 * Number.EPSILON;
        expect(Math.abs((trace.time[i] as number) - when)).toBeLessThanOrEqual(HALF_TICK + rounding);
      });
      for (const [id, it] of told.strings) expect(trace.strings[id]).toBe(it);
      for (const [id, it] of told.places) expect(trace.places[id]).toEqual(it);
      for (const [id, it] of told.resources) expect(trace.resources[id]).toEqual(it);
      expect(trace.strings.length).toBe(new Set([...told.strings.values(), ""]).size);
      expect(trace.places.length).toBe(told.places.size + 1);
    }),
    { numRuns: 1_000, seed: 6 },
  );
});

test("where chunks end makes no difference to what is read", () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), fc.array(fc.nat(40)), (rows, flushes) => {
      const write = (cuts: readonly number[]): Uint8Array =>
        written((writer) => {
          rows.forEach((it, i) => {
            if (cuts.includes(i)) writer.flush();
            writer.event(it.type, it.time, it.task, it.a, it.b);
          });
          writer.close();
        });
      const whole = readTrace(write([]));
      const cut = readTrace(write(flushes));
      expect([...cut.type]).toEqual([...whole.type]);
      expect([...cut.a]).toEqual([...whole.a]);
      cut.time.forEach((it, i) =>
        expect(Math.abs(it - (whole.time[i] as number))).toBeLessThanOrEqual(2.1 * HALF_TICK),
      );
    }),
    { numRuns: 300, seed: 6 },
  );
});

test("a text is written once and keeps its number; the empty one is 0", () => {
  const collected = new Collected();
  const writer = new TraceWriter(collected.sink, { startedAt: 0 });
  const numbers = ["a", "b", "a", "", "__proto__", "a"].map((it) => writer.string(it));
  expect(numbers).toEqual([1, 2, 1, 0, 3, 1]);
  writer.flush();
  expect(writer.string("b")).toBe(2);
  writer.string("c");
  writer.close();
  expect(readTrace(collected.bytes).strings).toEqual(["", "a", "b", "__proto__", "c"]);
  expect(new TextDecoder().decode(collected.bytes).match(/"b"/g)).toHaveLength(1);
});

test("every chunk is told after the rows that its events point to", () => {
  const collected = new Collected();
  const writer = new TraceWriter(collected.sink, { startedAt: 0 });
  for (let round = 1; round <= 3; round++) {
    writer.event(CREATED, round, round, 0, writer.string(`task ${round}`));
    writer.flush();
    const trace = readTrace(together(collected.parts));
    expect(trace.count).toBe(round);
    expect(trace.strings[trace.b[round - 1] as number]).toBe(`task ${round}`);
  }
});

test("more events than a chunk takes go to the sink on their own, 17 bytes each and little more", () => {
  const count = 200_000;
  const collected = new Collected();
  const writer = new TraceWriter(collected.sink, { startedAt: 0 });
  for (let i = 0; i < count; i++) writer.event(STEP, i, i, 1, 0);
  expect(collected.parts.length).toBeGreaterThan(3);
  writer.close();
  const { bytes } = collected;
  expect(bytes.length / count).toBeLessThan(17.1);
  const trace = readTrace(bytes);
  expect(trace.count).toBe(count);
  for (let i = 0; i < count; i++)
    if (trace.time[i] !== i || trace.task[i] !== i) throw new Error(`event ${i} is wrong`);
});

test("times that go back and forth by days keep their order and their value", () => {
  const times = [0, 864e5 * 400, 5, 864e5 * 400 + 1, 864e5, 0.0001, 864e5 * 4000];
  const bytes = written((writer) => {
    for (const it of times) writer.event(STEP, it, 1, 0, 0);
    writer.close();
  });
  const read = [...readTrace(bytes).time];
  expect(read.map((it) => Math.round(it * TICKS) / TICKS)).toEqual(times);
});

test("what LOST events count is the trace's `lost`", () => {
  const bytes = written((writer) => {
    writer.event(LOST, 0, 0, 7, 0);
    writer.event(STEP, 1, 1, 99, 0);
    writer.event(LOST, 2, 0, 0xffff_ffff, 0);
    writer.close();
  });
  expect(readTrace(bytes).lost).toBe(7 + 0xffff_ffff);
});

test("bytes at any address are read: in the middle of a buffer, as a Buffer, shared", () => {
  const bytes = written((writer) => {
    writer.event(STEP, 1.5, 7, 8, writer.string("x"));
    writer.close();
  });
  for (let shift = 0; shift < 16; shift++) {
    const room = new Uint8Array(bytes.length + 32);
    room.set(bytes, shift);
    const views = [
      room.subarray(shift, shift + bytes.length),
      Buffer.from(room.buffer, shift, bytes.length),
      new Uint8Array(room.buffer, shift, bytes.length),
    ];
    for (const view of views) {
      const trace = readTrace(view);
      expect([trace.count, trace.time[0], trace.task[0], trace.a[0], trace.strings[1]]).toEqual([1, 1.5, 7, 8, "x"]);
    }
  }
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  expect(readTrace(shared).task[0]).toBe(7);
});

test("reading leaves the bytes as they were, and what was read is not changed by them later", () => {
  const bytes = written((writer) => {
    writer.event(STEP, 1, 7, 8, 9);
    writer.close();
  });
  const before = bytes.slice();
  const trace = readTrace(bytes);
  expect(bytes).toEqual(before);
  bytes.fill(0xff);
  expect([trace.type[0], trace.time[0], trace.task[0], trace.a[0], trace.b[0]]).toEqual([STEP, 1, 7, 8, 9]);
});

test("a file of version 1 stays readable: its layout is what it was", () => {
  const rows: Row[] = [
    { type: CREATED, time: 10, task: 1, a: 0, b: 1 },
    { type: STEP, time: 10.5, task: 1, a: 25, b: 1 },
  ];
  const place: Place = {
    kind: "sleep",
    label: "5 ms",
    frames: [{ name: "main", file: "main.ts", line: 3 }],
    exact: true,
  };
  const byHand = file([
    json("META", { startedAt: 5, host: "Node" }),
    json("TABL", { strings: [[1, "main"]], places: [[1, place]], resources: [] }),
    events(rows),
    END,
  ]);
  const byWriter = written(
    (writer) => {
      writer.string("main");
      writer.place(place);
      for (const it of rows) writer.event(it.type, it.time, it.task, it.a, it.b);
      writer.close();
    },
    { startedAt: 5, host: "Node" },
  );
  expect(Buffer.from(byWriter).toString("latin1")).toBe(Buffer.from(byHand).toString("latin1"));
  const trace = readTrace(byHand);
  expect(trace).toMatchObject({ count: 2, end: "complete", lost: 0, strings: ["", "main"] });
  expect(trace.places[1]).toEqual(place);
  expect([...trace.time]).toEqual([10, 10.5]);
});
