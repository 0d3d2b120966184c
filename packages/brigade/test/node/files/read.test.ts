/** Files read whole and by chunks. */
import { spawnSync } from "node:child_process";
import { appendFileSync, symlinkSync, truncateSync } from "node:fs";
import { pathToFileURL } from "node:url";
import {
  type Awaitable,
  collect,
  coroutine,
  type CoroutineBody,
  createTask,
  forEach,
  gather,
  moveOnAfter,
  sleep,
} from "brigade";
import { FileError, LimitOverrunError, readBytes, readChunks, readText } from "brigade/node";
import { expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { virtually } from "../../virtually.ts";
import { errorOf } from "../hostile/leaves-nothing.ts";
import { Folder } from "./folder.ts";

test("bytes and text come as they are in the file, by path and by URL", async () => {
  using folder = new Folder();
  const bytes = Uint8Array.from({ length: 10_000_000 }, (_, i) => i * 7);
  const large = folder.write("large", bytes);
  const text = folder.write("text", "\ufeffnaïve 😀\n");
  await virtually(function* () {
    const read = yield* readBytes(large);
    expect(Buffer.compare(read, bytes)).toBe(0);
    expect(read.constructor).toBe(Uint8Array);
    expect(yield* readText(pathToFileURL(text))).toBe("naïve 😀\n");
    expect(yield* readText(text, { encoding: "latin1" })).toBe(Buffer.from("\ufeffnaïve 😀\n").toString("latin1"));
    expect(yield* readText(folder.write("wide", Buffer.from("\ufeffä", "utf16le")), { encoding: "utf16le" })).toBe("ä");
    expect((yield* readBytes(folder.write("empty", ""))).length).toBe(0);
  });
});

test("files of the kernel, which have no size, are read to their end", async () => {
  const { pid } = process;
  expect(await virtually(readText("/proc/self/stat"))).toMatch(new RegExp(`^${pid} `));
});

test("what is larger than the limit is not read: not a file, not a device without end", async () => {
  using folder = new Folder();
  const path = folder.write("text", "12345");
  const huge = folder.write("huge", "");
  truncateSync(huge, 3 * 2 ** 30); // it takes no room on the disk
  await virtually(function* () {
    expect(yield* readText(path, { limit: 5 })).toBe("12345");
    for (const read of [readText(path, { limit: 4 }), readBytes("/dev/zero", { limit: 1e6 }), readBytes(huge)]) {
      expect(yield* errorOf(read)).toBeInstanceOf(LimitOverrunError);
    }
    const error = yield* errorOf(readBytes(huge));
    expect(error.message).toBe(
      `"${huge}" has 3221225472 bytes, and at most 2147483648 are read whole; ` +
        "give a larger limit, or use readLines or readChunks",
    );
  });
});

test("text that is longer than a string can be says so", async () => {
  using folder = new Folder();
  const path = folder.write("huge", "");
  truncateSync(path, 2 ** 31); // it takes no room on the disk, and is not read
  for (const encoding of ["utf8", "utf16le", "latin1"] as const) {
    const error = await virtually(errorOf(readText(path, { encoding })));
    expect(error).toMatchObject({ name: "FileError", code: "ERR_STRING_TOO_LONG", path });
    expect(error.message).toContain("its 2147483648 bytes are more than a string can hold; use readLines");
  }
  expect(await virtually(errorOf(readText(path, { limit: 100 })))).toBeInstanceOf(LimitOverrunError);
});

test("a missing file, a directory, and a way that leads through a file are told by what, where and why", async () => {
  using folder = new Folder();
  folder.write("file", "");
  symlinkSync("circle", folder.in("circle"));
  await virtually(function* () {
    for (const [path, code, words] of [
      [folder.in("none"), "ENOENT", "no such file or directory"],
      [folder.path, "EISDIR", "it is a directory; walk() reads those"],
      [folder.in("file", "below"), "ENOTDIR", "not a directory"],
      [folder.in("circle"), "ELOOP", "too many symbolic links encountered"],
    ] as const) {
      for (const read of [readText(path), readBytes(path), collect(readChunks(path))]) {
        const error = yield* errorOf(read);
        expect(error).toBeInstanceOf(FileError);
        expect(error).toMatchObject({ code, path, operation: "read" });
        expect(error.message).toContain(`can't read "${path}": ${words} (${code})`);
      }
    }
  });
});

const readBoth = coroutine(function* (): CoroutineBody<string> {
  return (yield* readText("/proc/self/comm")) + (yield* readText("/none"));
});

test("the error knows the line that asked for the file", async () => {
  const error = await virtually(function* () {
    return yield* errorOf(readBoth());
  });
  expect(error.stack?.match(/[\w.-]+\.ts(?=:\d)/g)).toEqual(["read.test.ts", "leaves-nothing.ts"]);
});

test("too many open files: the error says what can be done", async () => {
  const program = `
    import { collect, run } from "brigade";
    import { readChunks, readText } from "brigade/node";
    await run(function* () {
      const held = [];
      try {
        for (;;) {
          const chunks = readChunks("/proc/self/status");
          yield* chunks.next();
          held.push(chunks);
        }
      } catch (error) {
        console.log(error.code, error.message);
      }
      for (const chunks of held) yield* chunks.close();
      console.log((yield* readText("/proc/self/comm")).length > 0);
    });`;
  const node = [process.execPath, "--conditions=@brigade/source", "--input-type=module", "--eval"];
  const shell = spawnSync("sh", ["-c", 'ulimit -n 60; exec "$@"', "sh", ...node, program], { encoding: "utf8" });
  expect(shell.stderr).toBe("");
  expect(shell.stdout).toContain(
    'EMFILE can\'t read "/proc/self/status": too many open files (EMFILE); open fewer files at once',
  );
  expect(shell.stdout).toMatch(/\ntrue\n$/);
});

test("chunks have the size that was asked for, are the reader's to keep, and come when they are asked for", async () => {
  using folder = new Folder();
  const path = folder.write("text", "abcdefg");
  await virtually(function* () {
    const chunks = yield* collect(readChunks(path, { chunkSize: 3 }));
    expect(chunks.map((chunk) => Buffer.from(chunk).toString())).toEqual(["abc", "def", "g"]);
    const growing = readChunks(path, { chunkSize: 3 });
    yield* growing.next();
    appendFileSync(path, "hij");
    expect((yield* collect(growing)).map((chunk) => chunk.length)).toEqual([3, 3, 1]);
  });
});

test("a file that is cut off while it is read gives what is left", async () => {
  using folder = new Folder();
  const path = folder.write("file", Buffer.alloc(30_000_000, 1));
  const read = await virtually(function* () {
    const reading = createTask(readBytes(path));
    yield* sleep(0);
    truncateSync(path, 1000);
    return yield* reading;
  });
  expect(read.every((byte) => byte === 1)).toBe(true);
  expect(read.length).toBeLessThan(30_000_000);
});

test("a FIFO is read to its end, and left at once when nobody writes", async () => {
  using folder = new Folder();
  const fifo = folder.in("fifo");
  expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
  await virtually(function* () {
    for (const read of [
      (): Awaitable<unknown> => readText(fifo),
      (): Awaitable<unknown> => collect(readChunks(fifo)),
    ]) {
      expect(yield* moveOnAfter(20, read())).toBe(undefined);
      expect(folder.open()).toEqual([]);
    }
  });
});

test("a hundred readers at once, half of them cancelled at any moment, leave nothing open", async () => {
  using folder = new Folder();
  const path = folder.write("file", "x".repeat(300_000));
  await virtually(function* () {
    const tasks = Array.from({ length: 100 }, () => createTask(forEach(readChunks(path), () => {})));
    const half = coroutine(function* (i: number) {
      yield* sleep(i % 7);
      return yield* cancelled(tasks[i * 2] as (typeof tasks)[0]);
    });
    yield* gather(Array.from({ length: 50 }, (_, i) => half(i)));
    yield* gather(tasks.filter((_, i) => i % 2 === 1));
  });
  expect(folder.open()).toEqual([]);
});

test("bad arguments are refused at the call, with words", () => {
  expect(() => readText(undefined as never)).toThrow("readText takes a path or a file: URL, not undefined");
  expect(() => readBytes("x", { limit: -1 })).toThrow("readBytes: limit is -1; use a whole number of at least 1");
  expect(() => readChunks("x", { chunkSize: 2.5 })).toThrow("readChunks: chunkSize is 2.5");
});
