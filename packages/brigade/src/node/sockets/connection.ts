/** A connection: one socket, its reader and writer, and how they end together. */
import type { Socket } from "node:net";
import { InvalidStateError } from "../../errors.ts";
import { moveOnAfter } from "../../scope/timeout.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { type ByteReaderOptions, Intake } from "../bytes/intake.ts";
import { ByteReader } from "../bytes/reader.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { SocketClosedError } from "../errors.ts";
import { localOf, shownPlace, type SocketAddress, unixAddress } from "./address.ts";
import { Closed } from "./closed.ts";
import { connectionFailure } from "./failures.ts";
import type { ConnectionSettings } from "./options.ts";
import { SocketSource } from "./socket-source.ts";
import { type TlsState, tlsStateOf } from "./tls.ts";

const LINGER = 1_000; // ms that closing waits for the other end to close, too, when everything was sent

const OWNER: unique symbol = Symbol("connection");
type Owned = Socket & { [OWNER]?: Connection | undefined };

/** A connection that stands, from `connect`, or handed to the handler of `listen`. Both ends read and write as they like. */
export class Connection {
  /** The other end. Of a Unix socket, where it listens; "" for the end that connected. */
  readonly remoteAddress: SocketAddress;
  #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #label: string;
  #intake: Intake | undefined = undefined; // made with the reader
  #reader: ByteReader | undefined = undefined;
  #writer: ByteWriter | undefined = undefined;
  #failure: Error | undefined = undefined;
  #waiting: Closed[] | undefined = undefined; // who waits until it is closed

  /** @internal */
  constructor(socket: Socket, settings: ConnectionSettings, remote: SocketAddress, label: string) {
    this.#socket = socket;
    this.#settings = settings;
    this.#label = label;
    this.remoteAddress = remote;
    this.#own(socket);
    if (socket.errored) this.failed(socket.errored);
  }

