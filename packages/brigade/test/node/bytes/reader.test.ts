import {
  type Awaitable,
  type CoroutineBody,
  coroutine,
  createTask,
  forEach,
  InvalidStateError,
  sleep,
  timeout,
  wait,
} from "brigade";
import { IncompleteReadError, type LimitOverrunError } from "brigade/node";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type ByteReaderOptions, Intake } from "../../../src/node/bytes/intake.ts";
import { ByteReader } from "../../../src/node/bytes/reader.ts";
import { virtually } from "../../virtually.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (piece: Uint8Array | undefined): string | undefined =>
  piece === undefined ? undefined : new TextDecoder().decode(piece);

/** A reader, and what its source was told. */
function recorded(options: ByteReaderOptions = {}): { reader: ByteReader; source: Intake; told: string[] } {
  const told: string[] = [];
  const note = (what: string) => (): void => void told.push(what);
  const tap = { pause: note("pause"), resume: note("resume"), close: note("close") };
  const source = new Intake(tap, { label: "the source", ...options });
  return { reader: new ByteReader(source), source, told };
}

function filled(...pieces: string[]): ByteReader {
  const { reader, source } = recorded();
  for (const piece of pieces) source.push(bytes(piece));
  source.end();
  return reader;
}

/** What an awaitable throws. */
function* thrown(awaitable: Awaitable<unknown>): CoroutineBody<Error> {
  try {
    yield* awaitable;
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

test("lines end with \\n or \\r\\n, wherever the pieces are cut, and the last one may lack its end", () =>
  virtually(function* () {
    const reader = filled("one\r", "\ntw", "o\n\nthr", "ee");
    const lines: (string | undefined)[] = [];
    for (let i = 0; i < 5; i++) lines.push(yield* reader.readLine());
    expect(lines).toEqual(["one", "two", "", "three", undefined]);
    expect(reader.atEnd).toBe(true);
  }));

test("a character that is cut by the end of a piece is whole in its line", () =>
  virtually(function* () {
    const { reader, source } = recorded();
    const all = bytes("größe\n");
    for (const byte of all) source.push(Uint8Array.of(byte));
    expect(yield* reader.readLine()).toBe("größe");
  }));

test("lines() gives the lines as a stream, and closing it closes the source", () =>
  virtually(function* () {
    const seen: string[] = [];
    yield* forEach(filled("a\nb\nc").lines(), (line) => void seen.push(line));
    expect(seen).toEqual(["a", "b", "c"]);
    const { reader, source, told } = recorded();
    source.push(bytes("a\nb\n"));
    const lines = reader.lines();
    expect(yield* lines.next()).toEqual({ done: false, value: "a" });
    yield* lines.close();
    expect(told).toEqual(["close"]);
    expect(yield* thrown(reader.readLine())).toBeInstanceOf(InvalidStateError);
  }));

test("readExactly waits until all of it has come", () =>
  virtually(function* () {
    const { reader, source } = recorded();
    const reading = createTask(reader.readExactly(5));
    source.push(bytes("abc"));
    yield* sleep(1);
    expect(reading.done).toBe(false);
    source.push(bytes("defg"));
    expect(text(yield* reading)).toBe("abcde");
    expect(text(yield* reader.read())).toBe("fg");
  }));

test("an end in the middle of what was asked for throws it, with what had come", () =>
  virtually(function* () {
    const error = (yield* thrown(filled("ab", "c").readExactly(5))) as IncompleteReadError;
    expect(error).toBeInstanceOf(IncompleteReadError);
    expect(error.message).toBe("the source ended after 3 of the 5 bytes that were asked for");
    expect([text(error.partial), error.expected]).toEqual(["abc", 5]);
    const until = (yield* thrown(filled("abc").readUntil("\0"))) as IncompleteReadError;
    expect([until.name, text(until.partial), until.expected]).toEqual(["IncompleteReadError", "abc", undefined]);
  }));

test("a line that is too long stays in the reader, and can be read with a larger limit", () =>
  virtually(function* () {
    const { reader, source } = recorded({ limit: 4 });
    source.push(bytes("1234"));
    const reading = createTask(reader.readLine());
    yield* sleep(1);
    expect(reading.done).toBe(false); // four bytes are allowed: the end of the line may come
    source.push(bytes("5\n"));
    const error = (yield* thrown(reading)) as LimitOverrunError;
    expect([error.name, error.limit]).toEqual(["LimitOverrunError", 4]);
    expect(error.message).toBe(
      'the source: more than 4 bytes came without "\\n"; they can still be read, with read() or a larger limit',
    );
    expect(yield* reader.readLine({ limit: 5 })).toBe("12345");
  }));

test("a cancelled read leaves what has come to the next, even when it came in the same iteration", () =>
  virtually(function* () {
    const { reader, source } = recorded();
    const reading = createTask(reader.readExactly(3));
    source.push(bytes("ab"));
    yield* sleep(0);
    source.push(bytes("c")); // wakes it
    reading.cancel();
    yield* wait([reading]);
    expect(reading.cancelled).toBe(true);
    expect(text(yield* reader.read())).toBe("abc");
  }));

test("a source that failed gives what had come before, then its error, each time", () =>
  virtually(function* () {
    const { reader, source } = recorded();
    const reading = createTask(reader.readLine());
    source.push(bytes("half a li"));
    yield* sleep(0);
    const reset = new Error("reset");
    source.fail(reset);
    expect(yield* thrown(reading)).toBe(reset);
    expect(text(yield* reader.read())).toBe("half a li");
    expect(yield* thrown(reader.read())).toBe(reset);
    expect(yield* thrown(reader.text())).toBe(reset);
  }));

test("the source is paused at the high-water mark, and resumed when somebody reads", () =>
  virtually(function* () {
    const { reader, source, told } = recorded({ highWaterMark: 4 });
    source.push(bytes("abc"));
    expect(told).toEqual([]);
    source.push(bytes("de"));
    expect(told).toEqual(["pause"]);
    source.push(bytes("f")); // was on its way
    expect(text(yield* reader.read(2))).toBe("ab");
    expect(told).toEqual(["pause"]); // four are still there
    expect(text(yield* reader.read(1))).toBe("c");
    expect(told).toEqual(["pause", "resume"]);
  }));

test("a read that wants more than the high-water mark gets it", () =>
  virtually(function* () {
    const { reader, source, told } = recorded({ highWaterMark: 4 });
    source.push(bytes("abcdef"));
    const reading = createTask(reader.readExactly(8));
    yield* sleep(1);
    expect(told).toEqual(["pause", "resume"]);
    source.push(bytes("gh"));
    expect(text(yield* reading)).toBe("abcdefgh");
  }));

test("a second reader is refused, and the first goes on", () =>
  virtually(function* () {
    const { reader, source } = recorded();
    const first = createTask(reader.readLine());
    yield* sleep(1);
    const error = yield* thrown(reader.read());
    expect(error).toBeInstanceOf(InvalidStateError);
    expect(error.message).toBe("the source is being read by another task: one can read at a time");
    source.push(bytes("line\n"));
    const second = createTask(reader.read()); // between the waking of the first and its step
    expect(yield* first).toBe("line");
    second.cancel();
    yield* wait([second]);
    yield* timeout("1s", reader.close());
  }));

test("text and bytes give all that follows, within a limit", () =>
  virtually(function* () {
    expect(yield* filled("grö", "ße").text()).toBe("größe");
    expect(text(yield* filled("ab", "cd").bytes())).toBe("abcd");
    const { reader, source } = recorded();
    source.push(bytes("12345"));
    const error = yield* thrown(reader.text({ limit: 4 }));
    expect(error.message).toBe("the source has more than the 4 bytes that the limit allows");
  }));

test("a bad number of bytes or separator is refused with words", () => {
  const { reader } = recorded();
  expect(() => reader.readExactly(-1)).toThrow("count is -1: use a whole number of bytes, at least 0");
  expect(() => reader.read(0)).toThrow("maxBytes is 0: use a whole number of bytes, at least 1");
  expect(() => reader.readUntil("")).toThrow("at least one byte");
  expect(() => recorded({ limit: 1.5 })).toThrow(RangeError);
});

test("a long line whose bytes come one by one costs a pass over them, not one for each", () =>
  virtually(function* () {
    const size = 200_000; // with a pass for each byte, minutes
    const { reader, source } = recorded({ limit: size });
    const reading = createTask(reader.readLine());
    yield* sleep(0);
    const byte = bytes("a");
    for (let i = 0; i < size; i++) source.push(byte);
    source.push(bytes("\n"));
    expect((yield* reading)?.length).toBe(size);
  }));

test("pieces that were given stay as they are when more comes", () =>
  virtually(function* () {
    const { reader, source } = recorded();
    source.push(bytes("ab"));
    source.push(bytes("cd"));
    const first = yield* reader.read(3);
    source.push(bytes("ef"));
    const second = yield* reader.read();
    source.push(bytes("gh"));
    source.push(bytes("ij"));
    expect([text(first), text(second), text(yield* reader.readExactly(4))]).toEqual(["abc", "def", "ghij"]);
  }));

test("whatever the pieces, reads by separator, number and line give what a model gives", async () => {
  const read = fc.oneof(
    fc.record({ kind: fc.constant("line" as const) }),
    fc.record({ kind: fc.constant("until" as const), separator: fc.constantFrom("ab", "aab", "b", "aba") }),
    fc.record({ kind: fc.constant("exactly" as const), count: fc.nat(6) }),
  );
  const piece = fc.string({ unit: fc.constantFrom("a", "b", "\n", "\r"), maxLength: 5 });
  const claim = fc.asyncProperty(fc.array(piece, { maxLength: 20 }), fc.array(read), async (pieces, reads) => {
    const { reader, source } = recorded();
    let rest = pieces.join("");
    const feed = coroutine(function* (): CoroutineBody<void> {
      for (const one of pieces) {
        source.push(bytes(one));
        yield* sleep(0);
      }
      source.end();
    });
    await virtually(function* () {
      const feeding = createTask(feed());
      for (const one of reads) {
        if (one.kind === "line") {
          const end = rest.indexOf("\n");
          const line = end < 0 ? rest : rest.slice(0, end).replace(/\r$/, "");
          const expected = rest === "" ? undefined : line;
          expect(yield* reader.readLine()).toBe(expected);
          rest = end < 0 ? "" : rest.slice(end + 1);
        } else {
          const size = one.kind === "exactly" ? one.count : rest.indexOf(one.separator) + one.separator.length;
          const there = one.kind === "exactly" ? rest.length >= size : rest.includes(one.separator);
          const reading = one.kind === "exactly" ? reader.readExactly(size) : reader.readUntil(one.separator);
          if (there) expect(text(yield* reading)).toBe(rest.slice(0, size));
          else expect(text(((yield* thrown(reading)) as IncompleteReadError).partial)).toBe(rest);
          rest = there ? rest.slice(size) : "";
        }
      }
      yield* feeding;
    });
  });
  await fc.assert(claim, { numRuns: 500 });
});
