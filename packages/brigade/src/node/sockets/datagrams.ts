/** Datagrams (UDP): sent and received one by one, in a bounded buffer; what finds it full is dropped, and counted. */
import type { Socket } from "node:dgram";
import { describe, InvalidStateError } from "../../errors.ts";
import { type Stream, stream } from "../../flow/stream.ts";
import { Fifo } from "../../kernel/fifo.ts";
import { Line, Waiter } from "../../sync/line.ts";
import type { RunningTask } from "../../task/frame.ts";
import type { Awaitable, Suspension } from "../../types.ts";
import { SocketError } from "../errors.ts";
import { Reply } from "../../border/reply.ts";
import { type SocketAddress, shownPlace } from "./address.ts";
import { datagramFailure } from "./failures.ts";

/** What was received, and from where. */
export interface Datagram {
  readonly data: Uint8Array;
  readonly host: string;
  readonly port: number;
}

/** Where to send. */
export interface DatagramTarget {
  /** Default: "127.0.0.1", or "::1" for a socket of IPv6. */
  readonly host?: string;
  readonly port: number;
}

type Arrived = Datagram | SocketError;

/** A socket for datagrams, in the body of `use`. */
export class DatagramSocket {
  /** Where it receives. */
  readonly address: SocketAddress;
  /** Where it is connected to: it sends there, and receives only from there. */
  readonly remoteAddress: SocketAddress | undefined;
  readonly #socket: Socket;
  readonly #label: string;
  readonly #room: number;
  readonly #arrived = new Fifo<Arrived>(); // at most #room
  readonly #receivers = new Line(); // who was woken has left it
  #dropped = 0;
  #state: "open" | "closed" = "open";

