/** The border between synchronous code and a loop: starts one, runs main on it, and leaves nothing behind. */
import { DeadlockError, InvalidStateError } from "../errors.ts";
import { host } from "../kernel/host.ts";
import { frameOf } from "../task/body.ts";
import { spawn, TaskLoop } from "../task/event-loop.ts";
import { current } from "../task/frame.ts";
import { reportNeverAwaited } from "../task/ledger.ts";
import type { TaskImpl } from "../task/task.ts";
import { traced } from "../task/trace.ts";
import { reportUnretrieved } from "../task/unretrieved.ts";
import type { AwaitableLike, EventLoop, RunOptions } from "../types.ts";
import { describeDeadlock } from "./deadlock.ts";
import { admit, dismiss } from "./instruments.ts";

type Main<T> = AwaitableLike<T> | (() => AwaitableLike<T>);

/**
 * Runs main on an event loop of its own and gives its result (asyncio.run). When main has ended, tasks that still run
 * are cancelled and awaited. Rejects with what main throws; with `CancelledError` when it was cancelled, by `signal` or
 * by a signal to the process; with `DeadlockError` when nothing can ever wake it. Many runs may be in progress at once.
 * Throws `InvalidStateError` inside a coroutine: there, await with `yield*`.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 *
 * const result = await run(function* () {
 *   yield* sleep("10ms");
 *   return 42;
 * });
 * console.log(result);
 * ```
 */
export function run<T>(main: Main<T>, options: RunOptions = {}): Promise<T> {
  const session = new Session(options);
  return session.run(main).finally(() => session.close());
}

/**
 * Several runs on one loop (asyncio.Runner): tasks that one leaves behind go on in the next. Nothing runs between them.
 * `close` cancels and awaits what is left.
 */
export class Runner implements AsyncDisposable {
  readonly #session: Session;

  constructor(options: RunOptions = {}) {
    this.#session = new Session(options);
  }

  get loop(): EventLoop {
    return this.#session.loop;
  }

  /** Runs main on the loop, as `run` does. Throws `InvalidStateError` inside a coroutine, during another run, after `close`. */
  run<T>(main: Main<T>): Promise<T> {
    return this.#session.run(main).finally(() => this.#session.ignoreSignals());
  }

