/** What a server is told when it starts, checked, with its defaults. */
import { type Duration, milliseconds } from "../../duration.ts";
import type { Awaitable, AwaitableLike } from "../../types.ts";

/** The connection that a request came on, as node:http knows it. Hono gives it to handlers as `c.env`. */
export interface RequestEnvironment {
  /** node:http's IncomingMessage. */
  readonly incoming: { readonly socket: { readonly remoteAddress?: string; readonly remotePort?: number } };
  /** node:http's ServerResponse. */
  readonly outgoing: object;
}

/** Gives the response to a request, or something to await for it: a coroutine, a bare generator, a promise. */
export type Handler = (request: Request, environment: RequestEnvironment) => Response | AwaitableLike<Response>;

export interface ServerTlsOptions {
  /** The private key, as PEM. */
  readonly key: string | Uint8Array;
  /** The certificate with its chain, as PEM. */
  readonly cert: string | Uint8Array;
  readonly passphrase?: string;
}

export interface ServeOptions {
  /** The port to listen on; 0 for one that is free. Default: 0. */
  readonly port?: number;
  /**
   * The address to listen on. Default: 127.0.0.1, so that only this machine reaches the server; `"0.0.0.0"`, or `"::"`
   * with IPv6, for all.
   */
  readonly host?: string;
  /** Listens on a Unix socket at this path instead. */
  readonly socketPath?: string;
  /** Serves https. */
  readonly tls?: ServerTlsOptions;
  /** Requests that run at once. What comes above that waits in the queue, or is answered with 503. Default: no bound. */
  readonly limit?: number;
  /** Requests that wait for one of the `limit` to end, first come, first served. Default: 0. */
  readonly queue?: number;
  /** What `Retry-After` says with a 503, in whole seconds, rounded up. Default: 1 s. */
  readonly retryAfter?: Duration;
  /** How long a handler may take to give its response; then it is cancelled, and the client gets 503. Default: no bound. */
  readonly timeout?: Duration;
  /** How long running requests may go on when the server ends; then they are cancelled. Default: 10 s. */
  readonly gracePeriod?: Duration;
  /** The largest body of a request; above it the client gets 413, and the handler is cancelled. Default: 10 MiB. */
  readonly maxBodyBytes?: number;
  /** The largest head of a request; above it the client gets 431. Default: 16 KiB. */
  readonly maxHeaderBytes?: number;
  /** How long a client may take to send the head of a request; then it gets 408. Default: 10 s. */
  readonly headTimeout?: Duration;
  /** How long a client may take to send a whole request; then it gets 408. Default: 5 min. */
  readonly receiveTimeout?: Duration;
  /** How long a connection is kept for the next request. Default: 65 s, longer than the 60 s of usual load balancers. */
  readonly idleTimeout?: Duration;
  /**
   * Is told what a handler or the body of its response threw, and a `TimeoutError` when `timeout` has passed. A response
   * that it gives is sent in place of the plain 500 or 503. Default: the error is reported, see `Report`.
   */
  readonly onError?: (error: unknown, request: Request) => Response | undefined | void;
}

/** A server that listens. */
export interface Server {
  /** Where a client on this machine reaches it, without a slash at the end: `http://127.0.0.1:8080`, `unix:/run/app.sock`. */
  readonly url: string;
  /** The port it listens on; 0 on a Unix socket. */
  readonly port: number;
  /** The address it listens on; the path of a Unix socket. */
  readonly host: string;
  /** Requests whose handler runs, or whose response is on its way. */
  readonly active: number;
  /** Requests in the queue. */
  readonly waiting: number;
  /** Requests that have come, from the start. */
  readonly total: number;
  /** Those that were answered with 503 because the server was full or ending. */
  readonly rejected: number;
  /** Waits until the task, or a scope around, is cancelled. */
  forever(): Awaitable<never>;
}

/** The options, in milliseconds, each within its range. */
export interface Settings {
  readonly address: { readonly port: number; readonly host: string } | { readonly path: string };
  readonly tls: ServerTlsOptions | undefined;
  readonly limit: number;
  readonly queue: number;
  /** In seconds. */
  readonly retryAfter: string;
  readonly timeout: number;
  readonly gracePeriod: number;
  readonly maxBodyBytes: number;
  readonly maxHeaderBytes: number;
  readonly headTimeout: number;
  readonly receiveTimeout: number;
  readonly idleTimeout: number;
  readonly onError: ServeOptions["onError"];
}

export function settingsOf(options: ServeOptions): Settings {
  const { limit = Infinity, queue = 0, maxBodyBytes = 10 * 2 ** 20, maxHeaderBytes = 16 * 2 ** 10, onError } = options;
  if (limit !== Infinity) atLeast(1, "limit", limit);
  if (queue !== Infinity) atLeast(0, "queue", queue);
  if (queue > 0 && limit === Infinity) throw new RangeError("serve: a queue needs a limit; set `limit`, too");
  if (maxBodyBytes !== Infinity) atLeast(0, "maxBodyBytes", maxBodyBytes);
  atLeast(1, "maxHeaderBytes", maxHeaderBytes);
  if (onError !== undefined && typeof onError !== "function")
    throw new TypeError(`serve: onError is a function, not ${typeof onError}`);
  const receiveTimeout = milliseconds(options.receiveTimeout ?? "5m");
  return {
    address: addressOf(options),
    tls: tlsOf(options.tls),
    limit,
    queue,
    retryAfter: String(Math.ceil(milliseconds(options.retryAfter ?? "1s") / 1_000)),
    timeout: milliseconds(options.timeout ?? Infinity),
    gracePeriod: milliseconds(options.gracePeriod ?? "10s"),
    maxBodyBytes,
    maxHeaderBytes,
    headTimeout: Math.min(milliseconds(options.headTimeout ?? "10s"), receiveTimeout),
    receiveTimeout,
    idleTimeout: milliseconds(options.idleTimeout ?? "65s"),
    onError,
  };
}

function atLeast(least: number, name: string, value: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`serve: ${name} is ${String(value)}; it has to be a whole number ≥ ${least}`);
}

function addressOf({ port = 0, host = "127.0.0.1", socketPath, ...rest }: ServeOptions): Settings["address"] {
  if (socketPath !== undefined) {
    if (typeof socketPath !== "string" || socketPath === "") throw new TypeError("serve: socketPath is a path");
    if (rest.tls !== undefined) throw new TypeError("serve: a Unix socket takes no tls; leave one of them out");
    return { path: socketPath };
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError(
      `serve: port is ${String(port)}; it has to be a whole number from 0 (any that is free) to 65535`,
    );
  if (typeof host !== "string" || host === "")
    throw new TypeError("serve: host is an address or a name, such as 0.0.0.0");
  return { port, host };
}

function tlsOf(tls: ServerTlsOptions | undefined): ServerTlsOptions | undefined {
  if (tls === undefined || (tls.key && tls.cert)) return tls;
  throw new TypeError("serve: tls needs `key` and `cert`, both as PEM");
}
