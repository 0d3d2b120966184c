/** A transport for tests: a function answers the requests, in a task of the loop, so that virtual time holds for it. */
import { describe } from "../../errors.ts";
import { witness } from "../../kernel/witness.ts";
import { wait } from "../../many/wait.ts";
import { Event } from "../../sync/event.ts";
import { awaitableOf } from "../../task/body.ts";
import { coroutine } from "../../task/coroutine.ts";
import { createTask } from "../../task/event-loop.ts";
import { PromiseLeaf } from "../../task/promise.ts";
import type { Awaitable, AwaitableLike, CoroutineBody, Task } from "../../types.ts";
import { InvalidRequestError, shown } from "../errors.ts";
import type { RequestInfo } from "../types.ts";
import { RequestBody } from "./request-body.ts";
import { hasBody, headOf } from "./response-head.ts";
import type { ExchangeListener, Transport, TransportExchange, TransportRequest } from "./transport.ts";

/** Answers a request: at once, or as a coroutine, a generator function or an async function. */
export type MockHandler = (request: Request) => Response | AwaitableLike<Response>;

export interface MockTransport extends Transport {
  /** What was sent, oldest first, retries and redirects included. Each is a copy whose body can still be read. */
  readonly requests: readonly Request[];
}

/**
 * A transport that asks a handler instead of a server: for tests of code that uses a client. The handler runs in a task
 * of the loop, named after the request: `sleep` in it is the server's slowness, in virtual time too. When the client gives
 * up, the task is cancelled and `request.signal` fires. What the handler throws is what the exchange fails with: an error
 * with a `code` of the system, such as ECONNRESET, is seen as the connection's; any other is thrown to the caller as it is.
 * The body of the response may be a stream.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { getRunningLoop, run, sleep, use } from "brigade";
 * import { createClient, mockTransport } from "brigade/http";
 * import { virtualClock } from "brigade/testing";
 *
 * const server = mockTransport(function* (request) {
 *   yield* sleep("2s");
 *   if (server.requests.length === 1) return new Response("busy", { status: 503, headers: { "retry-after": "30" } });
 *   return Response.json({ path: new URL(request.url).pathname });
 * });
 *
 * await run(
 *   use(createClient({ transport: server, retry: 2 }), function* (client) {
 *     const response = yield* client.get("https://api.example/items/1");
 *     assert.deepEqual(yield* response.json(), { path: "/items/1" });
 *     assert.equal(server.requests.length, 2);
 *     assert.ok(getRunningLoop().time() >= 34_000); // two answers, and the wait that the first one asked for
 *   }),
 *   { clock: virtualClock() },
 * );
 * ```
 */
export function mockTransport(handler: MockHandler): MockTransport {
  if (typeof handler !== "function") {
    throw new TypeError(`mockTransport takes a function that answers a request, not ${describe(handler)}`);
  }
  return new Mock(handler);
}

class Mock implements MockTransport {
  readonly foreign = false;
  readonly requests: Request[] = [];
  readonly handler: MockHandler;
  readonly live: Set<MockExchange> = new Set<MockExchange>(); // those whose task has not ended

  constructor(handler: MockHandler) {
    this.handler = handler;
  }

  send(request: TransportRequest, listener: ExchangeListener): TransportExchange {
    return new MockExchange(this, request, listener);
  }

  close(): Awaitable<void> {
    return closing(this);
  }
}

const closing = /* @__PURE__ */ coroutine(function* close(mock: Mock): CoroutineBody<void> {
  for (const exchange of mock.live) exchange.cutOff(new Error("the transport was closed"));
  const tasks = [...mock.live].flatMap(({ task }) => task ?? []);
  if (tasks.length > 0) yield* wait(tasks);
});

/** What a network connection takes of a body before the server reads any. */
const SOCKET_BUFFERS = 64 * 1024;

interface StreamingInit extends RequestInit {
  duplex?: "half";
}

/** A `Request` that is made with a signal listens to it for ever, as a clone does: hence a signal that it only hands out. */
class ReceivedRequest extends Request {
  override readonly signal: AbortSignal;

  constructor(url: string, init: StreamingInit, signal: AbortSignal) {
    super(url, init);
    this.signal = signal;
  }
}

class MockExchange implements TransportExchange {
  readonly #mock: Mock;
  readonly #info: RequestInfo;
  readonly #listener: ExchangeListener;
  readonly #abort = new AbortController();
  readonly #flowing = new Event(); // not set while it is paused
  #body: RequestBody | undefined;
  #over = false;
  /** Undefined when there is no such request. */
  readonly task: Task<void> | undefined;

