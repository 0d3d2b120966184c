/** Reading the input: lines in pieces of every size, templates without end, sets of URLs, what was finished before. */
import { expect, test } from "vitest";
import type { Chunks } from "../../src/fetch/input/chunks.ts";
import { Lines } from "../../src/fetch/input/lines.ts";
import { templateOf } from "../../src/fetch/input/templates.ts";
import { UrlSet } from "../../src/fetch/input/url-set.ts";
import { Finished, shortHash } from "../../src/fetch/journal/finished.ts";
import { readRecord, recordSize, writeRecord } from "../../src/fetch/journal/record.ts";

/** Bytes that come so many at a time. */
function inPieces(text: string, size: number, encoding: BufferEncoding = "utf8"): Chunks {
  const bytes = Buffer.from(text, encoding);
  let position = 0;
  return {
    name: "test",
    size: undefined,
    async read(buffer, offset) {
      const end = Math.min(position + size, bytes.length, position + buffer.length - offset);
      const count = bytes.copy(buffer, offset, position, end);
      position = end;
      return count;
    },
    async close() {},
  };
}

async function linesOf(text: string, size: number): Promise<string[]> {
  const lines = new Lines(inPieces(text, size));
  const all: string[] = [];
  while (!lines.ended) {
    for (let line = lines.take(); line !== undefined; line = lines.take()) all.push(line);
    await lines.read();
  }
  return all;
}

test("an input in UTF-16 gives no line, whoever takes after it was refused", async () => {
  const lines = new Lines(inPieces("\uFEFFhttp://x/\n", 1_000, "utf16le"));
  await lines.read();
  expect(() => lines.take()).toThrow(/UTF-16.*iconv/);
  expect([lines.take(), lines.ended]).toEqual([undefined, true]);
});

test.each([1, 2, 3, 5, 7, 1000])("lines come the same in pieces of %i bytes", async (size) => {
  const text = "\uFEFFa\r\n#no\n\n  b c \nünï\n\r\n#last\nd";
  expect(await linesOf(text, size)).toEqual(["a", "b c", "ünï", "d"]);
});

test.each([1_000, 100_000])(
  "a line too long is cut to its beginning, a long comment is none, in pieces of %i bytes",
  async (size) => {
    const text = `a\n${"x".repeat(500_000)}\n#${"y".repeat(500_000)}\nb\n${"z".repeat(500_000)}`;
    expect(await linesOf(text, size)).toEqual(["a", `${"x".repeat(200)}…`, "b", `${"z".repeat(200)}…`]);
  },
);

test.each([
  ["{1..3}", ["1", "2", "3"]],
  ["{3..1}", ["3", "2", "1"]],
  ["{08..11}", ["08", "09", "10", "11"]],
  ["{1..010..4}", ["001", "005", "009"]],
  ["{-1..1}", ["-1", "0", "1"]],
  ["{10..0..-5}", ["10", "5", "0"]],
  ["{a..e..2}", ["a", "c", "e"]],
  ["{Z..X}", ["Z", "Y", "X"]],
  ["{red,,blue}", ["red", "", "blue"]],
  ["{1..2}-{a,b}", ["1-a", "1-b", "2-a", "2-b"]],
  ["plain", ["plain"]],
])("the template %s stands for its texts", (text, expected) => {
  const template = templateOf(text);
  expect(Array.from({ length: template.count }, (_, i) => template.at(i))).toEqual(expected);
});

test.each(["{1..}", "{id}", "{}", "{1..5..0}", "a{b", "a}b", "{a..Z}"])("the template %s is refused", (text) => {
  expect(() => templateOf(text)).toThrow(/%7B|its step is 0/);
});

test("a template of a trillion URLs costs nothing until they are read", () => {
  const template = templateOf("http://x/{1..1000000}/{1..1000000}");
  expect(template.count).toBe(1e12);
  expect(template.at(1e12 - 1)).toBe("http://x/1000000/1000000");
});

test("a set of URLs knows each of 200,000 again, takes none for another, and needs less than 40 bytes for each", () => {
  const before = process.memoryUsage().arrayBuffers;
  const set = new UrlSet();
  for (let i = 0; i < 200_000; i++) expect(set.add(`http://host/${i}`)).toBe(true);
  for (let i = 0; i < 200_000; i++) expect(set.add(`http://host/${i}`)).toBe(false);
  globalThis.gc?.();
  expect((process.memoryUsage().arrayBuffers - before) / 200_000).toBeLessThan(40);
});

test("what is finished is known by its place, counted once, and compared with the input", () => {
  const finished = new Finished("out.jsonl");
  const url = (index: number): string => `http://host/${index}`;
  const indexes = [0, 3, 64, 100_000, 2_000_000, 65, 3];
  for (const index of indexes) finished.add(index, shortHash(url(index)), index === 3);
  expect([finished.count, finished.failed]).toEqual([6, 1]);
  for (let index = 0; index < 2_000_100; index++)
    expect(finished.passes(index, url(index))).toBe(indexes.includes(index));
  finished.check();
});

test.each([
  ["another URL at a finished place", (index: number) => `http://host/${index === 70 ? "other" : index}`],
  [
    "two finished URLs that changed places",
    (index: number) => `http://host/${[70, 71].includes(index) ? 141 - index : index}`,
  ],
])("%s makes it another input", (_, url) => {
  const finished = new Finished("out.jsonl");
  for (let index = 0; index < 100; index++) finished.add(index, shortHash(`http://host/${index}`), false);
  const pass = (): void => {
    for (let index = 0; index < 200; index++) finished.passes(index, url(index));
  };
  expect(pass).toThrow("the input is not the one that out.jsonl came from: of URLs 65 to 128 some are others");
});

test("a record of the journal is read as it was written, and not at all when a bit of it is wrong", () => {
  const record = { index: 2 ** 40, outputEnd: 2 ** 50, warcEnd: 12_345, urlHash: 0x7fffffff, failed: true };
  const bytes = Buffer.alloc(recordSize);
  expect(readRecord(bytes, 0)).toBe(undefined);
  writeRecord(bytes, 0, record);
  expect(readRecord(bytes, 0)).toEqual(record);
  for (let bit = 0; bit < recordSize * 8; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(readRecord(damaged, 0)).toBe(undefined);
  }
});
