/** Who takes part in a work: something that can be started, does a round when asked, and stops. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Assignment, Reply } from "./program.ts";
import type { Peer, ProgramWork, Rival } from "./work.ts";

export interface Contender {
  readonly label: string;
  /** Starts and warms up. */
  start(): Promise<void>;
  /** One round's figure, in the unit of the table. */
  round(): Promise<number>;
  stop(): Promise<void>;
  /** What it said on stderr: a report of a runtime, or a warning of its host. */
  readonly complaints: string;
}

/** No round here takes this long unless its program hangs. */
const REPLY_TIMEOUT_MS = 120_000;
const KEPT_COMPLAINT = 2_000;

const childScript: string = fileURLToPath(new URL("child.ts", import.meta.url));
const asyncioScript: string = fileURLToPath(new URL("peers/asyncio/child.py", import.meta.url));

function commandOf(
  peer: Peer,
  assignment: Assignment,
  python: string | undefined,
): readonly [string, readonly string[]] {
  if (peer !== "asyncio") return [process.execPath, ["--expose-gc", childScript, peer, JSON.stringify(assignment)]];
  if (python === undefined) throw new Error("There is no python3 on this machine.");
  return [python, ["-B", asyncioScript, JSON.stringify(assignment)]];
}

/** A process of one peer: a line asks for a round, a line answers. */
class PeerProcess {
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

  ask(): void {
    this.#child.stdin.write("round\n");
  }

  async reply(): Promise<Reply> {
    const watchdog = setTimeout(() => this.#child.kill("SIGKILL"), REPLY_TIMEOUT_MS);
    const line = await this.#lines.next();
    clearTimeout(watchdog);
    if (line.done === true) throw new Error(`Its process ended without an answer. ${this.complaints}`.trim());
    const reply = JSON.parse(line.value) as Reply;
    if (reply.kind === "failed") throw new Error(reply.message);
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

/** A peer that does a work's program in processes of its own. */
export class ProgramContender implements Contender {
  readonly label: string;
  readonly #rival: Rival;
  readonly #work: ProgramWork;
  readonly #python: string | undefined;
  #process: PeerProcess | undefined;
  complaints = "";

  constructor(rival: Rival, work: ProgramWork, python: string | undefined) {
    this.label = rival.label;
    this.#rival = rival;
    this.#work = work;
    this.#python = python;
  }

  get #count(): number {
    return this.#rival.count ?? this.#work.count;
  }

  async #open(): Promise<PeerProcess> {
    const { module, name, figure, expected } = this.#work;
    const assignment: Assignment = {
      module,
      program: this.#rival.program ?? name,
      count: this.#count,
      figure,
      ...(expected === undefined ? {} : { expected: expected(this.#count) }),
    };
    const opened = new PeerProcess(...commandOf(this.#rival.peer, assignment, this.#python));
    this.#process = opened;
    await opened.reply();
    return opened;
  }

  async start(): Promise<void> {
    if (this.#work.process === "kept") await this.#open();
  }

  async round(): Promise<number> {
    const process = this.#work.process === "kept" ? this.#process : await this.#open();
    if (process === undefined) throw new Error(`${this.label} was asked for a round before it was started.`);
    process.ask();
    const reply = await process.reply();
    if (reply.kind !== "figure") throw new Error(`${this.label} answered "${reply.kind}" to a round.`);
    if (this.#work.process === "fresh") await this.stop();
    return this.#work.scale(reply.figure, this.#count);
  }

  async stop(): Promise<void> {
    await this.#process?.end();
    this.complaints = this.#process?.complaints ?? this.complaints;
    this.#process = undefined;
  }
}
