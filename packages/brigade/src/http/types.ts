/** The public types of the HTTP client. */
import type { Duration } from "../duration.ts";
import type { Source } from "../flow/source.ts";
import type { Stream } from "../flow/stream.ts";
import type { Awaitable, AwaitableLike, Coroutine } from "../types.ts";
import type { TlsOptions, Transport, TransportSettings } from "./transport/transport.ts";

/** A record, pairs, or a `Headers` object. An undefined value leaves a default of the client out. */
export type HeadersInput = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string | undefined>>;

export type QueryValue = string | number | boolean | null | undefined;
export type QueryInput = URLSearchParams | Readonly<Record<string, QueryValue | readonly QueryValue[]>>;

/** Whole, or in pieces that are sent as they come. Text is sent as UTF-8. */
export type BodyInput =
  | string
  | Uint8Array
  | ArrayBuffer
  | URLSearchParams
  | FormData
  | Blob
  | Source<string | Uint8Array>;

/** How long each part of a request may take. `Infinity` takes a bound away. */
export interface Timeouts {
  /** Waiting for the limits to let the request start. Default: no bound but `total`. */
  readonly pool?: Duration;
  /** Finding the address, connecting, and the TLS handshake. Default: 10 s. */
  readonly connect?: Duration;
  /** The longest pause in sending the body. Default: 30 s. */
  readonly write?: Duration;
  /** The longest pause in receiving: until the head, and between pieces of the body. Default: 30 s. */
  readonly read?: Duration;
  /** One attempt, from when the limits let it start to the end of its body. Default: no bound but `total`. */
  readonly attempt?: Duration;
  /** Everything: waiting, all attempts, all redirects, and reading the body. Default: 5 min. */
  readonly total?: Duration;
}

/** `"50/s"`: fifty a second. Units: s, m, h. */
export type Rate = `${number}/${"s" | "m" | "h"}`;

export interface AdaptiveOptions {
  /** Requests at once to a host at the start. Default: 4. */
  readonly start?: number;
  /** Never fewer. Default: 1. */
  readonly min?: number;
  /** Never more. Default: `perHost`. */
  readonly max?: number;
  /** What is left of the limit after a sign of overload. Default: 0.5. */
  readonly decrease?: number;
}

export interface Limits {
  /** Requests in flight at once. Default: 100. */
  readonly connections?: number;
  /** Requests in flight at once to one host. Default: `connections`. */
  readonly perHost?: number;
  /** Requests started in a time, evenly spread. Default: no bound. */
  readonly rate?: Rate;
  /** The same for each host. */
  readonly perHostRate?: Rate;
  /** Finds each host's limit: grows while answers come, is cut by 429, 503 and timeouts (AIMD). Default: off. */
  readonly adaptive?: boolean | AdaptiveOptions;
}

export interface RetryBudget {
  /** Retries that each request adds to the budget. Default: 0.2. */
  readonly ratio?: number;
  /** Retries that are there from the start, and the most that are saved up. Default: 10. */
  readonly reserve?: number;
}

export interface RetryPolicy {
  /** How often a request is tried again. Default: 2. */
  readonly retries?: number;
  /** Default: GET, HEAD, PUT, DELETE, OPTIONS, and any request that carries an idempotency key. */
  readonly methods?: readonly string[];
  /** Default: 408, 425, 429, 500, 502, 503, 504. */
  readonly statuses?: readonly number[];
  /** The wait before retry n is random, up to `base * 2 ** n` (n from 0). Default: 200 ms. */
  readonly base?: Duration;
  /** The longest such wait. Default: 30 s. */
  readonly cap?: Duration;
  /** The longest `Retry-After` that is obeyed; a longer one ends the retries. Default: 60 s. */
  readonly retryAfterMax?: Duration;
  /** Bounds the retries of the whole client, so that an outage is not made worse. `false` for none. */
  readonly budget?: RetryBudget | false;
  /** Gives the `Idempotency-Key` of a request; one key for all its attempts. */
  readonly idempotencyKey?: (request: RequestInfo) => string | undefined;
}

export type Auth =
  | { readonly username: string; readonly password: string }
  | { readonly bearer: string }
  /** Gives the value of `Authorization` for each attempt. */
  | ((request: RequestInfo) => AwaitableLike<string> | string);

/** What a store of cookies has to do. A `CookieJar` of tough-cookie does. */
export interface CookieStore {
  getCookieString(url: string): PromiseLike<string>;
  setCookie(cookie: string, url: string, options?: { readonly ignoreError?: boolean }): PromiseLike<unknown>;
}

/** What is about to be sent. Hooks may change the headers. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** 1 for the first. */
  readonly attempt: number;
}

export interface RetryInfo {
  readonly request: RequestInfo;
  /** The attempt that failed; 1 for the first. */
  readonly attempt: number;
  /** Milliseconds until the next. */
  readonly delay: number;
  readonly status: number | undefined;
  readonly error: Error | undefined;
}

/** Called around each attempt, in order; each may be a coroutine, and is waited for. What one throws ends the request. */
export interface Hooks {
  readonly request?: readonly ((request: OutgoingRequest) => AwaitableLike<unknown> | void)[];
  readonly response?: readonly ((response: ClientResponse) => AwaitableLike<unknown> | void)[];
  readonly retry?: readonly ((info: RetryInfo) => AwaitableLike<unknown> | void)[];
}

