/**
 * A value that will be there. Whoever waits is told through the ready queue, in the order of registration.
 * A future is its own iterator: what belongs to one wait stands on the waiting task.
 */
import { asError, CancelledError, InvalidStateError } from "../errors.ts";
import { guarded } from "../kernel/callback.ts";
import { enterContext, type Values, values } from "../kernel/context.ts";
import type { Loop } from "../kernel/loop.ts";
import type { Runnable } from "../kernel/timers.ts";
import type { Future, SettableFuture, Suspension, Task } from "../types.ts";
import { type Awaited, current, probed, type RunningTask } from "./frame.ts";
import { runningTask } from "./leaf.ts";
import { PROBE, returned, SUSPENDED } from "./suspension.ts";
import { traced } from "./trace.ts";
import { forget, remember } from "./unretrieved.ts";

export const PENDING = 0;
export const FINISHED = 1;
export const FAILED = 2;
export const CANCELLED = 3;

const SEEN = 1; // somebody looked at the outcome

/** Is told when a future is done. Must not throw. */
export interface Watcher {
  completed(future: FutureBase<unknown>): void;
  /** Whether being told of this end does no more than count it, and wake who waits: a schedule explorer need not try when. */
  readonly counts?: (future: FutureBase<unknown>) => boolean;
}

/** One of several watchers, in the ready queue. */
export class Telling implements Runnable {
  readonly future: FutureBase<unknown>;
  readonly watcher: Watcher;

  constructor(future: FutureBase<unknown>, watcher: Watcher) {
    this.future = future;
    this.watcher = watcher;
  }

  run(): void {
    this.watcher.completed(this.future);
  }
}

export abstract class FutureBase<T> implements Future<T>, Runnable, Awaited {
  readonly loop: Loop;
  protected outcome: 0 | 1 | 2 | 3 = PENDING;
  /** By `outcome`: the value, the error, or the reason of the cancellation and, once somebody asked, its CancelledError. */
  protected value: unknown = undefined;
  #watchers: Watcher | Watcher[] | undefined = undefined; // in the order of registration; fixed from the end until told
  /** What is true of it, one bit each. */
  protected flags = 0;

  constructor(loop: Loop) {
    this.loop = loop;
  }

  abstract readonly kind: string;
  abstract get label(): string | undefined;
  abstract cancel(reason?: unknown): boolean;

  get done(): boolean {
    return this.outcome !== PENDING;
  }

  get cancelled(): boolean {
    return this.outcome === CANCELLED;
  }

  get failed(): boolean {
    return this.outcome === FAILED;
  }

  result(): T {
    if (this.outcome === FINISHED) return this.value as T;
    throw this.thrown();
  }

  exception(): Error | undefined {
    if (this.outcome === FINISHED) return undefined;
    const thrown = this.thrown();
    if (this.outcome === FAILED) return asError(thrown);
    throw thrown;
  }

  /** What it has failed with, for a record: that is not looking at it. */
  get failure(): unknown {
    return this.outcome === FAILED ? this.value : undefined;
  }

  /** What awaiting it throws. Only called when it has not finished with a value. */
  thrown(): unknown {
    this.#look();
    if (this.outcome === PENDING) return new InvalidStateError(`${this.describe()} is not done: await it first`);
    if (this.outcome === CANCELLED && !(this.value instanceof CancelledError)) {
      this.value = new CancelledError(`${this.describe()} was cancelled`, this.value);
    }
    return this.value;
  }

  addDoneCallback(callback: (future: this) => void): void {
    this.watch(new DoneCallback(this.loop, callback as (future: FutureBase<unknown>) => void));
  }

  removeDoneCallback(callback: (future: this) => void): number {
    return this.#remove((watcher) => watcher instanceof DoneCallback && watcher.callback === callback);
  }

