/** Programs in a process of their own: a thousand random cancellations, parents that die, no descriptors, no permission. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { isAlive } from "../left.ts";
import { Notes } from "./pools.ts";

const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGKILL"); // it is about to end, unless the test has failed
    await ended;
  }
});

/** Starts a program of the folder `programs`, which is killed if it does not end. */
function start(name: string, args: readonly string[], prefix: readonly string[] = [], detached = false): ChildProcess {
  const path = fileURLToPath(new URL(`../programs/${name}`, import.meta.url));
  const command = [...prefix, process.execPath, "--conditions=@brigade/source", path, ...args];
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    detached,
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
  started.push(child);
  return child;
}

/** The first line that it prints. */
function lineOf(child: ChildProcess): Promise<string> {
  let output = "";
  let complaints = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes("\n")) resolve(output.slice(0, output.indexOf("\n")));
    });
    child.on("close", () => reject(new Error(`it ended without a line: ${complaints.slice(-3_000)}`)));
  });
}

/** Waits until none of them runs, and gives those that still do after a while. */
async function survivors(pids: readonly number[]): Promise<number[]> {
  const end = performance.now() + 5_000;
  while (pids.some(isAlive) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  return pids.filter(isAlive);
}

test("1,000 random cancellations of pool calls, subprocesses and socket reads leave nothing, and all still works", async () => {
  const child = start("random-cancellations.ts", ["1", "1000"]);
  const seen = JSON.parse(await lineOf(child)) as {
    ends: Record<string, number>;
    waiting: number;
    right: number;
    tasks: string[];
    left: string[];
    reports: string[];
  };
  const { cancelled = 0, ended = 0, "worker died": died = 0, ...unexpected } = seen.ends;
  expect(unexpected).toEqual({});
  expect(cancelled + ended + died).toBe(1_000);
  expect(cancelled).toBeGreaterThan(500);
  expect(seen).toMatchObject({ missed: [], waiting: 0, right: 90, left: [], reports: [] });
}, 130_000);

test.each([
  ["killed by SIGKILL", "wait"],
  ["ended by process.exit", "exit"],
  ["ended by an error that nobody caught", "throw"],
])("a parent that is %s leaves no pool process, be it in an endless loop", async (_what, how) => {
  using notes = new Notes();
  const child = start("has-children.ts", [notes.file, how]);
  const { pool, subprocess } = JSON.parse(await lineOf(child)) as { pool: number[]; subprocess: number };
  if (how === "wait") child.kill("SIGKILL");
  try {
    expect(pool).toHaveLength(3);
    expect(await survivors(pool)).toEqual([]);
    // Nothing can end a subprocess of ours after SIGKILL: that one is left, as in every language.
    if (how !== "wait") expect(await survivors([subprocess])).toEqual([]);
  } finally {
    if (isAlive(subprocess)) process.kill(subprocess, "SIGKILL");
  }
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s to all of the group lets the program decide: workers and subprocess clean up, and it ends",
  async (signal) => {
    using notes = new Notes();
    // A group of its own, as a terminal gives a command: Ctrl-C reaches every process of it.
    const child = start("interrupted.ts", [notes.file], [], true);
    const line = lineOf(child);
    const end = performance.now() + 10_000;
    while (notes.lines.length < 3 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(notes.lines).toEqual(["begun", "begun", "begun"]);
    process.kill(-(child.pid as number), signal);
    expect(JSON.parse(await line)).toBe("cancelled");
    expect(notes.lines.slice(3).toSorted()).toEqual(["cleaned up", "cleaned up", "subprocess cleaned up"]);
  },
);

/** What an attempt came to: a value, or an error. */
type Attempt =
  | { readonly value: unknown }
  | { readonly name: string; readonly code?: string; readonly message: string };

test("without file descriptors each fails with its own error, none hangs, and all work again when there are some", async () => {
  const seen = JSON.parse(await lineOf(start("few-descriptors.ts", [], ["prlimit", "--nofile=100:100"]))) as {
    without: Record<string, Attempt>;
    after: Record<string, Attempt>;
    again: Record<string, Attempt>;
    many: Attempt[];
  };
  expect(seen.without).toMatchObject({
    exec: { name: "SpawnError", code: "EMFILE" },
    read: { name: "FileError", code: "EMFILE" },
    write: { name: "FileError", code: "EMFILE" },
    socket: { name: "SocketConnectError" },
    process: { message: expect.stringMatching(/EMFILE|descriptor/) as unknown },
  });
  for (const [what, attempt] of Object.entries(seen.without)) {
    expect(attempt, what).toHaveProperty("message");
    expect((attempt as Error).name, what).not.toBe("TimeoutError");
  }
  const works = {
    exec: { value: "echoed\n" },
    read: { value: "Linux\n" },
    write: {},
    socket: { value: "question" },
    thread: { value: "echoed" },
    process: { value: "echoed" },
  };
  expect(seen.after).toEqual(works);
  expect(seen.again).toEqual(works);
  // 60 at once are more than 100 descriptors carry: those that don't get one say so.
  for (const attempt of seen.many) {
    if ("value" in attempt) expect(attempt.value).toBe("echoed\n");
    else expect(attempt).toMatchObject({ name: "SpawnError", code: "EMFILE" });
  }
  expect(seen.many.some((attempt) => "value" in attempt)).toBe(true);
}, 60_000);

test.runIf(process.getuid?.() === 0)("without permission each fails with an error that says what and why", async () => {
  const folder = mkdtempSync(join(tmpdir(), "brigade-nobody-"));
  try {
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "secret.txt"), "secret", { mode: 0o600 });
    mkdirSync(join(folder, "locked", "deeper"), { recursive: true });
    chmodSync(join(folder, "locked"), 0o700);
    const seen = JSON.parse(await lineOf(start("nobody.ts", [folder]))) as Record<string, Attempt>;
    for (const [what, attempt] of Object.entries(seen)) {
      expect(attempt, what).toMatchObject({ code: "EACCES" });
      expect((attempt as Error).message, what).toContain(folder);
    }
    expect(Object.keys(seen)).toHaveLength(12);
    expect(readFileSync(join(folder, "secret.txt"), "utf8")).toBe("secret");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
