/** Waiting for an item, and for room: what `get` and `put` of a queue give. */
import { current, type RunningTask } from "../task/frame.ts";
import { RETURNED_NOTHING, returned } from "../task/suspension.ts";
import type { Awaitable, Suspension } from "../types.ts";
import { type Line, type Named, Turn, Waiter } from "./line.ts";

/** What a call needs of its queue. */
export interface Shelf<T> extends Named {
  readonly empty: boolean;
  readonly full: boolean;
  readonly isShutDown: boolean;
  /** Those who wait for an item. Those who were woken have left it. */
  readonly getters: Line;
  /** Those who wait for room. The same. */
  readonly putters: Line;
  /** Throws when nothing can be got any more. */
  checkGet(): void;
  /** Throws when nothing can be put any more. */
  checkPut(): void;
  getNowait(): T;
  putNowait(item: T): void;
  /** Takes the next item. There is one. */
  withdraw(): T;
  /** Puts the item. There is room. */
  deposit(item: T): void;
}

/** A call of `get` or `put`. Most find an item, or room: only one that does not makes a waiter. */
abstract class Call<T, Item> implements Awaitable<T> {
  protected readonly queue: Shelf<Item>;
  #waiter: Waiter<T> | undefined = undefined;

  constructor(queue: Shelf<Item>) {
    this.queue = queue;
  }

  abstract readonly kind: string;
  /** Whether it can be done now. */
  protected abstract readonly possible: boolean;
  protected abstract act(): IteratorReturnResult<T>;
  protected abstract waiter(): Waiter<T>;

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this;
  }

  next(sent?: unknown): IteratorResult<Suspension, T> {
    if (sent === undefined) {
      if (this.possible && current !== undefined) return this.act();
      this.#waiter = this.waiter();
    }
    return (this.#waiter as Waiter<T>).next(sent);
  }

  return(value: T): IteratorReturnResult<T> {
    return this.#waiter ? this.#waiter.return(value) : returned(value);
  }
}

export class GetCall<T> extends Call<T, T> {
  get kind(): string {
    return "Queue.get";
  }

  protected get possible(): boolean {
    return !this.queue.empty;
  }

  protected act(): IteratorReturnResult<T> {
    return returned(this.queue.withdraw());
  }

  protected waiter(): Waiter<T> {
    return new Get(this.queue, this.queue.getters);
  }
}

export class PutCall<T> extends Call<void, T> {
  readonly #item: T;

  constructor(queue: Shelf<T>, item: T) {
    super(queue);
    this.#item = item;
  }

  get kind(): string {
    return "Queue.put";
  }

  protected get possible(): boolean {
    return !this.queue.full && !this.queue.isShutDown;
  }

  protected act(): IteratorReturnResult<void> {
    this.queue.deposit(this.#item);
    return RETURNED_NOTHING;
  }

  protected waiter(): Waiter<void> {
    return new Put(this.queue, this.queue.putters, this.#item);
  }
}

/** What waits for a queue to change: it looks again each time it is woken. */
abstract class Attempt<T, Item> extends Waiter<T> {
  protected readonly queue: Shelf<Item>;
  readonly #line: Line;

  constructor(queue: Shelf<Item>, line: Line) {
    super();
    this.queue = queue;
    this.#line = line;
  }

  override get label(): string | undefined {
    return this.queue.name;
  }

  override get subject(): Shelf<Item> {
    return this.queue;
  }

  /** Whether `finish` can be called. */
  protected abstract possible(): boolean;
  /** Throws when it never will be possible. */
  protected abstract check(): void;

  protected start(): boolean {
    this.check();
    if (this.possible()) return true;
    this.#line.add(this);
    return false;
  }

  protected override resumed(): boolean {
    return this.start();
  }

  protected unwind(): void {
    if (this.state !== "woken") this.#line.remove(this);
    else if (this.possible()) this.#line.release(); // what it was woken for goes to the next
  }
}

class Get<T> extends Attempt<T, T> {
  get kind(): string {
    return "Queue.get";
  }

  protected possible(): boolean {
    return !this.queue.empty;
  }

  protected check(): void {
    this.queue.checkGet();
  }

  protected finish(): T {
    return this.queue.getNowait();
  }
}

class Put<T> extends Attempt<void, T> {
  readonly #item: T;

  constructor(queue: Shelf<T>, line: Line, item: T) {
    super(queue, line);
    this.#item = item;
  }

  get kind(): string {
    return "Queue.put";
  }

  protected possible(): boolean {
    return !this.queue.full;
  }

  protected check(): void {
    this.queue.checkPut();
  }

  protected finish(): void {
    this.queue.putNowait(this.#item);
  }
}

/** A call of `join`. Once everything is done it ends, whatever is put before its turn. */
export class JoinCall extends Turn {
  readonly #queue: Named & { readonly finished: boolean };

  constructor(queue: Named & { readonly finished: boolean }, joiners: Line) {
    super(joiners, "Queue.join", queue);
    this.#queue = queue;
  }

  protected override start(task: RunningTask): boolean {
    return this.#queue.finished || super.start(task);
  }
}
