/** From what a user asks to what is sent: the URL, the headers and the body, checked. */
import { describe } from "../../errors.ts";
import { type Duration, milliseconds } from "../../duration.ts";
import { Queue } from "../../sync/queue.ts";
import type { Source } from "../../flow/source.ts";
import { InvalidRequestError, shown } from "../errors.ts";
import type { Auth, ClientOptions, HeadersInput, QueryInput, RequestInfo, RequestOptions, Timeouts } from "../types.ts";
import { sourceBytes } from "./source-bytes.ts";

export const DEFAULT_TIMEOUTS: Required<{ readonly [K in keyof Timeouts]: number }> = {
  pool: Infinity,
  connect: 10_000,
  write: 30_000,
  read: 30_000,
  attempt: Infinity,
  total: 300_000,
};

/** Every bound, in milliseconds. */
export function timeoutsOf(timeouts: Timeouts | undefined, defaults: Required<Timeouts>): typeof DEFAULT_TIMEOUTS {
  const all = { ...defaults } as Record<string, Duration>;
  for (const [name, value] of Object.entries(timeouts ?? {})) {
    if (!(name in DEFAULT_TIMEOUTS)) {
      throw new TypeError(
        `timeouts.${name}: there is no such timeout; use ${Object.keys(DEFAULT_TIMEOUTS).join(", ")}`,
      );
    }
    if (value !== undefined) all[name] = value as Duration;
  }
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, bound(name, value)]),
  ) as typeof DEFAULT_TIMEOUTS;
}

