/** A promise of the host as something a task waits for. */
import { type Loop, runningLoop } from "../kernel/loop.ts";
import type { RunningTask } from "./frame.ts";
import { Leaf } from "./leaf.ts";
import { forget, remember } from "./unretrieved.ts";

/** Waits for a promise of the host, and knows how it ended. While it waits, the loop knows of foreign work. */
export abstract class ForeignLeaf<T> extends Leaf<T> {
  protected state: "pending" | "fulfilled" | "rejected" = "pending";
  protected outcome: unknown;
  #left = false; // its task was unwound before the promise settled: nobody will look
  #loop: Loop | undefined = runningLoop;

  get kind(): string {
    return "promise";
  }

  /** From now on the promise's rejection is the runtime's to report. */
  protected follow(promise: PromiseLike<T>): void {
    promise.then(
      (value) => this.#settle("fulfilled", value),
      (error: unknown) => this.#settle("rejected", error),
    );
  }

  #settle(state: "fulfilled" | "rejected", outcome: unknown): void {
    this.state = state;
    this.outcome = outcome;
    const { task } = this;
    if (task !== undefined) {
      task.loop.foreign--;
      task.wake();
    } else if (state === "rejected") this.#reportRejection();
  }

  #reportRejection(): void {
    const loop = this.#loop as Loop;
    const error = this.outcome;
    if (this.#left) {
      loop.report({
        kind: "unretrieved-error",
        message: "a promise rejected after its task had been cancelled",
        error,
      });
    } else remember(this, loop, "a promise was handed over, rejected, and nobody awaited it", error);
  }

  protected start(task: RunningTask): boolean {
    this.#loop = task.loop;
    if (this.state === "rejected") forget(this);
    if (this.state !== "pending") return true;
    task.loop.foreign++;
    return false;
  }

  protected finish(): T {
    if (this.state === "rejected") throw this.outcome;
    return this.outcome as T;
  }

  protected unwind(task: RunningTask): void {
    this.#left = true;
    if (this.state === "pending") task.loop.foreign--;
    else if (this.state === "rejected") this.rejectedUnseen(task);
  }

  /** It rejected, and its task unwinds instead of seeing that. */
  protected rejectedUnseen(_task: RunningTask): void {
    this.#reportRejection();
  }
}

/** Waits for a promise that is there already. It can't be stopped: cancellation leaves it at once. */
export class PromiseLeaf<T> extends ForeignLeaf<T> {
  #unfollowed: PromiseLike<T> | undefined; // made outside any loop: the host reports its rejection until somebody awaits it

  constructor(promise: PromiseLike<T>) {
    super();
    if (runningLoop) this.follow(promise);
    else this.#unfollowed = promise;
  }

  protected override start(task: RunningTask): boolean {
    if (this.#unfollowed) this.follow(this.#unfollowed);
    this.#unfollowed = undefined;
    return super.start(task);
  }
}