export interface RequestOptions {
  /** Added to the URL's own query. An undefined value is left out. */
  readonly query?: QueryInput;
  readonly headers?: HeadersInput;
  readonly body?: BodyInput;
  /** Sent as JSON, with its content type. */
  readonly json?: unknown;
  /** `false`: none, where the client has one. */
  readonly auth?: Auth | false;
  /** Each replaces the client's. */
  readonly timeouts?: Timeouts;
  /** A number of retries, a policy, or `false`. Each field of it replaces the client's. Default: no retries. */
  readonly retry?: number | RetryPolicy | false;
  /** Default: `"follow"`. `"manual"` gives the redirecting response; `"error"` throws RedirectError. */
  readonly redirect?: "follow" | "manual" | "error";
  /** Default: 10. */
  readonly maxRedirects?: number;
  /**
   * The most that `json`, `text` and `bytes` accept, decompressed. Default: 64 MiB. With `lines` the default bounds one
   * line, and with `chunks` nothing; a number that is given bounds the whole body in both.
   */
  readonly maxBytes?: number;
}

export interface ClientOptions extends Omit<RequestOptions, "query" | "body" | "json"> {
  /** What relative URLs are resolved against. */
  readonly baseUrl?: string | URL;
  readonly auth?: Auth;
  /** `true`: a jar of its own, by tough-cookie; or a jar. Default: none. */
  readonly cookies?: boolean | CookieStore;
  /** `http://user:password@host:port`, or `"environment"` for HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
  readonly proxy?: string | URL;
  readonly tls?: TlsOptions;
  /** Offers HTTP/2 where the server has it. Default: false. */
  readonly http2?: boolean;
  readonly limits?: Limits;
  readonly hooks?: Hooks;
  /** Throws HTTPStatusError for every response that is not `ok`. Default: false. */
  readonly raiseForStatus?: boolean;
  /** Follows a redirect from https to http. Default: false. */
  readonly insecureRedirects?: boolean;
  /** The most that a response's head may take. Default: 64 KiB. */
  readonly maxHeaderBytes?: number;
  /** Who carries the requests. Default: undici on Node and Deno, fetch elsewhere. */
  readonly transport?: Transport | ((settings: TransportSettings) => Transport);
}

/** What a response and an error know of their request. */
export interface RequestInfo {
  readonly method: string;
  readonly url: string;
}

/** Where the time of a request went, in milliseconds on the loop's clock. Of the last attempt, but `total` and `waiting`. */
export interface Timing {
  /** Waiting for the limits, and between attempts. */
  readonly waiting: number;
  /** Finding the address, connecting, handshake; about 0 on a connection that was there. */
  readonly connect: number;
  /** From the request on its way to the head of the response. */
  readonly response: number;
  /** From the head to the end of the body; so far, while it comes. */
  readonly body: number;
  /** From the call to the end of the body; so far, while it comes. */
  readonly total: number;
}

/**
 * A response whose head is there. The body comes while it is read, once: up to 64 KiB of it are taken in ahead. A body
 * that nobody reads is given up after `timeouts.read`, or with `close`, and its connection with it.
 */
export interface ClientResponse extends Disposable {
  readonly status: number;
  readonly statusText: string;
  /** 200 to 299. */
  readonly ok: boolean;
  readonly headers: Headers;
  /** One field of them, several values joined by ", ": cheaper than `headers`, where that counts. */
  header(name: string): string | undefined;
  /** Where the response came from, after redirects. */
  readonly url: string;
  readonly request: RequestInfo;
  /** The URLs that redirected here, first to last. */
  readonly redirects: readonly string[];
  /** 1 when the first attempt gave this. */
  readonly attempts: number;
  readonly timing: Timing;
  /** The body as JSON. Throws InvalidJSONError, with the place. */
  json<T = unknown>(): Coroutine<T>;
  /** The body as text, by the charset of its content type (default: UTF-8). */
  text(): Coroutine<string>;
  bytes(): Coroutine<Uint8Array>;
  /** The lines of the body without their ends (LF or CRLF). */
  lines(): Stream<string>;
  /** The body in pieces as they come. */
  chunks(): Stream<Uint8Array>;
  /** Throws HTTPStatusError unless `ok`; gives the response itself. */
  raiseForStatus(): this;
  /** Gives the rest of the body up. Does nothing when it has ended. */
  close(): void;
}

/** What the limits of a host are now. */
export interface HostState {
  readonly host: string;
  readonly inFlight: number;
  readonly waiting: number;
  /** What adaptive concurrency has found; otherwise `perHost`. */
  readonly limit: number;
}

export interface Client {
  request(method: string, url: string | URL, options?: RequestOptions): Coroutine<ClientResponse>;
  get(url: string | URL, options?: RequestOptions): Coroutine<ClientResponse>;
  head(url: string | URL, options?: RequestOptions): Coroutine<ClientResponse>;
  post(url: string | URL, options?: RequestOptions): Coroutine<ClientResponse>;
  put(url: string | URL, options?: RequestOptions): Coroutine<ClientResponse>;
  patch(url: string | URL, options?: RequestOptions): Coroutine<ClientResponse>;
  delete(url: string | URL, options?: RequestOptions): Coroutine<ClientResponse>;
  /** Requests that the limits have let start, and whose response has not come whole. */
  readonly inFlight: number;
  /** Requests that wait for the limits. */
  readonly waiting: number;
  /** The hosts that have requests in flight or waiting. */
  hosts(): HostState[];
  /** Ends every exchange and closes every connection. Done by `use` at the end. */
  close(): Awaitable<void>;
}
