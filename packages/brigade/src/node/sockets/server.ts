/** The connections of a server: each has a task; which run, which wait for their turn, and how they end with it. */
import type { Server as NodeServer, Socket } from "node:net";
import { type Duration, milliseconds } from "../../duration.ts";
import { Fifo } from "../../kernel/fifo.ts";
import { Live, NOWHERE, type Slotted } from "../../kernel/live.ts";
import { copyContext } from "../../kernel/context.ts";
import { moveOnAfter } from "../../scope/timeout.ts";
import { Event } from "../../sync/event.ts";
import { awaitableOf } from "../../task/body.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { TaskLoop } from "../../task/event-loop.ts";
import type { FutureBase, Watcher } from "../../task/future.ts";
import type { TaskImpl } from "../../task/task.ts";
import type { Awaitable, AwaitableLike, Context, CoroutineBody } from "../../types.ts";
import { Reply } from "../../border/reply.ts";
import { remoteOf, type SocketAddress, shownPlace, unixAddress } from "./address.ts";
import { Connection } from "./connection.ts";
import type { Serving } from "./options.ts";

/** Serves one connection: a coroutine function, a generator function, or an async function. */
export type ConnectionHandler = (connection: Connection) => AwaitableLike<unknown>;

/** What a server is told beside its options. */
export interface Serves {
  readonly handler: ConnectionHandler;
  readonly onError: ((error: unknown, connection: Connection | undefined) => void) | undefined;
}

type State =
  | "listening"
  | "closing" // no connection is taken any more
  | "closed";

function unowned(): void {}

/** A server that listens, in the body of `use`. */
export class SocketServer {
  /** Where it listens. */
  readonly address: SocketAddress;
  /** Connections that were taken, from the start. */
  total = 0;
  /** Those that were closed at once, because `maxConnections` ran and `queue` waited. */
  refused = 0;
  /** TLS handshakes that failed. */
  failedHandshakes = 0;
  readonly #server: NodeServer;
  readonly #serves: Serves;
  readonly #settings: Serving;
  readonly #loop: TaskLoop;
  readonly #context: Context = copyContext();
  readonly #live = new Live<Served>();
  readonly #queue = new Fifo<Socket>(); // not empty ⇒ `maxConnections` are live
  readonly #idle = new Event(); // set ⇔ none is live
  readonly #handshakes = new Live<Handshaking>();
  #state: State = "listening";
  #ended: Reply<void>[] = []; // who waits until the server is closed

  /** @internal */
  constructor(server: NodeServer, address: SocketAddress, loop: TaskLoop, serves: Serves, settings: Serving) {
    this.#server = server;
    this.address = address;
    this.#loop = loop;
    this.#serves = serves;
    this.#settings = settings;
    this.#idle.set();
  }

  /** The port it listens on; 0 for a Unix socket. */
  get port(): number {
    return this.address.port;
  }

  /** How many connections have a handler that runs. */
  get connections(): number {
    return this.#live.size;
  }

  /** How many connections wait for their turn. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Whether it takes no connection any more. */
  get closing(): boolean {
    return this.#state !== "listening";
  }

  /** Waits until the task, or a scope around, is cancelled (asyncio.Server.serve_forever). */
  forever(): Awaitable<never> {
    return new Reply<never>("SocketServer.forever", shownPlace(this.address));
  }

