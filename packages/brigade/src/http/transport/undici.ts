/**
 * Requests carried by undici's pools: through `dispatch`, which `undici.request` itself is made of, without its streams.
 * Time, limits, redirects and retries are the client's.
 */
import type * as undici from "undici";
import type { Agent, Dispatcher } from "undici";
import { ProtocolError } from "../errors.ts";
import { NOWHERE } from "../../kernel/live.ts";
import { Abandoned, Connecting, type Waiting } from "./connecting.ts";
import { ACCEPTED, type Decoder, type DecoderListener, decoderFor } from "./decoding.ts";
import type {
  ExchangeListener,
  TlsOptions,
  Transport,
  TransportExchange,
  TransportRequest,
  TransportSettings,
} from "./transport.ts";

type Undici = typeof undici;

/** What is written at once; longer bodies go piece by piece, so that a server that takes nothing is noticed. */
const PIECE = 64 * 1024;
/** Interim responses (1xx) that a server may send before the real one. */
const MOST_INTERIM = 32;

/** Loads undici, which is an optional peer, and makes the transport. */
export async function defaultTransport(settings: TransportSettings): Promise<Transport> {
  let loaded: Undici;
  try {
    loaded = await import("undici");
  } catch (error) {
    const missing = (error as { readonly code?: unknown }).code === "ERR_MODULE_NOT_FOUND";
    const what = missing ? 'needs the package undici on this runtime: run "npm install undici@8"' : "can't load undici";
    throw new Error(`brigade/http ${what}${missing ? "" : `: ${(error as Error).message}`}`, { cause: error });
  }
  return new UndiciTransport(loaded, settings);
}

class UndiciTransport implements Transport {
  readonly foreign = true;
  readonly acceptedEncodings: string = ACCEPTED;
  readonly dispatcher: Dispatcher;
  /** undici has just made a connection, and is starting the request that it was made for. */
  fresh = false;
  /** undici knows sockets only once they are connected. */
  readonly connecting: Connecting;

  constructor(loaded: Undici, settings: TransportSettings) {
    const { proxy, connectTimeout, tls, http2 } = settings;
    const options = tlsOptions(http2, tls);
    const build = (timeout: number): undici.buildConnector.connector => loaded.buildConnector({ ...options, timeout });
    this.connecting = new Connecting(build, connectTimeout, proxy !== undefined);
    this.dispatcher = dispatcherOf(loaded, settings, this.connecting);
    this.dispatcher.on("connect", () => this.#connected());
  }

  #connected(): void {
    this.fresh = true;
    queueMicrotask(() => (this.fresh = false));
  }

  send(request: TransportRequest, listener: ExchangeListener): TransportExchange {
    const exchange = new UndiciExchange(this, request, listener);
    const { url, method } = request;
    let { body } = request;
    let { headers } = request;
    if (body instanceof Uint8Array && body.byteLength > PIECE) {
      headers = [...headers, "content-length", String(body.byteLength)];
      body = pieces(body);
    }
    if (request.connectTimeout !== undefined) this.connecting.allow(request.connectTimeout);
    exchange.dispatch({
      origin: url.origin,
      path: url.pathname + url.search,
      method: method,
      headers: headers as string[],
      body: (body ?? null) as Uint8Array | null,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return exchange;
  }

  async close(): Promise<void> {
    const destroyed = this.dispatcher.destroy();
    this.connecting.close();
    await destroyed;
  }
}

function tlsOptions(allowH2: boolean, tls: TlsOptions | undefined): undici.buildConnector.BuildOptions {
  return {
    allowH2,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca as string }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert as string }),
    ...(tls?.key === undefined ? {} : { key: tls.key as string }),
    ...(tls?.verify === false ? { rejectUnauthorized: false } : {}),
  };
}

function dispatcherOf(loaded: Undici, settings: TransportSettings, connecting: Connecting): Dispatcher {
  const { proxy, http2, maxHeaderBytes, connectionsPerHost, connectTimeout, tls } = settings;
  const options: Agent.Options = {
    allowH2: http2,
    maxHeaderSize: maxHeaderBytes,
    connections: connectionsPerHost === Infinity ? null : connectionsPerHost,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connecting.connect,
  };
  if (proxy === undefined) return new loaded.Agent(options);
  const requestTls = { ...tlsOptions(http2, tls), timeout: connectTimeout === Infinity ? 0 : connectTimeout };
  if (proxy === "environment") return new loaded.EnvHttpProxyAgent({ ...options, requestTls });
  return new loaded.ProxyAgent({ ...options, uri: proxy, requestTls });
}

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < body.byteLength; at += PIECE) yield body.subarray(at, at + PIECE);
}

