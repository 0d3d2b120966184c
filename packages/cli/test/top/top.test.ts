/** The commands on real programs: on a terminal (tmux), and without one. */
import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Folder } from "../attach/watched.ts";
import { hasProgram } from "../command/process.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const circle = "waits-for cycle: A holds lock `db` and waits for lock `cache`, held by B, which waits for `db`";
let folder: Folder;
let screens = 0;

beforeEach(() => {
  folder = new Folder();
});

afterEach(() => folder[Symbol.asyncDispose]());

describe("without a terminal", () => {
  test("top prints one picture of the program, and ends", async () => {
    const { pid } = await folder.start();
    const { exitCode, stdout, stderr } = await folder.brigade("top", String(pid));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(new RegExp(`^process ${pid} {2}main-0\\.mts {2}node [\\d.]+ on linux \\w+ {2}up `));
    expect(lines[1]).toMatch(/^104 tasks {2}10\d wait {2}\d+ ready {2}[\d,]+\/s steps {2}.*lag .*heap /);
    expect(lines[4]).toMatch(/^▾ main +waiting .* sleep 5 ms +main-0\.mts:\d+ gen/);
    expect(lines[5]).toMatch(/^ {3}A +waiting +[\d.]+ m?s +.* Lock\.acquire `cache` +main-0\.mts:\d+ both$/);
    expect(lines[7]).toMatch(/^ {3}<img src=x> \[31m/);
    expect(lines[8]).toMatch(/^ ▸ idle \* ×100 +waiting .* sleep 3600000 ms +main-0\.mts:\d+ idle$/);
    expect(lines[9]).toBe(circle);
  });

  test("top alone lists the programs that can be watched, or says how there would be one", async () => {
    const none = await folder.brigade("top");
    expect(none).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(/no program of yours can be watched now: start one with BRIGADE_INSPECT=1/),
    });
    const { pid } = await folder.start();
    const { stdout } = await folder.brigade("top");
    expect(stdout).toMatch(new RegExp(`^PROCESS +UP +PROGRAM\n${pid} +[\\d.]+ m?s +main-0\\.mts\n$`));
  });

  test("dump prints every task with its frames, the circle first", async () => {
    const { pid } = await folder.start();
    const { exitCode, stdout } = await folder.brigade("dump", String(pid));
    expect(exitCode).toBe(0);
    expect(stdout.match(/^task "/gm)).toHaveLength(104);
    expect(stdout).toContain(`${circle}; because of it 1 more can never be woken\n`);
    expect(stdout).toMatch(
      /^task "B" .* waiting .* for Lock\.acquire of lock `db`, held by A \(2\)\n {4}at both \(.*main-0\.mts:\d+:\d+\)$/m,
    );
    expect(stdout.endsWith("\n104 tasks\n")).toBe(true);
  });

  test("dump into a program that reads the first line alone ends without a complaint", async () => {
    const { pid } = await folder.start();
    const line = `"$0" --conditions=@brigade/source "$1" dump ${pid} | head -n 1`;
    const text = execFileSync("sh", ["-c", line, process.execPath, main], {
      env: folder.env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect(text).toMatch(new RegExp(`^process ${pid}: main-0\\.mts`));
  });

  test("a program whose thread is busy is waited for, and that is said", async () => {
    const { pid, process: node } = await folder.start();
    node.kill("SIGHUP"); // busy until the file is there
    const dump = spawn(process.execPath, ["--conditions=@brigade/source", main, "dump", String(pid)], {
      env: folder.env,
    });
    let [stdout, stderr] = ["", ""];
    dump.stdout.on("data", (text) => (stdout += text));
    dump.stderr.on("data", (text) => {
      stderr += text;
      writeFileSync(join(folder.path, "go"), "");
    });
    expect(await new Promise((resolve) => dump.on("close", resolve))).toBe(0);
    expect(stderr).toMatch(
      /^brigade dump: process \d+ is busy: its thread runs something and does not answer yet; waiting\n$/,
    );
    expect(stdout).toContain('task "main"');
  });

  test.for([
    [
      ["top", "nobody"],
      2,
      /^brigade top: PROGRAM "nobody": write the number of a process, such as 1234, or the address/,
    ],
    [["dump"], 2, /^brigade dump: name a program: the number of its process/],
    [["dump", "99999999"], 1, /^brigade dump: there is no process 99999999\n$/],
    [["top", "99999999"], 1, /^brigade top: there is no process 99999999\n$/],
    [["top", "http://127.0.0.1:1/"], 1, /^brigade top: http:\/\/127\.0\.0\.1:1: there is no token in the address/],
    [["top", "1", "--interval", "0s"], 2, /--interval/],
  ] as const)("%j ends with a line that says what to do", async ([args, code, line]) => {
    const { exitCode, stderr, stdout } = await folder.brigade(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

/** A shell in a terminal of its own: what stands before the command must be there again afterwards. */
class Terminal implements Disposable {
  readonly #socket = `brigade-top-${process.pid}-${screens++}`; // a server of its own, that ends with it

  constructor(pid: number) {
    const command = `${process.execPath} --conditions=@brigade/source ${main} top ${pid} --interval 200ms`;
    const line = `unset LC_ALL LC_CTYPE; LANG=C.UTF-8; export LANG; XDG_RUNTIME_DIR=${folder.path}; export XDG_RUNTIME_DIR; echo before; ${command}; echo "exit $?"; exec sleep 60`;
    this.tmux("-u", "new-session", "-d", "-x", "100", "-y", "24", line);
  }

  tmux(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
  }

  /** A terminal has no event for what was drawn on it: looks again and again. */
  async shows(expected: RegExp): Promise<string> {
    for (const limit = performance.now() + 15_000; ; ) {
      const text = this.tmux("capture-pane", "-p");
      if (expected.test(text)) return text;
      if (performance.now() > limit) throw new Error(`within 15 s there was no ${expected}, but:\n${text}`);
      await delay(50);
    }
  }

  [Symbol.dispose](): void {
    this.tmux("kill-server");
  }
}

describe.skipIf(!hasProgram("tmux"))("on a terminal", () => {
  test("keys move, fold, filter and sort; q leaves the terminal as it was", async () => {
    const { pid } = await folder.start();
    using terminal = new Terminal(pid);
    const first = await terminal.shows(/▸ idle \* ×100/);
    expect(first).toContain(circle);
    expect(first).toMatch(/q quit {2}1 of 5/);
    expect(first.trimEnd().split("\n")).toHaveLength(24);
    terminal.tmux("send-keys", "Down", "Down", "Down", "Down", "Enter");
    await terminal.shows(/▾ idle \* ×100[\s\S]*idle 0 [\s\S]*5 of 105/);
    terminal.tmux("send-keys", "End");
    await terminal.shows(/^>.*idle 99 [\s\S]*105 of 105/m);
    terminal.tmux("send-keys", "/", "idle 77", "Enter");
    await terminal.shows(/^filter: idle 77[\s\S]*idle 77 [\s\S]* of 2/m);
    terminal.tmux("send-keys", "Escape");
    await delay(100); // or the next key would belong to the escape
    terminal.tmux("send-keys", "s");
    await terminal.shows(/^by how long they have waited[\s\S]* of 104/m);
    terminal.tmux("send-keys", "q");
    const after = await terminal.shows(/exit/);
    expect(after.trimEnd().split("\n")).toEqual(["before", "exit 0"]);
    expect(terminal.tmux("display", "-p", "#{cursor_flag}").trim()).toBe("1");
  });

  test("a program that is busy is said to be, and goes on to be shown", async () => {
    const { pid, process: node } = await folder.start();
    using terminal = new Terminal(pid);
    await terminal.shows(/▸ idle \* ×100/);
    node.kill("SIGHUP"); // busy until the file is there
    expect(await terminal.shows(/^busy for \d+(\.\d+)? m?s: its thread/m)).toContain("idle *");
    writeFileSync(join(folder.path, "go"), "");
    await terminal.shows(/^104 tasks/m);
  });

  test("when the program ends, top does, says so, and leaves the terminal as it was", async () => {
    const { pid, process: node } = await folder.start();
    using terminal = new Terminal(pid);
    await terminal.shows(/▸ idle \* ×100/);
    node.kill("SIGKILL");
    const after = await terminal.shows(/exit/);
    expect(after.trimEnd().split("\n")).toEqual([
      "before",
      expect.stringMatching(`process ${pid} has (ended|gone)`),
      "exit 0",
    ]);
  });

  test("Ctrl-C quits, and SIGTERM leaves the terminal as it was", async () => {
    const { pid } = await folder.start();
    using terminal = new Terminal(pid);
    await terminal.shows(/▸ idle/);
    terminal.tmux("send-keys", "C-c");
    expect((await terminal.shows(/exit/)).trimEnd().split("\n")).toEqual(["before", "exit 0"]);
  });
});
