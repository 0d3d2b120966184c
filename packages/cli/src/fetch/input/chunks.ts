/** The bytes of a file or of stdin, read when they are asked for: a slow reader holds back whoever writes. */
import { close, type Stats } from "node:fs";
import { fstat, open, read } from "node:fs";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { Socket } from "node:net";
import { unreadable } from "../stop.ts";

const status: (fd: number) => Promise<Stats> = promisify(fstat);
const opening: (path: string, flags: string) => Promise<number> = promisify(open);
const reading = promisify(read);
const closing: (fd: number) => Promise<void> = promisify(close);

export interface Chunks {
  /** What it is called in messages. */
  readonly name: string;
  /** Bytes of a regular file; undefined: not known. */
  readonly size: number | undefined;
  /** Reads bytes to a place in the buffer; 0 at the end. Throws a FetchStop. */
  read(buffer: Buffer, offset: number): Promise<number>;
  close(): Promise<void>;
}

export async function chunksOfFile(path: string): Promise<Chunks> {
  let fd: number;
  try {
    fd = await opening(path, "r");
  } catch (error) {
    throw unreadable(path, error);
  }
  const stats = await status(fd);
  // A pipe is read as a socket is: a read that waits in a thread would hold the process back when it ends.
  if (stats.isFIFO() || stats.isSocket()) return new StreamChunks(path, new Socket({ fd, writable: false }));
  return new FileChunks(path, fd, stats.isFile() ? stats.size : undefined);
}

export async function chunksOfStdin(): Promise<Chunks> {
  const stats = await status(0).catch(() => undefined);
  return stats?.isFile() ? new FileChunks("stdin", 0, stats.size) : new StreamChunks("stdin", process.stdin);
}

class FileChunks implements Chunks {
  readonly name: string;
  readonly size: number | undefined;
  readonly #fd: number;
  #reading: Promise<unknown> | undefined;

  constructor(name: string, fd: number, size: number | undefined) {
    this.name = name;
    this.#fd = fd;
    this.size = size;
  }

  async read(buffer: Buffer, offset: number): Promise<number> {
    const call = reading(this.#fd, buffer, offset, buffer.length - offset, null);
    this.#reading = call.catch(() => {});
    try {
      return (await call).bytesRead;
    } catch (error) {
      throw unreadable(this.name, error);
    }
  }

  async close(): Promise<void> {
    await this.#reading;
    if (this.#fd !== 0) await closing(this.#fd);
  }
}

class StreamChunks implements Chunks {
  readonly name: string;
  readonly size = undefined;
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer | undefined; // of the piece that came last, what did not fit
  #closed = false;

  constructor(name: string, stream: Readable) {
    this.name = name;
    this.#stream = stream;
    this.#pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async read(buffer: Buffer, offset: number): Promise<number> {
    const piece = this.#rest ?? (await this.#next());
    if (piece === undefined) return 0;
    const size = piece.copy(buffer, offset);
    this.#rest = size < piece.length ? piece.subarray(size) : undefined;
    return size;
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      for (;;) {
        const next = await this.#pieces.next();
        if (next.done) return undefined;
        if (next.value.length > 0) return next.value;
      }
    } catch (error) {
      if (this.#closed) return undefined; // whoever waited has gone
      throw unreadable(this.name, error);
    }
  }

  /** Without waiting for what may never come. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stream.on("error", () => {});
    this.#stream.destroy();
  }
}
