/** `brigade run --trace`: a file that can be read, however the program ends. */
import { CREATED, DONE, readTrace, timelineOf } from "brigade/trace";
import { expect, test } from "vitest";
import { Place } from "./place.ts";

const names = (place: Place): string[] => {
  const timeline = timelineOf(readTrace(place.bytes("t.brigade")));
  return Array.from({ length: timeline.taskCount }, (_, task) => timeline.coroutine(task + 1));
};

// Lines are read within a share of the time, and the first ones take longest: on a busy machine not at the first wait.
const working = `const user = coroutine(function* user() { for (let i = 0; i < 20; i++) yield* sleep(20); });
export const main = coroutine(function* main() { yield* gather([user(), user()]); });`;

test("every task is in the trace, with the lines at which it waited", async () => {
  using place = new Place();
  const file = place.program("main.ts", working);
  expect(await place.run([file, "--trace", "t.brigade"])).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  const trace = readTrace(place.bytes("t.brigade"));
  expect(trace.end).toBe("complete");
  expect(names(place)).toEqual(["main", "user", "user"]);
  const waits = trace.places.filter(({ kind }) => kind === "sleep");
  const line = { name: "user", file: expect.stringMatching(/main\.ts$/) as string, line: 2 };
  expect(waits.map(({ frames }) => frames[0])).toContainEqual(expect.objectContaining(line));
});

test("brigade timeline shows what brigade run recorded", async () => {
  using place = new Place();
  await place.run([place.program("main.ts", working), "--trace", "t.brigade"]);
  const { exitCode, stdout } = await place.start(["timeline", "t.brigade"], { env: { LC_ALL: "C.UTF-8" } }).ended;
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^main: +[█▓░]+ \(\d+ ms\)\n {2}user #1: +[█▓░]+ \(\d+ ms\)\n {2}user #2:/m);
  expect(stdout).toMatch(/sleep 20 ms in user \(main\.ts:2:\d+\)/);
});

test("in virtual time it is the virtual time that is recorded", async () => {
  using place = new Place();
  const file = place.program("main.ts", "export function* main() { yield* sleep('24h'); }");
  await place.run([file, "--trace", "t.brigade", "--virtual"]);
  const timeline = timelineOf(readTrace(place.bytes("t.brigade")));
  expect([timeline.virtual, timeline.end - timeline.start]).toEqual([true, 86_400_000]);
});

const waiting = `export const main = coroutine(function* main() {
  yield* sleep(1);
  console.log("begun");
  yield* sleep(60_000);
});`;

test.each([
  ["SIGTERM", "complete"],
  ["SIGINT", "complete"],
  ["SIGKILL", "open"],
] as const)("a program that %s ends leaves a trace that is %s", async (signal, end) => {
  using place = new Place();
  const { child, ended, says } = place.start(["run", place.program("main.ts", waiting), "--trace", "t.brigade"]);
  await says("begun");
  // In real time: what was recorded is written every quarter of a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  child.kill(signal);
  await ended;
  const trace = readTrace(place.bytes("t.brigade"));
  expect(trace.end).toBe(end);
  expect(trace.type.includes(CREATED)).toBe(true);
  expect(trace.type.includes(DONE)).toBe(end === "complete");
});

test.each([
  ["fails", "throw new Error('no');", 1],
  ["leaves by process.exit", "process.exit(3);", 3],
  ["throws where nobody catches", "setTimeout(() => { throw new Error('lost'); }, 1); yield* sleep(60_000);", 1],
  ["is in a deadlock", "yield* new Event().wait();", 1],
] as const)("a program that %s leaves a whole trace", async (_how, text, code) => {
  using place = new Place();
  const file = place.program("main.ts", `export function* main() { yield* sleep(1); ${text} }`);
  expect(await place.run([file, "--trace", "t.brigade"])).toMatchObject({ exitCode: code });
  const trace = readTrace(place.bytes("t.brigade"));
  expect(trace.end).toBe("complete");
  expect(trace.type.includes(CREATED)).toBe(true);
});

test.each([
  [["--trace", "none/t.brigade"], '--trace "none/t.brigade": the folder "none" is not there: make it first'],
  [["--trace", "main.ts"], 'FILE and --trace are the same file, "main.ts": name two files'],
])("brigade run main.ts %j is refused before anything runs", async (words, message) => {
  using place = new Place();
  const file = place.program("main.ts", "export function* main() { console.log('ran'); }");
  expect(await place.run([file, ...words])).toEqual({ exitCode: 2, stdout: "", stderr: `brigade run: ${message}\n` });
});

test("--flight writes the last events and a report when main fails, and nothing when it does not", async () => {
  using place = new Place();
  const file = place.program(
    "main.ts",
    "export function* main(how?: string) { yield* sleep(1); if (how) throw new Error('broken'); }",
  );
  expect(await place.run([file, "--flight", "f.brigade"])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(place.has("f.brigade")).toBe(false);
  const { exitCode, stderr } = await place.run([file, "--flight", "f.brigade", "x"]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^brigade: the last events are in .*f\.brigade[^]*\nError: broken/);
  expect(readTrace(place.bytes("f.brigade")).type.includes(DONE)).toBe(true);
  expect(place.read("f.brigade.txt")).toContain("an error that nobody caught: Error: broken");
});

test("--flight writes them at a deadlock, and the report says who waits", async () => {
  using place = new Place();
  const file = place.program(
    "main.ts",
    "export const main = coroutine(function* main() { yield* new Event().wait(); });",
  );
  expect(await place.run([file, "--flight", "f.brigade"])).toMatchObject({ exitCode: 1 });
  expect(place.read("f.brigade.txt")).toMatch(/deadlock[^]*"main"[^]*Event\.wait/);
});

test("--inspect lets a running program be looked at", async () => {
  using place = new Place();
  const { child, ended, says } = place.start(["run", place.program("main.ts", waiting), "--inspect"]);
  await says("begun");
  const { exitCode, stdout } = await place.start(["dump", String(child.pid)]).ended;
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/"main"[^]*sleep/);
  child.kill("SIGTERM");
  expect((await ended).exitCode).toBe(143);
});
