/** The five ways to read a body, once. Whoever leaves before the end gives the rest up. */
import { type Stream, stream } from "../../flow/stream.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, Coroutine, CoroutineBody, Suspension } from "../../types.ts";
import { type BodyTooLargeError, BodyUnavailableError, InvalidJSONError } from "../errors.ts";
import type { RequestInfo } from "../types.ts";
import type { Exchange } from "./exchange.ts";
import { jsonErrorPlace } from "./json-place.ts";

/** What is accepted where the user gave no `maxBytes`. */
const DEFAULT_MOST = 64 * 1024 * 1024;

export const utf8: TextDecoder = new TextDecoder();

/** A response, as its readers see it. */
export interface Readable {
  readonly request: RequestInfo;
  readonly status: number;
  readonly exchange: Exchange;
  /** By the charset of its content type. */
  readonly decoder: TextDecoder;
  /** What the head says of the body's length on the wire; 0 where it says nothing that counts. */
  readonly declaredLength: number;
  header(name: string): string | undefined;
  /** The one reader of the body begins. */
  claim(): Exchange;
  /** The most bytes that are accepted: the user's bound, or `fallback`. */
  most(fallback: number): number;
  tooLarge(most: number, what?: string): BodyTooLargeError;
  /** The error, told what is known of its request. */
  knowing<E extends Error>(error: E): E;
}

/** The whole body; undefined when it has not come yet: then it has to be waited for with `rest`. Claims it. */
function wholeNow(response: Readable): Uint8Array | undefined {
  const exchange = response.claim();
  if (!exchange.whole) return undefined;
  const most = response.most(DEFAULT_MOST);
  if (exchange.buffered > most) throw response.tooLarge(most);
  return joined(exchange.take());
}

const rest = /* @__PURE__ */ coroutine(function* read(response: Readable): CoroutineBody<Uint8Array> {
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
    giveUp(exchange);
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

export const bytes: (response: Readable) => Coroutine<Uint8Array> = /* @__PURE__ */ coroutine(function* bytes(
  response: Readable,
): CoroutineBody<Uint8Array> {
  return wholeNow(response) ?? (yield* rest(response));
});

export const text: (response: Readable) => Coroutine<string> = /* @__PURE__ */ coroutine(function* text(
  response: Readable,
): CoroutineBody<string> {
  return response.decoder.decode(wholeNow(response) ?? (yield* rest(response)));
});

export const json: (response: Readable) => Coroutine<unknown> = /* @__PURE__ */ coroutine(function* json(
  response: Readable,
): CoroutineBody<unknown> {
  const source = utf8.decode(wholeNow(response) ?? (yield* rest(response)));
  try {
    return JSON.parse(source);
  } catch (error) {
    const place = jsonErrorPlace(source);
    const start = Math.max(0, (place?.position ?? 0) - 20);
    const near = source === "" ? "it is empty" : `near ${JSON.stringify(source.slice(start, start + 40))}`;
    const where =
      place === undefined ? "" : ` at line ${place.line}, column ${place.column} (position ${place.position})`;
    const said = `${response.status} ${response.header("content-type") ?? "without a content type"}`;
    const wrong = new InvalidJSONError(`the body is not JSON${where}: ${near} (${said})`, response.request, place, {
      cause: error,
    });
    throw response.knowing(wrong);
  }
});

/** Waits for more of the body, and gives what has come: nothing at the end. */
function* pieces(response: Readable): Generator<Suspension, Uint8Array[], unknown> {
  const { exchange } = response;
  if (exchange.chunks.length === 0 && !exchange.over) yield* exchange.arrival("some") as Awaitable<void>;
  if (exchange.chunks.length > 0) return exchange.take();
  if (exchange.failure) throw response.knowing(exchange.failure);
  return [];
}

export const chunks: (response: Readable) => Stream<Uint8Array> = /* @__PURE__ */ stream(function* chunks(
  response: Readable,
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
    giveUp(exchange);
  }
});

export const lines: (response: Readable) => Stream<string> = /* @__PURE__ */ stream(function* lines(
  response: Readable,
): Generator<Suspension | string, void> {
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
    giveUp(exchange);
  }
});

function giveUp(exchange: Exchange): void {
  if (!exchange.over) exchange.abort(new BodyUnavailableError("reading the body was given up", exchange.request));
}
