/** Connecting, as a context manager: the connection is there while the body of `use` runs, and is closed on every path. */
import { isIP, type NetConnectOpts, type Socket } from "node:net";
import { InvalidStateError } from "../../errors.ts";
import type { AsyncContextManager, Ending } from "../../flow/use.ts";
import { moveOnAfter } from "../../scope/timeout.ts";
import { awaitableOf } from "../../task/body.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, Coroutine, CoroutineBody } from "../../types.ts";
import { type SocketAttempt, SocketConnectError } from "../errors.ts";
import { ipAddress, type Place, type SocketAddress, shownPlace, unixAddress } from "./address.ts";
import { Connection } from "./connection.ts";
import { dial, type HostAddress, lookup } from "./dial.ts";
import { codeOf, refusal, tlsFailure } from "./failures.ts";
import { firstConnected, interleaved } from "./happy-eyeballs.ts";
import { type ConnectOptions, type Dialling, diallingOf } from "./options.ts";
import { clientTls, type ClientTlsOptions, secureAsClient } from "./tls.ts";

/**
 * Connects to a host and port, or to the path of a Unix socket, while the body of `use` runs (asyncio.open_connection).
 * The addresses of a host are tried one a little after the other, IPv6 and IPv4 in turn, and the first that answers is
 * taken (RFC 8305). With `tls`, the connection is encrypted, and the certificate checked.
 *
 * `use` throws `SocketConnectError`, with each address and its reason, when none answers, or not within `timeout`;
 * `SocketTlsError` when TLS does not come about. Wrong options throw `TypeError` and `RangeError` at once. A cancelled
 * task gives up every attempt, and waits until its socket is closed; a lookup in progress is left at once.
 *
 * When the body has ended, what was written is sent, and the connection is closed; see `Connection.close`. When it has
 * thrown, or is cancelled, the connection is closed at once. A bound for what the body does is `timeout`'s to set.
 *
 * @example
 * ```ts
 * import { run, use } from "brigade";
 * import { connect, listen } from "brigade/node";
 *
 * const shout = listen({ port: 0 }, function* ({ reader, writer }) {
 *   for (let line = yield* reader.readLine(); line !== undefined; line = yield* reader.readLine())
 *     yield* writer.write(`${line.toUpperCase()}\n`);
 * });
 *
 * await run(
 *   use(shout, (server) =>
 *     use(connect({ host: "127.0.0.1", port: server.port }), function* ({ reader, writer }) {
 *       yield* writer.write("hello\n");
 *       console.log(yield* reader.readLine());
 *     }),
 *   ),
 * );
 * ```
 */
export function connect(options: ConnectOptions): AsyncContextManager<Connection> {
  return new Connecting(diallingOf(options));
}

class Connecting implements AsyncContextManager<Connection> {
  readonly #dialling: Dialling;
  #state: "new" | "entered" = "new";
  #connection: Connection | undefined;

  constructor(dialling: Dialling) {
    this.#dialling = dialling;
  }

  enter(): Awaitable<Connection> {
    if (this.#state !== "new")
      throw new InvalidStateError("this connection was used already: call connect() for each use");
    this.#state = "entered";
    return entering(this.#dialling, (connection) => {
      this.#connection = connection;
    });
  }

  exit({ kind }: Ending): Awaitable<void> {
    const connection = this.#connection as Connection;
    if (kind === "value") return connection.close();
    connection.abort();
    return connection.waitClosed();
  }
}

const entering = /* @__PURE__ */ coroutine(function* connect(
  dialling: Dialling,
  connected: (connection: Connection) => void,
): CoroutineBody<Connection> {
  const { timeout, place } = dialling;
  const attempts: SocketAttempt[] = [];
  const connection = yield* moveOnAfter(timeout, opened(dialling, attempts));
  if (connection === undefined) {
    const tried = attempts.length === 0 ? "" : `; ${listed(attempts)}`;
    const words = `connect: no connection to ${shownPlace(place)} within ${timeout} ms${tried}`;
    throw new SocketConnectError(words, shownPlace(place), attempts, { code: "ETIMEDOUT" });
  }
  connected(connection);
  return connection;
});

/** Where a socket came to be connected. */
interface Connected {
  readonly socket: Socket;
  readonly remote: SocketAddress;
}

const opened: (dialling: Dialling, attempts: SocketAttempt[]) => Coroutine<Connection> = /* @__PURE__ */ coroutine(
  function* open(dialling: Dialling, attempts: SocketAttempt[]): CoroutineBody<Connection> {
    const { place, tls, connection } = dialling;
    const { socket, remote } = yield* "path" in place
      ? toPath(dialling, place.path, attempts)
      : toHost(dialling, place, attempts);
    const label = `connection to ${shownPlace(remote)}`;
    const secured = tls === undefined ? socket : yield* handshake(socket, tls, place, remote);
    return new Connection(secured, connection, remote, label);
  },
);

