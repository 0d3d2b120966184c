/** Whatever step a cancellation comes at: no descriptor, no temporary file, and no half file is left. */
import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { collect, coroutine, createTask, forEach, type Task, use } from "brigade";
import {
  append,
  appendLine,
  readBytes,
  readChunks,
  readLines,
  readText,
  tempDir,
  walk,
  watch,
  write,
  writeAtomic,
} from "brigade/node";
import { expect, test } from "vitest";
import { outcomeOf } from "../../outcome.ts";
import { virtually } from "../../virtually.ts";
import { cancelledAtEveryStep, Moments } from "./at-every-step.ts";
import { Folder, watches } from "./folder.ts";

const text = "some words and\nsome more of them\n".repeat(20_000); // 680 KiB: several pieces

test.each([
  ["readText", (path: string) => readText(path), 12],
  ["readBytes", (path: string) => readBytes(path), 12],
  ["readLines", (path: string) => forEach(readLines(path), () => {}), 20],
  ["readChunks", (path: string) => forEach(readChunks(path), () => {}), 30],
  ["readText of what does not tell its size", () => readText("/proc/self/maps"), 15],
] as const)("%s gives its descriptor back", async (_name, read, fewest) => {
  using folder = new Folder();
  const path = folder.write("text", text);
  const steps = await cancelledAtEveryStep(
    () => read(path),
    () => expect(folder.open()).toEqual([]),
  );
  expect(steps).toBeGreaterThanOrEqual(fewest);
});

test("write and append leave nothing open, and of the data nothing but its beginning", async () => {
  using folder = new Folder();
  const pieces = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(20_000));
  const whole = pieces.join("");
  for (const [operation, fewest] of [
    [() => write(folder.in("text"), whole), 12],
    [() => write(folder.in("text"), pieces), 30],
    [() => append(folder.in("text"), pieces), 30],
  ] as const) {
    const steps = await cancelledAtEveryStep(operation, (outcome) => {
      expect(folder.open()).toEqual([]);
      const written = existsSync(folder.in("text")) ? folder.read("text") : "";
      expect(whole.startsWith(written)).toBe(true);
      if (outcome === "finished") expect(written).toBe(whole);
      folder.write("text", "");
    });
    expect(steps).toBeGreaterThanOrEqual(fewest);
  }
});

test("appendLine appends the line whole or not at all", async () => {
  using folder = new Folder();
  await cancelledAtEveryStep(
    () => appendLine(folder.in("log"), "a line"),
    () => {
      expect(folder.open()).toEqual([]);
      const written = existsSync(folder.in("log")) ? folder.read("log") : "";
      expect(written).toBe("a line\n".repeat(written.length / 7));
    },
  );
});

test("writeAtomic leaves the file as it was, or as it is to be, and no other file", async () => {
  using folder = new Folder();
  folder.write("real", "before");
  symlinkSync("real", folder.in("link"));
  const steps = await cancelledAtEveryStep(
    () => writeAtomic(folder.in("link"), "after"),
    (outcome, step) => {
      expect(folder.open()).toEqual([]);
      expect(folder.names(), `step ${step}`).toEqual(["link", "real"]);
      if (outcome === "finished") expect(folder.read("real")).toBe("after");
      else expect(["before", "after"]).toContain(folder.read("real"));
      folder.write("real", "before");
    },
  );
  expect(steps).toBeGreaterThanOrEqual(40);
});

test("tempDir leaves no directory behind", async () => {
  using folder = new Folder();
  const body = coroutine(function* (dir: string) {
    yield* write(`${dir}/file`, "content");
  });
  const steps = await cancelledAtEveryStep(
    () => use(tempDir({ parent: folder.path }), body),
    () => expect(readdirSync(folder.path)).toEqual([]),
  );
  expect(steps).toBeGreaterThanOrEqual(15);
});

test("walk closes its directory", async () => {
  using folder = new Folder();
  folder.mkdir("a", "b");
  symlinkSync(".", folder.in("a", "loop"));
  for (const options of [{}, { followSymlinks: true, sorted: true }]) {
    const steps = await cancelledAtEveryStep(
      () => collect(walk(folder.path, options)),
      () => expect(folder.open()).toEqual([]),
    );
    expect(steps).toBeGreaterThanOrEqual(9);
  }
});

test("watch gives its watches back", async () => {
  using folder = new Folder();
  folder.mkdir("a", "b");
  const before = watches();
  const watchUntilReady = coroutine(function* () {
    const changes = watch(folder.path, { recursive: true, onReady: () => folder.write("new", "") });
    const change = yield* changes.next();
    yield* changes.close();
    return change;
  });
  const steps = await cancelledAtEveryStep(
    () => watchUntilReady(),
    (outcome, step) => expect(watches(), `step ${step}: ${outcome}`).toBe(before),
  );
  expect(steps).toBeGreaterThanOrEqual(12);
});

test("no file is closed while a thread reads it", async () => {
  using folder = new Folder();
  const path = folder.write("text", text);
  let reads = 0;
  let reading = 0;
  let closedMeanwhile = 0;
  await virtually(function* () {
    using _moments = new Moments((name, moment) => {
      if (name === "read" && moment === "asked") reads++;
      if (name === "read" && moment !== "told") reading += moment === "asked" ? 1 : -1;
      if (name === "close" && moment === "asked") closedMeanwhile += reading;
    });
    for (let i = 0; i < 20; i++) {
      const lines = readLines(path);
      yield* lines.next(); // the next piece is being read by now
      yield* lines.close();
    }
  });
  expect(reads).toBeGreaterThanOrEqual(40);
  expect(closedMeanwhile).toBe(0);
});

test("data that could not be written is told, though the task was cancelled; what could not be read is not", async () => {
  await virtually(function* () {
    for (const [asked, operation, ending] of [
      ["write", write("/dev/full", "x"), { error: expect.objectContaining({ code: "ENOSPC" }) as unknown }],
      ["open", readText("/none"), "cancelled"],
    ] as const) {
      const task: Task<unknown> = createTask<unknown>(operation);
      using _moments = new Moments((name) => {
        if (name === asked) task.cancel();
      });
      expect(yield* outcomeOf(task)).toEqual(ending);
    }
  });
});

test("a stream of lines that is left half read is closed at the end of the run", async () => {
  using folder = new Folder();
  const path = folder.write("text", text);
  const first = await virtually(function* () {
    return yield* readLines(path).next();
  });
  expect(first).toEqual({ done: false, value: "some words and" });
  expect(folder.open()).toEqual([]);
});
