/** First in, first out: a chain of chunks, so that nothing is ever copied, and new items stand in young memory. */

const CHUNK = 256; // items; a chunk is 2 kB

interface Chunk<T> {
  readonly items: (T | undefined)[];
  next: Chunk<T> | undefined;
}

function newChunk<T>(): Chunk<T> {
  return { items: new Array<T | undefined>(CHUNK), next: undefined };
}

export class Fifo<T> {
  #head: Chunk<T> = { items: [], next: undefined }; // the first chunk is as long as it has to be
  #first = 0; // index in #head of the first item, if there is one
  #tail: Chunk<T> = this.#head;
  #end = 0; // index in #tail behind the last item
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#end === CHUNK) {
      this.#tail = this.#tail.next = newChunk();
      this.#end = 0;
    }
    this.#tail.items[this.#end++] = item;
    this.#size++;
  }

  /** The first one. Only called when there is one. */
  shift(): T {
    if (this.#first === CHUNK) {
      this.#head = this.#head.next as Chunk<T>;
      this.#first = 0;
    }
    const { items } = this.#head;
    const item = items[this.#first] as T;
    items[this.#first++] = undefined;
    if (--this.#size === 0) {
      // Empty: the chunk is used again from its beginning.
      this.#first = this.#end = 0;
    }
    return item;
  }
}
