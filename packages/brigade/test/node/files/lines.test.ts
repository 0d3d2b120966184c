/** Files by lines. */
import { spawnSync } from "node:child_process";
import { truncateSync, unlinkSync, writeFileSync } from "node:fs";
import {
  collect,
  coroutine,
  createTask,
  type CoroutineBody,
  forEach,
  fromPromise,
  gather,
  InvalidStateError,
  moveOnAfter,
  sleep,
} from "brigade";
import { FileError, LimitOverrunError, readLines } from "brigade/node";
import { expect, test } from "vitest";
import { virtually } from "../../virtually.ts";
import { errorOf } from "../hostile/leaves-nothing.ts";
import { Folder } from "./folder.ts";

test("a file larger than its buffers is given line by line", async () => {
  using folder = new Folder();
  const lines = Array.from({ length: 60_000 }, (_, i) => `${i}: ${"é".repeat(i % 23)}`);
  const path = folder.write("text", `${lines.join("\r\n")}\r\n`);
  expect(await virtually(collect(readLines(path)))).toEqual(lines);
});

test.each([
  ["", []],
  ["\n", [""]],
  ["a", ["a"]],
  ["a\n\nb\n", ["a", "", "b"]],
  ["a\rb\r", ["a\rb\r"]],
  ["\ufeffa\n\ufeffb", ["a", "\ufeffb"]],
])("the lines of %j are %j", async (text, lines) => {
  using folder = new Folder();
  expect(await virtually(collect(readLines(folder.write("text", text))))).toEqual(lines);
});

test("it reads UTF-16 and Latin-1, and files in /proc", async () => {
  using folder = new Folder();
  const wide = folder.write("wide", Buffer.from("\ufeffäß\r\n😀", "utf16le"));
  const narrow = folder.write("narrow", Buffer.from([0xe4, 10, 0xff]));
  await virtually(function* () {
    expect(yield* collect(readLines(wide, { encoding: "utf16le" }))).toEqual(["äß", "😀"]);
    expect(yield* collect(readLines(narrow, { encoding: "latin1" }))).toEqual(["ä", "ÿ"]);
    expect(yield* collect(readLines("/proc/self/status"))).toContain(`Pid:\t${process.pid}`);
  });
});

test("a line that is too long is named by its file and number, and the file is closed", async () => {
  using folder = new Folder();
  const path = folder.write("text", `one\ntwo\n${"3".repeat(300_000)}\nfour\n`);
  await virtually(function* () {
    const lines = readLines(path, { limit: 1000 });
    expect([(yield* lines.next()).value, (yield* lines.next()).value]).toEqual(["one", "two"]);
    const error = yield* errorOf(lines.next());
    expect(error).toBeInstanceOf(LimitOverrunError);
    expect(error).toMatchObject({ limit: 1000 });
    expect(error.message).toContain(`line 3 of "${path}" is longer than 1000 characters`);
    expect(folder.open()).toEqual([]);
    expect(yield* lines.next()).toEqual({ done: true, value: undefined });
  });
});

test("a file without end, and without lines, ends at the limit", async () => {
  const error = await virtually(errorOf(collect(readLines("/dev/zero", { limit: 100_000 }))));
  expect(error).toBeInstanceOf(LimitOverrunError);
});

test("a file that is missing, and a directory, say so when the first line is asked for", async () => {
  using folder = new Folder();
  const missing = await virtually(errorOf(collect(readLines(folder.in("none")))));
  expect(missing).toBeInstanceOf(FileError);
  expect(missing).toMatchObject({ code: "ENOENT", path: folder.in("none"), operation: "read" });
  expect(await virtually(errorOf(collect(readLines(folder.path))))).toMatchObject({ code: "EISDIR" });
});

test("whoever leaves early closes the file: forEach, close, and for await", async () => {
  using folder = new Folder();
  const path = folder.write("text", "a\nb\n".repeat(100_000));
  await virtually(function* () {
    const left = forEach(readLines(path), () => {
      throw new Error("left");
    });
    expect(yield* errorOf(left)).toMatchObject({ message: "left" });
    expect(folder.open()).toEqual([]);

    const lines = readLines(path);
    yield* lines.next();
    expect(folder.open()).toEqual([path]);
    yield* lines.close();
    expect(folder.open()).toEqual([]);
    expect((yield* lines.next()).done).toBe(true);
    yield* readLines(path).close(); // never begun

    const awaited = readLines(path);
    yield* fromPromise(async () => {
      for await (const line of awaited) if (line === "b") break;
    });
    expect(folder.open()).toEqual([]);
  });
});

