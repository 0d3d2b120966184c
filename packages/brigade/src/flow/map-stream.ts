/** A stream of the results of a body, several of which run at once. */
import { QueueShutDown, suppress } from "../errors.ts";
import { shield } from "../scope/shield.ts";
import { Queue } from "../sync/queue.ts";
import { Semaphore } from "../sync/semaphore.ts";
import { awaitableOf } from "../task/body.ts";
import { coroutine } from "../task/coroutine.ts";
import { createTask } from "../task/event-loop.ts";
import type { AwaitableLike, CoroutineBody, Task } from "../types.ts";
import { checkLimit } from "./for-each.ts";
import { type Reader, readerOf, type Source } from "./source.ts";
import { type Stream, stream } from "./stream.ts";

export interface MapOptions {
  /** How many bodies run, or have results that nobody has read yet. */
  readonly limit: number;
  /** Whether results come in the order of the items (the default), or as they are there. */
  readonly ordered?: boolean;
}

type Body<T, R> = (item: T) => AwaitableLike<R>;

/**
 * The results of the body for each item of the source, as a stream: in the order of the items, or with
 * `ordered: false` as they are there. At most `limit` bodies are in flight or have results waiting to be read. The
 * first failure, of a body or of the source, cancels the others and is thrown to the reader. Closing the stream cancels
 * what runs, and closes the source. Throws `RangeError` for a bad limit.
 */
export function mapStream<T, R>(source: Source<T>, body: Body<T, R>, options: MapOptions): Stream<R> {
  checkLimit(options.limit, "mapStream");
  if (typeof body !== "function") throw new TypeError(`mapStream takes a function of an item, not ${typeof body}`);
  const reader = readerOf(source, "mapStream");
  return results(new Mapping(reader, body as Body<unknown, unknown>, options)) as Stream<R>;
}

/** The work of one mapStream: a task that reads the source, and a task for each item. */
class Mapping {
  readonly finished = new Queue<Task<unknown>>(); // in the order of reading; shut down when no more will come
  readonly #places: Semaphore;
  #taken = 0; // places: of what runs, of results that nobody has read, and of the item that is being read
  readonly #reader: Reader<unknown>;
  readonly #body: Body<unknown, unknown>;
  readonly #ordered: boolean;
  readonly #running = new Set<Task<unknown>>(); // unfinished
  #feeder: Task<unknown> | undefined;
  #failure: { readonly error: unknown } | undefined; // the first
  #told = false; // the reader was given the failure

  constructor(reader: Reader<unknown>, body: Body<unknown, unknown>, { limit, ordered = true }: MapOptions) {
    this.#reader = reader;
    this.#body = body;
    this.#ordered = ordered;
    this.#places = new Semaphore(limit === Infinity ? Number.MAX_SAFE_INTEGER : limit);
  }

  start(): void {
    this.#feeder = createTask(feed(this));
    this.#feeder.addDoneCallback((feeder) => this.#ended(feeder));
  }

  /** Waits for a place, and for an item. False at the end of the source. */
  *step(): CoroutineBody<boolean> {
    yield* this.#places.acquire();
    this.#taken++;
    const next = yield* this.#reader.next();
    if (next.done) return false;
    const task = createTask(mapItem(this.#reader, this.#body, next.value));
    this.#running.add(task);
    if (this.#ordered) this.finished.putNowait(task);
    task.addDoneCallback((ended) => {
      this.#running.delete(task);
      if (!this.#ordered && this.#failure === undefined) this.finished.putNowait(task);
      this.#ended(ended);
    });
    return true;
  }

  /** A result has been read: its place is free. */
  read(): void {
    this.#taken--;
    this.#places.release();
  }

  #ended(task: Task<unknown>): void {
    if (!task.cancelled && task.exception() !== undefined) this.#fail(errorOf(task));
    if (this.#feeder?.done && (this.#ordered || this.#running.size === 0)) this.finished.shutdown();
  }

  #fail(error: unknown): void {
    if (this.#failure) return void suppress(this.#failure.error, error);
    this.#failure = { error };
    this.cancel();
    this.finished.shutdown({ immediate: true });
  }

  cancel(): void {
    this.#feeder?.cancel();
    for (const task of [...this.#running]) task.cancel();
  }

  /** Leaves nothing running, no place taken, and the source closed. */
  *close(): CoroutineBody<void> {
    this.cancel();
    for (const task of [this.#feeder, ...this.#running]) {
      try {
        if (task) yield* task;
      } catch {
        // its end is what is waited for; its error went to #fail
      }
    }
    while (this.#taken > 0) this.read();
    yield* this.#reader.close();
    this.tell();
  }

  /** Throws the failure, if there is one that the reader was not given. */
  tell(): void {
    if (!this.#failure || this.#told) return;
    this.#told = true;
    throw this.#failure.error;
  }
}

function errorOf(task: Task<unknown>): unknown {
  try {
    return task.result();
  } catch (error) {
    return error;
  }
}

const feed = /* @__PURE__ */ coroutine(function* mapStream(mapping: Mapping): CoroutineBody<void> {
  while (yield* awaitableOf(mapping.step(), "mapStream"));
});

const mapItem = /* @__PURE__ */ coroutine(function* mapStream(
  reader: Reader<unknown>,
  body: Body<unknown, unknown>,
  item: unknown,
): CoroutineBody<unknown> {
  try {
    return yield* awaitableOf(body(item), "mapStream");
  } finally {
    reader.done?.();
  }
});

const results = /* @__PURE__ */ stream(function* mapStream(mapping: Mapping): Generator<unknown, void, unknown> {
  mapping.start();
  try {
    for (;;) {
      let value: unknown;
      try {
        value = yield* yield* mapping.finished.get();
      } catch (error) {
        mapping.tell();
        if (error instanceof QueueShutDown) return;
        throw error;
      }
      mapping.read();
      yield value;
    }
  } finally {
    yield* shield(mapping.close());
  }
});
