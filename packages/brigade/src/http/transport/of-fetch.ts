/**
 * Requests carried by a `fetch`: of Bun, of browsers, of anything that keeps the Fetch standard. Fetch has no word for the
 * moment of the connection, so that waiting for one is, to the client, waiting for the answer.
 */
import { witness } from "../../kernel/witness.ts";
import { InvalidRequestError } from "../errors.ts";
import type { RequestInfo } from "../types.ts";
import { browserFailure, fetchFailure } from "./fetch-failures.ts";
import { RequestBody } from "./request-body.ts";
import { hasBody, headOf } from "./response-head.ts";
import type { ExchangeListener, ResponseHead, Transport, TransportExchange, TransportRequest } from "./transport.ts";

export type FetchFunction = (url: string, init: RequestInit) => PromiseLike<Response>;

export interface FetchTransportOptions {
  /**
   * Whether it is a browser's fetch. A browser hides redirects from pages, so it follows them itself; and streams can't
   * be sent over HTTP/1.1, so a body that comes in pieces is collected first. Default: whether this is a browser.
   */
  readonly browser?: boolean;
}

/** A page or a worker of a browser. Node, Deno and Bun have `process`; jsdom gives them a document. */
export function isBrowser(): boolean {
  const { process, location, document, navigator } = globalThis as {
    readonly process?: { readonly versions?: object };
    readonly location?: object;
    readonly document?: object;
    readonly navigator?: { readonly userAgent?: string };
  };
  if (process?.versions !== undefined || navigator?.userAgent === "Cloudflare-Workers") return false;
  return document !== undefined || location !== undefined;
}

/**
 * A transport over a fetch function. Give a function of your own to add what `RequestInit` has and the client has not.
 * Aborting an exchange aborts its fetch. The connections are the host's: closing the transport ends the exchanges.
 *
 * @example
 * ```ts no-run
 * import { run, use } from "brigade";
 * import { createClient, fetchTransport } from "brigade/http";
 *
 * const withCookies = fetchTransport((url, init) => fetch(url, { ...init, credentials: "include" }));
 * await run(
 *   use(createClient({ transport: withCookies }), function* (client) {
 *     const response = yield* client.get("https://example.com/me");
 *     return yield* response.json();
 *   }),
 * );
 * ```
 */
export function fetchTransport(fetch: FetchFunction, options: FetchTransportOptions = {}): Transport {
  if (typeof fetch !== "function") throw new TypeError("fetchTransport takes a fetch function: fetchTransport(fetch)");
  return new FetchTransport(fetch, options.browser ?? isBrowser());
}

class FetchTransport implements Transport {
  readonly foreign = true;
  readonly fetch: FetchFunction;
  readonly browser: boolean;
  readonly live: Set<FetchExchange> = new Set<FetchExchange>();

  constructor(fetch: FetchFunction, browser: boolean) {
    this.fetch = fetch;
    this.browser = browser;
  }

  send(request: TransportRequest, listener: ExchangeListener): TransportExchange {
    return new FetchExchange(this, request, listener);
  }

  async close(): Promise<void> {
    for (const exchange of [...this.live]) exchange.cutOff(new Error("the transport was closed"));
  }
}

/** What the DOM's types leave out: pieces are sent before the answer comes, and cancelling ends both. */
interface StreamingInit extends RequestInit {
  duplex?: "half";
}

class FetchExchange implements TransportExchange {
  readonly #transport: FetchTransport;
  readonly #listener: ExchangeListener;
  readonly #info: RequestInfo;
  readonly #abort = new AbortController();
  #body: RequestBody | undefined;
  #state: "requesting" | "receiving" | "over" = "requesting";
  #paused = false;
  #wake: (() => void) | undefined; // set while the reader waits for `resume`

