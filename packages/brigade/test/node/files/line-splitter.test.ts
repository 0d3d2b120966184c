/** Lines of bytes that come in pieces of any size are the lines of the whole text. */
import { expect, test } from "vitest";
import { LineSplitter } from "../../../src/node/files/line-splitter.ts";
import type { TextEncoding } from "../../../src/node/files/path.ts";

/** What is expected, by other means: the whole decoded at once, by the host. */
function expected(bytes: Buffer, encoding: TextEncoding): string[] {
  const labels = { utf8: "utf-8", utf16le: "utf-16le" } as const;
  const text = encoding === "latin1" ? bytes.toString("latin1") : new TextDecoder(labels[encoding]).decode(bytes);
  const lines = text.split("\n");
  const last = lines.pop();
  return [...lines.map((line) => line.replace(/\r$/, "")), ...(last ? [last] : [])];
}

/** Hands the bytes over in pieces, in a buffer that is used again, as the reader of a file does. */
function split(bytes: Buffer, encoding: TextEncoding, pieceSize: () => number, limit = Infinity): string[] {
  const splitter = new LineSplitter(encoding, limit);
  const lines: string[] = [];
  const take = (): void => {
    for (let line = splitter.take(); line !== undefined; line = splitter.take()) lines.push(line);
  };
  let reused = Buffer.alloc(0);
  for (let begin = 0; begin < bytes.length; ) {
    const piece = bytes.subarray(begin, begin + pieceSize());
    reused.fill(0xff);
    reused = Buffer.from(piece);
    splitter.feed(reused);
    take();
    begin += piece.length;
  }
  splitter.finish();
  take();
  expect(splitter.overrun).toBe(false);
  expect(splitter.lines).toBe(lines.length);
  return lines;
}

/** Mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const words = ["\n", "\r\n", "\r", "a", "hello", "é", "ß\n", "漢字", "😀", "\u2028", "\0", "\ufeff", "x".repeat(70)];

test("text in pieces of 1 to 9 bytes has the lines that it has as a whole", () => {
  for (let seed = 0; seed < 400; seed++) {
    const random = randomOf(seed);
    const text = Array.from({ length: random(40) }, () => words[random(words.length)]).join("");
    for (const encoding of ["utf8", "utf16le", "latin1"] as const) {
      const bytes = Buffer.from(text, encoding);
      const lines = split(bytes, encoding, () => 1 + random(9));
      expect(lines, `seed ${seed}, ${encoding}: ${JSON.stringify(text)}`).toEqual(expected(bytes, encoding));
    }
  }
});

test("bytes that are no UTF-8 become what they become as a whole, wherever they are cut", () => {
  const starts = [0x0a, 0x0d, 0x41, 0x80, 0xbf, 0xc0, 0xc3, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xf8, 0xff, 0xa0, 0x9f];
  for (let seed = 0; seed < 2_000; seed++) {
    const random = randomOf(seed);
    const bytes = Buffer.from(Array.from({ length: random(30) }, () => starts[random(starts.length)] as number));
    const lines = split(bytes, "utf8", () => 1 + random(5));
    expect(lines, `seed ${seed}: ${bytes.toString("hex")}`).toEqual(expected(bytes, "utf8"));
  }
});

test("characters that stand across the pieces in which a large chunk is decoded are whole", () => {
  for (const [shift, character] of [
    [0, "é"],
    [1, "漢"],
    [2, "😀"],
    [3, "😀"],
  ] as const) {
    const bytes = Buffer.from(`${"-".repeat(shift)}${character.repeat(30_000)}\r\nend`);
    expect(split(bytes, "utf8", () => 100_000)).toEqual(expected(bytes, "utf8"));
  }
});

test("a line as long as the limit is given, and one that is longer is not, wherever it is cut", () => {
  for (let pieceSize = 1; pieceSize <= 14; pieceSize++) {
    for (const end of ["\n", "\r\n", ""]) {
      const fits = Buffer.from(`ab\n${"x".repeat(10)}${end}`);
      expect(split(fits, "utf8", () => pieceSize, 10)).toEqual(["ab", "x".repeat(10)]);
      const splitter = new LineSplitter("utf8", 10);
      const lines: (string | undefined)[] = [];
      const long = Buffer.from(`ab\n${"x".repeat(11)}${end}`);
      for (let begin = 0; begin < long.length; begin += pieceSize) {
        splitter.feed(long.subarray(begin, begin + pieceSize));
        for (let line = splitter.take(); line !== undefined; line = splitter.take()) lines.push(line);
      }
      splitter.finish();
      lines.push(splitter.take());
      expect(lines).toEqual(["ab", undefined]);
      expect(splitter).toMatchObject({ overrun: true, lines: 1 });
    }
  }
});

test("a line of 32 MiB is put together in the time of its length, not of its square", () => {
  const bytes = Buffer.alloc(32 * 1024 * 1024, "x");
  const [took64, took8] = [64, 8].map((size) => {
    const began = performance.now();
    split(bytes, "utf8", () => size * 1024);
    return performance.now() - began;
  }) as [number, number];
  expect(took8).toBeLessThan(200 + 10 * took64);
});
