/** Items on their way from those who put to those who get, in order. */
import { InvalidStateError, QueueEmpty, QueueFull, QueueShutDown } from "../errors.ts";
import { keepShape } from "../kernel/shapes.ts";
import { Fifo } from "../kernel/fifo.ts";
import { current } from "../task/frame.ts";
import { RETURNED_NOTHING, returned } from "../task/suspension.ts";
import type { Awaitable, Suspension } from "../types.ts";
import { Event } from "./event.ts";
import { Line, Waiter } from "./line.ts";

/** How a queue keeps its items. */
interface Storage<T> {
  readonly size: number;
  push(item: T): void;
  /** The next one. Only called when there is one. */
  shift(): T;
}

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
  readonly #items: Storage<T>;
  /** @internal Those who were woken have left it. */
  readonly getters: Line = new Line();
  /** @internal The same. */
  readonly putters: Line = new Line();
  readonly #finished = new Event(); // set ⇔ #unfinished is 0
  #unfinished = 0; // items that were put and not said to be done
  #shutDown = false;

  constructor(options: { maxSize?: number } = {}) {
    const { maxSize = 0 } = options;
    if (maxSize !== Infinity && !(Number.isInteger(maxSize) && maxSize >= 0)) {
      throw new RangeError(`maxSize is a whole number, 0 for a queue without bound, not ${maxSize}`);
    }
    this.maxSize = maxSize;
    this.#items = this.makeStorage(options);
    this.#finished.set();
  }

  protected makeStorage(_options: object): Storage<T> {
    return new Fifo<T>();
  }

  get size(): number {
    return this.#items.size;
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
    if (this.#unfinished++ === 0) this.#finished.clear();
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
    if (this.putters.first !== undefined) this.putters.release();
    return item;
  }

  /** Says that the work on an item is done. Throws `InvalidStateError` when said more often than items were put. */
  taskDone(): void {
    if (this.#unfinished === 0) throw new InvalidStateError("taskDone: called more often than items were put");
    if (--this.#unfinished === 0) this.#finished.set();
  }

  /** Waits until every item that was put was said to be done. */
  join(): Awaitable<void> {
    return this.#finished.wait() as Awaitable<unknown> as Awaitable<void>;
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
    if (this.#unfinished === 0) this.#finished.set();
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

/** A call of `get` or `put`. Most find an item, or room: only one that does not makes a waiter. */
abstract class Call<T, Item> implements Awaitable<T> {
  protected readonly queue: Queue<Item>;
  #waiter: Waiter<T> | undefined = undefined;

  constructor(queue: Queue<Item>) {
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

class GetCall<T> extends Call<T, T> {
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

class PutCall<T> extends Call<void, T> {
  readonly #item: T;

  constructor(queue: Queue<T>, item: T) {
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
  protected readonly queue: Queue<Item>;
  readonly #line: Line;

  constructor(queue: Queue<Item>, line: Line) {
    super();
    this.queue = queue;
    this.#line = line;
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

  constructor(queue: Queue<T>, line: Line, item: T) {
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

class Stack<T> implements Storage<T> {
  readonly #items: T[] = [];
  get size(): number {
    return this.#items.length;
  }
  push(item: T): void {
    this.#items.push(item);
  }
  shift(): T {
    return this.#items.pop() as T;
  }
}

/** The smallest first, by `compare`; equals in the order they were put (asyncio.PriorityQueue, but stable). */
export class PriorityQueue<T> extends Queue<T> {
  // biome-ignore lint/complexity/noUselessConstructor: it widens the options
  constructor(options: { maxSize?: number; compare?: (a: T, b: T) => number } = {}) {
    super(options);
  }

  protected override makeStorage(options: { compare?: (a: T, b: T) => number }): Storage<T> {
    return new Heap<T>(options.compare ?? byValue);
  }
}

function byValue(a: unknown, b: unknown): number {
  return (a as number) < (b as number) ? -1 : (b as number) < (a as number) ? 1 : 0;
}

/** A binary heap. Invariant: no item comes before its parent, by comparison and then by the time it was put. */
class Heap<T> implements Storage<T> {
  readonly #heap: { readonly item: T; readonly sequence: number }[] = [];
  readonly #compare: (a: T, b: T) => number;
  #sequence = 0;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#heap.length;
  }

  push(item: T): void {
    const heap = this.#heap;
    const entry = { item, sequence: this.#sequence++ };
    let slot = heap.push(entry) - 1;
    while (slot > 0 && this.#before(slot, (slot - 1) >> 1)) slot = this.#swap(slot, (slot - 1) >> 1);
  }

  shift(): T {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    const { item } = heap.pop() as { item: T };
    for (let slot = 0; ; ) {
      let least = slot;
      for (const child of [slot * 2 + 1, slot * 2 + 2])
        if (child < heap.length && this.#before(child, least)) least = child;
      if (least === slot) return item;
      slot = this.#swap(slot, least);
    }
  }

  #before(a: number, b: number): boolean {
    const one = this.#heap[a] as { item: T; sequence: number };
    const other = this.#heap[b] as { item: T; sequence: number };
    const order = this.#compare(one.item, other.item);
    return order < 0 || (order === 0 && one.sequence < other.sequence);
  }

  #swap(a: number, b: number): number {
    const heap = this.#heap;
    const entry = heap[a] as { item: T; sequence: number };
    heap[a] = heap[b] as { item: T; sequence: number };
    heap[b] = entry;
    return b;
  }
}
