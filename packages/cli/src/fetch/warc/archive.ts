/** What a WARC file gets of each URL: the exchange, and before it those that redirected there. */
import { type CoroutineBody, currentTask, type Task } from "brigade";
import type { ClientResponse, Hooks, OutgoingRequest } from "brigade/http";
import type { FetchOptions } from "../options.ts";
import { archived, type ArchivedExchange } from "./exchange.ts";

/** An attempt of a task whose URL has not ended. */
interface Attempt {
  readonly request: OutgoingRequest;
  readonly date: Date;
}

export class Archive {
  readonly #gzipped: boolean;
  readonly #options: FetchOptions;
  readonly #attempts = new WeakMap<Task<unknown>, Attempt>(); // the last one of each task
  readonly #hops = new WeakMap<Task<unknown>, ArchivedExchange[]>(); // of the URL that the task is at

  constructor(gzipped: boolean, options: FetchOptions) {
    this.#gzipped = gzipped;
    this.#options = options;
  }

  /** What the client has to tell. Hooks run in the task that makes the request. */
  get hooks(): Hooks {
    return {
      request: [(request) => void this.#attempts.set(currentTask(), { request, date: new Date() })],
      response: [(response) => this.#keepHop(response)],
    };
  }

  *#keepHop(response: ClientResponse): CoroutineBody<void> {
    const redirects = response.status >= 300 && response.status < 400 && response.headers.has("location");
    if (!redirects) return;
    const task = currentTask();
    const hops = this.#hops.get(task) ?? [];
    this.#hops.set(task, hops);
    const body = yield* response.bytes();
    hops.push(this.#exchange(response, body, undefined));
  }

  /** The records of the URL that the current task has fetched. */
  async records(response: ClientResponse, body: Uint8Array, digest: string | undefined): Promise<Uint8Array[]> {
    const task = currentTask();
    const exchanges = [...(this.#hops.get(task) ?? []), this.#exchange(response, body, digest)];
    this.#hops.delete(task);
    const records = await Promise.all(exchanges.map((exchange) => archived(exchange, this.#gzipped)));
    return records.flat();
  }

  #exchange(response: ClientResponse, body: Uint8Array, digest: string | undefined): ArchivedExchange {
    const { status, statusText, headers } = response;
    const attempt = this.#attempts.get(currentTask());
    const { method, url } = response.request;
    const sent = attempt?.request.headers ?? [];
    // A redirect may have turned a POST into a GET.
    const data = method === this.#options.method ? this.#options.data : undefined;
    const date = attempt?.date ?? new Date();
    return { method, url: new URL(url), sent, data, status, statusText, headers, body, digest, date };
  }
}
