/** Where bytes go, one write at a time: a file, stdout, a pipe. Each write is whole, or throws a FetchStop. */
import { close, constants, fstat, ftruncate, open, type Stats, write } from "node:fs";
import { Socket } from "node:net";
import { promisify } from "node:util";
import { codeOf, FetchStop, ReaderGone, unwritable } from "../stop.ts";

const status: (fd: number) => Promise<Stats> = promisify(fstat);
const opening: (path: string, flags: number) => Promise<number> = promisify(open);
const writing = promisify(write);
const truncating: (fd: number, length: number) => Promise<void> = promisify(ftruncate);
const closing: (fd: number) => Promise<void> = promisify(close);

export interface Sink {
  readonly name: string;
  /** Whether it is a file that stays: what is written can be cut off, and found again. */
  readonly regular: boolean;
  /** Bytes that are there: of whole writes, and of the part that a failed one left. */
  readonly size: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Cuts off what lies behind. */
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens or makes a file. What is in it stays. */
export async function sinkOfFile(path: string): Promise<Sink> {
  let fd: number;
  try {
    fd = await opening(path, constants.O_RDWR | constants.O_CREAT).catch((error: unknown) => {
      // A pipe or a device that can't be read can be written all the same.
      if (codeOf(error) !== "EACCES" && codeOf(error) !== "ENXIO") throw error;
      return opening(path, constants.O_WRONLY);
    });
  } catch (error) {
    throw unwritable(path, error);
  }
  return sinkOf(path, fd, true);
}

export async function sinkOfStdout(): Promise<Sink> {
  try {
    return await sinkOf("stdout", 1, false);
  } catch (error) {
    throw codeOf(error) === "EBADF" ? new FetchStop("stdout is closed: give --output FILE", { cause: error }) : error;
  }
}

/** At positions of its own only if the file is its own: what stdout leads to, others may write to. */
async function sinkOf(name: string, fd: number, own: boolean): Promise<Sink> {
  const stats = await status(fd);
  if (stats.isFIFO() || stats.isSocket()) return new PipeSink(name, fd);
  const regular = own && stats.isFile();
  return new FileSink(name, fd, regular, regular ? stats.size : 0);
}

class FileSink implements Sink {
  readonly name: string;
  readonly regular: boolean;
  size: number;
  readonly #fd: number;

  constructor(name: string, fd: number, regular: boolean, size: number) {
    this.name = name;
    this.#fd = fd;
    this.regular = regular;
    this.size = size;
  }

  async write(bytes: Uint8Array): Promise<void> {
    let written = 0;
    try {
      while (written < bytes.length) {
        const position = this.regular ? this.size : null;
        const part = await writing(this.#fd, bytes, written, bytes.length - written, position);
        written += part.bytesWritten;
        this.size += part.bytesWritten;
      }
    } catch (error) {
      throw unwritable(this.name, error);
    }
  }

  async truncate(size: number): Promise<void> {
    if (!this.regular || size === this.size) return;
    try {
      await truncating(this.#fd, size);
    } catch (error) {
      throw unwritable(this.name, error);
    }
    this.size = size;
  }

  async close(): Promise<void> {
    try {
      if (this.#fd > 2) await closing(this.#fd);
    } catch (error) {
      throw unwritable(this.name, error);
    }
  }
}

/** A write that a slow reader holds up does not hold up the process: not its signals, and not its end. */
class PipeSink implements Sink {
  readonly name: string;
  readonly regular = false;
  size = 0;
  readonly #socket: Socket;
  #failure: Error | undefined;

  constructor(name: string, fd: number) {
    this.name = name;
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on("error", (error) => {
      this.#failure ??= error;
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#told(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#socket.write(bytes, (error) => {
      if (error) reject(this.#told(error));
      else resolve();
    });
    await promise;
    this.size += bytes.length;
  }

  #told(error: Error): FetchStop {
    return codeOf(error) === "ECONNRESET" ? new ReaderGone() : unwritable(this.name, error);
  }

  async truncate(): Promise<void> {}

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.end(() => resolve());
    this.#socket.once("close", () => resolve());
    await promise;
  }
}
