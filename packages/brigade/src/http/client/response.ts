/** A response as its user sees it: what its head says, and the body, read once in one of five ways. */
import { type Stream, stream } from "../../flow/stream.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, Coroutine, CoroutineBody, Suspension } from "../../types.ts";
import { BodyTooLargeError, BodyUnavailableError, HTTPStatusError, InvalidJSONError, isHTTPError } from "../errors.ts";
import type { ResponseHead } from "../transport/transport.ts";
import type { ClientResponse, RequestInfo, Timing } from "../types.ts";
import type { Exchange } from "./exchange.ts";
import { jsonErrorPlace } from "./json-place.ts";
import { timingOf } from "./timing.ts";

/** What is accepted where the user gave no `maxBytes`. */
const DEFAULT_MOST = 64 * 1024 * 1024;

/** How a response came to be. */
export interface History {
  readonly redirects: readonly string[];
  readonly attempts: number;
  readonly waited: number;
  readonly called: number;
  /** Undefined: none was given. */
  readonly maxBytes: number | undefined;
}

const utf8 = new TextDecoder();

export class ResponseImpl implements ClientResponse {
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

/** The whole body; undefined when it has not come yet: then it has to be waited for with `rest`. Claims it. */
function wholeNow(response: ResponseImpl): Uint8Array | undefined {
  const exchange = response.claim();
  if (!exchange.whole) return undefined;
  const most = response.most(DEFAULT_MOST);
  if (exchange.buffered > most) throw response.tooLarge(most);
  return joined(exchange.take());
}

const rest = /* @__PURE__ */ coroutine(function* read(response: ResponseImpl): CoroutineBody<Uint8Array> {
  const { exchange } = response;
  const most = response.most(DEFAULT_MOST);
  try {
    if (response.declaredLength > most) throw response.tooLarge(most);
    exchange.want(most + 1);
    yield* exchange.arrival("rest");
    if (exchange.failure) throw response.knowing(exchange.failure);
    if (exchange.buffered > most) throw response.tooLarge(most);
    return joined(exchange.take());
  } finally {
    if (!exchange.over) exchange.abort(new BodyUnavailableError("reading the body was given up", exchange.request));
  }
});

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

const bytes = /* @__PURE__ */ coroutine(function* bytes(response: ResponseImpl): CoroutineBody<Uint8Array> {
  return wholeNow(response) ?? (yield* rest(response));
});

const text = /* @__PURE__ */ coroutine(function* text(response: ResponseImpl): CoroutineBody<string> {
  return response.decoder.decode(wholeNow(response) ?? (yield* rest(response)));
});

const json = /* @__PURE__ */ coroutine(function* json(response: ResponseImpl): CoroutineBody<unknown> {
  const source = utf8.decode(wholeNow(response) ?? (yield* rest(response)));
  try {
    return JSON.parse(source);
  } catch (error) {
    const place = jsonErrorPlace(source);
    const start = Math.max(0, (place?.position ?? 0) - 20);
    const near = source === "" ? "it is empty" : `near ${JSON.stringify(source.slice(start, start + 40))}`;
    const where =
      place === undefined ? "" : ` at line ${place.line}, column ${place.column} (position ${place.position})`;
    const said = `${response.status} ${response.headers.get("content-type") ?? "without a content type"}`;
    const wrong = new InvalidJSONError(`the body is not JSON${where}: ${near} (${said})`, response.request, place, {
      cause: error,
    });
    throw response.knowing(wrong);
  }
});

/** Waits for more of the body, and gives what has come: nothing at the end. */
function* pieces(response: ResponseImpl): Generator<Suspension, Uint8Array[], unknown> {
  const { exchange } = response;
  if (exchange.chunks.length === 0 && !exchange.over) yield* exchange.arrival("some") as Awaitable<void>;
  if (exchange.chunks.length > 0) return exchange.take();
  if (exchange.failure) throw response.knowing(exchange.failure);
  return [];
}

const chunks = /* @__PURE__ */ stream(function* chunks(
  response: ResponseImpl,
): Generator<Suspension | Uint8Array, void> {
  const exchange = response.claim();
  const most = response.most(Infinity);
  let read = 0;
  try {
    if (response.declaredLength > most) throw response.tooLarge(most);
    for (;;) {
      const some = yield* pieces(response);
      if (some.length === 0) return;
      for (const chunk of some) {
        read += chunk.byteLength;
        if (read > most) throw response.tooLarge(most);
        yield chunk;
      }
    }
  } finally {
    if (!exchange.over) exchange.abort(new BodyUnavailableError("reading the body was given up", exchange.request));
  }
});

const lines = /* @__PURE__ */ stream(function* lines(response: ResponseImpl): Generator<Suspension | string, void> {
  const exchange = response.claim();
  const most = response.most(Infinity);
  const longest = Math.min(most, DEFAULT_MOST);
  const decoder = new TextDecoder(response.decoder.encoding);
  let read = 0;
  let begun: string[] = []; // of the line whose end has not come
  let length = 0;
  try {
    for (;;) {
      const some = yield* pieces(response);
      if (some.length === 0) break;
      for (const chunk of some) {
        read += chunk.byteLength;
        if (read > most) throw response.tooLarge(most);
        const parts = decoder.decode(chunk, { stream: true }).split("\n");
        for (let i = 0; i < parts.length - 1; i++) {
          const line = begun.length === 0 ? (parts[i] as string) : begun.join("") + (parts[i] as string);
          begun = [];
          yield line.endsWith("\r") ? line.slice(0, -1) : line;
        }
        if (parts.length > 1) length = 0;
        begun.push(parts.at(-1) as string);
        length += (parts.at(-1) as string).length;
        if (length > longest) throw response.tooLarge(longest, "a line of the body");
      }
    }
    const last = begun.join("") + decoder.decode();
    if (last !== "") yield last;
  } finally {
    if (!exchange.over) exchange.abort(new BodyUnavailableError("reading the body was given up", exchange.request));
  }
});
