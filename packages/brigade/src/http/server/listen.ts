/** node:http, and @hono/node-server that makes standard requests of its messages: loaded when a server starts. */
import type { IncomingMessage, RequestListener, Server as NodeServer, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fromPromise } from "../../border/from-promise.ts";
import { coroutine } from "../../task/coroutine.ts";
import { PromiseLeaf } from "../../task/promise.ts";
import type { Coroutine, CoroutineBody } from "../../types.ts";
import { keepRecognising } from "./light-responses.ts";
import { ListenError, listenError } from "./listen-error.ts";
import type { Settings } from "./options.ts";
import { plain } from "./plain-responses.ts";
import type { RequestServer } from "./request-server.ts";

/** Listens, and says where. If it is cancelled meanwhile, nothing listens. */
export const listen: (server: RequestServer) => Coroutine<NodeServer> = /* @__PURE__ */ coroutine(function* listen(
  server: RequestServer,
): CoroutineBody<NodeServer> {
  const { settings } = server;
  const http = yield* nodeServer(settings, yield* requestListener(server));
  let state: "starting" | "listening" = "starting";
  try {
    yield* fromPromise(() => listening(http, settings.address)); // a function: whoever cancels it waits for what came of it
    state = "listening";
  } finally {
    if (state === "starting") http.close();
  }
  http.on("error", (error) =>
    server.loop.report({ kind: "callback-error", message: `the server at ${server.url}`, error }),
  );
  place(server, http.address());
  return http;
});

/** Where it listens, for users. */
function place(server: RequestServer, address: string | AddressInfo | null): void {
  if (address === null || typeof address === "string") {
    server.host = address ?? "";
    server.url = `unix:${server.host}`;
    return;
  }
  server.host = address.address;
  server.port = address.port;
  server.url = `${server.settings.tls ? "https" : "http"}://${reachable(address.address)}:${address.port}`;
}

/** The address for a client on this machine. */
function reachable(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  if (address === "::") return "[::1]";
  return address.includes(":") ? `[${address}]` : address;
}

function* nodeServer(settings: Settings, listener: RequestListener): CoroutineBody<NodeServer> {
  const { tls, headTimeout, receiveTimeout, idleTimeout, maxHeaderBytes } = settings;
  const options = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: bounded(headTimeout),
    requestTimeout: bounded(receiveTimeout),
    keepAliveTimeout: bounded(idleTimeout),
    connectionsCheckingInterval: Math.max(1, Math.min(1_000, headTimeout / 2)),
  };
  try {
    if (!tls) return (yield* modules(import("node:http"))).createServer(options, listener);
    return (yield* modules(import("node:https"))).createServer({ ...options, ...tls } as object, listener);
  } catch (error) {
    if (error instanceof ListenError || !tls) throw error;
    const why = (error as Error).message;
    throw new ListenError(`serve: the key or the certificate of tls can't be used: ${why}`, { cause: error });
  }
}

/** For node:http, 0 is no bound. */
function bounded(time: number): number {
  return time === Infinity ? 0 : Math.max(1, Math.ceil(time));
}

function* modules<T>(loading: Promise<T>): CoroutineBody<T> {
  const refused = (error: unknown): never => {
    throw new ListenError("serve needs node:http, which this host does not have", { cause: error });
  };
  return yield* new PromiseLeaf(loading.catch(refused));
}

function* requestListener(server: RequestServer): CoroutineBody<RequestListener> {
  // A bundler that does not find a package must not fail a program that never serves: hence `catch`.
  const { getRequestListener } = yield* new PromiseLeaf(import("@hono/node-server").catch(notInstalled));
  const Native = globalThis.Response;
  const listener = getRequestListener(
    (request, { incoming, outgoing }) => server.take(request, incoming as IncomingMessage, outgoing as ServerResponse),
    { hostname: "localhost", errorHandler: () => plain(400) },
  );
  keepRecognising(Native);
  return (incoming, outgoing) => void listener(incoming, outgoing);
}

function notInstalled(error: unknown): never {
  if ((error as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw error;
  throw new ListenError("serve needs @hono/node-server and hono: npm install @hono/node-server hono", { cause: error });
}

function listening(http: NodeServer, address: Settings["address"]): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenError(error, address));
    http.once("error", failed);
    http.listen(address, () => {
      http.off("error", failed);
      resolve();
    });
  });
}
