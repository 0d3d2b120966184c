/** Makes clients: loads what they need, and ends what they left open. */
import { contextManager, type AsyncContextManager } from "../../flow/use.ts";
import { PromiseLeaf } from "../../task/promise.ts";
import { defaultTransport } from "#transport";
import type { Suspension } from "../../types.ts";
import type { Transport, TransportSettings } from "../transport/transport.ts";
import type { Client, ClientOptions, CookieStore } from "../types.ts";
import { HTTPClient } from "./client.ts";
import { Session } from "./session.ts";
import { offering, type Settings, settingsOf } from "./settings.ts";

const DEFAULT_HEADER_BYTES = 64 * 1024;

/**
 * An HTTP client, for `use`: at the end every exchange is ended and every connection closed (httpx.AsyncClient,
 * aiohttp.ClientSession). Its calls are coroutines: they wait for the limits, connect, send, and give a response when its
 * head is there; the body comes while it is read. Cancelling one ends the exchange at once: its connection goes back clean
 * or is destroyed. Throws `TypeError` and `RangeError` for options that can't be right.
 *
 * @example
 * ```ts
 * import { run, use } from "brigade";
 * import { createClient, mockTransport } from "brigade/http";
 *
 * const transport = mockTransport((request) => Response.json({ path: new URL(request.url).pathname }));
 * const client = createClient({ baseUrl: "https://api.example.com/v1", transport, timeouts: { total: "10s" } });
 * const order = await run(
 *   use(client, function* (client) {
 *     const response = yield* client.get("/orders/7");
 *     return yield* response.raiseForStatus().json<{ path: string }>();
 *   }),
 * );
 * console.log(order.path);
 * ```
 */
export function createClient(options: ClientOptions = {}): AsyncContextManager<Client> {
  return opened(settingsOf(options));
}

const opened = /* @__PURE__ */ contextManager(function* client(
  settings: Settings,
): Generator<Suspension | Client, void> {
  const cookies = yield* new PromiseLeaf(cookieStore(settings.options));
  const transport = yield* new PromiseLeaf(transportOf(settings));
  const session = new Session(offering(settings, transport.acceptedEncodings), transport, cookies);
  const client = new HTTPClient(session);
  try {
    yield client;
  } finally {
    yield* client.close();
  }
});

async function transportOf(settings: Settings): Promise<Transport> {
  const { options, timeouts } = settings;
  const { transport } = options;
  if (typeof transport === "object") return transport;
  const asked: TransportSettings = {
    proxy: options.proxy === undefined ? undefined : String(options.proxy),
    http2: options.http2 ?? false,
    maxHeaderBytes: options.maxHeaderBytes ?? DEFAULT_HEADER_BYTES,
    connectionsPerHost: settings.connectionsPerHost,
    tls: options.tls,
    connectTimeout: timeouts.connect,
  };
  return transport === undefined ? defaultTransport(asked) : transport(asked);
}

async function cookieStore({ cookies }: ClientOptions): Promise<CookieStore | undefined> {
  if (typeof cookies === "object") return cookies;
  if (cookies !== true) return undefined;
  try {
    const { CookieJar } = await import("tough-cookie");
    return new CookieJar();
  } catch (error) {
    throw new Error('cookies: true needs the package tough-cookie: run "npm install tough-cookie"', { cause: error });
  }
}
