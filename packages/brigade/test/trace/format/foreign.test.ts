/** Files that are no trace, or one that another version wrote: an error that names the file, the byte, and what it found there. */
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { readTrace, TraceError } from "brigade/trace";
import { expect, test } from "vitest";
import { END, file, json } from "./files.ts";

const text = new TextEncoder();
const foreign: readonly [string, Uint8Array, number][] = [
  ["a PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...new Uint8Array(64)), 1],
  ["JSON", text.encode('{"traceEvents":[]}'), 0],
  ["a source file", text.encode('import { run } from "brigade";\n'), 0],
  ["an ELF program", readFileSync(process.execPath).subarray(0, 4096), 0],
  ["a compressed trace", gzipSync(file([END])), 0],
  ["zeros", new Uint8Array(1024), 0],
  ["a trace with a byte order mark before it", Uint8Array.of(0xef, 0xbb, 0xbf, ...file([END])), 0],
  ["a trace read as text and written again", text.encode(new TextDecoder().decode(file([END]))), 0],
];

function thrown(bytes: Uint8Array, name?: string): TraceError {
  try {
    readTrace(bytes, name === undefined ? {} : { name });
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
  throw new Error("it was read as a trace");
}

for (const [what, bytes, byte] of foreign) {
  test(`${what} is no trace, and byte ${byte} shows it`, () => {
    const error = thrown(bytes, "photo.png");
    expect(error.offset).toBe(byte);
    expect(error.message).toBe(`photo.png is no trace of Brigade: byte ${byte} is not that of a trace`);
  });
}

test("an empty file is told as empty", () => {
  const error = thrown(new Uint8Array(), "out.brigade");
  expect(error.offset).toBe(0);
  expect(error.message).toMatch(/^out\.brigade is no trace of Brigade: it is empty/);
});

test("a trace whose line ends a transfer has changed is no trace", () => {
  const bytes = [...file([END])].flatMap((byte, i, all) => (byte === 0x0d && all[i + 1] === 0x0a ? [] : [byte]));
  expect(thrown(Uint8Array.from(bytes)).offset).toBe(5);
  const more = [...file([END])].flatMap((byte) => (byte === 0x0a ? [0x0d, 0x0a] : [byte]));
  expect(thrown(Uint8Array.from(more)).offset).toBe(6);
});

test("a file of another version says which it is and which this reads", () => {
  for (const version of [0, 2, 255]) {
    const error = thrown(file([json("META", { startedAt: 0 }), END], version), "new.brigade");
    expect(error.offset).toBe(8);
    expect(error.message).toContain("new.brigade");
    expect(error.message).toContain(`version ${version}`);
    expect(error.message).toContain("version 1");
  }
});

test("a file without a name is called the trace", () => {
  expect(thrown(new Uint8Array(99)).message).toMatch(/^the trace is no trace/);
});

test("a header alone is a trace of nothing that is still open", () => {
  expect(readTrace(file([]))).toMatchObject({ count: 0, end: "open", lost: 0, strings: [""] });
});

test("a TraceError is an Error with a name, for whoever prints it", () => {
  const error = thrown(new Uint8Array(4));
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toMatch(/^TraceError: /);
});
