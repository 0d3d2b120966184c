/** Traces in files: what is written can be read, what can't be written never reaches the program. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { run, sleep } from "brigade";
import { fileSink } from "brigade/instruments";
import { readTrace, recorder, TraceWriter } from "brigade/trace";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { descriptors } from "../left.ts";
import { Place } from "./programs.ts";

let warnings: string[] = [];

beforeEach(() => {
  warnings = [];
  vi.spyOn(console, "error").mockImplementation((text: string) => void warnings.push(text));
});

afterEach(() => {
  vi.restoreAllMocks();
});

function written(path: string): void {
  const writer = new TraceWriter(fileSink(path), { startedAt: 0 });
  writer.event(1, 0, 1, 0, writer.string("main"));
  writer.close();
}

test("a run that is recorded into a file is there, whole, and the file is closed with the recorder", async () => {
  await using place = new Place();
  const path = place.file("out.brigade");
  const observer = recorder({ sink: fileSink(path) });
  await run(sleep(1), { observer });
  expect(descriptors().filter((target) => target === path)).toHaveLength(1);
  observer.close();
  expect(descriptors().filter((target) => target === path)).toEqual([]);
  const trace = readTrace(readFileSync(path));
  expect(trace.end).toBe("complete");
  expect(trace.count).toBeGreaterThan(0);
  expect(warnings).toEqual([]);
});

test("each chunk is in the file when the sink returns", async () => {
  await using place = new Place();
  const path = place.file("out.brigade");
  using sink = fileSink(path);
  const writer = new TraceWriter(sink, { startedAt: 0 });
  writer.event(1, 0, 1, 0, writer.string("main"));
  writer.flush();
  expect(readTrace(readFileSync(path))).toMatchObject({ count: 1, end: "open" });
});

test("an older trace is replaced, even by a shorter one; the file is its owner's alone", async () => {
  await using place = new Place();
  const path = place.file("out.brigade");
  written(path);
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(100_000)]));
  written(path);
  expect(readTrace(readFileSync(path)).end).toBe("complete");
  expect(warnings).toEqual([]);
});

test.for([["some source\n"], ["x"], ["\u0089BRG"]])(
  "a file that is no trace stays as it is: %j",
  async ([text = ""]) => {
    await using place = new Place();
    const path = place.file("main.ts");
    writeFileSync(path, text);
    written(path);
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(warnings).toEqual([
      expect.stringMatching(/^brigade: no trace is written to .*main\.ts: a file is there that is no trace/),
    ]);
  },
);

test("what can't be opened is said once: a folder that is missing, a folder, a pipe that nobody reads", async () => {
  await using place = new Place();
  const pipe = place.file("pipe");
  expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
  for (const path of [place.file("missing/out.brigade"), place.path, pipe]) {
    warnings = [];
    written(path);
    expect(warnings).toEqual([expect.stringContaining(`no trace is written to ${path}: `)]);
  }
});

test("a full disk is said once, and the program goes on", () => {
  written("/dev/full");
  expect(warnings).toEqual([
    expect.stringMatching(/the trace \/dev\/full ends after 0 bytes: ENOSPC.*goes on without it$/),
  ]);
});

test("a file that may not grow any further keeps its whole chunks, and can be read", async () => {
  await using place = new Place();
  const program = `
    import { fileSink } from "brigade/instruments";
    import { TraceWriter } from "brigade/trace";
    process.on("SIGXFSZ", () => {});
    const writer = new TraceWriter(fileSink("out.brigade"), { startedAt: 0 });
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 100; j++) writer.event(1, i, j + 1, 0, 0);
      writer.flush();
    }
    console.log("went on");
  `;
  const limited = place.start(program, {}, { fileBlocks: 100 });
  const { stdout, stderr, code } = await limited.ended;
  expect({ stdout, code }).toEqual({ stdout: "went on\n", code: 0 });
  expect(stderr.split("\n").filter((line) => line.startsWith("brigade: "))).toHaveLength(1);
  const trace = readTrace(readFileSync(place.file("out.brigade")));
  expect(trace.end).toBe("open");
  expect(trace.count % 100).toBe(0);
  expect(trace.count).toBeGreaterThan(500);
});

test("a file without the right to write is left alone", async (context) => {
  context.skip(process.getuid?.() === 0, "root may write everything");
  await using place = new Place();
  mkdirSync(place.file("closed"));
  chmodSync(place.file("closed"), 0o500);
  written(place.file("closed/out.brigade"));
  expect(warnings).toEqual([expect.stringMatching(/EACCES/)]);
});
