/** Responses whose bodies are streams of Brigade. */
import { type Duration, milliseconds } from "../../duration.ts";
import { describe } from "../../errors.ts";
import type { Source } from "../../flow/source.ts";
import { currentExchange } from "./body-owner.ts";
import { BodyProducer } from "./body-producer.ts";

const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * A response whose body is what the source gives: text, sent as UTF-8, or bytes. The source is read as fast as the client
 * takes it, in a task of the request; outside `serve`, on the loop that runs, or on one of its own. When the client
 * goes away, the stream is unwound. When it throws, the error is reported and the connection broken, so that nobody takes
 * the body for whole. For a HEAD request it is not started.
 *
 * @example
 * ```ts
 * import { run, sleep, stream } from "brigade";
 * import { streamResponse } from "brigade/http";
 *
 * const rows = stream(function* () {
 *   for (const id of [1, 2, 3]) {
 *     yield* sleep("1ms");
 *     yield `${id}\n`;
 *   }
 * });
 * const response = streamResponse(rows(), { headers: { "content-type": "text/plain" } });
 * console.log(await response.text());
 * ```
 */
export function streamResponse(source: Source<string | Uint8Array>, init: ResponseInit = {}): Response {
  if (currentExchange.get()?.method === "HEAD") return new Response(null, init);
  return new Response(new BodyProducer<string | Uint8Array>(source, bytesOf).readable, init);
}

function bytesOf(chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return encoder.encode(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(`streamResponse: the stream gave ${describe(chunk)}; it has to give text or Uint8Arrays`);
}

/** What a client's EventSource gets, as the HTML standard says. */
export interface ServerSentEvent {
  /** The event's text, of any number of lines. */
  readonly data: string;
  /** Its type. Default: "message". */
  readonly event?: string;
  /** What the client sends as `Last-Event-ID` when it connects again. */
  readonly id?: string;
  /** How long the client waits before it connects again. */
  readonly retry?: Duration;
}

export interface ServerSentEventsInit extends ResponseInit {
  /** How long nothing is sent before a comment is, so that nobody between takes the connection for dead. Default: 15 s. */
  readonly keepAlive?: Duration;
}

/**
 * A response that sends events (`text/event-stream`) as the source gives them: events, or text, which is an event's data.
 * Reading, unwinding and errors are those of `streamResponse`. When the server ends, the response ends at once, whole: an
 * EventSource then connects again, to the server that comes after. Throws `TypeError` for an `event` or `id` of several lines.
 *
 * @example
 * ```ts
 * import { stream } from "brigade";
 * import { serverSentEvents } from "brigade/http";
 *
 * const ticks = stream(function* () {
 *   yield { event: "tick", id: "1", data: "first" };
 *   yield "second";
 * });
 * console.log(await serverSentEvents(ticks()).text());
 * ```
 */
export function serverSentEvents(source: Source<ServerSentEvent | string>, init: ServerSentEventsInit = {}): Response {
  const { keepAlive = "15s", ...rest } = init;
  const every = milliseconds(keepAlive);
  if (every === 0) throw new RangeError("serverSentEvents: keepAlive is 0; Infinity turns the comments off");
  const headers = new Headers(rest.headers);
  headers.set("content-type", "text/event-stream");
  if (!headers.has("cache-control")) headers.set("cache-control", "no-cache");
  if (!headers.has("x-accel-buffering")) headers.set("x-accel-buffering", "no"); // nginx holds responses back otherwise
  if (currentExchange.get()?.method === "HEAD") return new Response(null, { ...rest, headers });
  const pings = { every, ping: encoder.encode(":\n\n") };
  const producer = new BodyProducer<ServerSentEvent | string>(source, eventBytes, { pings, endsWithServer: true });
  return new Response(producer.readable, { ...rest, headers });
}

function eventBytes(given: ServerSentEvent | string): Uint8Array {
  const { data, event, id, retry }: ServerSentEvent = typeof given === "string" ? { data: given } : given;
  if (typeof data !== "string")
    throw new TypeError(`an event's data is text, not ${describe(data)}; use JSON.stringify`);
  let text = "";
  if (event !== undefined) text += `event: ${oneLine("event", event)}\n`;
  if (id !== undefined) text += `id: ${oneLine("id", id)}\n`;
  if (retry !== undefined) text += `retry: ${Math.round(milliseconds(retry))}\n`;
  for (const line of data.split(/\r\n|\r|\n/)) text += `data: ${line}\n`;
  return encoder.encode(`${text}\n`);
}

function oneLine(name: "event" | "id", value: string): string {
  if (typeof value === "string" && !/[\r\n\0]/.test(value)) return value;
  throw new TypeError(`an event's ${name} is one line of text, without NUL, not ${JSON.stringify(value)}`);
}