  // biome-ignore lint/suspicious/noThenProperty: promise code can await a future
  then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const promise = new Promise<T>((resolve, reject) => {
      const settle = (): void => {
        if (this.outcome === FINISHED) resolve(this.value as T);
        else reject(this.thrown());
      };
      if (this.outcome !== PENDING) return settle();
      this.loop.addBorderWait(1);
      const completed = (): void => {
        this.loop.addBorderWait(-1);
        settle();
      };
      this.watch({ completed });
    });
    return promise.then(fulfilled, rejected);
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this;
  }

  /** Called by the `yield*` of a waiting task, to begin and to end. */
  next(sent: unknown): IteratorResult<Suspension, T> {
    if (sent === PROBE) return probed(FutureBase.prototype.next);
    if (sent === undefined && this.outcome === PENDING) {
      const task = this.#admit();
      this.watch(task as RunningTask & Watcher);
      task.awaiting = this;
      return SUSPENDED;
    }
    if (this.outcome === FINISHED) return returned(this.value as T);
    throw traced(this.thrown(), FutureBase.prototype.next);
  }

  #admit(): RunningTask {
    const task = runningTask(this.describe());
    if (task.loop !== this.loop) throw new InvalidStateError(`${this.describe()} belongs to another event loop`);
    if ((task as unknown) === this) throw new InvalidStateError(`${this.describe()} can't await itself`);
    return task;
  }

  /** The awaiting task unwinds. An error that this ended with because it was asked to end is not lost. */
  return(value: T): IteratorReturnResult<T> {
    const task = runningTask(this.describe());
    if (task.asked && this.outcome === FAILED) task.collect(this.thrown());
    this.unwatch(task as RunningTask & Watcher);
    return returned(value);
  }

  askToEnd(reason: unknown): boolean {
    if (this.outcome !== PENDING) return false;
    this.cancel(reason);
    return true;
  }

  /** Tells the watcher, through the loop, when this is done; soon if it is done already. */
  watch(watcher: Watcher): void {
    if (this.outcome !== PENDING) this.loop.schedule(new Telling(this, watcher));
    else if (this.#watchers === undefined) this.#watchers = watcher;
    else if (Array.isArray(this.#watchers)) this.#watchers.push(watcher);
    else this.#watchers = [this.#watchers, watcher];
  }

  /** Who is told, or waits to be. */
  get watchers(): Watcher | readonly Watcher[] | undefined {
    return this.#watchers;
  }

  unwatch(watcher: Watcher): void {
    if (this.#watchers !== undefined) this.#remove((one) => one === watcher);
  }

  #remove(matches: (watcher: Watcher) => boolean): number {
    if (this.outcome !== PENDING || this.#watchers === undefined) return 0;
    const before = Array.isArray(this.#watchers) ? this.#watchers : [this.#watchers];
    const after = before.filter((watcher) => !matches(watcher));
    this.#watchers = after.length > 1 ? after : after[0];
    return before.length - after.length;
  }

  /** Ends it. The watchers are told in the next iteration. */
  protected complete(outcome: 1 | 2 | 3, value: unknown): void {
    this.outcome = outcome;
    this.value = value;
    const watchers = this.#watchers;
    if (Array.isArray(watchers)) {
      this.#watchers = undefined;
      for (const watcher of watchers) this.loop.schedule(new Telling(this, watcher));
    }
    if (watchers !== undefined) this.loop.schedule(this);
    else if (outcome === FAILED) this.#rememberUnseen();
  }

  /** Tells the one watcher. Several stand in the ready queue before this, so that the host has its turn between them. */
  run(): void {
    const watcher = this.#watchers as Watcher | undefined;
    this.#watchers = undefined;
    watcher?.completed(this);
    if (this.outcome === FAILED) this.#rememberUnseen();
  }

  #rememberUnseen(): void {
    if (this.flags & SEEN) return;
    const task = this.completer === this ? (this as unknown as Task<unknown>) : undefined;
    remember(this, this.loop, `${this.describe()} failed and nobody looked at its error`, this.value, task);
  }

  #look(): void {
    if (this.flags & SEEN || this.outcome === PENDING) return;
    this.flags |= SEEN;
    if (this.outcome === FAILED) forget(this);
  }

  /** The task whose step ended it, where that is known. */
  get completer(): unknown {
    return undefined;
  }

  describe(): string {
    const label = this.label;
    return label === undefined ? `a ${this.kind}` : `${this.kind} "${label}"`;
  }
}

/** Called in the context of who added it; what it sets there is its own. */
export class DoneCallback implements Watcher {
  readonly #loop: Loop;
  readonly #context: Values = values;
  readonly callback: (future: FutureBase<unknown>) => void;
  constructor(loop: Loop, callback: (future: FutureBase<unknown>) => void) {
    if (typeof callback !== "function") throw new TypeError(`a done callback is a function, not ${typeof callback}`);
    this.#loop = loop;
    this.callback = callback;
  }
  completed(future: FutureBase<unknown>): void {
    const outer = enterContext(this.#context);
    guarded(this.#loop, () => this.callback(future));
    enterContext(outer);
  }
}

/** A future that whoever made it completes (asyncio.Future). */
export class PlainFuture<T> extends FutureBase<T> implements SettableFuture<T> {
  #completer: RunningTask | undefined;

  get kind(): string {
    return "future";
  }
  override get completer(): unknown {
    return this.#completer;
  }
  get label(): undefined {
    return undefined;
  }

  setResult(value: T): void {
    this.#open("setResult");
    this.complete(FINISHED, value);
  }

  setException(error: unknown): void {
    this.#open("setException");
    this.complete(FAILED, error);
  }

  cancel(reason?: unknown): boolean {
    if (this.outcome !== PENDING) return false;
    this.complete(CANCELLED, reason);
    return true;
  }

  #open(call: string): void {
    if (this.outcome !== PENDING) throw new InvalidStateError(`${call}: the future is done already; it completes once`);
    this.#completer = current;
  }
}
