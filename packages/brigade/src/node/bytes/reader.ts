/** Bytes from a socket or a pipe, read by one task at a time, and taken in no faster than they are read. */
import { asyncIteratorOf } from "../../flow/async-iterator.ts";
import type { Stream } from "../../flow/stream.ts";
import { runningTaskLoop } from "../../task/event-loop.ts";
import type { Awaitable } from "../../types.ts";
import { DONE } from "./done.ts";
import { checkCount, type Intake } from "./intake.ts";
import { readAll, readExactly, readLine, readNextChunk, readNextLine, readSome, readUntil } from "./reads.ts";

export interface LimitOptions {
  /** Bytes. */
  readonly limit?: number;
}

const newline: Uint8Array = Buffer.from("\n");

/**
 * Reads bytes (asyncio.StreamReader): by piece, by line, by number, up to a separator, whole. Every read waits until what
 * it wants has come. Cancellation leaves all that has come in the reader, for the next read. One task reads at a time; a
 * second throws `InvalidStateError`. When the source has failed, reads give what had come before, then throw its error.
 */
export class ByteReader implements Stream<Uint8Array> {
  readonly #intake: Intake;

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  /** What is read: "stdout of ls". */
  get label(): string {
    return this.#intake.label;
  }

  /** Bytes that have come and were not read. */
  get buffered(): number {
    return this.#intake.queue.size;
  }

  /** Whether everything was read: no more will come. */
  get atEnd(): boolean {
    return this.#intake.queue.size === 0 && this.#intake.over;
  }

  /** A piece of what has come, in the size it came, at most `maxBytes` of it; undefined at the end. */
  read(maxBytes: number = Infinity): Awaitable<Uint8Array | undefined> {
    return readSome(this.#intake, maxBytes === Infinity ? maxBytes : checkCount(maxBytes, "maxBytes", 1));
  }

  /** So many bytes. Throws `IncompleteReadError`, with what had come, if the stream ends before. */
  readExactly(count: number): Awaitable<Uint8Array> {
    return readExactly(this.#intake, checkCount(count, "count"));
  }

  /**
   * Everything up to the separator, and the separator. Throws `LimitOverrunError` if more than `limit` bytes would be
   * given: they stay in the reader, for a read with a larger limit; `IncompleteReadError` if the stream ends before.
   */
  readUntil(separator: string | Uint8Array, options: LimitOptions = {}): Awaitable<Uint8Array> {
    const sought = typeof separator === "string" ? Buffer.from(separator) : separator;
    if (!(sought instanceof Uint8Array) || sought.byteLength === 0)
      throw new TypeError("readUntil takes a separator of at least one byte, as a string or a Uint8Array");
    return readUntil(this.#intake, sought, this.#limitOf(options));
  }

  /**
   * A line, as UTF-8, without its "\n" or "\r\n"; the last one may lack it; undefined at the end. Throws
   * `LimitOverrunError` if it is longer than `limit` bytes: they stay in the reader.
   */
  readLine(options: LimitOptions = {}): Awaitable<string | undefined> {
    return readLine(this.#intake, newline, this.#limitOf(options));
  }

  /** The lines that follow, as a stream. Closing it closes the reader. */
  lines(options: LimitOptions = {}): Stream<string> {
    const limit = this.#limitOf(options);
    const lines: Stream<string> = {
      next: () => readNextLine(this.#intake, newline, limit),
      close: () => this.close(),
      [Symbol.asyncIterator]: () => asyncIteratorOf(lines, runningTaskLoop()),
    };
    return lines;
  }

  /** All that follows. Throws `LimitOverrunError` if it is more than `limit` bytes; they stay in the reader. */
  bytes(options: LimitOptions = {}): Awaitable<Uint8Array> {
    return readAll(this.#intake, this.#limitOf(options, Infinity), "bytes");
  }

  /** All that follows, as UTF-8. Throws as `bytes` does. */
  text(options: LimitOptions = {}): Awaitable<string> {
    return readAll(this.#intake, this.#limitOf(options, Infinity), "text");
  }

  #limitOf({ limit }: LimitOptions, otherwise: number = this.#intake.limit): number {
    return limit === undefined || limit === Infinity ? (limit ?? otherwise) : checkCount(limit, "limit");
  }

  /** The next piece, for `forEach` and the like. */
  next(): Awaitable<IteratorResult<Uint8Array, void>> {
    return readNextChunk(this.#intake);
  }

  /** Drops what has come, and ends what brings it. Reads throw `InvalidStateError` from now on. Waits for nothing. */
  close(): Awaitable<void> {
    this.#intake.close();
    return DONE;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void> {
    return asyncIteratorOf(this, runningTaskLoop());
  }
}
