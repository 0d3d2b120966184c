/** What ends a program before its end: signals, a timeout, a reader that leaves. Cleanup runs, and the exit code says which it was. */
import { once } from "node:events";
import { expect, test } from "vitest";
import { Place } from "./place.ts";

const waiting = `export const main = coroutine(function* main() {
  try {
    console.log("begun");
    yield* sleep(60_000);
  } finally {
    yield* sleep(10);
    console.log("cleaned up");
  }
});`;

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s cancels main, its cleanup runs, and the exit code is %d", async (signal, code) => {
  using place = new Place();
  const { child, ended, says } = place.start(["run", place.program("main.ts", waiting)]);
  await says("begun");
  child.kill(signal);
  expect(await ended).toEqual({
    exitCode: code,
    stdout: "begun\ncleaned up\n",
    stderr: `brigade run: main.ts was cancelled by ${signal}\n`,
  });
});

test("a second signal ends the process at once", async () => {
  using place = new Place();
  const text = `export function* main() { try { console.log("begun"); yield* sleep(60_000); } finally { console.log("cleaning"); yield* sleep(60_000); } }`;
  const { child, ended, says } = place.start(["run", place.program("main.ts", text)]);
  await says("begun");
  child.kill("SIGINT");
  await says("cleaning");
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ exitCode: 130, stdout: "begun\ncleaning\n" });
});

test("a cleanup that fails after a signal is told, with exit code 1", async () => {
  using place = new Place();
  const text = `export function* main() { try { console.log("begun"); yield* sleep(60_000); } finally { throw new Error("can't close"); } }`;
  const { child, ended, says } = place.start(["run", place.program("main.ts", text)]);
  await says("begun");
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Error: can't close") });
});

test("a program that listens for a signal itself keeps it", async () => {
  using place = new Place();
  const text = `export function* main() {
    const stop = new Event();
    process.on("SIGTERM", () => stop.set());
    const alive = setInterval(() => {}, 1_000);
    console.log("begun");
    yield* stop.wait();
    clearInterval(alive);
    console.log("drained");
  }`;
  const { child, ended, says } = place.start(["run", place.program("main.ts", text)]);
  await says("begun");
  child.kill("SIGTERM");
  expect(await ended).toEqual({ exitCode: 0, stdout: "begun\ndrained\n", stderr: "" });
});

test("--timeout cancels main, its cleanup runs, and the exit code is 124", async () => {
  using place = new Place();
  expect(await place.run([place.program("main.ts", waiting), "--timeout", "300ms"])).toEqual({
    exitCode: 124,
    stdout: "begun\ncleaned up\n",
    stderr: "brigade run: main.ts did not end within 300 ms (--timeout): it was cancelled\n",
  });
});

test("a TimeoutError of the program's own is an error like any other", async () => {
  using place = new Place();
  const text = `import { timeout } from "brigade";\nexport function* main() { yield* timeout(10, sleep(60_000)); }`;
  const { exitCode, stderr } = await place.run([place.program("main.ts", text), "--timeout", "30s"]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^TimeoutError/);
});

test("a deadlock is told although there is a timeout", async () => {
  using place = new Place();
  const file = place.program("main.ts", "export function* main() { yield* new Event().wait(); }");
  expect(await place.run([file, "--timeout", "1h"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("DeadlockError"),
  });
});

test("a program whose output nobody reads any more is cancelled, without a word", async () => {
  using place = new Place();
  const text = `export function* main() { try { for (;;) { console.log("line"); yield* sleep(1); } } finally { console.error("cleaned up"); } }`;
  const { child, ended } = place.start(["run", place.program("main.ts", text)]);
  await once(child.stdout as NodeJS.ReadableStream, "data");
  child.stdout?.destroy();
  expect(await ended).toMatchObject({ exitCode: 141, stderr: "cleaned up\n" });
});

test("a program that leaves by process.exit keeps its exit code", async () => {
  using place = new Place();
  const file = place.program("main.ts", "export function* main() { yield* sleep(1); process.exit(5); }");
  expect(await place.run([file])).toEqual({ exitCode: 5, stdout: "", stderr: "" });
});

test("all that a program prints arrives, also where it ends with an error", async () => {
  using place = new Place();
  const text = `export function* main() { for (let i = 0; i < 20_000; i++) console.log("x".repeat(50)); throw new Error("end"); }`;
  const { exitCode, stdout, stderr } = await place.run([place.program("main.ts", text)]);
  expect({ exitCode, length: stdout.length }).toEqual({ exitCode: 1, length: 20_000 * 51 });
  expect(stderr).toContain("Error: end");
});