  /** @internal */
  constructor(socket: Socket, address: SocketAddress, remote: SocketAddress | undefined, room: number) {
    this.#socket = socket;
    this.address = address;
    this.remoteAddress = remote;
    this.#label = shownPlace(remote ?? address);
    this.#room = room;
    socket.on("message", (data, { address: host, port }) => this.#take({ data, host, port }));
    socket.on("error", (error) => this.#take(datagramFailure(error, this.#label)));
    socket.on("close", () => this.#closed());
  }

  /** Datagrams that were received when the buffer was full, and are lost. What the system drops before is not counted. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Datagrams that were received and not taken. */
  get buffered(): number {
    return this.#arrived.size;
  }

  /**
   * Sends a datagram, text as UTF-8, to the target, or where the socket is connected to, when this is awaited; it waits until the
   * system has it. Whether it arrives nobody says. Throws `SocketError`: too large (EMSGSIZE), no such host, nobody listens
   * there (ECONNREFUSED, of an earlier one, on a connected socket). Cancellation leaves at once; it may have been sent.
   */
  send(data: string | Uint8Array, target?: DatagramTarget): Awaitable<void> {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    if (!(bytes instanceof Uint8Array))
      throw new TypeError(`send takes a string or a Uint8Array, not ${describe(data)}`);
    if (target === undefined && this.remoteAddress === undefined)
      throw new TypeError("send: it needs a target, such as { host, port }, or a socket that is connected");
    if (target !== undefined && this.remoteAddress !== undefined)
      throw new TypeError(`send: this socket is connected to ${this.#label}, and sends nowhere else`);
    return new Send(this, this.#socket, bytes, target, this.#label);
  }

  /**
   * The next datagram; waits until there is one. Several tasks may wait: first come, first served. Cancellation leaves the
   * datagram to the next. Throws `SocketError` when the system reports one, `InvalidStateError` when the socket is closed.
   */
  receive(): Awaitable<Datagram> {
    return new Receive(this, this.#receivers, this.#label);
  }

  /** The datagrams that follow, as a stream; it ends when the socket is closed. */
  stream(): Stream<Datagram> {
    return datagramsOf(this);
  }

  /** Joins a multicast group; on the interface with that address, unless the system is to choose. Throws `SocketError`. */
  join(group: string, interfaceAddress?: string): void {
    this.#asked(() => this.#socket.addMembership(group, interfaceAddress));
  }

  /** Leaves a multicast group. Throws `SocketError`. */
  leave(group: string, interfaceAddress?: string): void {
    this.#asked(() => this.#socket.dropMembership(group, interfaceAddress));
  }

  #asked(call: () => void): void {
    this.checkOpen();
    try {
      call();
    } catch (error) {
      throw datagramFailure(error as Error, this.#label);
    }
  }

  #take(arrived: Arrived): void {
    if (this.#arrived.size >= this.#room) {
      if (!(arrived instanceof Error)) this.#dropped++;
      return;
    }
    this.#arrived.push(arrived);
    this.#receivers.release();
  }

  #closed(): void {
    this.#state = "closed";
    this.#receivers.admitAll();
  }

  /** Whether `receive` has something to give, or to throw. @internal */
  get ready(): boolean {
    return this.#arrived.size > 0 || this.#state === "closed";
  }

  get closed(): boolean {
    return this.#state === "closed";
  }

  /** @internal */
  checkOpen(): void {
    if (this.#state === "closed") throw new InvalidStateError(`the datagram socket ${this.#label} was closed`);
  }

  /** @internal */
  next(): Datagram {
    if (this.#arrived.size === 0) this.checkOpen();
    const arrived = this.#arrived.shift();
    if (arrived instanceof SocketError) throw arrived;
    return arrived;
  }

  /** Whoever was woken has left: another may have what there is. @internal */
  passOn(): void {
    if (this.ready) this.#receivers.release();
  }
}

const datagramsOf: (socket: DatagramSocket) => Stream<Datagram> = /* @__PURE__ */ stream(function* datagrams(
  socket: DatagramSocket,
): Generator<Suspension | Datagram, void, unknown> {
  while (socket.buffered > 0 || !socket.closed) {
    let datagram: Datagram;
    try {
      datagram = yield* socket.receive();
    } catch (error) {
      if (socket.closed && error instanceof InvalidStateError) return;
      throw error;
    }
    yield datagram;
  }
});

/** Waits for a datagram, in line, and takes it when its task goes on. */
class Receive extends Waiter<Datagram> {
  readonly #socket: DatagramSocket;
  readonly #line: Line;
  readonly #label: string;
  #counted: RunningTask | undefined; // the task that waits, while the loop counts it as foreign work

  constructor(socket: DatagramSocket, line: Line, label: string) {
    super();
    this.#socket = socket;
    this.#line = line;
    this.#label = label;
  }

  get kind(): string {
    return "DatagramSocket.receive";
  }

  override get label(): string {
    return this.#label;
  }

  protected start(task: RunningTask): boolean {
    if (this.#socket.ready) return true;
    this.#line.add(this);
    this.#counted = task;
    task.loop.foreign++;
    return false;
  }

  /** Somebody who came later may have taken what it was woken for. */
  protected override resumed(): boolean {
    if (this.#socket.ready) return true;
    this.#line.add(this);
    return false;
  }

  protected finish(): Datagram {
    this.#leave();
    return this.#socket.next();
  }

  #leave(): void {
    if (this.#counted === undefined) return;
    this.#counted.loop.foreign--;
    this.#counted = undefined;
    this.#line.remove(this);
  }

  protected unwind(): void {
    const woken = this.state === "woken";
    this.#leave();
    if (woken) this.#socket.passOn();
  }
}

/** Waits until the system has taken the datagram. */
class Send extends Reply<void> {
  readonly #owner: DatagramSocket;
  readonly #socket: Socket;
  readonly #bytes: Uint8Array;
  readonly #target: DatagramTarget | undefined;

  constructor(
    owner: DatagramSocket,
    socket: Socket,
    bytes: Uint8Array,
    target: DatagramTarget | undefined,
    label: string,
  ) {
    super("DatagramSocket.send", target ? shownPlace({ host: target.host ?? "", port: target.port }) : label);
    this.#owner = owner;
    this.#socket = socket;
    this.#bytes = bytes;
    this.#target = target;
  }

  protected override begin(): void {
    this.#owner.checkOpen();
    const sent = (error: Error | null): void => {
      if (error) this.fail(datagramFailure(error, this.label as string));
      else this.succeed(undefined);
    };
    const target = this.#target;
    if (target === undefined) this.#socket.send(this.#bytes, sent);
    else this.#socket.send(this.#bytes, target.port, target.host, sent);
  }
}
