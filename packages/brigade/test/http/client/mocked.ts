/** A client in virtual time, against a handler that stands for the server. */
import { type Coroutine, coroutine, type CoroutineBody, getRunningLoop, use } from "brigade";
import {
  type Client,
  type ClientOptions,
  type ClientResponse,
  createClient,
  type MockHandler,
  mockTransport,
  type RequestOptions,
} from "brigade/http";
import { assertNoLeaks } from "brigade/testing";
import { expectIdle } from "../nothing-left.ts";

export const ORDER_URL = "https://api.example/orders/7";

export interface Seen {
  readonly times: readonly number[];
  readonly requests: readonly Request[];
}

/** Runs the program against the handler; gives what came of it, and when which request was made. */
export async function mocked<T>(
  handler: MockHandler,
  options: ClientOptions,
  program: (client: Client) => CoroutineBody<T>,
): Promise<Seen & { readonly result: T }> {
  const times: number[] = [];
  const transport = mockTransport((request) => {
    times.push(getRunningLoop().time());
    return handler(request);
  });
  const result = await assertNoLeaks(() =>
    use(createClient({ transport, retry: 2, ...options }), function* (client) {
      const value = yield* program(client);
      expectIdle(client);
      return value;
    }),
  );
  return { result, times, requests: transport.requests };
}

/** Answers with these statuses, one after the other; the last one stays. */
export function statuses(...list: readonly (number | Response)[]): MockHandler {
  let at = 0;
  return () => {
    const next = list[Math.min(at++, list.length - 1)] ?? 200;
    return typeof next === "number" ? new Response(`answer ${at}`, { status: next }) : next.clone();
  };
}

/** Makes a GET whose answer's body nobody wants. */
export function* get(client: Client): CoroutineBody<ClientResponse> {
  using response = yield* client.get(ORDER_URL);
  return response;
}

/** Makes a request whose answer's body nobody wants. */
export const send: (client: Client, method: string, options?: RequestOptions) => Coroutine<ClientResponse> = coroutine(
  function* send(client: Client, method: string, options: RequestOptions = {}): CoroutineBody<ClientResponse> {
    using response = yield* client.request(method, ORDER_URL, options);
    return response;
  },
);

/** The time between each and the next. */
export const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, i) => time - (times[i] ?? 0));
export const busy = (after: string, status = 429): Response =>
  new Response("busy", { status, headers: { "retry-after": after } });
export const failing = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });
