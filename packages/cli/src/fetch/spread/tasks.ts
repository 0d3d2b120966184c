/** The worker's side of `brigade fetch --engine`: makes a request and gives its answer. What a request fails with is an answer too. */
import { type CoroutineBody, createTask, Event, getRunningLoop, use } from "brigade";
import {
  type Client,
  type ClientOptions,
  type ClientResponse,
  ConnectionLostError,
  createClient,
  type ResponseHead,
} from "brigade/http";
import { currentJob, task, type TaskDefinition } from "@brigade/workers";
import { failureOnWire, type WireAnswer, type WireRequest, type WireSettings } from "./wire.ts";

/** What may be sent again when nobody knows whether it has arrived: RFC 9110, 9.2.2. */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export const exchange: TaskDefinition<[request: WireRequest], WireAnswer> = task(
  function* exchange(request: WireRequest): CoroutineBody<WireAnswer> {
    let response: ClientResponse | undefined;
    try {
      if (currentJob().attempt > 1 && !idempotent.has(request.method))
        throw new ConnectionLostError("the worker that sent it died, and it may have arrived", request);
      const client = yield* clientOf(request.settings);
      const { method, url, headers, body } = request;
      response = yield* client.request(method, url, { headers: pairsOf(headers), ...(body && { body }) });
      return { head: headOf(response), body: yield* response.bytes() };
    } catch (error) {
      return { head: response && headOf(response), failure: failureOnWire(error) };
    }
  },
  { runs: "loop", retries: 0 },
);

function headOf({ status, statusText, headers }: ClientResponse): ResponseHead {
  return { status, statusText, headers: fieldsOf(headers) };
}

function pairsOf(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] as string, flat[2 * i + 1] as string]);
}

/** Cookies can't be joined by commas; everything else can. */
function fieldsOf(headers: Headers): ResponseHead["headers"] {
  const fields: Record<string, string | readonly string[]> = Object.fromEntries(headers);
  const cookies = headers.getSetCookie();
  return cookies.length > 0 ? { ...fields, "set-cookie": cookies } : fields;
}

/** The clients of this worker by their settings, open until its loop ends. */
const clients = new Map<string, OpenClient>();

interface OpenClient {
  readonly loop: object;
  readonly opened: Event;
  client: Client | undefined;
}

function* clientOf(settings: WireSettings): CoroutineBody<Client> {
  const key = JSON.stringify(settings);
  let open = clients.get(key);
  if (open === undefined || open.loop !== getRunningLoop()) {
    open = { loop: getRunningLoop(), opened: new Event(), client: undefined };
    clients.set(key, open);
    createTask(kept(settings, open), { name: "client" });
  }
  yield* open.opened.wait();
  return open.client as Client;
}

/** Holds a client open until the worker's loop ends, and cancels this. */
function* kept(settings: WireSettings, open: OpenClient): CoroutineBody<void> {
  yield* use(createClient(optionsOf(settings)), function* (client) {
    open.client = client;
    open.opened.set();
    yield* new Event().wait();
  });
}

function optionsOf({ proxy, http2, timeout, connectTimeout, maxBytes }: WireSettings): ClientOptions {
  return {
    redirect: "manual",
    retry: false,
    maxBytes,
    http2,
    // How many requests there are at once is for the worker's concurrency to say, and how many to one host, for who has the list.
    limits: { connections: 10_000 },
    timeouts: { attempt: timeout, connect: connectTimeout, read: Infinity, write: Infinity, total: Infinity },
    ...(proxy === undefined ? {} : { proxy }),
  };
}
