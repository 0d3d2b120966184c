/** `brigade timeline` as a process: whole traces, broken ones, and what is none. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Place } from "../run/place.ts";
import { type Life, traceBytes } from "./traces.ts";

const lives: Life[] = [
  { name: "main", from: 0, to: 4_000 },
  { coroutine: "users", parent: 1, from: 0, to: 2_000 },
];

function withTrace(bytes: Uint8Array): Place {
  const place = new Place();
  writeFileSync(join(place.path, "t.brigade"), bytes);
  return place;
}

test("a trace is drawn on stdout, without colours where that is no terminal", async () => {
  using place = withTrace(traceBytes(lives));
  const { exitCode, stdout, stderr } = await place.start(["timeline", "t.brigade"], { env: { LC_ALL: "C.UTF-8" } })
    .ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(/^ {2}users: █+ \(2\.0 s\)$/m);
  expect(stdout).not.toContain("\u001b");
});

test("a trace that is broken off is shown as far as it goes, and the byte is told", async () => {
  const bytes = traceBytes(lives);
  using place = withTrace(bytes.subarray(0, bytes.length - 7));
  const { exitCode, stdout, stderr } = await place.start(["timeline", "t.brigade"]).ended;
  expect(exitCode).toBe(1);
  expect(stdout).toContain("users");
  expect(stderr).toMatch(
    new RegExp(`^brigade timeline: t\\.brigade .*byte ${bytes.length - 7}.*: what stands before it is shown\n$`),
  );
});

test.each([
  [
    "another file",
    Buffer.from("\u0089PNG\r\n\u001a\n and more", "latin1"),
    /t\.brigade is no trace of Brigade: byte 1 /,
  ],
  ["an empty file", Buffer.alloc(0), /t\.brigade is no trace of Brigade: it is empty/],
  ["a damaged one", traceBytes(lives).fill(255, 100, 104), /t\.brigade is damaged .*byte \d+/],
])("%s is refused in one line that names the byte", async (_what, bytes, message) => {
  using place = withTrace(bytes);
  const { exitCode, stdout, stderr } = await place.start(["timeline", "t.brigade"]).ended;
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/^brigade timeline: [^\n]+\n$/);
  expect(stderr).toMatch(message);
});

test.each([
  [["none.brigade"], 'FILE "none.brigade": there is no such file: look at its path'],
  [["t.brigade", "--from", "2s", "--to", "1s"], "--to is not after --from: turn them round"],
  [["t.brigade", "--from", "1h"], "--from is after the end of the trace: take an earlier time"],
  [["t.brigade", "--task", "nobody"], 'there is no task "nobody", nor a coroutine of that name, in that time'],
  [["t.brigade", "--html", "t.brigade"], 'FILE and --html are the same file, "t.brigade": name two files'],
  [["t.brigade", "--width", "5"], '--width "5": write a whole number from 40 to 1000'],
  [[], "name a trace, such as brigade timeline trace.brigade (brigade timeline --help shows more)"],
])("brigade timeline %j is refused in one line", async (words, message) => {
  using place = withTrace(traceBytes(lives));
  expect(await place.start(["timeline", ...words]).ended).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: `brigade timeline: ${message}\n`,
  });
});

test("the files that are asked for are written, in place of the picture", async () => {
  using place = withTrace(traceBytes(lives));
  const words = ["--chrome", "t.json", "--svg", "t.svg", "--json", "tasks.json", "--html", "t.html"];
  const ended = await place.start(["timeline", "t.brigade", ...words]).ended;
  expect(ended).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  expect(JSON.parse(place.read("t.json"))).toHaveProperty("traceEvents");
  expect(JSON.parse(place.read("tasks.json"))).toMatchObject({ format: "brigade-timeline" });
  expect(place.read("t.svg")).toMatch(/^<svg|^<\?xml/);
  expect(place.read("t.html")).toMatch(/^<!doctype html>[^]*t\.brigade/);
});

test("a file that can't be written is told", async () => {
  using place = withTrace(traceBytes(lives));
  const { exitCode, stderr } = await place.start(["timeline", "t.brigade", "--json", "/dev/full"]).ended;
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^brigade timeline: can't write \/dev\/full: the disk is full.*\(ENOSPC\)\n$/);
});
