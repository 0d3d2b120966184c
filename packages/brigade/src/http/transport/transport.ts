/**
 * What carries a request to its server and the answer back, told by calls: the seam between the client and undici, fetch,
 * or a test's own. A transport neither retries nor redirects, and has no timeouts: the client has them.
 */
import type { AwaitableLike } from "../../types.ts";

/** Whom the client trusts, and who it says it is. PEM text or bytes, as node:tls takes them. */
export interface TlsOptions {
  /** Certificates to trust in place of the system's. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** `false` accepts any certificate: for tests alone. Default: true. */
  readonly verify?: boolean;
}

/** What a client asks of the transport that it makes. */
export interface TransportSettings {
  readonly proxy: string | undefined;
  readonly http2: boolean;
  readonly maxHeaderBytes: number;
  /** The most connections to one host; the client makes no more requests at once. */
  readonly connectionsPerHost: number;
  readonly tls: TlsOptions | undefined;
  /** Milliseconds after which a connection attempt is given up, even if nobody waits for it any more. */
  readonly connectTimeout: number;
}

export interface TransportRequest {
  readonly method: string;
  readonly url: URL;
  /** Name, value, name, value. */
  readonly headers: readonly string[];
  /** Pieces are asked for as the connection takes them. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Milliseconds that it waits for a connection: one that is being made is not given up before. */
  readonly connectTimeout?: number;
}

/** The head of a response. A field that came several times has several values. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Where the response came from, if the transport followed redirects itself, because its host hides them: browsers do. */
  readonly url?: string;
}

/** Who is told how an exchange goes: `connected`, any number of `sent`, `head`, any number of `data`, then `ended`; or `failed`, at any point. */
export interface ExchangeListener {
  /** There is a connection, and the request is on its way. `reused`: it has carried others before. */
  connected(reused?: boolean): void;
  /** A piece of the body was taken by the connection, or with `whole` all of it. */
  sent(whole: boolean): void;
  head(head: ResponseHead): void;
  /** A piece of the body, its content encoding undone. */
  data(chunk: Uint8Array): void;
  ended(): void;
  failed(error: unknown): void;
}

export interface TransportExchange {
  /** No `data` from now on, until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends the exchange at once: its connection is left clean or destroyed. Nothing is told any more. Does nothing at the end. */
  abort(reason: Error): void;
}

export interface Transport {
  /** Whether answers come from outside the event loop: while one is awaited, the loop is not deadlocked. */
  readonly foreign: boolean;
  /** What a request offers in `accept-encoding` unless it says otherwise. Undefined: the transport offers what it can undo. */
  readonly acceptedEncodings?: string;
  send(request: TransportRequest, listener: ExchangeListener): TransportExchange;
  /** Ends what runs, closes every connection, and is done when they are closed. */
  close(): AwaitableLike<unknown>;
}
