/** Programs to be watched: processes that run Brigade, with their sockets in a folder of the test's own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ended, program } from "../command/process.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const brigadePackage = fileURLToPath(new URL("../../../brigade", import.meta.url));

export interface Watched {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<void>;
}

/** A circle of two, a task that waits for it, and a hundred that wait alike. After SIGHUP it is busy until there is a file `go`. */
export const busyProgram = `
import { existsSync } from "node:fs";
import { coroutine, createTask, Lock, run, sleep } from "brigade";
const [db, cache] = [new Lock({ name: "db" }), new Lock({ name: "cache" })];
const both = coroutine(function* both(first, second) {
  using _first = yield* first.acquire();
  yield* sleep(1);
  using _second = yield* second.acquire();
});
const idle = coroutine(function* idle() { yield* sleep("1h"); });
await run(function* () {
  createTask(both(db, cache), { name: "A" });
  createTask(both(cache, db), { name: "B" });
  createTask(both(db, db), { name: "<img src=x>\\u001B[31m" });
  for (let i = 0; i < 100; i++) createTask(idle(), { name: "idle " + i });
  yield* sleep(5);
  process.on("SIGHUP", () => { while (!existsSync("go")); });
  console.log("ready");
  for (;;) yield* sleep(5);
});
`;

export class Folder implements AsyncDisposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "brigade-top-"));
  readonly env: NodeJS.ProcessEnv = { ...process.env, XDG_RUNTIME_DIR: this.path, TMPDIR: this.path };
  readonly #watched: Watched[] = [];

  constructor() {
    mkdirSync(join(this.path, "node_modules"));
    symlinkSync(brigadePackage, join(this.path, "node_modules/brigade"));
  }

  /** Runs the module until it has printed "ready". */
  async start(
    source: string = busyProgram,
    env: NodeJS.ProcessEnv = { BRIGADE_INSPECT: "1" },
    uid?: number,
  ): Promise<Watched> {
    const file = join(this.path, `main-${this.#watched.length}.mts`);
    writeFileSync(file, source);
    const child = spawn(process.execPath, ["--conditions=@brigade/source", "--js-explicit-resource-management", file], {
      cwd: this.path,
      env: { ...this.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 60_000,
      killSignal: "SIGKILL",
      ...(uid === undefined ? {} : { uid }),
    });
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const watched = { process: child, pid: child.pid as number, ended };
    this.#watched.push(watched);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    return watched;
  }

  /** The command, with the same sockets. */
  brigade(...args: string[]): Promise<Ended> {
    return program(process.execPath, ["--conditions=@brigade/source", main, ...args], { env: this.env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { process, ended } of this.#watched) {
      process.kill("SIGKILL");
      await ended;
    }
    rmSync(this.path, { recursive: true, force: true });
  }
}
