/** What the host answers later, by a callback: once. While a task waits for it, the loop knows of foreign work. */
import type { RunningTask } from "../task/frame.ts";
import { Leaf } from "../task/leaf.ts";

/** Cancellation leaves it at once. What was begun is then `abandoned`'s to give back. */
export class Reply<T> extends Leaf<T> {
  readonly kind: string;
  readonly #label: string | undefined;
  #state: "pending" | "succeeded" | "failed" = "pending";
  #outcome: unknown;

  /** `kind` and `label` say in reports what is waited for: "process exit", and which one. */
  constructor(kind: string, label?: string) {
    super();
    this.kind = kind;
    this.#label = label;
  }

  override get label(): string | undefined {
    return this.#label;
  }

  get pending(): boolean {
    return this.#state === "pending";
  }

  /** The answer. After the first answer this does nothing. */
  succeed(value: T): void {
    this.#answer("succeeded", value);
  }

  /** The error that is the answer. After the first answer this does nothing. */
  fail(error: unknown): void {
    this.#answer("failed", error);
  }

  #answer(state: "succeeded" | "failed", outcome: unknown): void {
    if (this.#state !== "pending") return;
    this.#state = state;
    this.#outcome = outcome;
    const { task } = this;
    if (task === undefined) return;
    task.loop.foreign--;
    task.wake();
  }

  /** A task begins to wait: asks the host, which may answer at once. */
  protected begin(_task: RunningTask): void {}

  /** The task left before there was an answer: gives back what was begun. Never waits. */
  protected abandoned(_task: RunningTask): void {}

  /** It failed, and the task unwinds instead of seeing that. */
  protected failedUnseen(_task: RunningTask, _error: unknown): void {}

  protected start(task: RunningTask): boolean {
    if (this.#state === "pending") this.begin(task);
    if (this.#state !== "pending") return true;
    task.loop.foreign++;
    return false;
  }

  protected finish(): T {
    if (this.#state === "failed") throw this.#outcome;
    return this.#outcome as T;
  }

  protected unwind(task: RunningTask): void {
    if (this.#state === "pending") {
      task.loop.foreign--;
      this.abandoned(task);
    } else if (this.#state === "failed") this.failedUnseen(task, this.#outcome);
  }
}

/** Cancellation asks it to end; the task unwinds when the answer has come, and not before. */
export abstract class EndingReply<T> extends Reply<T> {
  /** Begins to end what was begun. The answer that follows, whatever it is, lets the task unwind. */
  protected abstract stop(reason: unknown): void;

  /** Whether the error says nothing but that it was asked to end. Any other is the task's outcome: errors are never lost. */
  protected answersStop(_error: unknown): boolean {
    return true;
  }

  askToEnd(reason: unknown): boolean {
    if (!this.pending) return false;
    this.stop(reason);
    return true;
  }

  protected override failedUnseen(task: RunningTask, error: unknown): void {
    if (!this.answersStop(error)) task.collect(error);
  }
}
