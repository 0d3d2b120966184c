/** A call of a function in a worker, as what a task waits for. */
import type { RunningTask } from "../../task/frame.ts";
import { runningTaskLoop } from "../../task/event-loop.ts";
import { EndingReply } from "../../border/reply.ts";
import type { WorkerPool } from "./worker-pool.ts";
import type { Work, WorkRunner } from "./work.ts";

export class PoolCall extends EndingReply<unknown> implements Work {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly credit = 0;
  worker: WorkRunner | undefined = undefined;
  deaths = 0;
  previous: Work | undefined = undefined;
  following: Work | undefined = undefined;
  moved = false;
  readonly #pool: WorkerPool;
  #answers = false; // the error says nothing but that it was cancelled
  #droppedBy: Error | undefined; // what it fails with if it is ended by its pool

  constructor(pool: WorkerPool, name: string, args: readonly unknown[]) {
    super("call in a worker");
    this.#pool = pool;
    this.name = name;
    this.args = args;
  }

  override get label(): string {
    return `${this.name} of pool ${this.#pool.name}`;
  }

  get repeatable(): boolean {
    return !this.moved && !this.task?.asked;
  }

  protected override begin(_task: RunningTask): void {
    this.#pool.submit(this, runningTaskLoop());
  }

  protected stop(reason: unknown): void {
    this.#pool.cancel(this, reason);
  }

  protected override answersStop(): boolean {
    return this.#answers;
  }

  gave(value: unknown): void {
    this.succeed(value);
  }

  gaveItem(): void {}

  ended(): void {}

  failed(error: unknown, answers: boolean): void {
    this.#answers = answers;
    this.fail(answers && this.#droppedBy !== undefined ? this.#droppedBy : error);
  }

  dropped(error: Error): void {
    this.#droppedBy = error;
    if (this.worker !== undefined) this.worker.cancel(error.message);
    else this.fail(error);
  }
}
