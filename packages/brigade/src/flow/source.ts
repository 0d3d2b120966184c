/** What can be read item by item: streams, queues, iterables of both kinds. */
import { describe, QueueShutDown } from "../errors.ts";
import { Queue } from "../sync/queue.ts";
import { coroutine } from "../task/coroutine.ts";
import { PromiseLeaf } from "../task/promise.ts";
import type { Awaitable, CoroutineBody } from "../types.ts";
import type { Stream } from "./stream.ts";

export type Source<T> = Stream<T> | Queue<T> | Iterable<T> | AsyncIterable<T>;

/** Reads a source as a stream is read. */
export interface Reader<T> {
  next(): Awaitable<IteratorResult<T, unknown>>;
  /** Nothing more will be read. */
  close(): Awaitable<unknown>;
  /** An item that was read has been dealt with. */
  done?(): void;
}

/** A reader of the source; throws `TypeError` for what can't be read. */
export function readerOf<T>(source: Source<T>, taker: string): Reader<T> {
  if (source instanceof Queue)
    return { next: () => nextOfQueue(source), close: nothing, done: () => source.taskDone() };
  const object = Object(source ?? 0) as Partial<Stream<T>> & Partial<Iterable<T>>;
  if (typeof object.next === "function" && typeof object.close === "function") return object as Stream<T>;
  if (typeof object[Symbol.asyncIterator] === "function") {
    const iterator = (object as AsyncIterable<T>)[Symbol.asyncIterator]();
    return { next: () => new PromiseLeaf(iterator.next()), close: () => closeAsync(iterator) };
  }
  if (typeof object[Symbol.iterator] === "function") {
    const iterator = (object as Iterable<T>)[Symbol.iterator]();
    return { next: () => nextOf(iterator), close: () => closeSync(iterator) };
  }
  throw new TypeError(`${taker} reads a stream, a queue, an iterable or an async iterable, not ${describe(source)}`);
}

const nothing = /* @__PURE__ */ coroutine(function* nothing(): CoroutineBody<void> {});

const nextOfQueue = /* @__PURE__ */ coroutine(function* next<T>(
  queue: Queue<T>,
): CoroutineBody<IteratorResult<T, void>> {
  try {
    return { done: false, value: yield* queue.get() };
  } catch (error) {
    if (error instanceof QueueShutDown) return { done: true, value: undefined };
    throw error;
  }
});

const nextOf = /* @__PURE__ */ coroutine(function* next<T>(
  iterator: Iterator<T>,
): CoroutineBody<IteratorResult<T, unknown>> {
  return iterator.next();
});

const closeSync = /* @__PURE__ */ coroutine(function* close(iterator: Iterator<unknown>): CoroutineBody<void> {
  iterator.return?.();
});

const closeAsync = /* @__PURE__ */ coroutine(function* close(iterator: AsyncIterator<unknown>): CoroutineBody<void> {
  const closing = iterator.return?.();
  if (closing) yield* new PromiseLeaf(closing);
});