function bound(name: string, value: Duration): number {
  try {
    return milliseconds(value);
  } catch (error) {
    throw new RangeError(`timeouts.${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** The scheme of HTTP's two. */
const HTTP = /^https?:$/;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:/i;

/**
 * An absolute URL stands for itself; anything else is put behind the base's path, as in httpx: base `https://host/v1`
 * and `/users` or `users` make `https://host/v1/users`.
 */
export function resolveUrl(method: string, url: string | URL, base: URL | undefined): URL {
  if (url instanceof URL) return checked(method, new URL(url));
  if (typeof url !== "string") throw new TypeError(`the URL is ${describe(url)}; give a string or a URL`);
  const bad = (why: string): InvalidRequestError => new InvalidRequestError(why, { method, url });
  if (ABSOLUTE.test(url) || url.startsWith("//") || base === undefined) {
    const parsed = URL.parse(url, base?.href);
    if (parsed !== null) return checked(method, parsed);
    const advice = ABSOLUTE.test(url)
      ? "is not a valid URL"
      : 'has no scheme: write "https://…", or give the client a baseUrl';
    throw bad(`"${shown(url)}" ${advice}`);
  }
  const joined = new URL(base);
  const [, path = "", search = ""] = /^([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  if (path !== "") joined.pathname = `${base.pathname.replace(/\/$/, "")}/${path.replace(/^\//, "")}`;
  if (search !== "") joined.search = search;
  return joined;
}

function checked(method: string, url: URL): URL {
  if (HTTP.test(url.protocol)) return url;
  const why = `the scheme "${url.protocol}" is not HTTP's: only http: and https: can be requested`;
  throw new InvalidRequestError(why, { method, url: url.href });
}

export function addQuery(url: URL, query: QueryInput): void {
  if (query instanceof URLSearchParams) {
    for (const [name, value] of query) url.searchParams.append(name, value);
    return;
  }
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) url.searchParams.append(name, one === null ? "" : String(one));
    }
  }
}

/** Name, value, name, value; names in lower case. A name with the value undefined is there to take a default away. */
export type FlatHeaders = (string | undefined)[];

export function flatHeaders(input: HeadersInput | undefined): FlatHeaders {
  if (input === undefined) return [];
  const pairs = Symbol.iterator in input ? (input as Iterable<readonly [string, string]>) : Object.entries(input);
  const flat: FlatHeaders = [];
  for (const [name, value] of pairs) flat.push(name.toLowerCase(), value === undefined ? undefined : String(value));
  return flat;
}

/** The defaults, where `own` says nothing else. */
export function mergeHeaders(defaults: readonly string[], own: FlatHeaders): string[] {
  const merged: string[] = [];
  for (let i = 0; i < defaults.length; i += 2) {
    if (!hasHeader(own, defaults[i] as string)) merged.push(defaults[i] as string, defaults[i + 1] as string);
  }
  for (let i = 0; i < own.length; i += 2) {
    if (own[i + 1] !== undefined) merged.push(own[i] as string, own[i + 1] as string);
  }
  return merged;
}

export function hasHeader(flat: readonly (string | undefined)[], name: string): boolean {
  for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return true;
  return false;
}

export function withoutHeader(flat: readonly string[], ...names: readonly string[]): string[] {
  return flat.filter((_, i) => !names.includes(flat[i - (i % 2)] as string));
}

/** A body as a transport takes it. */
export interface SentBody {
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array>;
  readonly type: string | undefined;
  /** It can be sent once: there is no second attempt, and no redirect that asks for it again. */
  readonly once: boolean;
}

const encoder = new TextEncoder();

/** The body of a request; a promise where the host has to put it together. */
export function bodyOf(info: RequestInfo, options: RequestOptions): SentBody | Promise<SentBody> | undefined {
  const { body, json } = options;
  if (json !== undefined) {
    if (body !== undefined) throw new InvalidRequestError("it has both a body and json: give one", info);
    return { bytes: encoder.encode(jsonText(info, json)), type: "application/json", once: false };
  }
  if (body === undefined) return undefined;
  if (typeof body === "string") return { bytes: encoder.encode(body), type: "text/plain;charset=UTF-8", once: false };
  if (body instanceof Uint8Array) return { bytes: body, type: undefined, once: false };
  if (body instanceof ArrayBuffer) return { bytes: new Uint8Array(body), type: undefined, once: false };
  if (body instanceof URLSearchParams) {
    return {
      bytes: encoder.encode(String(body)),
      type: "application/x-www-form-urlencoded;charset=UTF-8",
      once: false,
    };
  }
  if (body instanceof FormData || body instanceof Blob) return encodedByHost(body);
  if (!isSource(body)) {
    const kinds = "a string, bytes, URLSearchParams, FormData, a Blob, or a stream";
    throw new InvalidRequestError(`the body is ${describe(body)}: give ${kinds}; to send JSON, write json: …`, info);
  }
  return { bytes: sourceBytes(body as Source<string | Uint8Array>, info), type: undefined, once: true };
}

/** Whether it can be read piece by piece. */
function isSource(body: object): boolean {
  return Symbol.iterator in Object(body) || Symbol.asyncIterator in Object(body) || body instanceof Queue;
}

function jsonText(info: RequestInfo, json: unknown): string {
  try {
    const text = JSON.stringify(json) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    throw new InvalidRequestError(`json can't be written: ${(error as Error).message}`, info, { cause: error });
  }
  throw new InvalidRequestError(`json can't be written: ${typeof json} has no form in JSON`, info);
}

async function encodedByHost(body: FormData | Blob): Promise<SentBody> {
  const whole = new Response(body);
  const bytes = new Uint8Array(await whole.arrayBuffer());
  return { bytes, type: whole.headers.get("content-type") ?? undefined, once: false };
}

export function basic(username: string, password: string): string {
  const bytes = encoder.encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** The value of `Authorization` where it is known without asking. */
export function fixedAuth(auth: Exclude<Auth, (...arguments_: never[]) => unknown>): string {
  if ("bearer" in auth) return `Bearer ${auth.bearer}`;
  return basic(auth.username, auth.password);
}

/** Checks what can be checked before the first request, so that a misspelt option does not pass for a default. */
export function checkOptions(options: ClientOptions): void {
  const known = [
    "baseUrl",
    "headers",
    "auth",
    "cookies",
    "proxy",
    "tls",
    "http2",
    "limits",
    "timeouts",
    "retry",
    "hooks",
    "transport",
    "redirect",
    "maxRedirects",
    "maxBytes",
    "raiseForStatus",
    "insecureRedirects",
    "maxHeaderBytes",
  ];
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new TypeError(`createClient: there is no option "${name}"; use ${known.join(", ")}`);
  }
}
