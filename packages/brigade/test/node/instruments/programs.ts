/** Programs that are watched: processes of their own, in a folder of their own, with what the environment asks for. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CallAnswer, CallName, CallParams, CallValue } from "brigade/trace";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly process: ChildProcess;
  readonly pid: number;
  printed(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

const packageFolder = fileURLToPath(new URL("../../..", import.meta.url));

export interface StartOptions {
  readonly flags?: readonly string[];
  /** How long files may become, in blocks of 512 bytes. */
  readonly fileBlocks?: number;
}

/** A folder for one test: programs run in it, and have their sockets in it. It is gone afterwards, and so are they. */
export class Place implements AsyncDisposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "brigade-watched-"));
  readonly #programs: Program[] = [];

  constructor() {
    mkdirSync(join(this.path, "node_modules"));
    symlinkSync(packageFolder, join(this.path, "node_modules/brigade"));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Where the sockets are. */
  get sockets(): string {
    return this.file("brigade");
  }

  socketOf(pid: number): string {
    return join(this.sockets, `${pid}.sock`);
  }

  /** The traces that are there, and the reports beside them. */
  traces(): string[] {
    return readdirSync(this.path)
      .filter((name) => name.includes(".brigade"))
      .sort();
  }

  /** Runs the module, given as text. */
  start(source: string, env: NodeJS.ProcessEnv = {}, options: StartOptions = {}): Program {
    const file = this.file(`program-${this.#programs.length}.mts`);
    writeFileSync(file, source);
    const limits = options.fileBlocks === undefined ? "" : `ulimit -f ${options.fileBlocks};`;
    const command = [process.execPath, "--conditions=@brigade/source", ...(options.flags ?? []), file];
    const child = spawn("sh", ["-c", `${limits} exec "$@"`, "sh", ...command], {
      cwd: this.path,
      env: { ...process.env, XDG_RUNTIME_DIR: this.path, TMPDIR: this.path, ...env },
      timeout: 15_000, // long enough for a busy machine; one that hangs fails its test by name
      killSignal: "SIGKILL",
    });
    const program = followed(child);
    this.#programs.push(program);
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { process, ended } of this.#programs) {
      process.kill("SIGKILL");
      await ended;
    }
    rmSync(this.path, { recursive: true, force: true });
  }
}

function followed(child: ChildProcess): Program {
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    for (const check of waiting) check();
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    for (const check of waiting) check();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const printed = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!stdout.includes(text) && !stderr.includes(text)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
      void ended.then(() => reject(new Error(`the program ended and never printed ${text}\n${stdout}\n${stderr}`)));
    });
  return { process: child, pid: child.pid as number, printed, ended };
}

/** Looks until it is so; fails after a while. */
export async function eventually(what: string, isSo: () => boolean): Promise<void> {
  for (const until = performance.now() + 10_000; !isSo(); ) {
    if (performance.now() > until) throw new Error(`still not so after 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Somebody who watches: sends lines, and takes lines. */
export class Watcher implements Disposable {
  readonly socket: Socket;
  readonly lines: string[] = []; // that came and nobody has taken
  readonly closed: Promise<void>;
  #text = "";
  #wake: () => void = () => {};
  #next = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      const lines = (this.#text + chunk).split("\n");
      this.#text = lines.pop() as string;
      this.lines.push(...lines);
      this.#wake();
    });
    socket.on("error", () => {}); // told by "close" too
    this.closed = new Promise((resolve) => socket.on("close", () => resolve(this.#wake())));
  }

  static async at(path: string): Promise<Watcher> {
    for (;;) {
      const socket = connect(path);
      const refused = await new Promise<boolean>((resolve, reject) => {
        socket.once("connect", () => resolve(false));
        socket.once("error", (error: NodeJS.ErrnoException) =>
          error.code === "ECONNREFUSED" ? resolve(true) : reject(error),
        );
      });
      if (!refused) return new Watcher(socket);
      await new Promise((resolve) => setTimeout(resolve, 5)); // its name is there before it listens
    }
  }

  send(line: string): void {
    this.socket.write(`${line}\n`);
  }

  /** The next line; undefined when the other end has closed. */
  async line(): Promise<string | undefined> {
    while (this.lines.length === 0 && !this.socket.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.lines.shift();
  }

  async answer(): Promise<CallAnswer & { readonly error?: string; readonly piece?: string; readonly value?: unknown }> {
    const line = await this.line();
    if (line === undefined) throw new Error("the other end has closed, and gave no answer");
    return JSON.parse(line);
  }

  /** The value of the answer; its pieces go to `take`. */
  async call<C extends CallName>(
    call: C,
    params: CallParams<C>,
    take: (piece: string) => void = () => {},
  ): Promise<CallValue<C>> {
    const id = this.#next++;
    this.send(JSON.stringify({ ...params, id, call }));
    for (;;) {
      const answer = await this.answer();
      if (answer.error !== undefined) throw new Error(answer.error);
      if (answer.piece === undefined) return answer.value as CallValue<C>;
      take(answer.piece);
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
