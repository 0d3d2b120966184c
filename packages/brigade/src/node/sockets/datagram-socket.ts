/** A datagram socket as a context manager: bound, and connected where that is asked for, while the body of `use` runs. */
import { createSocket, type Socket, type SocketOptions } from "node:dgram";
import { isIPv6 } from "node:net";
import { type AsyncContextManager, contextManager } from "../../flow/use.ts";
import type { RunningTask } from "../../task/frame.ts";
import type { Suspension } from "../../types.ts";
import { EndingReply } from "../../border/reply.ts";
import { ipAddress, shownPlace } from "./address.ts";
import { DatagramSocket, type DatagramTarget } from "./datagrams.ts";
import { datagramFailure, listenFailure } from "./failures.ts";
import { whole } from "./options.ts";

export interface MulticastOptions {
  /** The group to join: "239.1.2.3". */
  readonly group: string;
  /** The address of the interface. Default: the system chooses. */
  readonly interface?: string;
  /** How many routers a datagram may pass. Default: 1. */
  readonly ttl?: number;
  /** Whether this machine receives what it sends to the group. Default: true. */
  readonly loopback?: boolean;
}

export interface DatagramOptions {
  /** The address to receive on. Default: "127.0.0.1", so that only this machine reaches it; "0.0.0.0" or "::" for all. */
  readonly host?: string;
  /** Default: 0, one that is free. */
  readonly port?: number;
  /** Sends there, and receives only from there. */
  readonly connect?: DatagramTarget;
  /** Whether it may send to broadcast addresses. Default: false. */
  readonly broadcast?: boolean;
  readonly multicast?: MulticastOptions;
  /** Whether other sockets may use the same port, as those of a multicast group do. Default: false. */
  readonly reuseAddress?: boolean;
  /** How many datagrams wait until they are received; what comes when it is full is dropped. Default: 1,000. */
  readonly queue?: number;
}

/**
 * A socket for datagrams (UDP), while the body of `use` runs (asyncio.loop.create_datagram_endpoint). At the end it is
 * closed, on every path; who waits for a datagram then gets `InvalidStateError`. Node has no datagrams over Unix sockets.
 *
 * `use` throws `SocketListenError` when it can't be bound there. Wrong options throw `TypeError` and `RangeError` at once.
 *
 * @example
 * ```ts
 * import { run, use } from "brigade";
 * import { datagrams } from "brigade/node";
 *
 * await run(
 *   use(datagrams(), (server) =>
 *     use(datagrams({ connect: server.address }), function* (client) {
 *       yield* client.send("hello");
 *       const { data, host, port } = yield* server.receive();
 *       yield* server.send(data, { host, port });
 *       console.log(new TextDecoder().decode((yield* client.receive()).data));
 *     }),
 *   ),
 * );
 * ```
 */
export function datagrams(options: DatagramOptions = {}): AsyncContextManager<DatagramSocket> {
  const { port = 0, connect, queue = 1_000, multicast } = options;
  const host = options.host ?? defaultHost(options);
  whole("datagrams", "port", port, 0, 65_535);
  if (connect !== undefined) whole("datagrams", "port of connect", connect.port, 1, 65_535);
  if (queue !== Infinity) whole("datagrams", "queue", queue, 1, Number.MAX_SAFE_INTEGER);
  if (multicast !== undefined && typeof multicast.group !== "string")
    throw new TypeError('datagrams: multicast needs a group, such as { group: "239.1.2.3" }');
  return socketOf(options, { host, port, queue });
}

/** What is received from a group, or sent to a host, does not come through the loopback address. */
function defaultHost({ connect, multicast, broadcast }: DatagramOptions): string {
  const target = multicast?.group ?? connect?.host ?? "127.0.0.1";
  const loopback = target === "::1" || target === "localhost" || target.startsWith("127.");
  if (loopback && !broadcast) return target === "::1" ? "::1" : "127.0.0.1";
  return isIPv6(target) ? "::" : "0.0.0.0";
}

interface Bound {
  readonly host: string;
  readonly port: number;
  readonly queue: number;
}

const socketOf: (options: DatagramOptions, bound: Bound) => AsyncContextManager<DatagramSocket> =
  /* @__PURE__ */ contextManager(function* datagrams(
    options: DatagramOptions,
    { host, port, queue }: Bound,
  ): Generator<Suspension | DatagramSocket, void, unknown> {
    const { connect, broadcast, multicast, reuseAddress = false } = options;
    const family: SocketOptions = { type: isIPv6(host) ? "udp6" : "udp4", reuseAddr: reuseAddress };
    const socket = createSocket(family);
    socket.on("error", unowned);
    try {
      yield* bind(socket, host, port);
      if (connect !== undefined) yield* connectTo(socket, connect);
      const { address, port: taken } = socket.address();
      const remote = connect === undefined ? undefined : remoteOf(socket);
      const owner = new DatagramSocket(socket, ipAddress(address, taken), remote, queue);
      if (broadcast) socket.setBroadcast(true);
      if (multicast !== undefined) join(owner, socket, multicast);
      yield owner;
    } finally {
      yield* new Closing(socket);
    }
  });

function unowned(): void {}

function remoteOf(socket: Socket): DatagramSocket["remoteAddress"] {
  const { address, port } = socket.remoteAddress();
  return ipAddress(address, port);
}

function join(owner: DatagramSocket, socket: Socket, multicast: MulticastOptions): void {
  if (multicast.ttl !== undefined) socket.setMulticastTTL(multicast.ttl);
  if (multicast.loopback !== undefined) socket.setMulticastLoopback(multicast.loopback);
  if (multicast.interface !== undefined) socket.setMulticastInterface(multicast.interface);
  owner.join(multicast.group, multicast.interface);
}

/** Waits until the host has done something to the socket, or says why it can't. */
class Asked extends EndingReply<void> {
  readonly #socket: Socket;
  readonly #ask: (done: (error?: Error) => void) => void;

  constructor(kind: string, label: string, socket: Socket, ask: (done: (error?: Error) => void) => void) {
    super(kind, label);
    this.#socket = socket;
    this.#ask = ask;
  }

  protected override begin(): void {
    const failed = (error: Error): void => this.fail(error);
    this.#socket.once("error", failed);
    this.#ask((error) => {
      this.#socket.off("error", failed);
      if (error) this.fail(error);
      else this.succeed(undefined);
    });
  }

  protected stop(): void {
    this.fail(new Error("it is not needed any more")); // whoever made the socket closes it
  }
}

function* bind(socket: Socket, address: string, port: number): Generator<Suspension, void, unknown> {
  const place = { host: address, port };
  try {
    yield* new Asked("bind", shownPlace(place), socket, (done) => socket.bind({ address, port }, () => done()));
  } catch (error) {
    throw listenFailure(error, place);
  }
}

function* connectTo(socket: Socket, { host, port }: DatagramTarget): Generator<Suspension, void, unknown> {
  const label = shownPlace({ host: host ?? "localhost", port });
  try {
    yield* new Asked("connect", label, socket, (done) => socket.connect(port, host, done));
  } catch (error) {
    throw datagramFailure(error as Error, label);
  }
}

/** Waits until the socket is closed. */
class Closing extends EndingReply<void> {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super("close");
    this.#socket = socket;
  }

  protected override begin(_task: RunningTask): void {
    this.#socket.close(() => this.succeed(undefined));
  }

  protected stop(): void {}
}
