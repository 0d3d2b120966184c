/** A response as its user sees it: what its head says, and the body, read once in one of five ways. */
import type { Stream } from "../../flow/stream.ts";
import type { Coroutine } from "../../types.ts";
import { BodyTooLargeError, BodyUnavailableError, HTTPStatusError, isHTTPError } from "../errors.ts";
import type { ResponseHead } from "../transport/transport.ts";
import type { ClientResponse, RequestInfo, Timing } from "../types.ts";
import type { Exchange } from "./exchange.ts";
import { bytes, chunks, json, lines, type Readable, text, utf8 } from "./reading.ts";
import { timingOf } from "./timing.ts";

/** How a response came to be. */
export interface History {
  readonly redirects: readonly string[];
  readonly attempts: number;
  readonly waited: number;
  readonly called: number;
  /** Undefined: none was given. */
  readonly maxBytes: number | undefined;
}

export class ResponseImpl implements ClientResponse, Readable {
  readonly request: RequestInfo;
  readonly url: string;
  /** @internal The first 2 kB of the body of a response that says of an error. */
  errorBody = "";
  /** @internal */
  readonly exchange: Exchange;
  readonly #head: ResponseHead;
  readonly #history: History;
  #headers: Headers | undefined;
  #closed = false;

  constructor(exchange: Exchange, request: RequestInfo, url: string, history: History) {
    this.request = request;
    this.exchange = exchange;
    this.#head = exchange.response as ResponseHead;
    this.url = this.#head.url ?? url;
    this.#history = history;
  }

  get status(): number {
    return this.#head.status;
  }

  get statusText(): string {
    return this.#head.statusText;
  }

  get ok(): boolean {
    return this.#head.status >= 200 && this.#head.status < 300;
  }

  get headers(): Headers {
    this.#headers ??= headersOf(this.#head);
    return this.#headers;
  }

  header(name: string): string | undefined {
    const value = this.#head.headers[name.toLowerCase()];
    return typeof value === "object" ? value.join(", ") : value;
  }

  get redirects(): readonly string[] {
    return this.#history.redirects;
  }

  get attempts(): number {
    return this.#history.attempts;
  }

  get timing(): Timing {
    const { waited, called } = this.#history;
    return timingOf(this.exchange, waited, called, this.exchange.loop.time());
  }

  raiseForStatus(): this {
    if (this.ok) return this;
    throw new HTTPStatusError(this, this.errorBody);
  }

  close(): void {
    this.#closed = true;
    this.exchange.claimed = true;
    if (!this.exchange.over) this.exchange.abort(this.#unavailable("the response was closed"));
    else this.exchange.take();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal The rest is not wanted by the client itself. */
  discard(): void {
    this.exchange.discard();
  }

  json<T = unknown>(): Coroutine<T> {
    return json(this) as Coroutine<T>;
  }

  text(): Coroutine<string> {
    return text(this);
  }

  bytes(): Coroutine<Uint8Array> {
    return bytes(this);
  }

  lines(): Stream<string> {
    return lines(this);
  }

  chunks(): Stream<Uint8Array> {
    return chunks(this);
  }

  /** @internal */
  get decoder(): TextDecoder {
    const type = this.#head.headers["content-type"];
    const charset = typeof type === "string" ? /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(type)?.[1] : undefined;
    if (charset === undefined || /^utf-?8$/i.test(charset)) return utf8;
    try {
      return new TextDecoder(charset);
    } catch {
      return utf8; // a charset that nobody knows: what most servers mean
    }
  }

  /** @internal The one reader of the body begins. */
  claim(): Exchange {
    const exchange = this.exchange;
    if (exchange.claimed) {
      const why = this.#closed ? "the response was closed" : exchange.failure?.message;
      throw this.#unavailable(why ?? "it was read already; its body comes once");
    }
    exchange.claimed = true;
    return exchange;
  }

  #unavailable(why: string): BodyUnavailableError {
    return this.knowing(new BodyUnavailableError(`the body can't be read: ${why}`, this.request));
  }

  /** @internal Most bytes of the body; Infinity where only a given bound counts and none was given. */
  most(fallback: number): number {
    return this.#history.maxBytes ?? fallback;
  }

  /** @internal */
  tooLarge(most: number, what = "the body"): BodyTooLargeError {
    const given = this.#history.maxBytes === undefined ? `${most} bytes; give maxBytes` : `${most} bytes (maxBytes)`;
    return this.knowing(new BodyTooLargeError(`${what} is over ${given}`, this.request, most));
  }

  /** @internal The error, told what it knows of its request. */
  knowing<E extends Error>(error: E): E {
    if (isHTTPError(error)) {
      error.attempts = this.attempts;
      error.timing = this.timing;
    }
    return error;
  }

  /** @internal What the head says of the body's length on the wire. */
  get declaredLength(): number {
    const { headers } = this.#head;
    return headers["content-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : 0;
  }
}

function headersOf(head: ResponseHead): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(head.headers)) {
    if (typeof value === "string") headers.append(name, value);
    else for (const one of value ?? []) headers.append(name, one);
  }
  return headers;
}
