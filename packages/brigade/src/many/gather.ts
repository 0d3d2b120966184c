/** Runs many at once and gives their results in the order they were handed over. */
import { asError, describe } from "../errors.ts";
import { keepShape } from "../kernel/shapes.ts";
import type { Runnable } from "../kernel/timers.ts";
import { Batch, type BatchOwner } from "../task/batch.ts";
import { Frame, type RunningTask } from "../task/frame.ts";
import { FutureBase } from "../task/future.ts";
import { TaskHome } from "../task/home.ts";
import { Leaf } from "../task/leaf.ts";
import type { Awaitable, AwaitableLike, Result } from "../types.ts";
import { Children, claim, Slot, type Work } from "./children.ts";

export interface GatherOptions {
  /** How many run at once; the rest have not started. At least 1. */
  readonly limit?: number;
}

type Options = GatherOptions & { readonly returnExceptions?: boolean };
type Many = readonly AwaitableLike<unknown>[] | Readonly<Record<string, AwaitableLike<unknown>>>;
type Results<M, Failure = never> = { -readonly [K in keyof M]: Result<M[K]> | Failure };

class Gather extends Children<unknown> implements BatchOwner, Runnable {
  #source: Iterator<Work, unknown> | Work[];
  readonly #keys: readonly string[] | undefined; // of a record
  readonly #limit: number;
  readonly #returnExceptions: boolean;
  #results: unknown[] = [];
  #batch: Batch | undefined;
  #exhausted = false; // the source has nothing more
  #read = 0; // how many were taken from the source

  constructor(source: Iterator<Work, unknown> | Work[], keys: readonly string[] | undefined, options: Options) {
    super();
    const { limit = Infinity, returnExceptions = false } = options;
    if (limit !== Infinity && !(Number.isInteger(limit) && limit > 0)) {
      throw new RangeError(`gather: limit is ${limit}; use a whole number of at least 1`);
    }
    this.#source = source;
    this.#keys = keys;
    this.#limit = limit;
    this.#returnExceptions = returnExceptions;
  }

  get kind(): string {
    return "gather";
  }

  override get subject(): object | undefined {
    return this.#limit === Infinity ? undefined : this;
  }

  /** How many run at once. */
  get capacity(): number {
    return this.#limit;
  }

  protected start(task: RunningTask): boolean {
    this.use(task);
    const { loop } = task;
    const source = this.#source;
    if (Array.isArray(source)) {
      if (this.#limit >= source.length && !loop.watchedClosely && allToStart(source)) {
        return this.#startBatch(loop as TaskHome, source);
      }
      this.#source = source.values();
    }
    return this.launchFirst(() => {
      for (let slots = 0; slots < this.#limit && !this.#exhausted && !this.stopping; slots++)
        this.#startNext(this.addSlot());
    });
  }

  /** All is known from the start, and all of it has yet to start. */
  #startBatch(home: TaskHome, frames: Frame[]): boolean {
    this.#exhausted = true;
    this.pending = frames.length;
    this.#results = new Array<unknown>(frames.length);
    if (frames.length > 0) this.#batch = new Batch(home, frames, this, this.task);
    return frames.length === 0;
  }

  #startNext(slot: Slot, freed?: unknown): void {
    try {
      const next = (this.#source as Iterator<Work, unknown>).next();
      if (next.done) this.#exhausted = true;
      else {
        slot.index = this.#read++;
        this.launch(next.value, slot, freed);
      }
    } catch (error) {
      this.#exhausted = true;
      this.fail(error);
      this.cancelAll();
    }
  }

  returned(index: number, value: unknown): void {
    this.#results[index] = value;
    this.task?.loop.schedule(this);
  }

  /** A child that had returned is told of. */
  run(): void {
    this.pending--;
    this.wakeIfDone();
  }

  adopted(index: number, child: FutureBase<unknown>): void {
    const slot = this.addSlot();
    slot.index = index;
    slot.child = child;
    child.watch(slot);
  }

  protected override cancelAll(reason?: unknown): void {
    this.#batch?.expand();
    super.cancelAll(reason);
  }

  override counts(child: FutureBase<unknown>): boolean {
    return this.#exhausted && !child.failed && !child.cancelled;
  }

