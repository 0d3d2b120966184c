/** First in, first out: a ring buffer that doubles when it is full. */
export class Ring<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(16).fill(undefined); // its length is a power of two
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item;
    this.#size++;
  }

  /** The first one. Only called when there is one. */
  shift(): T {
    const head = this.#head;
    const item = this.#slots[head] as T;
    this.#slots[head] = undefined;
    this.#head = (head + 1) & (this.#slots.length - 1);
    this.#size--;
    return item;
  }

  #grow(): void {
    const old = this.#slots;
    const head = this.#head;
    this.#slots = old.slice(head).concat(old.slice(0, head), new Array<undefined>(old.length).fill(undefined));
    this.#head = 0;
  }
}