  /**
   * Takes no connection any more, and closes those that wait for their turn. Handlers may go on for `grace`, that of
   * `listen` unless told otherwise; then they are cancelled, their cleanup is awaited, and their connections are closed.
   * The end of `use` calls it; a second call waits for the same end, with a grace of its own.
   */
  close(options: { readonly grace?: Duration } = {}): Awaitable<void> {
    return closing(this, milliseconds(options.grace ?? this.#settings.grace));
  }

  /** @internal */
  *stop(grace: number): CoroutineBody<void> {
    if (this.#state === "listening") {
      this.#state = "closing";
      this.#server.close(() => this.#closed());
      while (this.#queue.size > 0) this.#queue.shift().destroy();
    }
    if (grace > 0 && !this.#idle.isSet) yield* moveOnAfter(grace, this.#idle.wait());
    for (const one of this.#live.all()) one.task?.cancel("the server ends");
    for (const { socket } of this.#handshakes.all()) socket.destroy();
    yield* this.#idle.wait();
    yield* this.#end();
  }

  #end(): Reply<void> {
    const end = new Reply<void>("close", shownPlace(this.address));
    if (this.#state === "closed") end.succeed(undefined);
    else this.#ended.push(end);
    return end;
  }

  #closed(): void {
    this.#state = "closed";
    for (const end of this.#ended.splice(0)) end.succeed(undefined);
  }

  // ── Told by the host ──

  /** A connection has come. @internal */
  accept(socket: Socket): void {
    if (this.#state !== "listening") socket.destroy();
    else if (this.#live.size < this.#settings.maxConnections) this.#serve(socket);
    else if (this.#queue.size < this.#settings.queue) {
      socket.on("error", unowned);
      this.#queue.push(socket);
    } else {
      this.refused++;
      socket.destroy();
    }
  }

  #serve(socket: Socket): void {
    this.total++;
    const remote = remoteOf(socket);
    const label = remote ? `connection from ${shownPlace(remote)}` : `connection ${this.total} of ${this.address.host}`;
    const connection = new Connection(socket, this.#settings.connection, remote ?? unixAddress(""), label);
    const served = new Served(this, connection);
    this.#live.add(served);
    this.#idle.clear();
    served.task = this.#context.run(() => this.#loop.createTask(serve(this.#serves, connection), { name: label }));
    served.task.watch(served);
  }

  /** The task of a connection has ended. @internal */
  served(served: Served, task: TaskImpl<unknown>): void {
    const { connection } = served;
    connection.abort(); // it is closed already where the handler has returned
    this.#live.delete(served);
    if (task.failed) this.failed(task.thrown(), connection);
    while (this.#state === "listening" && this.#queue.size > 0 && this.#live.size < this.#settings.maxConnections) {
      const socket = this.#queue.shift();
      if (!socket.destroyed) this.#serve(socket);
    }
    if (this.#live.size === 0) this.#idle.set();
  }

  /** @internal */
  failed(error: unknown, connection: Connection | undefined): void {
    const { onError } = this.#serves;
    const who = connection ? `the handler of ${shownPlace(this.address)}` : `the server at ${shownPlace(this.address)}`;
    try {
      if (onError) onError(error, connection);
      else if (connection?.isFailure(error) !== true)
        this.#loop.report({ kind: "callback-error", message: `${who} failed`, error });
    } catch (thrown) {
      this.#loop.report({ kind: "callback-error", message: `onError of ${who} failed`, error: thrown });
    }
  }

  /** A connection has come that has to speak TLS first. @internal */
  handshaking(socket: Socket): void {
    const one = new Handshaking(socket);
    this.#handshakes.add(one);
    socket.once("close", () => this.#handshakes.delete(one));
  }

  /** @internal */
  handshakeFailed(error: Error): void {
    this.failedHandshakes++;
    if (this.#serves.onError) this.failed(error, undefined);
  }
}

const closing = /* @__PURE__ */ coroutine(function* close(server: SocketServer, grace: number): CoroutineBody<void> {
  yield* server.stop(grace);
});

const serve = /* @__PURE__ */ coroutine(function* serve(
  { handler }: Serves,
  connection: Connection,
): CoroutineBody<void> {
  yield* awaitableOf(handler(connection), "the handler of listen");
  yield* connection.close();
});

/** A connection with its task. */
class Served implements Slotted, Watcher {
  slot: number = NOWHERE;
  task: TaskImpl<unknown> | undefined = undefined;
  readonly connection: Connection;
  readonly #server: SocketServer;

  constructor(server: SocketServer, connection: Connection) {
    this.#server = server;
    this.connection = connection;
  }

  completed(task: FutureBase<unknown>): void {
    this.#server.served(this, task as TaskImpl<unknown>);
  }
}

/** The connection under TLS: it is there before the handshake has ended. */
class Handshaking implements Slotted {
  slot: number = NOWHERE;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }
}
