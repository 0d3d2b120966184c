/** Coroutines as handlers of Hono, and of what hands its handlers a context as Hono does. */
import { run } from "../../border/run.ts";
import { describe } from "../../errors.ts";
import { runningLoop } from "../../kernel/loop.ts";
import type { TaskLoop } from "../../task/event-loop.ts";
import type { TaskImpl } from "../../task/task.ts";
import type { AwaitableLike } from "../../types.ts";
import { type Exchange, exchangeOf } from "./exchange.ts";
import { requestCancelled } from "./plain-responses.ts";

/** What is needed of a framework's context. */
interface AnyContext {
  readonly req: { readonly raw: Request };
  readonly env?: unknown;
}

/**
 * The part of Hono's `Context` that a handler sees which does not say more: `route` alone can't tell the path's
 * parameters and the app's variables. Who needs them writes `function* (c: Context<Env>)`, or `(c) => route(c, function* …)`.
 */
export interface RouteContext extends AnyContext {
  readonly req: {
    readonly raw: Request;
    readonly url: string;
    readonly method: string;
    readonly path: string;
    param(name: string): string;
    query(name: string): string | undefined;
    header(name: string): string | undefined;
    text(): Promise<string>;
    json(): Promise<unknown>;
    arrayBuffer(): Promise<ArrayBuffer>;
    formData(): Promise<FormData>;
  };
  text(text: string, status?: number, headers?: Record<string, string | string[]>): Response;
  json(object: unknown, status?: number, headers?: Record<string, string | string[]>): Response;
  html(html: string, status?: number, headers?: Record<string, string | string[]>): Response | Promise<Response>;
  body(
    data: string | ArrayBuffer | ReadableStream | null,
    status?: number,
    headers?: Record<string, string | string[]>,
  ): Response;
  redirect(location: string, status?: number): Response;
  notFound(): Response | Promise<Response>;
  header(name: string, value?: string): void;
}

/** Goes on to the handlers after this one. */
type Next = () => Promise<void>;

type RouteBody<C, R> = (context: C, next: Next) => AwaitableLike<R>;

/**
 * Makes a coroutine a handler of Hono, or a middleware, where `yield* fromPromise(next())` runs what comes after it. It
 * runs in a task of the request that `serve` took: when the client goes away, the time is up or the server ends, it is
 * cancelled and its cleanup awaited. Without `serve`, as in `app.request()` of a test or in another server, it runs on
 * the loop that runs, or on one of its own, and the request's signal cancels it. What it throws, Hono's `onError` gets.
 * Given the context first, it runs the coroutine at once: inside a handler of Hono's own, whose context is fully typed.
 *
 * @example
 * ```ts
 * import { gather, sleep } from "brigade";
 * import { route } from "brigade/http";
 * import { Hono } from "hono";
 *
 * const app = new Hono()
 *   .get(
 *     "/orders/:id",
 *     route(function* (c) {
 *       const { price, stock } = yield* gather({ price: sleep("2ms", 99), stock: sleep("1ms", 7) });
 *       return c.json({ id: c.req.param("id"), price, stock });
 *     }),
 *   )
 *   .get("/typed/:id", (c) =>
 *     route(c, function* () {
 *       yield* sleep("1ms");
 *       return c.json({ id: c.req.param("id") });
 *     }),
 *   );
 * console.log(await (await app.request("/orders/A-1")).json());
 * console.log(await (await app.request("/typed/A-2")).json());
 * ```
 */
export function route<R, C extends AnyContext = RouteContext>(
  body: RouteBody<C, R>,
): (context: C, next: Next) => Promise<R>;
export function route<R>(context: AnyContext, body: () => AwaitableLike<R>): Promise<R>;
export function route<R>(
  first: RouteBody<AnyContext, R> | AnyContext,
  second?: () => AwaitableLike<R>,
): RouteHandler<R> | Promise<R> {
  if (typeof first !== "function" && typeof second === "function") return routed(first, second);
  if (typeof first === "function") return (context, next) => routed(context, () => first(context, next));
  throw new TypeError(`route takes a generator function, or a context and one, not ${describe(first)}`);
}

type RouteHandler<R> = (context: AnyContext, next: Next) => Promise<R>;

function routed<R>({ req, env }: AnyContext, body: () => AwaitableLike<R>): Promise<R> {
  const { raw } = req;
  // Middleware may have made a request of its own.
  const exchange = exchangeOf(raw) ?? exchangeOf((env as { incoming?: object } | undefined)?.incoming);
  if (exchange) return inExchange(exchange, body());
  if (runningLoop) return signalled((runningLoop as TaskLoop).createTask(body()), raw.signal);
  return run(body, { signal: raw.signal });
}

/** A promise whose rejection does not show in logs when the request was cancelled. */
function inExchange<R>(exchange: Exchange, body: AwaitableLike<R>): Promise<R> {
  const task = exchange.start(body, exchange.name, () => {});
  return task.then(undefined, (error: unknown) => {
    throw task.cancelled && exchange.cut ? requestCancelled(exchange.name) : error;
  });
}

function signalled<R>(task: TaskImpl<R>, signal: AbortSignal): Promise<R> {
  const abort = (): void => void task.cancel(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  task.addDoneCallback(() => signal.removeEventListener("abort", abort));
  return task.then();
}
