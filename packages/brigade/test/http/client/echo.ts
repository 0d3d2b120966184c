/** Requests whose answer is what the server saw of them. */
import { type Coroutine, coroutine, type CoroutineBody } from "brigade";
import type { Client, ClientOptions, RequestOptions } from "brigade/http";
import type { Echo } from "../behaviours/ordinary.ts";
import { withClient } from "../nothing-left.ts";

export const echoOf: (client: Client, method: string, url: string | URL, options?: RequestOptions) => Coroutine<Echo> =
  coroutine(function* echoOf(
    client: Client,
    method: string,
    url: string | URL,
    options?: RequestOptions,
  ): CoroutineBody<Echo> {
    using response = yield* client.request(method, url, options);
    return yield* response.json<Echo>();
  });

/** What the server saw of one request by a client of its own. */
export function seen(
  origin: string,
  options: ClientOptions,
  url: string,
  request?: RequestOptions,
  method = "GET",
): Promise<Echo> {
  return withClient({ retry: false, baseUrl: origin, ...options }, function* (client) {
    return yield* echoOf(client, method, url, request);
  });
}