  #own(socket: Socket): void {
    (socket as Owned)[OWNER] = this;
    socket.on("error", failed);
    socket.on("close", closed);
  }

  /** What the other end sends. It is taken in, up to the high-water mark, from when this is first looked at. */
  get reader(): ByteReader {
    return this.#reader ?? this.#read();
  }

  #read(): ByteReader {
    const { limit, highWaterMark } = this.#settings;
    const socket = this.#socket;
    const options: { -readonly [K in keyof ByteReaderOptions]: ByteReaderOptions[K] } = { label: this.#label };
    if (limit !== undefined) options.limit = limit;
    if (highWaterMark !== undefined) options.highWaterMark = highWaterMark;
    const intake = (this.#intake = new Intake(new SocketSource(this), options));
    if (this.#failure !== undefined) intake.fail(this.#failure);
    else if (socket.destroyed) intake.end();
    else this.takeIn();
    return (this.#reader = new ByteReader(intake));
  }

  /** What comes goes to the reader from now on, if there is one. @internal */
  takeIn(): void {
    if (this.#intake === undefined) return;
    if (this.#socket.readableEnded) return this.#intake.end(); // TLS tells of the end though nobody has begun to read
    this.#socket.on("data", received);
    this.#socket.on("end", ended);
    this.#socket.resume();
  }

  /** What the other end is sent. */
  get writer(): ByteWriter {
    const failure = (error: Error): Error => this.#writerFailed(error);
    return (this.#writer ??= new ByteWriter(this.#socket, { label: this.#label, failure }));
  }

  /** The reader and the writer throw the same error, whichever of them the system tells first. */
  #writerFailed(error: Error): Error {
    if (error instanceof InvalidStateError)
      return new SocketClosedError(error.message, shownPlace(this.remoteAddress), { cause: error });
    return this.failed(error);
  }

  /** This end. Of a Unix socket, its path at the end that listens; else "". */
  get localAddress(): SocketAddress {
    return localOf(this.#socket) ?? unixAddress("");
  }

  /** Whether it is TLS. */
  get encrypted(): boolean {
    return "encrypted" in this.#socket;
  }

  /** What TLS has agreed on; undefined without TLS. */
  get tls(): TlsState | undefined {
    return tlsStateOf(this.#socket);
  }

  /** Whether it is over, for both directions. */
  get closed(): boolean {
    return this.#socket.destroyed;
  }

  /** What the other end sent, in bytes, so far. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** What was written, in bytes, so far; what is still in the writer's buffer counts. */
  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  /**
   * Ends the connection in good order: sends what was written, says that no more will come (FIN), and waits up to a second
   * for the other end to close, too; what that sends meanwhile is dropped. Throws `SocketClosedError` if what was written
   * could not be sent, or not within `closeTimeout`. A cancelled task destroys the connection. A second call waits for the end.
   */
  close(): Awaitable<void> {
    return closing(this);
  }

  /** Ends the connection at once; what was written and not handed to the system is lost (asyncio's transport.abort). */
  abort(): void {
    this.#socket.destroy();
  }

  /** Waits until it is closed, whoever closes it: both directions are over, and the descriptor is given back. */
  waitClosed(): Awaitable<void> {
    return new Closed(this, this.#label);
  }

  // ── Told by the socket ──

  /** @internal */
  received(piece: Buffer): void {
    this.#intake?.push(piece);
  }

  /** The other end has said that no more will come. @internal */
  ended(): void {
    this.#intake?.end();
  }

  /** Gives the error that callers see. @internal */
  failed(error: Error): Error {
    if (this.#failure === undefined) {
      this.#failure = connectionFailure(error, this.#label, shownPlace(this.remoteAddress));
      this.#intake?.fail(this.#failure);
    }
    return this.#failure;
  }

  /** @internal */
  over(): void {
    this.#intake?.end();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const one of waiting ?? []) one.succeed(undefined);
  }

  /** Whether the error is that of the connection: its other end went away. @internal */
  isFailure(error: unknown): boolean {
    return error !== undefined && error === this.#failure;
  }

  // ── For TLS on a connection that stands ──

  /** @internal */
  get settings(): ConnectionSettings {
    return this.#settings;
  }

  /** @internal */
  get socket(): Socket {
    return this.#socket;
  }

  /** Nothing is taken in, until `takeIn` or `moveTo`. Throws when that can't be now. @internal */
  holdBack(): void {
    const why = this.#obstacle();
    if (why !== undefined) throw new InvalidStateError(`startTls: ${this.#label} ${why}`);
    this.#socket.off("data", received);
    this.#socket.off("end", ended);
    this.#socket.pause();
    const queue = this.#intake?.queue;
    if (queue !== undefined && queue.size > 0) this.#socket.unshift(queue.take(queue.size));
  }

  #obstacle(): string | undefined {
    if (this.closed || this.#writer?.closed) return "is closed";
    if (this.encrypted) return "is encrypted already";
    if (this.#intake?.over) return "was ended by its other end";
    if (this.#intake?.waiting !== undefined) return "is being read: no read may wait meanwhile";
    // A client may be early with its handshake; what is none, TLS will refuse.
    const buffered = this.#settings.role === "server" ? 0 : (this.#intake?.queue.size ?? 0);
    // Whoever stands between could have put them there, to be taken for encrypted ones (CVE-2011-0411).
    return buffered > 0 ? `has sent ${buffered} bytes that were not read: they are not encrypted` : undefined;
  }

  /** Goes on over this socket, which stands on the one before. @internal */
  moveTo(socket: Socket): void {
    const before = this.#socket as Owned;
    before[OWNER] = undefined;
    this.#socket = socket;
    this.#own(socket);
    this.#writer?.moveTo(socket);
    this.takeIn();
  }

  // ── For closing ──

  /** @internal */
  wait(one: Closed): boolean {
    if (this.#socket.closed) return false;
    (this.#waiting ??= []).push(one);
    return true;
  }

  /** @internal */
  leave(one: Closed): void {
    this.#waiting = this.#waiting?.filter((other) => other !== one);
  }

  /** Sends the rest, and then says that no more comes. @internal */
  *finish(): CoroutineBody<void> {
    const socket = this.#socket;
    if (socket.destroyed || this.#failure !== undefined) return;
    this.reader.close();
    socket.resume(); // drops what comes from now on, so that the end of it is heard
    const unsent = socket.writableLength;
    try {
      const { closeTimeout } = this.#settings;
      const sent = yield* moveOnAfter(closeTimeout, flush(this.writer));
      if (!sent)
        throw new SocketClosedError(unsentWords(this.#label, unsent, closeTimeout), shownPlace(this.remoteAddress));
    } catch (error) {
      if (unsent > 0 || !this.isFailure(error)) throw error;
    }
    if (!socket.destroyed) yield* moveOnAfter(LINGER, this.waitClosed());
  }
}

function unsentWords(label: string, unsent: number, time: number): string {
  return `${label}: of ${unsent} bytes that were written, not all could be sent within ${time} ms; await writer.drain() or writer.end() before the connection is closed, or raise closeTimeout`;
}

const flush = /* @__PURE__ */ coroutine(function* flush(writer: ByteWriter): CoroutineBody<true> {
  yield* writer.end();
  return true;
});

const closing = /* @__PURE__ */ coroutine(function* close(connection: Connection): CoroutineBody<void> {
  try {
    yield* connection.finish();
  } finally {
    connection.abort();
  }
  yield* connection.waitClosed();
});

// One function each for all connections: ten thousand of them need not have forty thousand closures.

function received(this: Owned, piece: Buffer): void {
  this[OWNER]?.received(piece);
}

function ended(this: Owned): void {
  this[OWNER]?.ended();
}

function failed(this: Owned, error: Error): void {
  this[OWNER]?.failed(error);
}

function closed(this: Owned): void {
  this[OWNER]?.over();
}
