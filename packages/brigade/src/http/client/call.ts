/** One call of the client: all that its attempts and redirects share. */
import type { Loop } from "../../kernel/loop.ts";
import { InvalidRequestError } from "../errors.ts";
import type { Auth, RequestInfo, RequestOptions, Timing } from "../types.ts";
import type { Exchange } from "./exchange.ts";
import type { Hop } from "./redirects.ts";
import type { Settings } from "./settings.ts";
import { timingOf } from "./timing.ts";
import {
  addQuery,
  basic,
  bodyOf,
  type DEFAULT_TIMEOUTS,
  fixedAuth,
  flatHeaders,
  hasHeader,
  mergeHeaders,
  resolveUrl,
  type SentBody,
  timeoutsOf,
} from "./request.ts";

const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;

export class Call {
  method: string;
  url: URL;
  /** Name, value, name, value: of every attempt. */
  headers: readonly string[];
  body: SentBody | undefined;
  /** Asked for the value of `Authorization`, for each attempt. */
  auth: ((request: RequestInfo) => unknown) | undefined;
  info: RequestInfo;
  readonly options: RequestOptions;
  readonly timeouts: typeof DEFAULT_TIMEOUTS;
  readonly called: number;
  /** When it has to be over. */
  readonly totalAt: number;
  /** Spent waiting for the limits, and between attempts. */
  waited = 0;
  attempts = 0;
  /** Of the last attempt. */
  exchange: Exchange | undefined;
  /** Whether the request carries an idempotency key. */
  readonly keyed: boolean;
  /** Replaced, not changed: earlier responses keep theirs. */
  redirects: readonly string[] = [];
  readonly #loop: Loop;
  readonly #pendingBody: Promise<SentBody> | undefined;

  constructor(settings: Settings, loop: Loop, method: string, url: string | URL, options: RequestOptions) {
    if (typeof method !== "string" || !TOKEN.test(method)) {
      throw new InvalidRequestError(`"${method}" is not an HTTP method`, { method: String(method), url: String(url) });
    }
    this.options = options;
    this.#loop = loop;
    this.method = method;
    this.url = resolveUrl(method, url, settings.base);
    if (options.query !== undefined) addQuery(this.url, options.query);
    const own = flatHeaders(options.headers);
    const auth = this.#auth(settings, own);
    this.info = { method, url: this.url.href };
    const body = bodyOf(this.info, options);
    if (body instanceof Promise) this.#pendingBody = body;
    else this.#give(body, settings.headers, own);
    const keyOf = settings.retryOf(options)?.idempotencyKey;
    const key = keyOf?.(this.info);
    if (key !== undefined && !hasHeader(own, "idempotency-key")) own.push("idempotency-key", key);
    if (auth !== undefined) own.push("authorization", auth);
    this.keyed = hasHeader(own, "idempotency-key");
    this.headers = own.length === 0 ? settings.headers : mergeHeaders(settings.headers, own);
    this.timeouts =
      options.timeouts === undefined ? settings.timeouts : timeoutsOf(options.timeouts, settings.timeouts);
    this.called = loop.time();
    this.totalAt = this.called + this.timeouts.total;
  }

  /** The promise of a body that the host puts together. */
  get pendingBody(): Promise<SentBody> | undefined {
    return this.#pendingBody;
  }

  /** The host has put the body together. */
  receive(body: SentBody): void {
    const own: (string | undefined)[] = [];
    this.#give(body, this.headers, own);
    this.headers = mergeHeaders(this.headers, own);
  }

  get timing(): Timing {
    return timingOf(this.exchange, this.waited, this.called, this.#loop.time());
  }

  /** Turns to where a redirect leads. */
  follow(hop: Hop): void {
    this.redirects = [...this.redirects, this.info.url];
    if (!hop.keepsBody) this.body = undefined;
    if (!hop.sameOrigin) this.auth = undefined;
    this.method = hop.method;
    this.url = hop.url;
    this.headers = hop.headers;
    this.info = { method: hop.method, url: hop.url.href };
  }

  /** What the user says of the body's type counts more than what the body looks like. */
  #give(body: SentBody | undefined, defaults: readonly string[], own: (string | undefined)[]): void {
    this.body = body;
    const said = hasHeader(own, "content-type") || hasHeader(defaults, "content-type");
    if (body?.type !== undefined && !said) own.push("content-type", body.type);
  }

  /** A name and password in the URL are meant for the header, as browsers and curl have it. */
  #auth(settings: Settings, own: readonly (string | undefined)[]): string | undefined {
    const { url } = this;
    let auth: Auth | false | undefined = this.options.auth;
    if (url.username !== "" || url.password !== "") {
      const named = basic(decoded(url.username), decoded(url.password));
      url.username = url.password = "";
      if (auth === undefined) return named;
    }
    auth ??= settings.auth;
    if (auth === undefined || auth === false || hasHeader([...own], "authorization")) return undefined;
    if (typeof auth !== "function") return fixedAuth(auth);
    this.auth = auth;
    return undefined;
  }
}

/** A name or password of a URL; as it stands there where its percent signs mean nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
