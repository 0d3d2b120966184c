/** Programs in processes of their own, watched at their sockets: with files, environment and memory of the test's choice. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** The Node of the repository, which runs TypeScript, whichever Node runs the tests. */
const node = createRequire(import.meta.url).resolve("node/bin/node");
const LIFETIME = 60_000; // long enough for a busy machine

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for this test, named shortly: sockets in it have short addresses. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "b6-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly cwd?: string;
  readonly uid?: number;
}

/** A program given as text; it imports "brigade" as a user does. */
export class Program {
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";
  readonly #child: ReturnType<typeof spawn>;

  constructor(source: string, { env = {}, flags = [], cwd, uid }: Setting = {}) {
    const args = ["--conditions=@brigade/source", ...flags, "--input-type=module-typescript", "--eval", source];
    const environment = Object.entries(process.env).filter(
      ([name]) => !/^(BRIGADE|XDG_RUNTIME|VITEST|NODE_)/.test(name),
    );
    const child = spawn(node, args, {
      cwd: cwd ?? fileURLToPath(new URL("..", import.meta.url)),
      env: { ...Object.fromEntries(environment), ...env },
      timeout: LIFETIME,
      killSignal: "SIGKILL",
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.#child = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (this.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => void (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
    onTestFinished(() => void child.kill("SIGKILL"));
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Resolves when the program has printed this; rejects when it ends without. */
  async printed(text: string): Promise<void> {
    while (!this.stdout.includes(text)) {
      const over = await Promise.race([this.ended, new Promise<undefined>((resolve) => setTimeout(resolve, 5))]);
      if (over && !this.stdout.includes(text)) throw new Error(`ended without "${text}": ${JSON.stringify(over)}`);
    }
  }

  /** Goes on, if it waits for a line. */
  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

/** Source text: waits for the next line of standard input, in a coroutine. */
export const NEXT_LINE = `
import { createInterface } from "node:readline";
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const nextLine = () => fromPromise(lines.next());
`;

/** Where a program's socket is, with XDG_RUNTIME_DIR set to the folder. */
export function socketOf(folder: string, { pid }: Program): string {
  return join(folder, "brigade", `${pid}.sock`);
}

export type Answer = Readonly<Record<string, unknown>>;

/** One that watches, and reads what it is told to. */
export class Watcher {
  readonly socket: Socket;
  readonly answers: Answer[] = [];
  readonly closed: Promise<void>;
  #text = "";
  #next = 0;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on("error", () => {}); // told by `closed`
    this.closed = new Promise((resolve) => this.socket.on("close", () => resolve()));
    this.socket.setEncoding("utf8");
  }

  /** Connected, or the error of that. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.socket.connecting && !this.socket.destroyed) resolve();
      this.socket.once("connect", resolve);
      this.socket.once("error", reject);
    });
  }

  /** Reads from now on. */
  read(): this {
    this.socket.on("data", (text) => {
      const lines = (this.#text + String(text)).split("\n");
      this.#text = lines.pop() as string;
      for (const line of lines) this.answers.push(JSON.parse(line) as Answer);
    });
    return this;
  }

  send(call: string, parameters: object = {}): number {
    const id = ++this.#next;
    this.socket.write(`${JSON.stringify({ id, call, ...parameters })}\n`);
    return id;
  }

  /** The pieces of the answer, and its value. Throws what the program answers, or that it has gone. */
  async call(call: string, parameters: object = {}): Promise<{ pieces: string[]; value: unknown }> {
    const id = this.send(call, parameters);
    for (;;) {
      const mine = this.answers.filter((answer) => answer["id"] === id);
      const end = mine.find((answer) => "value" in answer || "error" in answer);
      if (end && "error" in end) throw new Error(String(end["error"]));
      if (end)
        return { pieces: mine.flatMap((one) => ("piece" in one ? [String(one["piece"])] : [])), value: end["value"] };
      if (this.socket.destroyed) throw new Error("the connection was closed");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Watches a program at its socket. Closed at the test's end. */
export async function watch(path: string): Promise<Watcher> {
  const watcher = new Watcher(path);
  onTestFinished(() => watcher.close());
  await watcher.connected();
  return watcher;
}