  /** Cancels and awaits what is left, and reports what nobody looked at. A second time it does nothing. */
  close(): Promise<void> {
    return this.#session.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

class Session {
  readonly loop: TaskLoop;
  readonly #options: RunOptions;
  #state: "idle" | "running" | "closing" | "closed" = "idle";
  #closing: Promise<void> | undefined;
  #main: TaskImpl<unknown> | undefined; // of the run that is in progress
  #deadlock: DeadlockError | undefined; // what that run will reject with
  #held = false; // the process is kept alive for what could cancel main
  #releases: (() => void)[] = []; // undo what was set up to cancel main

  constructor(options: RunOptions) {
    this.#options = options;
    this.loop = new TaskLoop(options);
    this.loop.onStuck = () => this.#stuck();
    admit(this.loop);
  }

  run<T>(main: Main<T>): Promise<T> {
    if (current !== undefined)
      throw new InvalidStateError("run: a coroutine runs here already; await with yield* instead");
    if (this.#state !== "idle") throw new InvalidStateError(`run: this runner is ${this.#state}`);
    const name = this.#options.name ?? "main";
    const task = spawn<T>(this.loop, frameOf(typeof main === "function" ? main() : main, "run"), { name });
    this.#state = "running";
    this.#main = task;
    this.#watchSignals(task);
    return new Promise((resolve, reject) => {
      const completed = (): void => {
        this.loop.pause();
        this.#state = "idle";
        this.#main = undefined;
        const deadlock = this.#deadlock;
        this.#deadlock = undefined;
        if (deadlock) reject(deadlock);
        else if (task.failed || task.cancelled) reject(task.thrown());
        else resolve(task.result());
      };
      task.watch({ completed });
      this.loop.start();
    });
  }

  /** Every call gives the end of the one closing. */
  close(): Promise<void> {
    if (this.#state === "running") {
      return Promise.reject(new InvalidStateError("close: a run is in progress; await it first"));
    }
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#state = "closing";
    const { loop } = this;
    for (;;) {
      // Cleanups may start tasks: those are cancelled in the next round. What tasks left open is closed after them.
      const tasks = this.#unfinished();
      if (tasks.length > 0) await this.#ends(tasks, "run has ended");
      else if (loop.closers.size > 0) await this.#closeNext();
      else break;
    }
    this.ignoreSignals();
    reportNeverAwaited(loop);
    reportUnretrieved(loop);
    this.#state = "closed";
    loop.close();
    dismiss(loop);
  }

  async #closeNext(): Promise<void> {
    for (const closer of this.loop.closers) {
      this.loop.closers.delete(closer);
      return this.#ends([spawn(this.loop, frameOf(closer.close(), "close"))]);
    }
  }

  /** Lets what cancelled main have no effect any more. */
  ignoreSignals(): void {
    this.#held = false;
    for (const release of this.#releases.splice(0)) release();
  }

  #unfinished(): TaskImpl<unknown>[] {
    return [...this.loop.allTasks()] as TaskImpl<unknown>[];
  }

  /** Runs the loop until these tasks have ended; cancels them, if there is a reason. */
  #ends(tasks: readonly TaskImpl<unknown>[], reason?: string): Promise<void> {
    return new Promise((resolve) => {
      let left = tasks.length;
      const completed = (): void => {
        if (--left > 0) return;
        this.loop.pause();
        resolve();
      };
      this.loop.start();
      for (const task of tasks) {
        if (reason !== undefined) task.cancel(reason);
        task.watch({ completed });
      }
    });
  }

  #watchSignals(task: TaskImpl<unknown>): void {
    const { signal, handleSignals } = this.#options;
    if (signal) {
      const abort = (): void => void task.cancel(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener("abort", abort);
      this.#releases.push(() => signal.removeEventListener("abort", abort));
    }
    if (!handleSignals) return;
    let received = false;
    for (const name of ["SIGINT", "SIGTERM"]) {
      const release = host.onSignal(name, () => {
        if (received) {
          this.ignoreSignals();
          host.kill(name);
        }
        received = true;
        task.cancel(name);
      });
      this.#releases.push(release);
    }
  }

  /** Nothing can wake anybody: unwinds every task. Where that is stuck too, gives up. */
  #stuck(): void {
    const { loop } = this;
    const tasks = this.#unfinished();
    if (tasks.length === 0) return;
    if (this.#state === "running" && this.#deadlock === undefined) {
      if (this.#canBeCancelled()) return;
      const error = traced(new DeadlockError(describeDeadlock(tasks), tasks)) as DeadlockError;
      this.#deadlock = error;
      const report = { kind: "deadlock", message: error.message, error } as const;
      if (loop.listened) loop.report(report);
      else loop.observer?.reported(loop, report);
      for (const task of tasks) task.cancel("deadlock");
      // Promises may settle because they were aborted, so this is asked again after one more turn; so it is where anything was woken.
      if (loop.foreign > 0) loop.schedule({ run() {} });
      if (!loop.idle) return;
    }
    // What they wait for was asked to end, and waits for them, through gather for instance: whoever can unwinds without it.
    const left = tasks.filter((task) => task.leave());
    if (left.length === 0) this.#giveUp(tasks);
  }

  /** Whether something outside could still cancel main; then the process is kept for it. */
  #canBeCancelled(): boolean {
    const { signal, handleSignals } = this.#options;
    if (this.#main?.cancelRequested || !(handleSignals || (signal && !signal.aborted))) return false;
    if (!this.#held) this.#releases.push(host.hold());
    this.#held = true;
    return true;
  }

  #giveUp(tasks: readonly TaskImpl<unknown>[]): void {
    const message = `the cleanup of cancelled tasks can never end. ${describeDeadlock(tasks)}`;
    this.loop.report({ kind: "deadlock", message });
    for (const task of tasks) task.abandon();
  }
}
