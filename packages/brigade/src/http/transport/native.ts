/** The transport of Bun, browsers and edge workers: the host's own fetch, asked for what the client was asked for. */
import { fetchTransport, isBrowser } from "./of-fetch.ts";
import type { Transport, TransportSettings } from "./transport.ts";

/** What Bun's fetch takes beside the standard's init. */
interface BunInit extends RequestInit {
  /** `false`: no bound on silence but the client's. */
  timeout: false;
  /** `false`: none, not even that of the environment. Left out: the environment's. */
  proxy?: string | false;
  tls?: { ca?: unknown; cert?: unknown; key?: unknown; rejectUnauthorized?: boolean };
}

/**
 * A transport over the global fetch. Where that can't keep a setting that matters, it throws `TypeError`: browsers and
 * edge workers have proxies and certificates of their own. How many connections there are, HTTP/2, and the bound on a
 * response's head are the host's.
 */
export function defaultTransport(settings: TransportSettings): Transport {
  if (typeof globalThis.fetch !== "function") {
    throw new TypeError("this runtime has no fetch: give createClient a transport");
  }
  if ("Bun" in globalThis) return bunTransport(settings);
  const here = isBrowser() ? "a browser" : "this runtime";
  const refuse = (option: string, what: string): never => {
    throw new TypeError(
      `${option}: fetch in ${here} uses the ${what} that ${here} is set up with; leave the option out`,
    );
  };
  if (settings.proxy !== undefined) refuse("proxy", "proxy");
  if (settings.tls !== undefined) refuse("tls", "certificates");
  // Looked up for each request, so that a fetch that is put in its place later is used.
  return fetchTransport((url, init) => globalThis.fetch(url, init));
}

function bunTransport({ proxy, tls }: TransportSettings): Transport {
  const extra: Pick<BunInit, "timeout" | "proxy" | "tls"> = { timeout: false };
  if (proxy !== "environment") extra.proxy = proxy ?? false;
  if (tls !== undefined) {
    const { ca, cert, key, verify = true } = tls;
    const given = Object.entries({ ca, cert, key }).filter(([, value]) => value !== undefined);
    extra.tls = { ...Object.fromEntries(given), rejectUnauthorized: verify };
  }
  return fetchTransport((url, init) => globalThis.fetch(url, { ...init, ...extra }));
}
