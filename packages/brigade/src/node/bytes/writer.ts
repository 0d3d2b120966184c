/** Bytes to a socket or a pipe: buffered at once, with a way to wait until the buffer is low again. */
import type { Writable } from "node:stream";
import { describe, InvalidStateError } from "../../errors.ts";
import type { RunningTask } from "../../task/frame.ts";
import type { Awaitable } from "../../types.ts";
import { Reply } from "../../border/reply.ts";
import { DONE } from "./done.ts";

export interface ByteWriterOptions {
  /** Says in errors and reports where it is written to: "stdin of cat". */
  readonly label?: string;
  /** Makes the error that callers see of what the host says. */
  readonly failure?: (error: Error) => Error;
}

/**
 * Writes bytes (asyncio.StreamWriter). `write` and `end` take effect when they are called; awaiting what they give waits
 * until the buffer is low again, so that a fast writer is held back by a slow reader. Cancellation ends the wait, and
 * what was written is still sent. Once the connection has failed, everything throws its error.
 */
export class ByteWriter {
  readonly label: string;
  #sink: Writable;
  readonly #mapped: (error: Error) => Error;
  #waiting: Flush[] = []; // not empty ⇒ the sink's buffer is full, or its end is awaited
  #full = false; // as `write` of the sink said; its `writableNeedDrain` is always false on Bun
  #failure: Error | undefined;
  #state: "open" | "ending" | "ended" = "open";

  constructor(sink: Writable, options: ByteWriterOptions = {}) {
    this.#sink = sink;
    this.label = options.label ?? "byte stream";
    this.#mapped = options.failure ?? ((error) => error);
    this.#listen(sink);
  }

  #listen(sink: Writable): void {
    sink.on("error", (error) => this.#fail(error));
    sink.on("close", () => {
      if (sink === this.#sink) this.#closed();
    });
  }

  /** Writes to this sink from now on, which stands on the one before: the same connection, encrypted. @internal */
  moveTo(sink: Writable): void {
    this.#sink.off("drain", this.#drained);
    this.#sink = sink;
    this.#listen(sink);
    this.#drained();
  }

  /** Bytes that were written and not yet handed to the system. */
  get buffered(): number {
    return this.#sink.writableLength;
  }

  /** Whether nothing can be written any more. */
  get closed(): boolean {
    return this.#state !== "open" || this.#failure !== undefined || this.#sink.destroyed;
  }

  /**
   * Puts the data, text as UTF-8, in the buffer: now, whether or not the result is awaited. Awaiting it waits as `drain`
   * does. Throws the connection's error, `InvalidStateError` after `end`, `TypeError` for what is neither text nor bytes.
   */
  write(data: string | Uint8Array): Awaitable<void> {
    this.#check("write");
    checkData(data, "write");
    if (data.length === 0 || this.#sink.write(data)) return DONE;
    if (!this.#full) this.#sink.once("drain", this.#drained);
    this.#full = true;
    return new Flush(this, "drain");
  }

  /** Waits until the buffer is below its high-water mark (asyncio.StreamWriter.drain). Throws the connection's error. */
  drain(): Awaitable<void> {
    return new Flush(this, "drain");
  }

  /**
   * Says that no more will be written, after the data: now (half close; asyncio's write_eof). Awaiting the result waits
   * until everything was handed to the system. A second time it only waits. Throws the connection's error.
   */
  end(data?: string | Uint8Array): Awaitable<void> {
    if (this.#state === "open" || data !== undefined) {
      if (data !== undefined) checkData(data, "end");
      this.#check("end");
      this.#state = "ending";
      const ended = (): void => this.#ended();
      if (data === undefined || data.length === 0) this.#sink.end(ended);
      else this.#sink.end(data, ended);
    }
    return new Flush(this, "end");
  }

  #check(call: string): void {
    // The sink knows of its failure before it tells, and may have told before this was made.
    if (this.#sink.errored) this.#fail(this.#sink.errored);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#state === "open" && !this.#sink.destroyed) return;
    const closed = new InvalidStateError(`${call}: ${this.label} was closed for writing before`);
    throw this.#state === "open" ? this.#mapped(closed) : closed; // by its other end, or by `end`
  }

  /** Whether that is so now; throws if it never can be. @internal */
  reached(what: FlushWhat): boolean {
    if (this.#state === "ended") return true;
    if (this.#failure !== undefined) throw this.#failure;
    const { destroyed } = this.#sink; // of a destroyed one, "close" says whether all was written
    return what === "drain" && this.#state === "open" && !this.#full && !destroyed;
  }

  /** @internal */
  wait(flush: Flush): void {
    this.#waiting.push(flush);
  }

  /** @internal */
  leave(flush: Flush): void {
    const index = this.#waiting.indexOf(flush);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  readonly #drained = (): void => {
    this.#full = false;
    for (const flush of this.#waiting.splice(0)) {
      if (flush.what === "drain") flush.succeed();
      else this.#waiting.push(flush);
    }
  };

  #ended(): void {
    if (this.#failure !== undefined || this.#state === "ended") return;
    if (!this.#sink.writableFinished) return; // it was destroyed: "close" says so
    this.#state = "ended";
    for (const flush of this.#waiting.splice(0)) flush.succeed();
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined || this.#state === "ended") return;
    this.#failure = this.#mapped(error);
    for (const flush of this.#waiting.splice(0)) flush.fail(this.#failure);
  }

  #closed(): void {
    if (this.#sink.writableFinished) return this.#ended();
    this.#fail(new InvalidStateError(`${this.label} was closed before everything was written`));
  }
}

type FlushWhat = "drain" | "end";

class Flush extends Reply<void> {
  readonly what: FlushWhat;
  readonly #writer: ByteWriter;

  constructor(writer: ByteWriter, what: FlushWhat) {
    super("write", writer.label);
    this.#writer = writer;
    this.what = what;
  }

  override succeed(): void {
    super.succeed(undefined);
  }

  protected override begin(): void {
    if (this.#writer.reached(this.what)) this.succeed();
    else this.#writer.wait(this);
  }

  protected override abandoned(_task: RunningTask): void {
    this.#writer.leave(this);
  }
}

function checkData(data: unknown, call: string): void {
  if (typeof data === "string" || data instanceof Uint8Array) return;
  throw new TypeError(`${call} takes a string or a Uint8Array, not ${describe(data)}`);
}

export function writerOfWritable(sink: Writable, options: ByteWriterOptions = {}): ByteWriter {
  return new ByteWriter(sink, options);
}
