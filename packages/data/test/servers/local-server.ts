/** A real server in a process of its own, with its data in a temporary folder: it can be killed, restarted and stopped in its tracks. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { GuardedFolder } from "./guarded-folder.ts";
import { freePort } from "./ports.ts";

export interface ServerStart {
  readonly pid: number;
  readonly port: number;
  readonly folder: string;
  /** What the process has written to its log. */
  readonly logged: () => string;
}

/** What PostgreSQL, Redis and an object storage have of their own. */
export interface ServerKind {
  readonly name: string;
  /** Once, before the first start. */
  prepare?(folder: string): Promise<void>;
  command(folder: string, port: number): { readonly file: string; readonly args: readonly string[] };
  /** Whether the process serves by now. */
  serves(start: ServerStart): Promise<boolean> | boolean;
  /** What ends it in good order. */
  readonly endsBy: NodeJS.Signals;
  /** The user it runs as, where that must be another. */
  readonly account?: { readonly uid: number; readonly gid: number };
  readonly env?: Readonly<Record<string, string>>;
}

/** On a machine with much to do. */
const START_WITHIN = 60_000;
const END_WITHIN = 20_000;
const LOOK_EVERY = 20;

const PORT_TAKEN = /address already in use|EADDRINUSE/i;

class DidNotStart extends Error {
  override readonly name: string = "DidNotStart";
  readonly portTaken: boolean;

  constructor(kind: string, log: string) {
    super(`${kind} did not start; its log ends with:\n${log.slice(-2000)}`);
    this.portTaken = PORT_TAKEN.test(log.slice(-2000));
  }
}

export class LocalServer {
  readonly host: string = "127.0.0.1";
  readonly #kind: ServerKind;
  readonly #folder: GuardedFolder;
  #port = 0;
  #process: ChildProcess | undefined;
  #paused = false;

  /** Programs use `startPostgres`, `startRedis` and `startS3`. */
  protected constructor(kind: ServerKind) {
    this.#kind = kind;
    this.#folder = new GuardedFolder(kind.name);
  }

  protected async begin(): Promise<void> {
    try {
      await this.#kind.prepare?.(this.#folder.path);
      for (let tries = 1; ; tries++) {
        this.#port = await freePort();
        try {
          return await this.#launch();
        } catch (error) {
          if (!(error instanceof DidNotStart) || !error.portTaken || tries === 5) throw error;
        }
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
  }

  /** The folder of its data and its log. */
  get folder(): string {
    return this.#folder.path;
  }

  /** Of its first process; 0 while it is down. */
  get pid(): number {
    return this.#isRunning() ? (this.#process?.pid ?? 0) : 0;
  }

  log(): string {
    return readFileSync(join(this.folder, "log"), "utf8");
  }

  /** Ends it for good, and removes its data. */
  async stop(): Promise<void> {
    const gone = this.#gone();
    await this.#folder.remove();
    await gone;
  }

  /** As a crash of its machine: every one of its processes gets SIGKILL. Its data stay; `restart` starts it again. */
  async kill(): Promise<void> {
    const gone = this.#gone();
    this.#process?.kill("SIGKILL");
    for (let pids = this.#folder.processes(); pids.length > 0; pids = this.#folder.processes()) {
      signal(pids, "SIGKILL");
      await delay(5);
    }
    await gone;
    this.#paused = false;
  }

  /** Ends it in good order where it runs, and starts it on the same port with the same data. */
  async restart(): Promise<void> {
    await this.#end();
    for (const begun = performance.now(); ; ) {
      try {
        return await this.#launch();
      } catch (error) {
        // What another process listened on for a moment, in its search for a port.
        if (!(error instanceof DidNotStart) || !error.portTaken || performance.now() - begun > END_WITHIN) throw error;
        await delay(200);
      }
    }
  }

  /** Ends it in good order; `restart` starts it again. */
  async shutDown(): Promise<void> {
    await this.#end();
  }

  /** Its processes stand still (SIGSTOP): connections stay open, new ones are accepted by the system, and nobody answers. */
  pause(): void {
    this.#paused = true;
    const stopped = new Set<number>();
    // The first process first, so that it starts no other meanwhile.
    signal([this.pid], "SIGSTOP");
    for (let fresh = this.#folder.processes(); fresh.length > 0; ) {
      signal(fresh, "SIGSTOP");
      for (const pid of fresh) stopped.add(pid);
      fresh = this.#folder.processes().filter((pid) => !stopped.has(pid));
    }
  }

  resume(): void {
    this.#paused = false;
    signal(this.#folder.processes(), "SIGCONT");
  }

  #isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async #gone(): Promise<void> {
    if (!this.#isRunning() || this.#process === undefined) return;
    this.#process.ref();
    await once(this.#process, "exit");
  }

  async #end(): Promise<void> {
    if (!this.#isRunning()) return;
    if (this.#paused) this.resume();
    const gone = this.#gone().then(() => "gone" as const);
    this.#process?.kill(this.#kind.endsBy);
    if ((await Promise.race([gone, delay(END_WITHIN, "late" as const, { ref: false })])) === "late") await this.kill();
  }

  async #launch(): Promise<void> {
    const { folder } = this;
    const { file, args } = this.#kind.command(folder, this.#port);
    const log = openSync(join(folder, "log"), "a");
    const logBegin = fstatSync(log).size;
    const logged = (): string => readFileSync(join(folder, "log")).subarray(logBegin).toString();
    const child = spawn(file, args, {
      ...this.#kind.account,
      cwd: folder,
      env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC", ...this.#kind.env },
      // Not a pipe for what it says: a server must not wait until a busy test reads that.
      stdio: ["pipe", log, log],
    });
    closeSync(log);
    child.unref();
    (child.stdin as Socket).on("error", () => undefined).unref();
    child.on("error", () => undefined);
    this.#process = child;
    const begun = performance.now();
    while (this.#isRunning() && child.pid !== undefined && performance.now() - begun < START_WITHIN) {
      if (await this.#kind.serves({ pid: child.pid, port: this.#port, folder, logged })) return;
      await delay(LOOK_EVERY);
    }
    if (this.#isRunning() && child.pid !== undefined) await this.kill();
    throw new DidNotStart(this.#kind.name, logged() || `${file} can't be run`);
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      if (pid !== 0) process.kill(pid, name);
    } catch (error) {
      // It has ended meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