  settled(slot: Slot, child: FutureBase<unknown>): void {
    this.pending--;
    slot.child = undefined;
    if (child.failed || child.cancelled) this.#unsuccessful(slot, child);
    else this.#results[slot.index] = child.result();
    if (!this.#exhausted && !this.stopping) this.#startNext(slot, child.completer);
    this.wakeIfDone(child);
  }

  #unsuccessful(slot: Slot, child: FutureBase<unknown>): void {
    const error = child.thrown();
    if (this.#returnExceptions) {
      this.#results[slot.index] = asError(error);
      if (child.failed && this.asked) this.fail(error);
    } else if (child.failed || !this.stopping) {
      this.fail(error);
      if (!this.stopping) this.cancelAll();
    }
  }

  protected finish(): unknown {
    if (this.failed) throw this.error;
    if (this.#keys === undefined) return this.#results;
    return Object.fromEntries(this.#keys.map((key, index) => [key, this.#results[index]]));
  }

  protected override unwind(task: RunningTask): void {
    super.unwind(task);
    if (!this.#exhausted && !Array.isArray(this.#source)) this.#source.return?.();
  }
}

function allToStart(work: readonly Work[]): work is Frame[] {
  for (const one of work) if (!(one instanceof Frame)) return false;
  return true;
}

{
  const example = new Gather([], undefined, {});
  keepShape(example);
  keepShape(new Slot(example));
  keepShape(new Batch(new TaskHome(), [], example, undefined));
}

function* claimEach(bodies: Iterable<AwaitableLike<unknown>>): Generator<Work, void> {
  for (const body of bodies) yield claim(body, "gather");
}

/**
 * Runs all at once and gives their results in the order given; a record gives a record (asyncio.gather). Starts
 * nothing until it is awaited. The first failure cancels the others, waits until they have unwound, and is thrown;
 * `suppressed(error)` gives what failed later. With `returnExceptions` a failed one gives its `Error` in its place.
 * With `limit` that many run at once, and an iterable is read as places come free. Cancelling the task cancels every
 * child and waits for all. Throws `RangeError` for a bad limit, `TypeError` for what can't be awaited.
 *
 * @example
 * ```ts
 * import { gather, run, sleep } from "brigade";
 *
 * const { pricing, stock } = await run(gather({ pricing: sleep("10ms", 99.5), stock: sleep("10ms", 3) }));
 * console.log(pricing, stock);
 * ```
 */
export function gather<const M extends Many>(
  awaitables: M,
  options?: GatherOptions & { readonly returnExceptions?: false },
): Awaitable<Results<M>>;
export function gather<const M extends Many>(
  awaitables: M,
  options: GatherOptions & { readonly returnExceptions: boolean },
): Awaitable<Results<M, Error>>;
export function gather<A extends AwaitableLike<unknown>>(
  awaitables: Iterable<A>,
  options?: GatherOptions & { readonly returnExceptions?: false },
): Awaitable<Result<A>[]>;
export function gather<A extends AwaitableLike<unknown>>(
  awaitables: Iterable<A>,
  options: GatherOptions & { readonly returnExceptions: boolean },
): Awaitable<(Result<A> | Error)[]>;
export function gather(awaitables: Many | Iterable<AwaitableLike<unknown>>, options: Options = {}): Awaitable<unknown> {
  const one = awaitables instanceof Frame || awaitables instanceof FutureBase || awaitables instanceof Leaf;
  if (typeof awaitables !== "object" || awaitables === null || one) {
    const what = one ? "one awaitable" : describe(awaitables);
    throw new TypeError(`gather takes an array, a record or an iterable of awaitables, not ${what}`);
  }
  if (Symbol.iterator in awaitables && !Array.isArray(awaitables)) {
    return new Gather(claimEach(awaitables as Iterable<AwaitableLike<unknown>>), undefined, options);
  }
  const bodies = (
    Array.isArray(awaitables) ? awaitables : Object.values(awaitables)
  ) as readonly AwaitableLike<unknown>[];
  const work: Work[] = [];
  for (let i = 0; i < bodies.length; i++) work.push(claim(bodies[i] as AwaitableLike<unknown>, "gather"));
  return new Gather(work, Array.isArray(awaitables) ? undefined : Object.keys(awaitables), options);
}
