/** A file that ends too early, at any of its bytes: what stands before is there, nothing else, and the byte is told. */
import { CREATED, NAMED, readTrace, STEP, type Trace, TraceError } from "brigade/trace";
import { expect, test } from "vitest";
import { CHUNK_HEADER, Collected, HEADER } from "./files.ts";
import { TraceWriter } from "brigade/trace";

interface Sample {
  readonly bytes: Uint8Array;
  /** Where the parts of the file end, the header first. */
  readonly ends: readonly number[];
  readonly whole: Trace;
}

/** A small file of three flushes, tables and events each time, closed at its end. */
function sample(): Sample {
  const collected = new Collected();
  const writer = new TraceWriter(collected.sink, { startedAt: 12, program: "sample" });
  for (let task = 1; task <= 3; task++) {
    writer.event(CREATED, task, task, 0, writer.string(`coroutine ${task}`));
    writer.event(NAMED, task, task, 0, task);
    writer.event(STEP, task + 0.25, task, 17, writer.place({ kind: "sleep", frames: [{ name: "f" }], exact: false }));
    writer.flush();
  }
  writer.close();
  const { bytes } = collected;
  const ends = [HEADER];
  const view = new DataView(bytes.buffer);
  for (let at = HEADER; at < bytes.length; at = ends.at(-1) as number) {
    ends.push(at + CHUNK_HEADER + view.getUint32(at + 8, true));
  }
  return { bytes, ends, whole: readTrace(bytes) };
}

function endOf(read: () => Trace): Trace | TraceError {
  try {
    return read();
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
}

test("cut inside its header, a file throws, with the byte at which it ends", () => {
  const { bytes } = sample();
  for (let length = 0; length < HEADER; length++) {
    const error = endOf(() => readTrace(bytes.subarray(0, length), { name: "short.brigade" }));
    expect(error, `${length} bytes`).toBeInstanceOf(TraceError);
    if (!(error instanceof TraceError)) return;
    expect(error.offset).toBe(length);
    expect(error.message).toContain("short.brigade");
    if (length > 0) expect(error.message).toMatch(new RegExp(`broken off at byte ${length}\\b`));
  }
});

test("cut between two parts, a file is open; cut anywhere else, its end is an error with that byte", () => {
  const { bytes, ends } = sample();
  expect(ends.length).toBeGreaterThan(8);
  for (let length = HEADER; length < bytes.length; length++) {
    const { end } = readTrace(bytes.slice(0, length), { name: "short.brigade" });
    if (ends.includes(length)) expect(end, `${length} bytes`).toBe("open");
    else {
      expect(end, `${length} bytes`).toBeInstanceOf(TraceError);
      const part = ends.findLast((start) => start <= length);
      expect(end).toMatchObject({
        offset: length,
        message: `short.brigade is broken off at byte ${length}, in the part that begins at byte ${part}`,
      });
    }
  }
  expect(readTrace(bytes).end).toBe("complete");
});

test("cut at any byte, a file gives the events, and their strings and places, that stood whole before", () => {
  const { bytes, ends, whole } = sample();
  const counts = new Set<number>();
  for (let length = HEADER; length <= bytes.length; length++) {
    const trace = readTrace(bytes.slice(0, length));
    counts.add(trace.count);
    const complete = ends.filter((end) => end <= length).length;
    // The parts: header, META, then a table and events of each flush, then the end.
    const flushes = Math.min(3, Math.max(0, Math.floor((complete - 2) / 2)));
    expect(trace.count, `${length} bytes`).toBe(flushes * 3);
    for (let i = 0; i < trace.count; i++) {
      expect([trace.type[i], trace.time[i], trace.task[i], trace.a[i], trace.b[i]]).toEqual([
        whole.type[i],
        whole.time[i],
        whole.task[i],
        whole.a[i],
        whole.b[i],
      ]);
    }
    expect(trace.strings).toEqual(whole.strings.slice(0, trace.strings.length));
    expect(trace.strings.length).toBeGreaterThanOrEqual(flushes + 1);
    expect(trace.places.length).toBeGreaterThanOrEqual(flushes + 1);
  }
  expect([...counts]).toEqual([0, 3, 6, 9]);
});

test("the error of a broken end says where, and is not thrown", () => {
  const { bytes } = sample();
  const { end } = readTrace(bytes.subarray(0, bytes.length - 1));
  expect(end).toMatchObject({ name: "TraceError", offset: bytes.length - 1 });
  expect(String(end)).toContain(`byte ${bytes.length - 1}`);
});
