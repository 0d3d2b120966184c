/** Writing and appending. */
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { coroutine, createTask, Event, gather, Queue, sleep, stream } from "brigade";
import { append, appendLine, FileError, readText, write } from "brigade/node";
import { expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { virtually } from "../../virtually.ts";
import { errorOf } from "../hostile/leaves-nothing.ts";
import { Folder } from "./folder.ts";

test("write takes the place of what was there; append comes after it", async () => {
  using folder = new Folder();
  const path = folder.write("text", "much that was there before");
  await virtually(function* () {
    yield* write(path, "grüße ");
    yield* append(path, new Uint8Array([0x41, 0x42]));
    yield* append(path, " end");
    yield* write(folder.in("new"), "");
  });
  expect(folder.read("text")).toBe("grüße AB end");
  expect(folder.read("new")).toBe("");
});

const mixed = stream(function* (count: number) {
  for (let i = 0; i < count; i++) {
    if (i % 100 === 0) yield* sleep(1);
    yield i % 3 === 0 ? Buffer.from(`${i}é\n`) : `${i}é\n`;
  }
});

test("a source of small and large pieces of text and bytes is written whole, in order", async () => {
  using folder = new Folder();
  const large = ["a".repeat(200_000), "b", Buffer.alloc(70_000, "c"), "é".repeat(40_000), "d"];
  const queue = new Queue<string>();
  for (const word of ["x", "y", "z"]) queue.putNowait(word);
  queue.shutdown();
  await virtually(function* () {
    yield* write(folder.in("mixed"), mixed(30_000));
    yield* write(folder.in("large"), large);
    yield* write(folder.in("queue"), queue);
    yield* append(folder.in("queue"), new Set(["1", "2"]));
  });
  expect(folder.read("mixed")).toBe(Array.from({ length: 30_000 }, (_, i) => `${i}é\n`).join(""));
  expect(folder.read("large")).toBe(large.map(String).join(""));
  expect(folder.read("queue")).toBe("xyz12");
});

test("a source is read no faster than it is written", async () => {
  using folder = new Folder();
  let given = 0;
  const enough = new Event();
  const endless = stream(function* () {
    for (;;) {
      given += 1_000_000;
      if (given >= 20_000_000) enough.set();
      yield "x".repeat(1_000_000);
    }
  });
  await virtually(function* () {
    const writing = createTask(write(folder.in("text"), endless()));
    yield* enough.wait();
    yield* cancelled(writing);
  });
  const { size } = statSync(folder.in("text"));
  expect(given - size).toBeLessThanOrEqual(2_000_000);
});

test("what a source has given is written when it fails, and when the task is cancelled; its error is thrown", async () => {
  using folder = new Folder();
  const failing = stream(function* () {
    yield "one ";
    yield "two";
    throw new Error("no more");
  });
  const hanging = stream(function* () {
    yield "three ";
    yield* sleep(Infinity);
  });
  await virtually(function* () {
    expect(yield* errorOf(append(folder.in("text"), failing()))).toMatchObject({ message: "no more" });
    expect(folder.open()).toEqual([]);
    const task = createTask(append(folder.in("text"), hanging()));
    yield* sleep(50);
    expect(yield* cancelled(task)).toBe("cancelled");
  });
  expect(folder.read("text")).toBe("one twothree ");
});

test("what is neither text nor bytes is refused, in a source as well", async () => {
  using folder = new Folder();
  const path = folder.in("text");
  expect(() => write(path, 5 as never)).toThrow("write takes text, a Uint8Array, or a source of these, not 5");
  expect(() => append(path, null as never)).toThrow("append takes text");
  expect(() => write(path, "x", { mode: 0o10000 })).toThrow("use permissions such as 0o644");
  expect(await virtually(errorOf(write(path, ["a", 5] as never)))).toMatchObject({
    name: "TypeError",
    message: "what is written comes as text or Uint8Array, not as 5",
  });
  expect(await virtually(errorOf(write(path, {} as never)))).toBeInstanceOf(TypeError);
});

test("a new file has the mode that was asked for, less the umask; an old one keeps its own", async () => {
  using folder = new Folder();
  const before = process.umask(0o022);
  try {
    await virtually(function* () {
      yield* write(folder.in("new"), "x", { mode: 0o777 });
      yield* write(folder.in("new"), "x", { mode: 0o600 });
    });
  } finally {
    process.umask(before);
  }
  expect(statSync(folder.in("new")).mode & 0o777).toBe(0o755);
});

test("lines that many tasks and processes append at once are whole", async () => {
  using folder = new Folder();
  const path = folder.in("log");
  const program = `
    import { run } from "brigade";
    import { appendLine } from "brigade/node";
    await run(function* () {
      for (let i = 0; i < 300; i++) yield* appendLine(process.argv[1], "p".repeat(500));
    });`;
  const node = [process.execPath, "--conditions=@brigade/source", "--input-type=module", "--eval", program, path];
  const many = coroutine(function* (letter: string) {
    for (let i = 0; i < 300; i++) yield* appendLine(path, letter.repeat(500));
  });
  await virtually(gather([many("a"), many("b"), many("c")]));
  expect(spawnSync("sh", ["-c", '"$@" & "$@"; wait', "sh", ...node]).status).toBe(0);
  const counts = new Map<string, number>();
  for (const line of folder.read("log").trimEnd().split("\n")) counts.set(line, (counts.get(line) ?? 0) + 1);
  const expected = [
    ["a", 300],
    ["b", 300],
    ["c", 300],
    ["p", 600],
  ] as const;
  expect(counts).toEqual(new Map(expected.map(([letter, count]) => [letter.repeat(500), count])));
});

test("appendLine refuses what would be two lines, and what is no text", async () => {
  expect(() => appendLine("log", "one\ntwo")).toThrow(
    'appendLine takes one line, and "one\\ntwo" has a "\\n"; use append',
  );
  expect(() => appendLine("log", 5 as never)).toThrow("appendLine takes a line of text, not 5");
  using folder = new Folder();
  await virtually(appendLine(folder.in("log"), "with \r and ü"));
  expect(folder.read("log")).toBe("with \r and ü\n");
});

test("a FIFO is written while somebody reads it; without a reader the error says so", async () => {
  using folder = new Folder();
  const fifo = folder.in("fifo");
  expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
  await virtually(function* () {
    expect(yield* errorOf(write(fifo, "x"))).toMatchObject({ code: "ENXIO" });
    const reading = createTask(readText(fifo));
    yield* sleep(0);
    while (folder.open().length === 0) yield* sleep(1);
    yield* write(fifo, "x".repeat(300_000));
    expect((yield* reading).length).toBe(300_000);
  });
});

test("a device that takes nothing: the error says how much was written", async () => {
  const error = await virtually(errorOf(write("/dev/full", "some text")));
  expect(error).toBeInstanceOf(FileError);
  expect(error).toMatchObject({ code: "ENOSPC", path: "/dev/full", operation: "write", written: 0 });
  expect(error.message).toBe(
    'can\'t write "/dev/full": no space left on device (ENOSPC); 0 of 9 bytes were written; make room and try again',
  );
});
