/** Where a redirect leads, and what goes along (RFC 9110, 15.4; the Fetch standard for what changes to GET). */
import { InsecureRedirectError, InvalidRequestError, RedirectError, shown, TooManyRedirectsError } from "../errors.ts";
import type { RequestInfo } from "../types.ts";
import { withoutHeader } from "./request.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: string[];
  /** Whether the body goes along. */
  readonly keepsBody: boolean;
  readonly sameOrigin: boolean;
}

/** The next request; throws where it must not be made. */
export function hopOf(
  info: RequestInfo,
  from: URL,
  status: number,
  location: string,
  headers: string[],
  insecure: boolean,
): Hop {
  const url = URL.parse(location, from.href);
  if (url === null) throw new RedirectError(`it redirects to "${shown(location)}", which is not a URL`, info, location);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new RedirectError(`it redirects to the scheme "${url.protocol}", which is not HTTP's`, info, location);
  }
  if (url.hash === "") url.hash = from.hash;
  if (from.protocol === "https:" && url.protocol === "http:" && !insecure) {
    const why = `it redirects from https to http (${shown(url.href)}): set insecureRedirects to allow that`;
    throw new InsecureRedirectError(why, info, url.href);
  }
  const becomesGet = status === 303 ? info.method !== "HEAD" : status < 303 && info.method === "POST";
  const sameOrigin = url.origin === from.origin;
  let sent = headers;
  if (becomesGet) sent = withoutHeader(sent, "content-type", "content-length", "content-encoding", "content-language");
  if (!sameOrigin) sent = withoutHeader(sent, "authorization", "cookie", "proxy-authorization", "host");
  return { method: becomesGet ? "GET" : info.method, url, headers: sent, keepsBody: !becomesGet, sameOrigin };
}

/** Throws when one more hop is too many. `trail` are the URLs so far. */
export function checkTrail(info: RequestInfo, trail: readonly string[], next: string, most: number): void {
  if (trail.length <= most) return;
  const again = trail.indexOf(next);
  const loop =
    again >= 0 ? `a redirect loop: ${[...trail.slice(again), next].slice(-4).map(shown).join(" → ")}` : undefined;
  const chain = `more than ${most} redirects (maxRedirects); the last leads to ${shown(next)}`;
  throw new TooManyRedirectsError(loop ?? chain, info, next);
}

/** The body can't be sent a second time. */
export function bodyGone(info: RequestInfo, location: string): InvalidRequestError {
  const why = `it redirects to ${shown(location)}, and its body is a stream that is used up: send bytes, or the final URL`;
  return new InvalidRequestError(why, info);
}
