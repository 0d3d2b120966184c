/** Files that were damaged on their way, or made to harm: told with the byte, or as good as whole; never another trace. */
import { CREATED, type EventType, readTrace, STEP, type Trace, TraceError, TraceWriter } from "brigade/trace";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CHUNK_HEADER, Collected, END, events, file, HEADER, json, type Part, raw, together } from "./files.ts";

function sample(closed: boolean): Uint8Array {
  const collected = new Collected();
  const writer = new TraceWriter(collected.sink, { startedAt: 12, program: "sample" });
  for (let task = 1; task <= 2; task++) {
    writer.event(CREATED, task, task, 0, writer.string(`coroutine ${task}`));
    writer.event(STEP, task + 0.25, task, 17, writer.place({ kind: "sleep", frames: [{ name: "f" }], exact: false }));
    writer.resource({ kind: "Lock", name: "db", capacity: 1 });
    writer.flush();
  }
  if (closed) writer.close();
  return collected.bytes;
}

/** The trace, or the error that says what is wrong with the bytes. Any other error fails the test. */
function outcome(bytes: Uint8Array): Trace | TraceError {
  try {
    return readTrace(bytes);
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
}

/** Everything that a reader of the trace sees. */
function content({ meta, count, type, time, task, a, b, strings, places, resources }: Trace): unknown {
  const rows = Array.from({ length: count }, (_, i) => [type[i], time[i], task[i], a[i], b[i]]);
  return { meta, rows, strings, places, resources };
}

/** Fails unless the damage was told, or did no harm. */
function expectToldOrHarmless(bytes: Uint8Array, whole: Trace, what: string): void {
  const found = outcome(bytes);
  if (found instanceof TraceError) {
    expect(found.offset, what).toBeGreaterThanOrEqual(0);
    expect(found.offset, what).toBeLessThanOrEqual(bytes.length);
    expect(found.message, what).toMatch(/byte \d+/);
    return;
  }
  if (found.end instanceof TraceError) {
    expect(found.count, what).toBeLessThanOrEqual(whole.count);
    const rows = (content(found) as { rows: unknown[] }).rows;
    expect(rows, what).toEqual((content(whole) as { rows: unknown[] }).rows.slice(0, rows.length));
    return;
  }
  expect(content(found), what).toEqual(content(whole));
  expect(found.end, what).toBe(whole.end);
}

test("every bit that is turned is told, or did no harm", () => {
  for (const bytes of [sample(true), sample(false)]) {
    const whole = readTrace(bytes);
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] as number) ^ (1 << bit);
        expectToldOrHarmless(damaged, whole, `bit ${bit} of byte ${at}`);
      }
    }
  }
});

test("a bit turned inside a part's payload is always told", () => {
  const bytes = sample(true);
  const view = new DataView(bytes.buffer);
  let turned = 0;
  for (let at = HEADER; at < bytes.length; ) {
    const length = view.getUint32(at + 8, true);
    for (let byte = at + CHUNK_HEADER; byte < at + CHUNK_HEADER + length; byte++) {
      const damaged = bytes.slice();
      damaged[byte] = (damaged[byte] as number) ^ 0x10;
      expect(outcome(damaged), `byte ${byte}`).toMatchObject({ name: "TraceError", offset: at + CHUNK_HEADER });
      turned++;
    }
    at += CHUNK_HEADER + length;
  }
  expect(turned).toBeGreaterThan(200);
});

test("bytes overwritten, cut out, put in or zeroed are told, or did no harm", () => {
  const bytes = sample(true);
  const whole = readTrace(bytes);
  const damage = fc.record({
    at: fc.nat(bytes.length - 1),
    length: fc.integer({ min: 1, max: 40 }),
    kind: fc.constantFrom("overwrite", "cut", "insert", "zero"),
    noise: fc.uint8Array({ minLength: 40, maxLength: 40 }),
  });
  fc.assert(
    fc.property(damage, ({ at, length, kind, noise }) => {
      const before = bytes.subarray(0, at);
      const after = bytes.subarray(at + (kind === "insert" ? 0 : length));
      const between = kind === "zero" ? new Uint8Array(length) : noise.subarray(0, length);
      const damaged = together(kind === "cut" ? [before, after] : [before, between, after]);
      if (bytes.subarray(0, damaged.length).every((byte, i) => byte === damaged[i])) return; // cut short: see truncation.test.ts
      expectToldOrHarmless(damaged, whole, `${kind} ${length} at ${at}`);
    }),
    { numRuns: 4_000, seed: 6 },
  );
});

test("what follows the end of a trace, be it a second one, is told", () => {
  const bytes = sample(true);
  for (const more of [sample(true), Uint8Array.of(0), new TextEncoder().encode("\n")]) {
    const found = outcome(together([bytes, more]));
    const error = found instanceof TraceError ? found : found.end;
    expect(error, `${more.length} bytes more`).toBeInstanceOf(TraceError);
    expect(error).toMatchObject({ offset: bytes.length });
  }
});

