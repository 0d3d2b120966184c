/** A bounded queue and a semaphore written on promises: JavaScript has none built in. */
import type { Programs } from "../../program.ts";
import { sum } from "../../results.ts";

/** First in, first out. A dequeued slot is dropped in bulk, so that taking stays cheap. */
class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.#head < this.#items.length) this.#head++;
    if (this.#head === this.#items.length || this.#head > 1_024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

class BoundedQueue<T> {
  readonly #maxSize: number;
  readonly #items = new Fifo<T>();
  readonly #getters = new Fifo<() => void>();
  readonly #putters = new Fifo<() => void>();

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  async put(item: T): Promise<void> {
    while (this.#items.size >= this.#maxSize) await new Promise<void>((wake) => this.#putters.push(wake));
    this.#items.push(item);
    this.#getters.shift()?.();
  }

  async get(): Promise<T> {
    while (this.#items.size === 0) await new Promise<void>((wake) => this.#getters.push(wake));
    const item = this.#items.shift() as T;
    this.#putters.shift()?.();
    return item;
  }
}

class Semaphore {
  #available: number;
  readonly #waiters = new Fifo<() => void>();

  constructor(permits: number) {
    this.#available = permits;
  }

  async acquire(): Promise<void> {
    if (this.#available > 0) this.#available--;
    else await new Promise<void>((wake) => this.#waiters.push(wake));
  }

  /** Hands the permit to the first waiter, or keeps it. */
  release(): void {
    const wake = this.#waiters.shift();
    if (wake === undefined) this.#available++;
    else wake();
  }
}

async function produce(queue: BoundedQueue<number>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await queue.put(i);
}

async function holdOnce(semaphore: Semaphore): Promise<number> {
  await semaphore.acquire();
  try {
    // oxlint-disable-next-line typescript/await-thenable -- the cheapest native switch waits for nothing
    await undefined;
    return 1;
  } finally {
    semaphore.release();
  }
}

export const programs: Programs = {
  queue: async (count) => {
    const queue = new BoundedQueue<number>(16);
    const producer = produce(queue, count);
    let total = 0;
    for (let i = 0; i < count; i++) total += await queue.get();
    await producer;
    return total;
  },

  semaphore: async (count) => {
    const semaphore = new Semaphore(100);
    return sum(await Promise.all(Array.from({ length: count }, () => holdOnce(semaphore))));
  },
};
