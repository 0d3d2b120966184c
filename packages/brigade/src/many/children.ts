/** What `gather` and `race` have in common: a leaf that starts children, waits for all of them, and can cancel them. */
import { CancelledError, InvalidStateError, suppress, suppressed } from "../errors.ts";
import { frameOf } from "../task/body.ts";
import { spawn } from "../task/event-loop.ts";
import type { Frame, RunningTask } from "../task/frame.ts";
import { FutureBase, type Watcher } from "../task/future.ts";
import type { TaskHome } from "../task/home.ts";
import type { TaskImpl } from "../task/task.ts";
import { Leaf } from "../task/leaf.ts";
import { noteSpawnSite } from "../task/spawn-sites.ts";
import type { AwaitableLike } from "../types.ts";

/** Work that was handed over: a frame that was claimed, or a future that is there. */
export type Work = Frame | FutureBase<unknown>;

/** Takes the body for a later start. */
export function claim(body: AwaitableLike<unknown>, taker: string): Work {
  return body instanceof FutureBase ? body : frameOf(body, taker);
}

/** Where one child runs; used again for the next one when it has ended. */
export class Slot implements Watcher {
  readonly #owner: Children<unknown>;
  child: FutureBase<unknown> | undefined; // undefined once it has ended, by itself where the others were cancelled
  index = 0; // of the child in what was handed over

  constructor(owner: Children<unknown>) {
    this.#owner = owner;
  }

  completed(child: FutureBase<unknown>): void {
    if (!this.#owner.left) this.#owner.settled(this, child); // else an error is nobody's: it is reported as the child's own
  }

  counts(child: FutureBase<unknown>): boolean {
    return this.#owner.counts(child);
  }
}

export abstract class Children<T> extends Leaf<T> {
  protected pending = 0; // slots whose child has not ended
  protected asked = false; // its task was cancelled while children ran
  protected stopping = false; // the children were cancelled; no further one starts
  left = false; // its task has unwound without waiting for the children any longer
  #failed = false;
  #error: unknown; // the first, if #failed; it carries the later ones
  #used = false;
  #ended: [Slot, FutureBase<unknown>][] | undefined; // while the first children start: those that had ended before
  #slots: Slot[] | undefined;

  /** Whether the end of the child is only counted. */
  counts(_child: FutureBase<unknown>): boolean {
    return false;
  }

  /** A child has ended. */
  abstract settled(slot: Slot, child: FutureBase<unknown>): void;

  /** For the first await; a second one throws. */
  protected use(task: RunningTask): void {
    if (this.#used) throw new InvalidStateError(`this ${this.kind} was awaited already: call ${this.kind}() again`);
    this.#used = true;
    this.task = task; // children are started for it, and may end before it waits
  }

  protected addSlot(): Slot {
    const slot = new Slot(this);
    if (this.#slots) this.#slots.push(slot);
    else this.#slots = [slot];
    return slot;
  }

  /** `freed`: the task whose end made room for it. */
  protected launch(work: Work, slot: Slot, freed?: unknown): void {
    const { loop } = this.task as RunningTask;
    if (work instanceof FutureBase && work.loop !== loop) {
      throw new InvalidStateError(`${this.kind}: ${work.describe()} belongs to another event loop`);
    }
    const child = work instanceof FutureBase ? work : spawn<unknown>(loop as TaskHome, work, undefined, this.task);
    if (freed !== undefined && child !== work)
      loop.observer?.taskWoken(child as TaskImpl<unknown>, freed as TaskImpl<unknown>);
    if (loop.debug && child !== work) noteSpawnSite(child, this.task);
    slot.child = child;
    this.pending++;
    if (child.done && this.#ended) this.#ended.push([slot, child]);
    else child.watch(slot);
  }

  /** Starts the first children. Those that had ended already are told of at once, as in CPython. */
  protected launchFirst(launch: () => void): boolean {
    const ended: [Slot, FutureBase<unknown>][] = [];
    this.#ended = ended;
    launch();
    for (const [slot, child] of ended) this.settled(slot, child);
    this.#ended = undefined;
    return this.pending === 0;
  }

  /** Keeps the first error; the later ones beside it. */
  protected fail(error: unknown): void {
    if (!this.#failed) {
      this.#failed = true;
      this.#error = error;
    } else if (!suppress(this.#error, error)) this.#report(this.task as RunningTask, error);
  }

  /** The children that have not ended. */
  get waitsForTasks(): readonly FutureBase<unknown>[] {
    const children: FutureBase<unknown>[] = [];
    for (const { child } of this.#slots ?? []) if (child !== undefined && !child.done) children.push(child);
    return children;
  }

  protected get failed(): boolean {
    return this.#failed;
  }

  protected get error(): unknown {
    return this.#error;
  }

  protected cancelAll(reason?: unknown): void {
    this.stopping = true;
    for (const slot of this.#slots ?? []) {
      if (slot.child?.done) slot.child = undefined;
      else slot.child?.cancel(reason);
    }
  }

  /** `last`: the child that has just ended. */
  protected wakeIfDone(last?: FutureBase<unknown>): void {
    if (this.pending === 0 && this.#ended === undefined) this.task?.wake(last?.completer);
  }

  askToEnd(reason: unknown): boolean {
    if (this.pending === 0) return false;
    this.asked = true;
    this.cancelAll(reason);
    return true;
  }

  protected unwind(task: RunningTask): void {
    this.left = this.pending > 0;
    if (!this.#failed) return;
    const errors = [this.#error, ...suppressed(this.#error)].filter((error) => !(error instanceof CancelledError));
    if (errors.length === 0) return;
    const [first, ...others] = errors;
    if (first !== this.#error) for (const other of others) suppress(first, other);
    if (this.asked) task.collect(first);
    else this.#report(task, first);
  }

  #report({ loop }: RunningTask, error: unknown): void {
    loop.report({ kind: "unretrieved-error", message: `an error of ${this.kind} had nobody to go to`, error });
  }
}
