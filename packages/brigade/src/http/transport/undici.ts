/**
 * Requests carried by undici's pools: through `dispatch`, which `undici.request` itself is made of, without its streams.
 * Time, limits, redirects and retries are the client's.
 */
import type { Socket } from "node:net";
import type * as undici from "undici";
import type { Agent, buildConnector, Dispatcher } from "undici";
import { ProtocolError } from "../errors.ts";
import { ACCEPTED, type Decoder, type DecoderListener, decoderFor } from "./decoding.ts";
import type {
  ExchangeListener,
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
  readonly #dispatcher: Dispatcher;
  /** undici has just made a connection, and is starting the request that it was made for. */
  fresh = false;

  /** Sockets that are connecting: undici knows them only once they are connected. */
  readonly #connecting = new Set<Socket>();

  constructor(loaded: Undici, settings: TransportSettings) {
    this.#dispatcher = dispatcherOf(loaded, settings, this.#connecting);
    this.#dispatcher.on("connect", () => this.#connected());
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
    try {
      const options = {
        origin: url.origin,
        path: url.pathname + url.search,
        method: method,
        headers: headers as string[],
        body: (body ?? null) as Uint8Array | null,
        headersTimeout: 0,
        bodyTimeout: 0,
      };
      this.#dispatcher.dispatch(options, exchange);
    } catch (error) {
      listener.failed(error);
    }
    return exchange;
  }

  async close(): Promise<void> {
    const destroyed = this.#dispatcher.destroy();
    for (const socket of [...this.#connecting]) socket.destroy();
    await destroyed;
  }
}

function dispatcherOf(loaded: Undici, settings: TransportSettings, connecting: Set<Socket>): Dispatcher {
  const { proxy, http2, maxHeaderBytes, connectionsPerHost, connectTimeout, tls } = settings;
  const connect = {
    allowH2: http2,
    timeout: connectTimeout === Infinity ? 0 : connectTimeout,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca as string }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert as string }),
    ...(tls?.key === undefined ? {} : { key: tls.key as string }),
    ...(tls?.verify === false ? { rejectUnauthorized: false } : {}),
  };
  const options: Agent.Options = {
    allowH2: http2,
    maxHeaderSize: maxHeaderBytes,
    connections: connectionsPerHost,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: watched(loaded.buildConnector(connect), connecting),
  };
  if (proxy === undefined) return new loaded.Agent(options);
  if (proxy === "environment") return new loaded.EnvHttpProxyAgent({ ...options, requestTls: connect });
  return new loaded.ProxyAgent({ ...options, uri: proxy, requestTls: connect });
}

/** The connector, with a list of what it is connecting. */
function watched(connector: buildConnector.connector, connecting: Set<Socket>): buildConnector.connector {
  return (options, callback) => {
    // It returns the socket, which its type does not say.
    const socket = connector(options, (...outcome) => {
      if (socket !== undefined) connecting.delete(socket);
      callback(...outcome);
    }) as unknown as Socket | undefined;
    if (socket !== undefined) connecting.add(socket);
  };
}

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < body.byteLength; at += PIECE) yield body.subarray(at, at + PIECE);
}

class UndiciExchange implements Dispatcher.DispatchHandler, TransportExchange, DecoderListener {
  readonly #transport: UndiciTransport;
  readonly #request: TransportRequest;
  readonly #listener: ExchangeListener;
  #controller: Dispatcher.DispatchController | undefined; // set while the exchange is on a connection
  #decoder: Decoder | undefined;
  #aborted: Error | undefined;
  #full = false; // the decoder takes nothing now
  #paused = false;
  #interim = 0;
  #over = false;

  constructor(transport: UndiciTransport, request: TransportRequest, listener: ExchangeListener) {
    this.#transport = transport;
    this.#request = request;
    this.#listener = listener;
  }

  // ── Told by undici ──

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
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
      if (++this.#interim > MOST_INTERIM) controller.abort(this.#flood());
      return;
    }
    const encoding = headers["content-encoding"];
    const bodiless = this.#request.method === "HEAD" || status === 204 || status === 304;
    if (encoding !== undefined && !bodiless) this.#decoder = decoderFor(String(encoding), this);
    this.#listener.head({ status, statusText, headers });
  }

  #flood(): Error {
    const { method, url } = this.#request;
    return new ProtocolError(`more than ${MOST_INTERIM} interim responses (1xx) came`, { method, url: url.href });
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
    this.failed(error);
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
  }
}