  constructor(transport: FetchTransport, request: TransportRequest, listener: ExchangeListener) {
    this.#transport = transport;
    this.#listener = listener;
    this.#info = { method: request.method, url: request.url.href };
    transport.live.add(this);
    witness?.lent(this.#abort.signal);
    listener.connected();
    void this.#run(request);
  }

  async #run(request: TransportRequest): Promise<void> {
    try {
      const init = await this.#init(request);
      if (this.#over) return;
      const response = await this.#transport.fetch(request.url.href, init);
      if (this.#over) return;
      this.#receiving(response);
      if (hasBody(request.method, response)) await this.#read(response.body as ReadableStream<Uint8Array>);
      if (this.#over) return;
      this.#end();
      this.#listener.ended();
    } catch (error) {
      this.#fail(this.#body?.error ?? error);
    }
  }

  get #over(): boolean {
    return this.#state === "over";
  }

  async #init({ method, headers, body }: TransportRequest): Promise<StreamingInit> {
    const init: StreamingInit = {
      method,
      headers: this.#headers(headers),
      redirect: this.#transport.browser ? "follow" : "manual",
      signal: this.#abort.signal,
    };
    if (body !== undefined && (method === "GET" || method === "HEAD")) {
      throw new InvalidRequestError(`fetch sends no body with ${method}: use another method`, this.#info);
    }
    if (body === undefined || body instanceof Uint8Array) {
      this.#listener.sent(true);
      return body === undefined ? init : { ...init, body: body as Uint8Array<ArrayBuffer> };
    }
    return { ...init, ...(await this.#streaming(body)) };
  }

  async #streaming(pieces: AsyncIterable<Uint8Array>): Promise<StreamingInit> {
    const told = { sent: (whole: boolean) => void (this.#over || this.#listener.sent(whole)) };
    const body = new RequestBody(pieces, told);
    this.#body = body;
    if (!this.#transport.browser) return { body: body.stream(0), duplex: "half" };
    return { body: (await body.collect()) as Uint8Array<ArrayBuffer> };
  }

  /** A browser says itself who it is; saying it for it would make it ask every other origin for leave first (CORS). */
  #headers(flat: readonly string[]): Headers {
    const headers = new Headers();
    try {
      for (let i = 0; i < flat.length; i += 2) headers.append(flat[i] as string, flat[i + 1] as string);
    } catch (error) {
      throw new InvalidRequestError(`it can't be sent: ${(error as Error).message}`, this.#info, { cause: error });
    }
    if (this.#transport.browser) headers.delete("user-agent");
    return headers;
  }

  #receiving(response: Response): void {
    if (response.type === "opaqueredirect") {
      throw new Error("this fetch hides redirects from the client: use fetchTransport(fetch, { browser: true })");
    }
    this.#state = "receiving";
    const head: ResponseHead = headOf(response);
    this.#listener.head(response.redirected ? { ...head, url: response.url } : head);
  }

  /** Reads a piece when the one before has been taken: what is not read stays with the server. */
  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    for (;;) {
      if (this.#paused) await this.#resumed();
      if (this.#over) return;
      const { done, value } = await reader.read();
      if (this.#paused) await this.#resumed(); // it was paused while the piece was on its way
      if (this.#over || done) return;
      this.#listener.data(value);
    }
  }

  #resumed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    const answered = this.#state === "receiving";
    const failure = this.#transport.browser ? browserFailure : fetchFailure;
    this.#end();
    this.#abort.abort(error);
    this.#listener.failed(failure(error, this.#info, answered));
  }

  #end(): void {
    this.#state = "over";
    this.#transport.live.delete(this);
    this.#body?.close();
    this.resume(); // a reader that waits sees that it is over
  }

  pause(): void {
    if (!this.#over) this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  abort(reason: Error): void {
    if (this.#over) return;
    this.#end();
    this.#abort.abort(reason);
  }

  /** Ends it, and says why to whoever waits. */
  cutOff(reason: Error): void {
    this.#fail(reason);
  }
}
