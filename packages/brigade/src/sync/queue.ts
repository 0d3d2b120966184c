/** Items on their way from those who put to those who get, in order. */
import { InvalidStateError, QueueEmpty, QueueFull, QueueShutDown } from "../errors.ts";
import { keepShape } from "../kernel/shapes.ts";
import { Fifo } from "../kernel/fifo.ts";
import { witness } from "../kernel/witness.ts";
import type { Awaitable } from "../types.ts";
import { Line } from "./line.ts";
import { GetCall, JoinCall, PutCall } from "./queue-calls.ts";
import { byValue, Heap, Stack, type Storage } from "./storage.ts";

/**
 * A first-in-first-out queue between tasks (asyncio.Queue). `maxSize` bounds it; 0, the default, does not. Throws
 * `RangeError` for a size that is no whole number of at least 0.
 *
 * @example
 * ```ts
 * import { gather, Queue, run } from "brigade";
 *
 * const queue = new Queue<number>({ maxSize: 2 });
 * function* produce() {
 *   for (let i = 1; i <= 3; i++) yield* queue.put(i);
 * }
 * function* consume() {
 *   return (yield* queue.get()) + (yield* queue.get()) + (yield* queue.get());
 * }
 * console.log((await run(gather([produce(), consume()])))[1]);
 * ```
 */
export class Queue<T> {
  readonly maxSize: number;
  /** How messages, traces and dumps call it. */
  readonly name: string | undefined;
  readonly #items: Storage<T>;
  /** @internal Those who were woken have left it. */
  readonly getters: Line = new Line();
  /** @internal The same. */
  readonly putters: Line = new Line();
  /** @internal Those who wait until everything is done. */
  readonly joiners: Line = new Line();
  #unfinished = 0; // items that were put and not said to be done
  #shutDown = false;

  constructor(options: { maxSize?: number; name?: string } = {}) {
    const { maxSize = 0 } = options;
    if (maxSize !== Infinity && !(Number.isInteger(maxSize) && maxSize >= 0)) {
      throw new RangeError(`maxSize is a whole number, 0 for a queue without bound, not ${maxSize}`);
    }
    this.maxSize = maxSize;
    this.name = options.name;
    this.#items = this.makeStorage(options);
  }

  protected makeStorage(_options: object): Storage<T> {
    return new Fifo<T>();
  }

  get size(): number {
    return this.#items.size;
  }

  /** @internal Whether everything that was put is done. */
  get finished(): boolean {
    return this.#unfinished === 0;
  }

  get empty(): boolean {
    return this.#items.size === 0;
  }

  get full(): boolean {
    return this.maxSize > 0 && this.#items.size >= this.maxSize;
  }

  /** Waits while the queue is full, then puts the item. Throws `QueueShutDown`. A cancelled put has put nothing. */
  put(item: T): Awaitable<void> {
    return new PutCall(this, item);
  }

  /** Puts the item; throws `QueueFull` when there is no room, `QueueShutDown` after `shutdown`. */
  putNowait(item: T): void {
    this.checkPut();
    if (this.full) throw new QueueFull(`the queue is full: it holds ${this.size} of ${this.maxSize} items`);
    this.deposit(item);
  }

  /** @internal Puts the item. There is room. */
  deposit(item: T): void {
    this.#items.push(item);
    this.#unfinished++;
    if (witness !== undefined) witness.put(this);
    if (this.getters.first !== undefined) this.getters.release();
  }

  /** Waits while the queue is empty, then takes the next item. Throws `QueueShutDown`. A cancelled get has taken nothing. */
  get(): Awaitable<T> {
    return new GetCall(this);
  }

  /** Takes the next item; throws `QueueEmpty` when there is none, `QueueShutDown` when there will be none. */
  getNowait(): T {
    this.checkGet();
    if (this.empty) throw new QueueEmpty("the queue is empty");
    return this.withdraw();
  }

  /** @internal Takes the next item. There is one. */
  withdraw(): T {
    const item = this.#items.shift();
    if (witness !== undefined) witness.got(this);
    if (this.putters.first !== undefined) this.putters.release();
    return item;
  }

  /** Says that the work on an item is done. Throws `InvalidStateError` when said more often than items were put. */
  taskDone(): void {
    if (this.#unfinished === 0) throw new InvalidStateError("taskDone: called more often than items were put");
    if (--this.#unfinished === 0) this.joiners.admitAll();
  }

  /** Waits until every item that was put was said to be done. */
  join(): Awaitable<void> {
    return new JoinCall(this, this.joiners);
  }

  /**
   * Ends the queue: `put` throws `QueueShutDown` from now on, `get` once the queue is empty, those who wait included.
   * With `immediate` the items are dropped, and count as done.
   */
  shutdown({ immediate = false }: { immediate?: boolean } = {}): void {
    this.#shutDown = true;
    while (immediate && !this.empty) {
      this.#items.shift();
      if (this.#unfinished > 0) this.#unfinished--;
    }
    if (this.#unfinished === 0) this.joiners.admitAll();
    while (this.getters.first) this.getters.release();
    while (this.putters.first) this.putters.release();
  }

  /** @internal */
  get isShutDown(): boolean {
    return this.#shutDown;
  }

  /** @internal Throws when nothing can be put any more. */
  checkPut(): void {
    if (this.#shutDown) throw new QueueShutDown("put: the queue was shut down");
  }

  /** @internal Throws when nothing can be got any more. */
  checkGet(): void {
    if (this.#shutDown && this.empty) throw new QueueShutDown("get: the queue was shut down, and is empty");
  }
}

{
  const queue = new Queue<unknown>();
  keepShape(queue);
  keepShape(queue.get());
  keepShape(queue.put(undefined));
}

/** Last in, first out (asyncio.LifoQueue). */
export class LifoQueue<T> extends Queue<T> {
  protected override makeStorage(): Storage<T> {
    return new Stack<T>();
  }
}

/** The smallest first, by `compare`; equals in the order they were put (asyncio.PriorityQueue, but stable). */
export class PriorityQueue<T> extends Queue<T> {
  // biome-ignore lint/complexity/noUselessConstructor: it widens the options
  constructor(options: { maxSize?: number; name?: string; compare?: (a: T, b: T) => number } = {}) {
    super(options);
  }

  protected override makeStorage(options: { compare?: (a: T, b: T) => number }): Storage<T> {
    return new Heap<T>(options.compare ?? byValue);
  }
}
