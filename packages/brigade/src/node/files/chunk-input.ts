/**
 * The bytes of a file, piece by piece, into two buffers that are used again: the next piece is on its way while one is
 * used.
 */
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import type { FileCall } from "./call.ts";
import { OpenFile, READ } from "./open-file.ts";

const FIRST = 64 * 1024; // bytes: more than most files have
const LATER = 256 * 1024; // bytes: what a large file is read fastest by

export class ChunkInput {
  readonly #file: OpenFile;
  #buffer: Buffer = Buffer.allocUnsafeSlow(FIRST);
  #other: Buffer | undefined; // what was read last
  #ahead: FileCall<number> | undefined; // reads into #buffer
  #opened = false;

  constructor(path: string) {
    this.#file = new OpenFile(path, "read");
  }

  /** The next bytes, until the next call but one; undefined at the end. */
  read(): Awaitable<Buffer | undefined> {
    return ChunkInput.#read(this);
  }

  static readonly #read = coroutine(function* read(input: ChunkInput): CoroutineBody<Buffer | undefined> {
    if (!input.#opened) {
      yield* input.#file.open(READ);
      input.#opened = true;
    }
    const { reader } = input.#file;
    if (reader !== undefined) return viewOf(yield* reader.read());
    const count = yield* input.#ahead ?? input.#readAhead();
    if (count === 0) return undefined;
    const filled = input.#buffer;
    input.#buffer = input.#nextBuffer(count === filled.length);
    input.#other = filled;
    input.#readAhead();
    return filled.subarray(0, count);
  });

  #readAhead(): FileCall<number> {
    this.#ahead = this.#file.read(this.#buffer, 0, this.#buffer.length).begun();
    return this.#ahead;
  }

  #nextBuffer(wasFilled: boolean): Buffer {
    const other = this.#other;
    if (other !== undefined && (!wasFilled || other.length === LATER)) return other;
    return Buffer.allocUnsafeSlow(wasFilled ? LATER : FIRST);
  }

  /** Gives everything back. */
  close(): Awaitable<void> {
    return ChunkInput.#close(this);
  }

  static readonly #close = coroutine(function* close(input: ChunkInput): CoroutineBody<void> {
    const ahead = input.#ahead;
    input.#ahead = undefined;
    try {
      // The thread writes into the buffer until it has ended, and would read whatever file gets the descriptor's number next.
      if (ahead !== undefined) yield* ahead;
    } catch {
      // Nobody wants those bytes any more.
    } finally {
      yield* input.#file.close();
    }
  });
}

function viewOf(bytes: Uint8Array | undefined): Buffer | undefined {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
