/** The counting itself: each kind of thing that may be left is seen. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { eventuallyLeft, type Held, held, isAlive, leftSince, processesBelow, warmedUp } from "../left.ts";

let before: Held;
beforeEach(async () => {
  await warmedUp();
  before = held();
});
afterEach(async () => {
  expect(await eventuallyLeft(before)).toEqual([]);
});

test("a descriptor is seen, with what it leads to", () => {
  const descriptor = openSync("/etc/passwd", "r");
  try {
    expect(leftSince(before)).toEqual(["1 more descriptor: /etc/passwd"]);
  } finally {
    closeSync(descriptor);
  }
});

test("a thread is seen, though it keeps nothing alive", async () => {
  const worker = new Worker("setInterval(() => {}, 1000)", { eval: true, name: "forgotten" });
  worker.unref();
  await new Promise((resolve) => worker.once("online", resolve));
  expect(leftSince(before).join("\n")).toMatch(/1 more thread: \w+/);
  await worker.terminate();
});

test("a socket that listens is seen", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  expect(leftSince(before)).toEqual(["1 more descriptor: socket", "1 more resource: TCPServerWrap"]);
  await new Promise((resolve) => server.close(resolve));
});

test("timers are seen when they are asked for", () => {
  // The test runner's own come and go.
  const timers = Array.from({ length: 20 }, () => setTimeout(() => {}, 60_000));
  expect(leftSince(before, { timers: true }).join("\n")).toMatch(/^\d+ more resource: Timeout$/);
  expect(leftSince(before)).toEqual([]);
  for (const timer of timers) clearTimeout(timer);
});

test("a process is seen, and one that it left behind in a session of its own", async () => {
  // The shell ends; setsid's process is adopted by another, and has another group and session.
  const shell = spawn("sh", ["-c", "setsid sleep 100 >&- & echo $!"], { stdio: ["ignore", "pipe", "ignore"] });
  expect(leftSince(before).join("\n")).toContain(`a process: ${shell.pid}`);
  await new Promise((resolve) => shell.stdout.resume().on("end", resolve));
  await new Promise((resolve) => (shell.exitCode === null ? shell.on("exit", resolve) : resolve(undefined)));
  // Between its fork and its exec it is not sleep yet, and for a moment its environment can't be read.
  const left = await vi.waitFor(() => {
    const others = [...processesBelow(process.pid).values()].filter(({ pid }) => !before.processes.has(pid));
    expect(others.map(({ name }) => name)).toEqual(["sleep"]);
    return others;
  }, 5_000);
  for (const { pid } of left) process.kill(pid, "SIGKILL");
  for (const { pid } of left) while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 2));
});