  constructor(mock: Mock, sent: TransportRequest, listener: ExchangeListener) {
    this.#mock = mock;
    this.#info = { method: sent.method, url: sent.url.href };
    this.#listener = listener;
    witness?.lent(this.#abort.signal);
    this.#flowing.set();
    listener.connected();
    const request = this.#received(sent);
    if (request === undefined) return;
    mock.live.add(this);
    this.task = createTask(MockExchange.#answer(this, request), { name: `mock ${sent.method} ${sent.url.pathname}` });
    this.task.addDoneCallback(() => mock.live.delete(this));
  }

  /** The request as a server sees it; undefined, and the exchange has failed, where it can't be sent. */
  #received({ method, url, headers: flat, body }: TransportRequest): Request | undefined {
    try {
      const headers = new Headers();
      for (let i = 0; i < flat.length; i += 2) headers.append(flat[i] as string, flat[i + 1] as string);
      const [read, kept] = this.#bodies(body);
      const request = new ReceivedRequest(url.href, { method, headers, ...read }, this.#abort.signal);
      this.#mock.requests.push(new Request(url.href, { method, headers, ...kept }));
      return request;
    } catch (error) {
      this.#fail(
        new InvalidRequestError(`it can't be sent: ${(error as Error).message}`, this.#info, { cause: error }),
      );
      return undefined;
    }
  }

  /** The body for the handler, and for whoever looks at the requests afterwards. */
  #bodies(body: TransportRequest["body"]): readonly [StreamingInit, StreamingInit] {
    if (body === undefined || body instanceof Uint8Array) {
      this.#listener.sent(true);
      const whole = body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> };
      return [whole, whole];
    }
    this.#body = new RequestBody(body, { sent: (whole) => void (this.#over || this.#listener.sent(whole)) });
    const [read, kept] = this.#body.stream(SOCKET_BUFFERS).tee();
    return [
      { body: read, duplex: "half" },
      { body: kept, duplex: "half" },
    ];
  }

  static readonly #answer = /* @__PURE__ */ coroutine(function* mock(
    exchange: MockExchange,
    request: Request,
  ): CoroutineBody<void> {
    try {
      const given: unknown = exchange.#mock.handler(request);
      const response = isResponse(given) ? given : yield* answered(given as AwaitableLike<Response>);
      if (exchange.#over) return;
      exchange.#check(response);
      exchange.#listener.head(headOf(response));
      if (hasBody(request.method, response))
        yield* MockExchange.#deliver(exchange, response.body as ReadableStream<Uint8Array>);
      if (exchange.#over) return;
      exchange.#end();
      exchange.#listener.ended();
    } catch (error) {
      if (exchange.#over) throw error;
      exchange.#fail(exchange.#body?.error ?? error);
    }
  });

  /** Reads a piece when the one before has been taken. */
  static readonly #deliver = /* @__PURE__ */ coroutine(function* body(
    exchange: MockExchange,
    body: ReadableStream<Uint8Array>,
  ): CoroutineBody<void> {
    const reader = body.getReader();
    let ended = false;
    try {
      while (!exchange.#over) {
        const { done, value } = yield* settled(reader.read());
        ended = done;
        if (!exchange.#flowing.isSet) yield* exchange.#flowing.wait();
        if (done || exchange.#over) return;
        exchange.#listener.data(value);
        if (!exchange.#flowing.isSet) yield* exchange.#flowing.wait();
      }
    } finally {
      if (!ended) yield* settled(reader.cancel());
    }
  });

  #check(response: unknown): asserts response is Response {
    const request = `${this.#info.method} ${shown(this.#info.url)}`;
    if (!isResponse(response)) {
      throw new TypeError(`the handler of mockTransport gave ${describe(response)} for ${request}: give a Response`);
    }
    if (response.bodyUsed || response.body?.locked === true) {
      const advice = "make a new one for each request";
      throw new TypeError(
        `the handler of mockTransport gave a Response for ${request} that was read already: ${advice}`,
      );
    }
    if (response.type === "error") {
      throw Object.assign(new Error("the handler gave Response.error()"), { code: "ECONNRESET" });
    }
  }

  #fail(error: unknown): void {
    this.#end();
    this.#abort.abort(error);
    this.#listener.failed(error);
  }

  #end(): void {
    this.#over = true;
    this.#body?.close();
  }

  pause(): void {
    this.#flowing.clear();
  }

  resume(): void {
    this.#flowing.set();
  }

  abort(reason: Error): void {
    if (this.#over) return;
    this.#end();
    this.#abort.abort(reason);
    this.task?.cancel(reason);
  }

  /** Ends it, and says why to whoever waits. */
  cutOff(reason: Error): void {
    if (this.#over) return;
    this.abort(reason);
    this.#listener.failed(reason);
  }
}

/** Anything of that form: frameworks bring classes of their own. */
function isResponse(value: unknown): value is Response {
  return typeof value === "object" && value !== null && "status" in value && "headers" in value && "body" in value;
}

/** What the handler's work gives. */
function answered(work: AwaitableLike<Response>): Awaitable<Response> {
  const isPromise = typeof (work as Partial<PromiseLike<Response>> | undefined)?.then === "function";
  const isFuture = isPromise && Symbol.iterator in work;
  return isPromise && !isFuture ? settled(work as PromiseLike<Response>) : awaitableOf(work, "mockTransport");
}

/** Waits for a promise. When the wait is given up, it may end as it likes: the request has gone, and nobody wants to know. */
const settled = /* @__PURE__ */ coroutine(function* settled<T>(promise: PromiseLike<T>): CoroutineBody<T> {
  const outcome = yield* new PromiseLeaf(
    promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    ),
  );
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
});
