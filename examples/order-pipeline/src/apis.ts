/** The three APIs as coroutines. A call always ends with an answer: the API's, or a fallback and the reason for it. */
import { addAbortSignal } from "node:stream";
import {
  type AsyncContextManager,
  type Coroutine,
  type CoroutineBody,
  TimeoutError,
  contextManager,
  coroutine,
  fromPromise,
  sleep,
  timeout,
} from "brigade";
import { Agent, type Dispatcher, request } from "undici";
import type { Order } from "./orders.ts";

export interface Price {
  readonly unitPrice: number;
  readonly currency: string;
}
export interface Shipping {
  readonly carrier: string;
  readonly cost: number;
  readonly days: number;
}
export interface Inventory {
  readonly available: number;
  readonly warehouse: string;
}

/** One request of a call, in milliseconds of `performance.now()`. */
export interface Attempt {
  readonly start: number;
  readonly end: number;
  /** Why it failed; absent when it was answered. */
  readonly failure?: string;
}
export interface Answer<T> {
  readonly value: T;
  readonly attempts: readonly Attempt[];
  /** Why `value` is the fallback; absent when it is the API's. */
  readonly problem?: string;
}
export interface Answers {
  readonly pricing: Answer<Price>;
  readonly shipping: Answer<Shipping>;
  readonly inventory: Answer<Inventory>;
}
export type ApiName = keyof Answers;
export const apiNames: readonly ApiName[] = ["pricing", "shipping", "inventory"];
/** Where each API listens. */
export type Urls = Readonly<Record<ApiName, URL>>;
export type Apis = { readonly [Name in ApiName]: (order: Order) => Coroutine<Answers[Name]> };

/** An API answered, and not with what was asked for. */
class ApiError extends Error {
  override readonly name = "ApiError";
}

interface Api<T extends object> {
  /** How long one attempt may take: more than twice as long as the API usually does. */
  readonly patience: number;
  query(order: Order): Record<string, string>;
  /** Stands in for an answer that did not come. */
  readonly fallback: T;
}

const pricing: Api<Price> = {
  patience: 300,
  query: ({ sku }) => ({ sku }),
  fallback: { unitPrice: 10, currency: "EUR" },
};
const shipping: Api<Shipping> = {
  patience: 300,
  query: ({ country }) => ({ country }),
  fallback: { carrier: "standard", cost: 9.9, days: 7 },
};
const inventory: Api<Inventory> = {
  patience: 300,
  query: ({ sku }) => ({ sku }),
  fallback: { available: 0, warehouse: "unknown" },
};

const attemptsPerCall = 3;
const firstBackoff = 50;

/** The APIs over one pool of connections, which is gone, sockets and all, when the body has ended. */
export const openApis: (urls: Urls) => AsyncContextManager<Apis> = contextManager(function* (urls: Urls) {
  const dispatcher = new Agent();
  try {
    yield {
      pricing: (order: Order) => call(pricing, order, urls.pricing, dispatcher),
      shipping: (order: Order) => call(shipping, order, urls.shipping, dispatcher),
      inventory: (order: Order) => call(inventory, order, urls.inventory, dispatcher),
    };
  } finally {
    yield* fromPromise(dispatcher.destroy());
  }
});

/** Asks until there is an answer, at most three times. The loop can be stopped: no `catch` ever sees a cancellation. */
const call = coroutine(function* <T extends object>(
  api: Api<T>,
  order: Order,
  base: URL,
  dispatcher: Dispatcher,
): CoroutineBody<Answer<T>> {
  const url = new URL(`?${new URLSearchParams({ order: order.id, ...api.query(order) })}`, base);
  const attempts: Attempt[] = [];
  for (;;) {
    const start = performance.now();
    try {
      const value = yield* timeout(api.patience, ask(api, url, attempts.length + 1, dispatcher));
      attempts.push({ start, end: performance.now() });
      return { value, attempts };
    } catch (error) {
      const failure = reason(error, api);
      attempts.push({ start, end: performance.now(), failure });
      if (attempts.length === attemptsPerCall) return { value: api.fallback, attempts, problem: failure };
    }
    const backoff = firstBackoff * 2 ** (attempts.length - 1);
    // Half of it is random, so that calls that failed together do not come back together.
    yield* sleep(backoff * (0.5 + Math.random() / 2));
  }
});

/** One request. Its body is read to the end or dumped: an unread one would keep its connection busy. */
const ask = coroutine(function* <T extends object>(api: Api<T>, url: URL, attempt: number, dispatcher: Dispatcher) {
  const headers = { "x-attempt": String(attempt) };
  const { statusCode, body } = yield* fromPromise((signal) => request(url, { signal, dispatcher, headers }));
  if (statusCode !== 200) {
    yield* fromPromise((signal) => body.dump({ limit: 65_536, signal }));
    throw new ApiError(`HTTP ${statusCode}`);
  }
  const answer = yield* fromPromise((signal) => addAbortSignal(signal, body).json());
  if (!isLike(answer, api.fallback)) throw new ApiError(`an answer without ${Object.keys(api.fallback).join(", ")}`);
  return answer;
});

/** Whether it has the fields of the example, with values of the same types. */
function isLike<T extends object>(answer: unknown, example: T): answer is T {
  if (typeof answer !== "object" || answer === null) return false;
  return Object.entries(example).every(([key, value]) => typeof Reflect.get(answer, key) === typeof value);
}

/** Says why a request failed. What is not the API's failure is a mistake of this program, and goes on as it came. */
function reason(error: unknown, { patience }: Api<object>): string {
  if (error instanceof TimeoutError) return `no answer in ${patience} ms`;
  if (error instanceof ApiError) return error.message;
  if (error instanceof SyntaxError) return "an answer that is not JSON";
  // Node and undici give their connection errors a code: ECONNREFUSED, UND_ERR_SOCKET.
  if (error instanceof Error && "code" in error) return `connection failed (${String(error.code)})`;
  throw error;
}
