/** Rows one by one out of batches: a row that is here already costs whoever reads it no frame of the task. */
import {
  type Awaitable,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  type Stream,
  type Suspension,
  stream,
} from "brigade";

type Item = IteratorResult<unknown, void>;

/** Awaiting it gives the next row: `next()` gives the stream itself as long as rows are here. */
export class OneByOne implements Stream<unknown>, Awaitable<Item> {
  readonly #batches: Stream<unknown[]>;
  #rows: unknown[] = []; // this stream's own
  #at = 0;
  readonly #result: { readonly done: true; value: Item } = { done: true, value: { done: true, value: undefined } };
  /** Is read at once by `yield*`, and so can be the same each time. */
  readonly #here: Iterator<Suspension, Item, unknown> = {
    next: () => {
      this.#result.value = { done: false, value: this.#rows[this.#at++] };
      return this.#result;
    },
  };

  constructor(batches: Stream<unknown[]>) {
    this.#batches = batches;
  }

  next(): Awaitable<Item> {
    return this.#at < this.#rows.length ? this : this.#more();
  }

  [Symbol.iterator](): Iterator<Suspension, Item, unknown> {
    return this.#at < this.#rows.length ? this.#here : this.#more()[Symbol.iterator]();
  }

  readonly #more: () => Coroutine<Item> = coroutine(function* next(this: OneByOne): CoroutineBody<Item> {
    // What has held the batch on its way here may live a little longer than its rows should.
    this.#rows.length = 0;
    this.#at = 0;
    for (;;) {
      const batch = yield* this.#batches.next();
      if (batch.done) return batch;
      if (batch.value.length === 0) continue;
      this.#rows = batch.value;
      this.#at = 1;
      return { done: false, value: batch.value[0] };
    }
  }).bind(this);

  close(): Awaitable<void> {
    this.#rows = [];
    this.#at = 0;
    return this.#batches.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, void> {
    return forPromises(this)[Symbol.asyncIterator]();
  }
}

const forPromises = /* @__PURE__ */ stream(function* rows(reader: OneByOne): Generator<unknown, void, unknown> {
  try {
    for (;;) {
      const item = yield* reader.next();
      if (item.done) return;
      yield item.value;
    }
  } finally {
    yield* reader.close();
  }
});
