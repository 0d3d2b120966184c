/** What `connect` and `listen` are told, checked, with its defaults. */
import { type Duration, milliseconds } from "../../duration.ts";
import { describe } from "../../errors.ts";
import type { AwaitableLike } from "../../types.ts";
import type { Place } from "./address.ts";
import type { HostAddress } from "./dial.ts";
import { type ClientTlsOptions, type ServerTlsOptions, checkServerTls } from "./tls.ts";

/** A host, by name or address, with a port. */
export interface TcpPlace {
  /** Default: "localhost" for `connect`, "127.0.0.1" for `listen`, so that only this machine reaches it. */
  readonly host?: string;
  readonly port: number;
  readonly path?: never;
}

/** A Unix socket. */
export interface UnixPlace {
  readonly path: string;
  readonly host?: never;
  readonly port?: never;
}

/** What connections of both sides can be told. */
export interface ConnectionOptions {
  /** Sends small writes at once, without Nagle's algorithm. Default: true. */
  readonly noDelay?: boolean;
  /** After so much silence the system asks the other end whether it is there. Default: it does not. */
  readonly keepAlive?: Duration;
  /** The longest line, or run of bytes up to a separator, that the reader gives, in bytes. Default: 64 KiB. */
  readonly limit?: number;
  /** How many bytes the reader takes in before anybody asks for them. Default: 64 KiB. */
  readonly highWaterMark?: number;
  /** How long closing may take to send what was written. Default: 10 s. */
  readonly closeTimeout?: Duration;
}

interface ConnectSettings extends ConnectionOptions {
  /** Speaks TLS; with `true`, as Node's defaults say. */
  readonly tls?: boolean | ClientTlsOptions;
  /** How long it may take until the connection stands: lookup, all attempts, TLS. `Infinity`: no bound. Default: 30 s. */
  readonly timeout?: Duration;
  /** The address of this machine that it comes from. */
  readonly localAddress?: string;
  readonly localPort?: number;
  /** Takes only addresses of this family. */
  readonly family?: 4 | 6;
  /** How much later the attempt at the next address begins, while the last one is in progress (RFC 8305). Default: 250 ms. */
  readonly attemptDelay?: Duration;
  /** Gives the addresses of a host name, the best first. Default: the system's. */
  readonly lookup?: (host: string) => AwaitableLike<readonly HostAddress[]>;
}

export type ConnectOptions = ConnectSettings & (TcpPlace | UnixPlace);

interface ListenSettings extends ConnectionOptions {
  /** Speaks TLS. */
  readonly tls?: ServerTlsOptions;
  /** How long a client may take for the TLS handshake. Default: 10 s. */
  readonly handshakeTimeout?: Duration;
  /** How many handlers run at once. Further connections wait, unread, for their turn. Default: no bound. */
  readonly maxConnections?: number;
  /** How many connections may wait for their turn; what comes above that is closed. Default: 1,000. */
  readonly queue?: number;
  /** How many connections the system keeps until they are taken. Default: 511. */
  readonly backlog?: number;
  /** How long handlers may go on when the server ends; then they are cancelled. Default: 1 s. */
  readonly grace?: Duration;
}

/** Without a port, one that is free is taken. */
export type ListenOptions = ListenSettings & ((Omit<TcpPlace, "port"> & { readonly port?: number }) | UnixPlace);

/** What connections need to know, each within its range. */
export interface ConnectionSettings {
  /** Who has connected to whom. */
  readonly role: "client" | "server";
  /** Where it was to connect to, or where its server listens. */
  readonly place: Place;
  readonly noDelay: boolean;
  /** ms; undefined: none. */
  readonly keepAlive: number | undefined;
  readonly limit: number | undefined;
  readonly highWaterMark: number | undefined;
  readonly closeTimeout: number;
}

export interface Dialling {
  readonly place: Place;
  readonly tls: ClientTlsOptions | undefined;
  readonly timeout: number;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly family: 0 | 4 | 6;
  readonly attemptDelay: number;
  readonly lookup: ConnectSettings["lookup"];
  readonly connection: ConnectionSettings;
}

