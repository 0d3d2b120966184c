/** `brigade export` as a process: each format, broken traces, and what is refused. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Place } from "../run/place.ts";
import { type Life, traceBytes } from "../timeline-terminal/traces.ts";

const lives: Life[] = [
  { name: "main", from: 0, to: 4_000 },
  { coroutine: "users", parent: 1, from: 0, to: 2_000 },
];

function withTrace(bytes: Uint8Array): Place {
  const place = new Place();
  writeFileSync(join(place.path, "t.brigade"), bytes);
  return place;
}

test("Chrome's format goes to stdout unless another is asked for", async () => {
  using place = withTrace(traceBytes(lives));
  const { exitCode, stdout, stderr } = await place.start(["export", "t.brigade"]).ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const { traceEvents } = JSON.parse(stdout) as { traceEvents: { name: string; args: { name?: string } }[] };
  const names = traceEvents.filter(({ name }) => name === "thread_name").map(({ args }) => args.name);
  expect(names).toContain("main");
});

test.each([
  ["svg", /^<svg .*<\/svg>\n$/s],
  ["json", /^\{"format":"brigade-timeline"/],
  ["chrome", /"traceEvents":\[/],
])("%s is written into the file that is named, and nothing to stdout", async (format, content) => {
  using place = withTrace(traceBytes(lives));
  const { exitCode, stdout, stderr } = await place.start(["export", "t.brigade", "-f", format, "-o", "out"]).ended;
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  expect(readFileSync(join(place.path, "out"), "utf8")).toMatch(content);
});

test("a trace that is broken off is written as far as it goes, and the byte is told", async () => {
  const bytes = traceBytes(lives);
  using place = withTrace(bytes.subarray(0, bytes.length - 7));
  const { exitCode, stdout, stderr } = await place.start(["export", "t.brigade", "-f", "json"]).ended;
  expect(exitCode).toBe(1);
  expect((JSON.parse(stdout) as { ending: string }).ending).toContain(`broken off at byte ${bytes.length - 7}`);
  expect(stderr).toMatch(/^brigade export: t\.brigade .*: what stands before it is written\n$/);
});

test.each([
  [["t.brigade", "-f", "xml"], "there is no such format: take chrome, svg or json"],
  [["none.brigade"], 'FILE "none.brigade": there is no such file: look at its path'],
  [["t.brigade", "-o", "t.brigade"], 'FILE and --output are the same file, "t.brigade": name two files'],
  [["t.brigade", "-o", "missing/out"], 'the folder "missing" is not there: make it first'],
  [["foreign", "-o", "out"], "foreign is no trace of Brigade: byte 0"],
])("%j is refused in one line that says what to do", async (words, message) => {
  using place = withTrace(traceBytes(lives));
  place.write("foreign", "{}");
  const { exitCode, stdout, stderr } = await place.start(["export", ...words]).ended;
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test("a disk that is full is said, with what to do", async () => {
  using place = withTrace(traceBytes(lives));
  const { exitCode, stderr } = await place.start(["export", "t.brigade", "-o", "/dev/full"]).ended;
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^brigade export: .*ENOSPC|the disk is full/);
});
