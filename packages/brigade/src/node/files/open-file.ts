/**
 * An open file. Its descriptor is noted the moment the system gives it, so that `close`, in a `finally`, gives it back
 * on every path.
 */
import * as fs from "node:fs";
import { isatty } from "node:tty";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { ByteReader } from "../bytes/reader.ts";
import type { ByteWriter } from "../bytes/writer.ts";
import { DONE } from "../bytes/done.ts";
import { call, FileCall } from "./call.ts";
import { refusal } from "./failure.ts";
import { type Pipe, pipeOf } from "./pipe.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY } = fs.constants;
/**
 * A FIFO is opened at once, and not when its other end is: nothing could stop a thread that waits for that. Windows has
 * none.
 */
const AT_ONCE = (fs.constants as { readonly O_NONBLOCK?: number }).O_NONBLOCK ?? 0;

export const READ: number = O_RDONLY | AT_ONCE;
export const REPLACE: number = O_WRONLY | O_CREAT | O_TRUNC | AT_ONCE;
export const APPEND: number = O_WRONLY | O_CREAT | O_APPEND | AT_ONCE;
export const CREATE_NEW: number = O_WRONLY | O_CREAT | O_EXCL;

export class OpenFile {
  /** What errors call it. */
  readonly path: string;
  /** Whether the system has opened, and with CREATE_NEW made, it. */
  opened = false;
  readonly #operation: string;
  readonly #place: string;
  #descriptor: number | undefined; // set ⇔ the system has it open for this object, and no pipe owns it
  #pipe: Pipe | undefined; // set for what the loop of the host waits for: a FIFO, a terminal, a socket

  /**
   * `operation` is what errors say that could not be done: "read", "write"; `place` is where it is, if errors call it
   * otherwise.
   */
  constructor(path: string, operation: string, place: string = path) {
    this.path = path;
    this.#operation = operation;
    this.#place = place;
  }

  /**
   * Set once it is open, if it is a FIFO, a terminal or a socket that is read: the file's own calls are then not to be
   * used.
   */
  get reader(): ByteReader | undefined {
    return this.#pipe?.reader;
  }

  /** The same, if it is written. */
  get writer(): ByteWriter | undefined {
    return this.#pipe?.writer;
  }

  /** Opens it, and says what it is. Throws `FileError` for a directory. */
  open(flags: number, mode = 0o666): Awaitable<fs.Stats> {
    return open(this, flags, mode);
  }

  openDescriptor(flags: number, mode: number): Awaitable<void> {
    return call(this.#operation, this.path, (done) => {
      fs.open(this.#place, flags, mode, (error, descriptor) => {
        if (!error) {
          this.#descriptor = descriptor;
          this.opened = true;
        }
        done(error, undefined);
      });
    });
  }

  /** What it is. */
  stat(): Awaitable<fs.Stats> {
    return call(this.#operation, this.path, (done) => fs.fstat(this.#open, done));
  }

  /** Hands the descriptor to the host's own loop, if it is of a kind that one can wait for there. */
  becomePipe(stats: fs.Stats, readable: boolean): void {
    const descriptor = this.#open;
    if (!stats.isFIFO() && !stats.isSocket() && !isatty(descriptor)) return;
    this.#pipe = pipeOf(descriptor, this.path, readable);
    this.#descriptor = undefined;
  }

  /** How many bytes it has read into the buffer, from where the last read ended. 0 at the end of the file. */
  read(buffer: Uint8Array, offset: number, length: number): FileCall<number> {
    return new FileCall<number>(this.#operation, this.path, (done) => {
      fs.read(this.#open, buffer, offset, length, null, (error, count) => done(error, count));
    });
  }

  /** How many of the bytes it has written. */
  write(bytes: Uint8Array, offset: number, length: number): Awaitable<number> {
    const ask = (done: (error: NodeJS.ErrnoException | null, count: number) => void): void =>
      fs.write(this.#open, bytes, offset, length, null, (error, count) => done(error, count));
    return call(this.#operation, this.path, ask, "always");
  }

  /** Until the disk has it. */
  sync(): Awaitable<void> {
    return call<void>(this.#operation, this.path, (done) => fs.fsync(this.#open, (error) => done(error)), "always");
  }

  chmod(mode: number): Awaitable<void> {
    return call<void>(this.#operation, this.path, (done) => fs.fchmod(this.#open, mode, (error) => done(error)));
  }

  chown(user: number, group: number): Awaitable<void> {
    return call<void>(this.#operation, this.path, (done) => fs.fchown(this.#open, user, group, (error) => done(error)));
  }

  /** Gives the descriptor back; nothing to do if there is none. No other call may be under way. */
  close(): Awaitable<void> {
    if (this.#pipe !== undefined) return this.#pipe.close();
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return DONE;
    const ask = (done: (error: NodeJS.ErrnoException | null | undefined, nothing: void) => void): void => {
      this.#descriptor = undefined;
      fs.close(descriptor, (error) => done(error));
    };
    return call<void>(this.#operation, this.path, ask, "always");
  }

  get #open(): number {
    if (this.#descriptor === undefined) throw refusal("EBADF", "it is not open", this.#operation, this.path);
    return this.#descriptor;
  }
}

const open = /* @__PURE__ */ coroutine(function* open(
  file: OpenFile,
  flags: number,
  mode: number,
): CoroutineBody<fs.Stats> {
  yield* file.openDescriptor(flags, mode);
  const stats = yield* file.stat();
  const readable = (flags & O_WRONLY) === 0;
  if (stats.isDirectory()) throw refusal("EISDIR", "it is a directory; walk() reads those", "read", file.path);
  if (!stats.isFile()) file.becomePipe(stats, readable);
  return stats;
});
