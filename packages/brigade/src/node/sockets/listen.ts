/** A server as a context manager: it listens while the body of `use` runs, and ends gracefully. */
import {
  createServer,
  isIP,
  type ListenOptions as NodeListenOptions,
  type Server as NodeServer,
  type Socket,
} from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, InvalidStateError } from "../../errors.ts";
import type { AsyncContextManager } from "../../flow/use.ts";
import { coroutine } from "../../task/coroutine.ts";
import { runningTaskLoop, type TaskLoop } from "../../task/event-loop.ts";
import type { RunningTask } from "../../task/frame.ts";
import type { Awaitable, Coroutine, CoroutineBody } from "../../types.ts";
import { SocketListenError } from "../errors.ts";
import { EndingReply } from "../../border/reply.ts";
import { localOf, type Place, shownPlace, type SocketAddress, ipAddress, unixAddress } from "./address.ts";
import type { Connection } from "./connection.ts";
import { dial, type HostAddress, lookup } from "./dial.ts";
import { codeOf, listenFailure, tlsFailure } from "./failures.ts";
import { type ListenOptions, type Serving, servingOf } from "./options.ts";
import { type ConnectionHandler, type Serves, SocketServer } from "./server.ts";

/** Beside what `ListenOptions` say. */
export interface ListenHooks {
  /**
   * Is told what a handler threw, and without a connection, of TLS handshakes that failed. Default: what a handler threw
   * is reported, see `Report`, unless it is only that the other end has broken its connection.
   */
  readonly onError?: (error: unknown, connection: Connection | undefined) => void;
}

/**
 * Listens on a port, or at the path of a Unix socket, while the body of `use` runs (asyncio.start_server). Each connection
 * is a task that runs the handler. When the handler returns, what it has written is sent, and its connection is closed;
 * see `Connection.close`. What it throws is reported, or given to `onError`, and ends only its own connection.
 *
 * At the end of `use`, on every path, the server takes no connection any more, lets handlers go on for `grace`, cancels
 * those that run then, waits for their cleanup, and closes their connections; see `SocketServer.close`.
 *
 * With `maxConnections`, further connections are accepted and not read, and wait for their turn. Both directions of a
 * connection end for themselves: the reader's end says that the other end sends no more, and the writer may still write.
 *
 * `use` throws `SocketListenError` when it can't listen there. Wrong options throw `TypeError` and `RangeError` at once.
 *
 * @example
 * ```ts
 * import { forEach, run, use } from "brigade";
 * import { connect, type Connection, listen } from "brigade/node";
 *
 * function* echo({ reader, writer }: Connection) {
 *   yield* forEach(reader, (piece) => writer.write(piece));
 * }
 *
 * await run(
 *   use(listen({ port: 0, maxConnections: 100 }, echo), (server) =>
 *     use(connect({ host: "127.0.0.1", port: server.port }), function* ({ reader, writer }) {
 *       yield* writer.end("hello");
 *       console.log(yield* reader.text());
 *       // A program that only serves: yield* server.forever();
 *     }),
 *   ),
 * );
 * ```
 */
export function listen(
  options: ListenOptions & ListenHooks,
  handler: ConnectionHandler,
): AsyncContextManager<SocketServer> {
  if (typeof handler !== "function")
    throw new TypeError(`listen takes a function of the connection, not ${describe(handler)}`);
  const { onError } = options;
  if (onError !== undefined && typeof onError !== "function")
    throw new TypeError(`listen: onError is a function, not ${describe(onError)}`);
  return new Listening(servingOf(options), { handler, onError });
}

class Listening implements AsyncContextManager<SocketServer> {
  readonly #serving: Serving;
  readonly #serves: Serves;
  #state: "new" | "entered" = "new";
  #server: SocketServer | undefined;
  #loop: TaskLoop | undefined;

  constructor(serving: Serving, serves: Serves) {
    this.#serving = serving;
    this.#serves = serves;
  }

  enter(): Awaitable<SocketServer> {
    if (this.#state !== "new") throw new InvalidStateError("this server was used already: call listen() for each use");
    this.#state = "entered";
    return entering(this.#serving, this.#serves, (server, loop) => {
      this.#server = server;
      this.#loop = loop;
      loop.foreign++; // connections come from outside: who waits for one is not stuck
    });
  }

