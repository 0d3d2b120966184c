/** A process that was started: what is known of it, and who is told. How it is ended stands in ending.ts. */
import type { ChildProcess } from "node:child_process";
import { runningTaskLoop, type TaskLoop } from "../../task/event-loop.ts";
import type { Closer } from "../../task/home.ts";
import type { Awaitable } from "../../types.ts";
import { KillError } from "../errors.ts";
import { Reply } from "../../border/reply.ts";
import { forgetAtExit, killAtExit } from "./at-exit.ts";
import { endProcess } from "./ending.ts";
import { ProcessGroup } from "./group.ts";
import type { Order } from "./options.ts";
import { Timed } from "./timed.ts";

/** How a process ended: by itself, with an exit code, or by a signal. The other is undefined. */
export interface ExitStatus {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

type State =
  | "running"
  | "exited" // and reaped; its pipes may be open
  | "closed"; // and its pipes are closed

export class Child implements Closer {
  readonly order: Order;
  readonly pid: number;
  readonly process: ChildProcess;
  readonly group: ProcessGroup;
  status: ExitStatus | undefined; // set ⇔ not running
  exitTime = 0; // once it is not running
  killTime: number | undefined; // when SIGKILL is due; set ⇔ it was asked to end
  #state: State = "running";
  readonly #loop: TaskLoop = runningTaskLoop();
  readonly #waiting = new Set<Reply<ExitStatus>>(); // not empty ⇒ running
  readonly #watching = new Set<() => void>(); // told of every change of state
  #interruption: { readonly error: unknown } | undefined; // why nobody need wait for its exit

  /** Of a process that has a pid, in the turn in which it was started. Until `forget` the end of the run ends it. */
  constructor(order: Order, process: ChildProcess) {
    this.order = order;
    this.process = process;
    this.pid = process.pid as number;
    this.group = new ProcessGroup(this.pid, order.group);
    this.#loop.closers.add(this);
    killAtExit(this);
    process.once("exit", (exitCode, signal) => this.#exited(exitCode ?? undefined, signal ?? undefined));
    process.once("close", () => this.#change("closed"));
    for (const stream of process.stdio) stream?.on("error", () => {}); // whoever cares listens as well
  }

  get running(): boolean {
    return this.#state === "running";
  }

  #exited(exitCode: number | undefined, signal: NodeJS.Signals | undefined): void {
    this.group.leaderReaped();
    this.status = { exitCode, signal };
    this.exitTime = performance.now();
    this.process.stdin?.destroy(); // Bun leaves that to us
    this.#change("exited");
    for (const reply of this.#waiting) reply.succeed(this.status);
    this.#waiting.clear();
  }

  #change(state: State): void {
    this.#state = state;
    for (const changed of [...this.#watching]) changed();
  }

  /** Gives its status when it has exited. Throws the error that `interrupt` was given. Any number of tasks may wait. */
  exit(): Awaitable<ExitStatus> {
    return new Exit(this, this.#waiting);
  }

  /** Whoever waits for its exit, now or later, gets this error instead. */
  interrupt(error: unknown): void {
    this.#interruption ??= { error };
    for (const reply of this.#waiting) reply.fail(this.#interruption.error);
    this.#waiting.clear();
  }

  /** Throws the error that `interrupt` was given. */
  check(): void {
    if (this.#interruption) throw this.#interruption.error;
  }

  until(state: "exited" | "closed", within: number): Awaitable<boolean> {
    const kind = state === "exited" ? "process exit" : "process pipes";
    return new Timed(kind, this.order.line, within, (happened) => {
      const changed = (): void => {
        if (this.#state === state || this.#state === "closed") happened();
      };
      changed();
      this.#watching.add(changed);
      return () => this.#watching.delete(changed);
    });
  }

  /**
   * Sends the signal to it and what it started. False if nobody is left. Throws `KillError` where that is not allowed.
   */
  send(signal: NodeJS.Signals | number): boolean {
    const answer = this.group.send(signal);
    if (answer !== "denied") return answer === "sent";
    const { line } = this.order;
    const why = "it runs as another user, to whom this program may not send signals (EPERM)";
    throw new KillError(`"${line}" (pid ${this.pid}) was not sent ${signal}: ${why}`, this.pid, line);
  }

  kill(): void {
    this.group.send("SIGKILL");
  }

  /** Asks it, and what it started, to end: once. */
  askToEnd(): void {
    if (this.killTime !== undefined) return;
    const { killSignal, grace } = this.order;
    this.killTime = performance.now() + grace;
    this.group.send(killSignal);
    if (process.platform !== "win32") this.group.send("SIGCONT"); // one that is stopped would not see the other before
  }

  close(): Awaitable<void> {
    return endProcess(this);
  }

  get bytesRead(): number {
    let bytes = 0;
    for (const stream of this.process.stdio) bytes += (stream as { bytesRead?: number } | null)?.bytesRead ?? 0;
    return bytes;
  }

  destroyPipes(): void {
    for (const stream of this.process.stdio) stream?.destroy();
  }

  forget(): void {
    forgetAtExit(this);
    this.#loop.closers.delete(this);
  }
}

class Exit extends Reply<ExitStatus> {
  readonly #child: Child;
  readonly #waiting: Set<Reply<ExitStatus>>;

  constructor(child: Child, waiting: Set<Reply<ExitStatus>>) {
    super("process exit", child.order.line);
    this.#child = child;
    this.#waiting = waiting;
  }

  protected override begin(): void {
    this.#child.check();
    if (this.#child.status) this.succeed(this.#child.status);
    else this.#waiting.add(this);
  }

  protected override abandoned(): void {
    this.#waiting.delete(this);
  }
}
