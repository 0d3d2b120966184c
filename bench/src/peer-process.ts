/** A process of the bench that is asked by lines and answers by lines. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Reply } from "./program.ts";

/** No round takes this long unless its program hangs. */
const REPLY_TIMEOUT_MS = 120_000;
const KEPT_COMPLAINT = 2_000;

type FigureReply = Extract<Reply, { readonly kind: "figure" }>;

export class PeerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  complaints = "";

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args);
    this.#child.on("error", (error) => {
      this.complaints += error.message;
    });
    this.#child.stdin.on("error", () => {
      // A process that has ended can't be asked; `reply` says why it ended.
    });
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.complaints = (this.complaints + chunk.toString()).slice(-KEPT_COMPLAINT);
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async #reply(): Promise<Reply> {
    const watchdog = setTimeout(() => this.#child.kill("SIGKILL"), REPLY_TIMEOUT_MS);
    const line = await this.#lines.next();
    clearTimeout(watchdog);
    if (line.done === true) throw new Error(`Its process ended without an answer. ${this.complaints}`.trim());
    const reply = JSON.parse(line.value) as Reply;
    if (reply.kind === "failed") throw new Error(reply.message);
    return reply;
  }

  /** Waits until it has warmed up or serves; gives where it serves. */
  async ready(): Promise<string> {
    const reply = await this.#reply();
    if (reply.kind !== "ready") throw new Error(`It answered "${reply.kind}" before it was asked.`);
    return reply.url ?? "";
  }

  /** Has a round done. */
  async round(): Promise<FigureReply> {
    this.#child.stdin.write("round\n");
    const reply = await this.#reply();
    if (reply.kind !== "figure") throw new Error(`It answered "${reply.kind}" to a round.`);
    return reply;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const gone = once(this.#child, "exit");
    this.#child.stdin.end();
    const watchdog = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(watchdog);
  }
}