export interface Serving {
  readonly place: Place;
  readonly tls: ServerTlsOptions | undefined;
  readonly handshakeTimeout: number;
  readonly maxConnections: number;
  readonly queue: number;
  readonly backlog: number | undefined;
  readonly grace: number;
  readonly connection: ConnectionSettings;
}

const SAFE = Number.MAX_SAFE_INTEGER;

export function diallingOf(options: ConnectOptions): Dialling {
  checkObject("connect", options);
  const { tls, family, lookup, localAddress, localPort } = options;
  const place = placeOf("connect", options, "localhost", 1);
  if (family !== undefined && family !== 4 && family !== 6)
    throw new RangeError(`connect: family is ${String(family)}; it is 4 or 6`);
  if (lookup !== undefined && typeof lookup !== "function")
    throw new TypeError(`connect: lookup is a function of the host name, not ${describe(lookup)}`);
  if (localPort !== undefined) whole("connect", "localPort", localPort, 0, 65_535);
  return {
    place,
    tls: tls === undefined || tls === false ? undefined : tls === true ? {} : tls,
    timeout: milliseconds(options.timeout ?? "30s"),
    localAddress,
    localPort,
    family: family ?? 0,
    attemptDelay: milliseconds(options.attemptDelay ?? 250),
    lookup,
    connection: connectionOf("client", place, options),
  };
}

export function servingOf(options: ListenOptions): Serving {
  checkObject("listen", options);
  const { maxConnections = Infinity, queue = 1_000, backlog } = options;
  const place = placeOf(
    "listen",
    { ...options, ...(options.path === undefined && { port: options.port ?? 0 }) },
    "127.0.0.1",
    0,
  );
  if (maxConnections !== Infinity) whole("listen", "maxConnections", maxConnections, 1, SAFE);
  if (queue !== Infinity) whole("listen", "queue", queue, 0, SAFE);
  if (backlog !== undefined) whole("listen", "backlog", backlog, 1, 2 ** 31 - 1);
  if (options.tls !== undefined) checkServerTls(options.tls);
  return {
    place,
    tls: options.tls,
    handshakeTimeout: milliseconds(options.handshakeTimeout ?? "10s"),
    maxConnections,
    queue,
    backlog,
    grace: milliseconds(options.grace ?? "1s"),
    connection: connectionOf("server", place, options),
  };
}

function connectionOf(role: "client" | "server", place: Place, options: ConnectionOptions): ConnectionSettings {
  const taker = role === "client" ? "connect" : "listen";
  const { noDelay = true, keepAlive, limit, highWaterMark } = options;
  if (limit !== undefined) whole(taker, "limit", limit, 1, SAFE);
  if (highWaterMark !== undefined) whole(taker, "highWaterMark", highWaterMark, 1, SAFE);
  return {
    role,
    place,
    noDelay,
    keepAlive: keepAlive === undefined ? undefined : milliseconds(keepAlive),
    limit,
    highWaterMark,
    closeTimeout: milliseconds(options.closeTimeout ?? "10s"),
  };
}

interface PlaceOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
}

function placeOf(taker: string, { host, port, path }: PlaceOptions, defaultHost: string, leastPort: number): Place {
  if (path !== undefined) {
    if (typeof path !== "string" || path === "") throw new TypeError(`${taker}: path is the path of a Unix socket`);
    if (host !== undefined || port !== undefined)
      throw new TypeError(`${taker}: give it a path, or a host and a port, not both`);
    return { path };
  }
  if (port === undefined) throw new TypeError(`${taker}: it needs a port, or the path of a Unix socket`);
  whole(taker, "port", port, leastPort, 65_535);
  if (host !== undefined && (typeof host !== "string" || host === ""))
    throw new TypeError(`${taker}: host is a name or an address, not ${describe(host)}`);
  return { host: host ?? defaultHost, port };
}

function checkObject(taker: string, options: unknown): void {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`${taker} takes an object, such as { port: 8080 }, not ${describe(options)}`);
}

export function whole(taker: string, name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === SAFE ? `≥ ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`${taker}: ${name} is ${String(value)}; it has to be a whole number ${range}`);
}