test("a part that says it has more events than bytes is refused before anything is taken for them", () => {
  const row = { type: STEP, time: 0, task: 1, a: 0, b: 0 } as const;
  for (const count of [2, 3, 1_000, 50_000_000, 0xffff_ffff]) {
    const bytes = file([events([row], count), END]);
    const before = process.memoryUsage().arrayBuffers;
    const found = outcome(bytes);
    expect(process.memoryUsage().arrayBuffers - before, `${count} events`).toBeLessThan(1_000_000);
    expect(found, `${count} events`).toBeInstanceOf(TraceError);
    expect((found as TraceError).offset).toBe(HEADER + CHUNK_HEADER);
  }
});

test("many parts that each say too much are refused as well", () => {
  const row = { type: STEP, time: 0, task: 1, a: 0, b: 0 } as const;
  const parts = Array.from({ length: 1_000 }, () => events([row], 10_000_000));
  expect(outcome(file(parts))).toBeInstanceOf(TraceError);
});

test("a part too short for its own count and base is refused", () => {
  for (const length of [0, 8]) {
    expect(outcome(file([{ tag: "EVTS", payload: new Uint8Array(length) }, END]))).toBeInstanceOf(TraceError);
  }
});

test("a part of no events is a part of no events", () => {
  expect(outcome(file([events([]), END]))).toMatchObject({ count: 0, end: "complete" });
});

test("a part longer than the file is told as broken off, however long it says it is", () => {
  for (const length of [0x100, 0x7fff_ffff, 0xffff_fff8, 0xffff_ffff]) {
    const bytes = file([{ tag: "TABL", payload: new Uint8Array(8), length }]);
    expect(outcome(bytes)).toMatchObject({ end: { name: "TraceError", offset: bytes.length } });
  }
});

test("tables are never longer than the file, whatever numbers their rows have", () => {
  for (const id of [-1, 1.5, 1e9, 2 ** 32 - 2, 2 ** 32, 1e300, "length", "__proto__", null]) {
    for (const table of ["strings", "places", "resources"] as const) {
      const row = table === "strings" ? "x" : { kind: "x", frames: [], exact: false };
      const bytes = file([json("TABL", { [table]: [[id, row]] }), END]);
      const found = outcome(bytes);
      if (found instanceof TraceError) continue;
      expect(found[table].length, `${table} ${id}`).toBeLessThan(bytes.length);
      expect(Object.getPrototypeOf(found[table])).toBe(Array.prototype);
    }
  }
  expect(Object.prototype).not.toHaveProperty("kind");
});

test("JSON that is no table, and text that is no JSON, is told with its byte", () => {
  const payload = HEADER + CHUNK_HEADER;
  for (const text of ["", "{", "nonsense", "\u0000"]) {
    for (const tag of ["META", "TABL"]) {
      expect(outcome(file([raw(tag, text), END])), `${tag} ${text}`).toMatchObject({
        name: "TraceError",
        offset: payload,
      });
    }
  }
});

/** Parts whose checksums are right, and whose content is anything. */
const anything: fc.Arbitrary<Part> = fc.oneof(
  fc.jsonValue().map((value) => json("TABL", value)),
  fc.jsonValue().map((value) => json("META", value)),
  fc.jsonValue().map((value) => json("TABL", { strings: value })),
  fc.array(fc.tuple(fc.nat(9), fc.jsonValue())).map((rows) => json("TABL", { strings: rows, places: rows })),
  fc.array(fc.tuple(fc.nat(9), fc.jsonValue())).map((rows) => json("TABL", { resources: rows })),
  fc.uint8Array({ maxLength: 64 }).map((payload) => ({ tag: "EVTS", payload })),
  fc
    .array(
      fc.record({
        type: fc.nat(255) as fc.Arbitrary<EventType>,
        time: fc.nat(99),
        task: fc.nat(),
        a: fc.nat(),
        b: fc.nat(),
      }),
    )
    .map((rows) => events(rows)),
);

test("parts of any content give a trace whose tables hold what their types say, or a TraceError", () => {
  let traces = 0;
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 4 }), (parts) => {
      const found = outcome(file([...parts, END]));
      if (found instanceof TraceError) return;
      traces++;
      expect(typeof found.meta.startedAt).toBe("number");
      found.strings.forEach((it) => expect(typeof it).toBe("string"));
      found.resources.forEach((it) => expect(typeof it.kind).toBe("string"));
      found.places.forEach((it) => {
        expect(typeof it.kind).toBe("string");
        expect(Array.isArray(it.frames)).toBe(true);
        it.frames.forEach((frame) => expect(typeof frame.name).toBe("string"));
      });
      expect(found.type.length).toBe(found.count);
    }),
    { numRuns: 2_000, seed: 6 },
  );
  expect(traces).toBeGreaterThan(100);
});

test("bytes at random, behind a right header, are told", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 200 }), (noise) => {
      expect(outcome(together([file([]), noise]))).toBeInstanceOf(TraceError);
    }),
    { numRuns: 1_000, seed: 6 },
  );
});
