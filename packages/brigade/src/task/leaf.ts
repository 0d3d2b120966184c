/**
 * The one primitive that waits. A leaf starts when `yield*` reaches it, is resumed once, and gives back what it
 * holds when its task unwinds instead. It never waits in `return`: see Awaited.askToEnd for what has to.
 */
import { InvalidStateError } from "../errors.ts";
import type { Awaitable, Suspension } from "../types.ts";
import { type Awaited, current, probed, type RunningTask } from "./frame.ts";
import { PROBE, returned, SUSPENDED } from "./suspension.ts";
import { traced } from "./trace.ts";

export abstract class Leaf<T> implements Awaitable<T>, Awaited {
  abstract readonly kind: string;
  get label(): string | undefined {
    return undefined;
  }
  get subject(): object | undefined {
    return undefined;
  }
  /** The task that waits here; undefined before and after. */
  task: RunningTask | undefined = undefined;

  /** Begins to wait. True when there is nothing to wait for: `finish` is then called at once, and `task` is never set. */
  protected abstract start(task: RunningTask): boolean;
  /** The task was woken. False when it has to wait on, and will be woken again. */
  protected resumed(): boolean {
    return true;
  }
  /** The wait is over: its value, or its error. */
  protected abstract finish(): T;
  /** The task unwinds instead of going on: gives back what is held, and forgets the task. Never waits, never throws. */
  protected abstract unwind(task: RunningTask): void;

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this;
  }

  next(sent: unknown): IteratorResult<Suspension, T> {
    if (sent === PROBE) return probed(Leaf.prototype.next);
    try {
      if (sent === undefined ? !this.#begin() : !this.resumed()) return SUSPENDED;
      this.task = undefined;
      return returned(this.finish());
    } catch (error) {
      this.task = undefined;
      throw traced(error, Leaf.prototype.next);
    }
  }

  #begin(): boolean {
    const task = runningTask(this.kind);
    if (this.task !== undefined)
      throw new InvalidStateError(`this ${this.kind} is awaited by a task already: make one for each await`);
    if (this.start(task)) return true;
    this.task = task;
    task.awaiting = this;
    return false;
  }

  return(value: T): IteratorReturnResult<T> {
    const task = this.task;
    this.task = undefined;
    if (task !== undefined) this.unwind(task);
    return returned(value);
  }
}

/** The task whose step runs, for something that only a coroutine can do. */
export function runningTask(what: string): RunningTask {
  if (current === undefined)
    throw new InvalidStateError(`${what}: no task is running here; await it in a coroutine under run()`);
  return current;
}