test("a second reader at the same time is refused, and the first goes on", async () => {
  using folder = new Folder();
  const path = folder.write("text", "a\nb\nc\n");
  await virtually(function* () {
    const lines = readLines(path);
    const first = createTask(lines.next());
    yield* sleep(0);
    expect(yield* errorOf(lines.next())).toBeInstanceOf(InvalidStateError);
    expect(yield* errorOf(lines.close())).toBeInstanceOf(InvalidStateError);
    expect((yield* first).value).toBe("a");
    expect((yield* lines.next()).value).toBe("b");
    const [third, fourth] = yield* gather([lines.next(), lines.next()]);
    expect([third.value, fourth.done]).toEqual(["c", true]);
  });
});

test("a file that is removed is read to its end, and one that is cut off ends there", async () => {
  using folder = new Folder();
  const path = folder.write("text", "some line\n".repeat(200_000));
  const count = coroutine(function* (meanwhile: () => void): CoroutineBody<number> {
    const lines = readLines(path);
    yield* lines.next();
    meanwhile();
    return 1 + (yield* collect(lines)).length;
  });
  expect(await virtually(count(() => truncateSync(path, 500_000)))).toBe(50_000);
  writeFileSync(path, "some line\n".repeat(200_000));
  expect(await virtually(count(() => unlinkSync(path)))).toBe(200_000);
});

test("the task leaves a FIFO that nobody writes to at once, and reads one that somebody does", async () => {
  using folder = new Folder();
  const fifo = folder.in("fifo");
  expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
  await virtually(function* () {
    expect(yield* moveOnAfter(20, collect(readLines(fifo)))).toBe(undefined);
    expect(folder.open()).toEqual([]);
    const lines = createTask(collect(readLines(fifo)));
    yield* sleep(0);
    yield* fromPromise(async () => {
      const { promises } = await import("node:fs");
      await promises.writeFile(fifo, "one\ntwo");
    });
    expect(yield* lines).toEqual(["one", "two"]);
  });
});

test("lines that are there are given without waiting: reading them does not let other tasks run", async () => {
  using folder = new Folder();
  const path = folder.write("text", "x\n".repeat(1000));
  await virtually(function* () {
    const lines = readLines(path);
    yield* lines.next();
    let turns = 0;
    const other = createTask(
      coroutine(function* () {
        for (;;) {
          turns++;
          yield* sleep(0);
        }
      })(),
    );
    for (let i = 0; i < 900; i++) yield* lines.next();
    expect(turns).toBe(0);
    other.cancel();
    yield* lines.close();
  });
});

test("a line that is kept keeps 16 KiB of the file, not the piece that was read", async () => {
  using folder = new Folder();
  const path = folder.write("text", Buffer.alloc(40_000_000, `${"x".repeat(99)}\n`)); // not on the heap
  const kept: string[] = [];
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  const before = process.memoryUsage().heapUsed;
  let count = 0;
  await virtually(
    forEach(readLines(path), (line) => {
      if (count++ % 3000 === 0) kept.push(line); // one of 300 kB
    }),
  );
  gc?.();
  expect(kept.length).toBe(134);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(134 * 17_000 + 1_000_000);
});

test("bad arguments are refused at the call, with words", () => {
  expect(() => readLines("")).toThrow("readLines takes a path, and the one it was given is empty");
  expect(() => readLines(3 as never)).toThrow("readLines takes a path or a file: URL, not 3");
  expect(() => readLines(new URL("http://localhost/x"))).toThrow("not http://localhost/x");
  expect(() => readLines("a\0b")).toThrow("null character");
  expect(() => readLines("x", { limit: 0 })).toThrow("readLines: limit is 0; use a whole number of at least 1");
  expect(() => readLines("x", { encoding: "utf7" as never })).toThrow('use "utf8", "utf16le" or "latin1"');
});
