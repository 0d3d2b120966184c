/** A CPython that runs programs: JSON in, traces out, in order. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Trace } from "../program.ts";
import { findPython, type Python } from "../python.ts";

interface Waiter {
  readonly resolve: (trace: Trace) => void;
  readonly reject: (error: Error) => void;
}

const COMPLAINTS = 2000; // characters of its stderr that an error shows

export class CPython implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiters: Waiter[] = [];
  readonly #ended: Promise<void>;
  #complaints = "";
  #failure: Error | undefined;

  constructor(python: Python) {
    this.#process = spawn(python.command, python.args, { stdio: ["pipe", "pipe", "pipe"] });
    const { stdin, stdout, stderr } = this.#process;
    createInterface({ input: stdout }).on("line", (line) => this.#answer(line));
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-COMPLAINTS);
    });
    stdin.on("error", () => {}); // it has ended: "close" tells why
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    this.#process.on("error", (error) => this.#fail(error));
    this.#process.on("close", (code, signal) => {
      this.#fail(new Error(`CPython ended (${signal ?? code}) before it had answered. ${this.#complaints}`.trim()));
      resolve();
    });
  }

  static async start(): Promise<CPython> {
    return new CPython(await findPython());
  }

  /** Writes all of them at once, so that it never waits for the next one. */
  run(programs: readonly string[]): Promise<Trace[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const traces = programs.map(() => new Promise<Trace>((resolve, reject) => this.#waiters.push({ resolve, reject })));
    this.#process.stdin.write(programs.map((program) => `${program}\n`).join(""));
    return Promise.all(traces);
  }

  #answer(line: string): void {
    this.#waiters.shift()?.resolve((JSON.parse(line) as { readonly trace: Trace }).trace);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiters.splice(0)) reject(this.#failure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    if (this.#waiters.length > 0) this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
