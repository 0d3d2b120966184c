/** A server as a context manager: it listens while the body of `use` runs, and ends gracefully. */
import type { Server as NodeServer } from "node:http";
import { type AsyncContextManager, contextManager } from "../../flow/use.ts";
import { runningTaskLoop } from "../../task/event-loop.ts";
import { PromiseLeaf } from "../../task/promise.ts";
import type { Suspension } from "../../types.ts";
import { listen } from "#listen";
import { type Handler, type ServeOptions, type Server, type Settings, settingsOf } from "./options.ts";
import { RequestServer } from "./request-server.ts";

/**
 * Serves HTTP while the body of `use` runs. Each request is a task, named after it ("GET /path"). When the client goes
 * away, before the response or while its body streams, the task is cancelled and its cleanup runs; `request.signal` fires,
 * too. What a handler throws is reported, and its client gets a plain 500.
 *
 * At the end of `use`, also when it was cancelled, the server takes no connection any more, closes idle ones, and waits
 * for running requests; those that run after `gracePeriod` are cancelled, their clients get 503, and their cleanup is
 * awaited. Handlers that are promises are told by `request.signal` alone, and are not waited for then.
 *
 * A Hono app is served by its `fetch`. Needs the packages @hono/node-server and hono; as any server made with them, it puts
 * their lighter classes in the place of the global Request and Response.
 *
 * `use` throws `ListenError` when the server can't start. Wrong options throw `TypeError` and `RangeError` at once.
 *
 * @example
 * ```ts
 * import { coroutine, fromPromise, gather, run, sleep, use } from "brigade";
 * import { serve } from "brigade/http";
 *
 * const order = coroutine(function* (request: Request) {
 *   const id = new URL(request.url).searchParams.get("id");
 *   const { price, stock } = yield* gather({ price: sleep("2ms", 99), stock: sleep("1ms", 7) });
 *   return Response.json({ id, price, stock });
 * });
 *
 * await run(
 *   use(serve(order, { port: 0, limit: 100, timeout: "5s" }), function* (server) {
 *     const response = yield* fromPromise((signal) => fetch(`${server.url}/?id=A-1`, { signal }));
 *     console.log(yield* fromPromise(response.json()));
 *     // A program that only serves: yield* server.forever();
 *   }),
 * );
 * ```
 */
export function serve(handler: Handler, options: ServeOptions = {}): AsyncContextManager<Server> {
  if (typeof handler !== "function") {
    const hint = typeof (handler as { fetch?: unknown } | null)?.fetch === "function" ? ": hand over its `fetch`" : "";
    throw new TypeError(`serve takes a function of the request, not ${typeof handler}${hint}`);
  }
  return serving(handler, settingsOf(options));
}

const serving: (handler: Handler, settings: Settings) => AsyncContextManager<Server> = /* @__PURE__ */ contextManager(
  function* serve(handler: Handler, settings: Settings): Generator<Suspension | Server, void, unknown> {
    const loop = runningTaskLoop();
    const server = new RequestServer(loop, handler, settings);
    const http = yield* listen(server);
    loop.foreign++; // requests come from outside: who waits for one is not stuck
    try {
      yield server;
    } finally {
      const closed = closing(http);
      yield* server.stop(() => http.closeAllConnections());
      yield* new PromiseLeaf(closed);
      loop.foreign--;
    }
  },
);

/** Takes no connection any more, and closes idle ones. Settles when the last one is closed. */
function closing(http: NodeServer): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
  });
}