  exit(): Awaitable<void> {
    return leaving(this.#server as SocketServer, this.#loop as TaskLoop);
  }
}

const leaving = /* @__PURE__ */ coroutine(function* close(server: SocketServer, loop: TaskLoop): CoroutineBody<void> {
  try {
    yield* server.close();
  } finally {
    loop.foreign--;
  }
});

const entering = /* @__PURE__ */ coroutine(function* listen(
  serving: Serving,
  serves: Serves,
  entered: (server: SocketServer, loop: TaskLoop) => void,
): CoroutineBody<SocketServer> {
  const { place } = serving;
  const server = nodeServer(serving);
  try {
    yield* new Opening(server, yield* resolved(place), serving.backlog);
  } catch (error) {
    const stale = codeOf(error) === "EADDRINUSE" && "path" in place && !(yield* answers(place.path));
    throw listenFailure(error, place, stale);
  }
  const loop = runningTaskLoop();
  const made = new SocketServer(server, addressOf(server, place), loop, serves, serving);
  wire(server, made, serving);
  entered(made, loop);
  return made;
});

/** The place with an address for its host: a server of Node's that is closed during its own lookup listens after it. */
const resolved: (place: Place) => Coroutine<Place> = /* @__PURE__ */ coroutine(function* resolve(
  place: Place,
): CoroutineBody<Place> {
  if ("path" in place || isIP(place.host) !== 0) return place;
  const [first] = yield* lookup(place.host, 0);
  return { host: (first as HostAddress).address, port: place.port };
});

function nodeServer({ tls, handshakeTimeout, connection, place }: Serving): NodeServer {
  const { noDelay, keepAlive } = connection;
  const options = {
    allowHalfOpen: true,
    noDelay,
    ...(keepAlive !== undefined && { keepAlive: true, keepAliveInitialDelay: keepAlive }),
  };
  if (tls === undefined) return createServer({ ...options, pauseOnConnect: true });
  try {
    // Node takes no time that is longer than its timers can be.
    return createTlsServer({ ...options, ...tls, handshakeTimeout: Math.min(handshakeTimeout, 2 ** 31 - 1) });
  } catch (error) {
    const words = `listen: the key or the certificate of tls can't be used: ${(error as Error).message}`;
    throw new SocketListenError(words, shownPlace(place), { cause: error, code: codeOf(error) });
  }
}

/** What comes is the server's from now on. */
function wire(node: NodeServer, server: SocketServer, { tls }: Serving): void {
  node.on("error", (error) => server.failed(error, undefined));
  if (tls === undefined) {
    node.on("connection", (socket: Socket) => server.accept(socket));
    return;
  }
  node.on("connection", (socket: Socket) => server.handshaking(socket));
  node.on("secureConnection", (socket: Socket) => server.accept(socket));
  node.on("tlsClientError", (error: Error, socket: Socket) => {
    const from = localOf(socket) === undefined ? "a client" : `${socket.remoteAddress}:${socket.remotePort}`;
    server.handshakeFailed(tlsFailure(error, from, undefined));
    socket.destroy();
  });
}

function addressOf(server: NodeServer, place: Place): SocketAddress {
  const address = server.address();
  if (address !== null && typeof address === "object") return ipAddress(address.address, address.port);
  return unixAddress(address ?? shownPlace(place));
}

/** Waits until the server listens. Cancellation closes it, and waits until it is closed. */
class Opening extends EndingReply<void> {
  readonly #server: NodeServer;
  readonly #options: NodeListenOptions;
  #taken = false; // it is whoever awaited it that closes the server

  constructor(server: NodeServer, place: Place, backlog: number | undefined) {
    super("listen", shownPlace(place));
    this.#server = server;
    this.#options = { ...place, ...(backlog !== undefined && { backlog }) };
  }

  protected override begin(): void {
    const server = this.#server;
    const failed = (error: Error): void => this.fail(error);
    server.once("error", failed);
    server.listen(this.#options, () => {
      server.off("error", failed);
      this.succeed();
    });
  }

  override succeed(): void {
    super.succeed(undefined);
  }

  protected stop(): void {
    this.#server.close(() => this.fail(new Error("it was closed")));
  }

  protected override finish(): void {
    super.finish();
    this.#taken = true;
  }

  protected override unwind(task: RunningTask): void {
    super.unwind(task);
    if (!this.#taken) this.#server.close();
  }
}

/** Whether something listens on the Unix socket. */
const answers = /* @__PURE__ */ coroutine(function* answers(path: string): CoroutineBody<boolean> {
  try {
    const socket = yield* dial({ path }, path);
    socket.destroy();
    return true;
  } catch (error) {
    return codeOf(error) !== "ECONNREFUSED";
  }
});
