/** What has come from a source and was not read, the read that waits for more, and how fast the source may bring it. */
import { InvalidStateError } from "../../errors.ts";
import { ByteQueue } from "./byte-queue.ts";

/** Where the bytes come from; told by what takes them in. */
export interface ByteSource {
  /** There is enough: brings nothing until `resume`. What was on its way may still come. */
  pause(): void;
  resume(): void;
  /** Nobody will read any more. */
  close(): void;
}

export interface ByteReaderOptions {
  /** Says in errors and reports what is read: "stdout of ls". */
  readonly label?: string;
  /** Bytes that are taken in before anybody asks for them; 64 KiB unless told otherwise. */
  readonly highWaterMark?: number;
  /** The longest line, or run of bytes up to a separator, in bytes; 64 KiB unless told otherwise. */
  readonly limit?: number;
}

const DEFAULT = 64 * 1024;

/** A read that waits, as the intake knows it. */
export interface Waiting {
  /** Something has come. */
  arrived(): void;
}

type State = "open" | "ended" | "failed" | "closed";

export class Intake {
  readonly label: string;
  readonly limit: number;
  readonly queue: ByteQueue = new ByteQueue();
  /** The read that waits, or has been woken and has not gone on. */
  waiting: Waiting | undefined = undefined;
  readonly #highWaterMark: number;
  readonly #source: ByteSource;
  #state: State = "open";
  #failure: Error | undefined = undefined; // set ⇔ failed
  #paused = false;
  #wanted = 0; // bytes that the read in progress may want at once

  constructor(source: ByteSource, options: ByteReaderOptions = {}) {
    this.#source = source;
    this.label = options.label ?? "byte stream";
    this.limit = checkCount(options.limit ?? DEFAULT, "limit");
    this.#highWaterMark = checkCount(options.highWaterMark ?? DEFAULT, "highWaterMark");
  }

  // ── Told by the source ──

  /** Some bytes have come. */
  push(piece: Uint8Array): void {
    if (this.#state !== "open") return;
    this.queue.push(piece);
    this.waiting?.arrived();
    if (!this.#paused && this.queue.size >= Math.max(this.#highWaterMark, this.#wanted)) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  /** No more will come. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ended";
    this.waiting?.arrived();
  }

  /** No more will come, because of this. */
  fail(error: Error): void {
    if (this.#state !== "open") return;
    this.#state = "failed";
    this.#failure = error;
    this.waiting?.arrived();
  }

  // ── Told by whoever reads ──

  /** Drops what has come, and ends what brings it. */
  close(): void {
    if (this.#state === "closed") return;
    const open = this.#state === "open";
    this.#state = "closed";
    this.queue.drop(this.queue.size);
    if (open) this.#source.close();
    this.waiting?.arrived();
  }

  /** Whether no more will come. */
  get over(): boolean {
    return this.#state !== "open";
  }

  /** Throws why no more will come, unless it is the end. */
  check(): void {
    if (this.#state === "failed") throw this.#failure as Error;
    if (this.#state === "closed") throw new InvalidStateError(`${this.label} was closed: nothing can be read from it`);
  }

  /** A read begins. */
  claim(): void {
    if (this.waiting !== undefined)
      throw new InvalidStateError(`${this.label} is being read by another task: one can read at a time`);
    if (this.#state === "closed") this.check();
  }

  /** A read waits until as many bytes may be there. */
  want(bytes: number): void {
    this.#wanted = bytes;
    if (this.queue.size < Math.max(this.#highWaterMark, bytes)) this.#resume();
  }

  /** A read is over. */
  taken(): void {
    this.#wanted = 0;
    if (this.#paused && this.queue.size < this.#highWaterMark) this.#resume();
  }

  #resume(): void {
    if (!this.#paused || this.#state !== "open") return;
    this.#paused = false;
    this.#source.resume();
  }
}

export function checkCount(count: number, name: string, least = 0): number {
  if (Number.isSafeInteger(count) && count >= least) return count;
  throw new RangeError(`${name} is ${count}: use a whole number of bytes, at least ${least}`);
}
