/** A body that comes piece by piece, as bytes for a transport. */
import { describe } from "../../errors.ts";
import { type Reader, readerOf, type Source } from "../../flow/source.ts";
import { wait } from "../../many/wait.ts";
import { coroutine } from "../../task/coroutine.ts";
import { runningTaskLoop } from "../../task/event-loop.ts";
import type { CoroutineBody, Task } from "../../types.ts";
import { InvalidRequestError } from "../errors.ts";
import type { RequestInfo } from "../types.ts";

const encoder = new TextEncoder();

/** The source is read in tasks of the running loop, a piece each time the transport asks. */
export function sourceBytes(source: Source<string | Uint8Array>, info: RequestInfo): AsyncIterable<Uint8Array> {
  const loop = runningTaskLoop();
  const reader = readerOf(source, "body");
  let reading: Task<IteratorResult<string | Uint8Array, unknown>> | undefined;
  let closed = false;
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    if (closed) return { done: true, value: undefined };
    reading = loop.createTask(reader.next());
    const item = await reading.then();
    if (item.done) return { done: true, value: undefined };
    reader.done?.();
    return { done: false, value: bytesOf(item.value, info) };
  };
  /** The exchange is over before the body is. */
  const close = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    reading?.cancel();
    if (closed) return { done: true, value: undefined };
    closed = true;
    if (!loop.closed) await loop.createTask(closing(reading, reader)).then();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: close }) };
}

const closing = /* @__PURE__ */ coroutine(function* close(
  reading: Task<unknown> | undefined,
  reader: Reader<unknown>,
): CoroutineBody<void> {
  if (reading && !reading.done) yield* wait([reading]);
  yield* reader.close();
});

function bytesOf(piece: unknown, info: RequestInfo): Uint8Array {
  if (typeof piece === "string") return encoder.encode(piece);
  if (piece instanceof Uint8Array) return piece;
  throw new InvalidRequestError(`the body gave ${describe(piece)}: give strings or Uint8Arrays`, info);
}

/** A body in pieces that says when it is asked for one, and that can be told that no more are wanted. */
export interface WatchedSource extends AsyncIterable<Uint8Array> {
  stop(): void;
}

/** Undefined for a body that is there whole. `asks` is told true when a piece is asked for, false when it is given. */
export function watchedSource(
  body: Uint8Array | AsyncIterable<Uint8Array> | undefined,
  asks: (asking: boolean) => void,
): WatchedSource | undefined {
  if (body === undefined || body instanceof Uint8Array) return undefined;
  const iterator = body[Symbol.asyncIterator]();
  let over = false;
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    asks(true);
    const item = await iterator.next();
    asks(false);
    over ||= item.done === true;
    return item;
  };
  const close = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    if (!over) await iterator.return?.();
    over = true;
    return { done: true, value: undefined };
  };
  return {
    [Symbol.asyncIterator]: () => ({ next, return: close }),
    stop: () => void close().catch(() => {}), // what reading fails with has reached the transport
  };
}