const toPath = /* @__PURE__ */ coroutine(function* connect(
  dialling: Dialling,
  path: string,
  attempts: SocketAttempt[],
): CoroutineBody<Connected> {
  try {
    return { socket: yield* dial({ path }, path), remote: unixAddress(path) };
  } catch (error) {
    attempts.push({ address: path, error: error as Error });
    throw unreachable(dialling.place, attempts);
  }
});

const toHost = /* @__PURE__ */ coroutine(function* connect(
  dialling: Dialling,
  { host, port }: { readonly host: string; readonly port: number },
  attempts: SocketAttempt[],
): CoroutineBody<Connected> {
  const addresses = yield* addressesOf(dialling, host, port);
  const connected = yield* firstConnected<HostAddress, Connected>({
    addresses: interleaved(addresses),
    dial: (address) => dialled(dialling, address, port),
    discard: ({ socket }) => socket.destroy(),
    delay: dialling.attemptDelay,
    failed: ({ address }, error) =>
      attempts.push({ address: shownPlace({ host: address, port }), error: error as Error }),
  });
  if (connected === undefined) throw unreachable(dialling.place, attempts);
  return connected;
});

const dialled = /* @__PURE__ */ coroutine(function* dialled(
  dialling: Dialling,
  { address, family }: HostAddress,
  port: number,
): CoroutineBody<Connected> {
  const { localAddress, localPort, connection } = dialling;
  const { noDelay, keepAlive } = connection;
  const options: NetConnectOpts = {
    host: address,
    port,
    family,
    noDelay,
    ...(localAddress !== undefined && { localAddress }),
    ...(localPort !== undefined && { localPort }),
    ...(keepAlive !== undefined && { keepAlive: true, keepAliveInitialDelay: keepAlive }),
  };
  const remote = ipAddress(address, port);
  return { socket: yield* dial(options, shownPlace(remote)), remote };
});

const addressesOf = /* @__PURE__ */ coroutine(function* lookUp(
  { family, lookup: own, place }: Dialling,
  host: string,
  port: number,
): CoroutineBody<readonly HostAddress[]> {
  const literal = isIP(host) as 0 | 4 | 6;
  if (literal !== 0) return [{ address: host, family: literal }];
  let found: readonly HostAddress[];
  try {
    found = yield* own ? awaitableOf(own(host), "connect: lookup") : lookup(host, family);
  } catch (error) {
    const why = notFound(error, host);
    throw new SocketConnectError(`connect: ${why}`, `${host}:${port}`, [], { cause: error, code: codeOf(error) });
  }
  const usable = family === 0 ? found : found.filter((address) => address.family === family);
  if (usable.length > 0) return usable;
  const words = `connect: "${host}" has no ${family === 0 ? "" : `IPv${family} `}address`;
  throw new SocketConnectError(words, shownPlace(place), [], { code: "ENOTFOUND" });
});

function notFound(error: unknown, host: string): string {
  const code = codeOf(error);
  if (code === "ENOTFOUND") return `the host "${host}" can't be found: check its name (${code})`;
  if (code === "EAI_AGAIN")
    return `the host "${host}" can't be looked up now: the name server did not answer (${code})`;
  return `the host "${host}" can't be looked up: ${(error as Error).message}`;
}

/** Upgrades the connected socket; it is destroyed if that fails. */
const handshake = /* @__PURE__ */ coroutine(function* handshake(
  socket: Socket,
  tls: ClientTlsOptions,
  place: Place,
  remote: SocketAddress,
): CoroutineBody<Socket> {
  const options = clientTls(place, tls);
  try {
    return yield* secureAsClient(socket, options, shownPlace(remote));
  } catch (error) {
    socket.destroy();
    throw tlsFailure(error as Error, shownPlace(remote), options.servername);
  }
});

function listed(attempts: readonly SocketAttempt[]): string {
  return attempts.map(({ address, error }) => `${address}: ${refusal(error)}`).join("; ");
}

function unreachable(place: Place, attempts: readonly SocketAttempt[]): SocketConnectError {
  const codes = new Set(attempts.map(({ error }) => codeOf(error)));
  const [code] = codes;
  const single = attempts.length === 1 && attempts[0]?.address === shownPlace(place);
  const why = single ? refusal(attempts[0]?.error) : `none of its addresses did: ${listed(attempts)}`;
  return new SocketConnectError(`connect: no connection to ${shownPlace(place)}: ${why}`, shownPlace(place), attempts, {
    cause: attempts[0]?.error,
    code: codes.size === 1 ? code : undefined,
  });
}