class UndiciExchange implements Dispatcher.DispatchHandler, TransportExchange, DecoderListener, Waiting {
  slot: number = NOWHERE;
  readonly #transport: UndiciTransport;
  readonly #request: TransportRequest;
  readonly #listener: ExchangeListener;
  #options: Dispatcher.DispatchOptions | undefined; // set once it was dispatched
  #controller: Dispatcher.DispatchController | undefined; // set while the exchange is on a connection
  #decoder: Decoder | undefined;
  #aborted: Error | undefined;
  #full = false; // the decoder takes nothing now
  #paused = false;
  #interim = 0;
  #started = false;
  #over = false;

  constructor(transport: UndiciTransport, request: TransportRequest, listener: ExchangeListener) {
    this.#transport = transport;
    this.#request = request;
    this.#listener = listener;
  }

  get origin(): string {
    return this.#request.url.origin;
  }

  /** Hands it to undici. On a connection that is there, and free, it starts at once. */
  dispatch(options: Dispatcher.DispatchOptions): void {
    const { dispatcher, connecting } = this.#transport;
    this.#options = options;
    try {
      dispatcher.dispatch(options, this);
    } catch (error) {
      this.failed(error as Error);
    }
    if (this.#started || this.#over) return;
    connecting.waits(this);
  }

  // ── Told by undici ──

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#started = true;
    this.#transport.connecting.done(this);
    if (this.#aborted) controller.abort(this.#aborted);
    else this.#listener.connected(!this.#transport.fresh);
  }

  onBodySent(): void {
    this.#listener.sent(false);
  }

  onRequestSent(): void {
    this.#listener.sent(true);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusText = "",
  ): void {
    if (this.#over) return;
    if (status < 200) {
      if (status < 100) controller.abort(this.#malformed(`the status is ${status}`));
      else if (++this.#interim > MOST_INTERIM)
        controller.abort(this.#malformed(`more than ${MOST_INTERIM} interim responses (1xx) came`));
      return;
    }
    const encoding = headers["content-encoding"];
    const bodiless = this.#request.method === "HEAD" || status === 204 || status === 304;
    if (encoding !== undefined && !bodiless) this.#decoder = decoderFor(String(encoding), this);
    this.#listener.head({ status, statusText, headers });
  }

  #malformed(what: string): Error {
    const { method, url } = this.#request;
    return new ProtocolError(`what the server sent is not HTTP: ${what}`, { method, url: url.href });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#over) return;
    if (this.#decoder === undefined) this.#listener.data(chunk);
    else if (!this.#decoder.write(chunk)) {
      this.#full = true;
      controller.pause();
    }
  }

  onResponseEnd(): void {
    this.#controller = undefined;
    if (this.#over) return;
    if (this.#decoder === undefined) this.ended();
    else this.#decoder.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#controller = undefined;
    // It came to wait for a connection that was being given up just then, and that undici knows to be gone in a moment.
    if (error instanceof Abandoned && !this.#over) queueMicrotask(() => this.#again());
    else this.failed(error);
  }

  #again(): void {
    if (!this.#over) this.dispatch(this.#options as Dispatcher.DispatchOptions);
  }

  // ── Told by the decoder ──

  data(chunk: Uint8Array): void {
    if (!this.#over) this.#listener.data(chunk);
  }

  ended(): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.ended();
  }

  failed(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#transport.connecting.done(this);
    this.#decoder?.destroy();
    this.#controller?.abort(error);
    this.#listener.failed(error);
  }

  drained(): void {
    this.#full = false;
    if (!this.#over) this.#controller?.resume();
  }

  // ── Told by the client ──

  pause(): void {
    if (this.#over || this.#paused) return;
    this.#paused = true;
    if (this.#decoder) this.#decoder.pause();
    else this.#controller?.pause();
  }

  resume(): void {
    if (this.#over || !this.#paused) return;
    this.#paused = false;
    if (this.#decoder) this.#decoder.resume();
    else if (!this.#full) this.#controller?.resume();
  }

  abort(reason: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#aborted = reason;
    this.#decoder?.destroy();
    this.#controller?.abort(reason);
    if (!this.#started) this.#transport.connecting.gaveUp(this);
  }
}
