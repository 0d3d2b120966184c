/**
 * One request and its response: the tasks that work on it, and its connection. When the client goes away, time is up, or
 * the server ends, they are cancelled; the exchange is over when the connection has done with it and every task has ended.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { CancelledError, describe, TimeoutError } from "../../errors.ts";
import { witness } from "../../kernel/witness.ts";
import { awaitableOf } from "../../task/body.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { TaskLoop } from "../../task/event-loop.ts";
import type { FutureBase, Watcher } from "../../task/future.ts";
import { PromiseLeaf } from "../../task/promise.ts";
import type { TaskImpl } from "../../task/task.ts";
import type { AwaitableLike, Context, CoroutineBody, Handle } from "../../types.ts";
import { type BodyOwner, currentExchange } from "./body-owner.ts";
import { driven } from "./body-producer.ts";
import type { Handler, RequestEnvironment, Settings } from "./options.ts";
import { plain, serviceUnavailable } from "./plain-responses.ts";
import type { Member, Roster } from "./roster.ts";

/** What an exchange asks of its server. */
export interface Owner {
  readonly loop: TaskLoop;
  readonly handler: Handler;
  readonly settings: Settings;
  /** What request tasks see of context variables. */
  readonly context: Context;
  /** It ends, and waits no longer for handlers that are no coroutines. */
  readonly leaving: boolean;
  /** Says that it failed, and asks what to answer. */
  failed(error: unknown, exchange: Exchange): Response | undefined;
  /** It does not wait for its turn any more. */
  unqueue(exchange: Exchange): void;
  ended(exchange: Exchange): void;
}

type State =
  | "queued" // the server is full
  | "handling" // its handler runs
  | "answered" // the response was handed over; its body may be on its way
  | "cut"; // it was cancelled: what its handler still gives is not sent

type Ended = (task: TaskImpl<unknown>) => void;

const LONGEST_NAME = 100;

/** Where messages and requests carry their exchange: a WeakMap of so many short-lived keys costs the collector half a request. */
const EXCHANGE: unique symbol = Symbol("exchange");
interface Carrier {
  [EXCHANGE]?: Exchange;
}

/** The exchange of a request that a server handed to its handler, or of node:http's message for it. */
export function exchangeOf(request: object | undefined): Exchange | undefined {
  const carrier: Carrier | undefined = request;
  return carrier?.[EXCHANGE];
}

/** node-server's own signal fires only when the client goes away. */
const SIGNAL: PropertyDescriptor = {
  configurable: true,
  get(this: Carrier): AbortSignal {
    return (this[EXCHANGE] as Exchange).signal;
  },
};

function closed(this: Carrier): void {
  this[EXCHANGE]?.disconnected();
}

export class Exchange implements BodyOwner, Watcher, Member<Exchange> {
  roster: Roster<Exchange> | undefined = undefined;
  before: Exchange | undefined = undefined;
  after: Exchange | undefined = undefined;
  readonly name: string; // "GET /path"
  readonly request: Request;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** What is to be sent. Never settles if the client goes away first. */
  readonly response: Promise<Response>;
  #state: State = "queued";
  #resolve!: (response: Response) => void;
  readonly #owner: Owner;
  #handling: TaskImpl<void> | undefined; // the handler's task, until it has ended
  #others: Map<FutureBase<unknown>, Ended> | undefined; // the other tasks that have not ended; most requests have none
  #stoppers: Set<() => void> | undefined;
  #promises = 0; // of handlers that are not coroutines, and have not settled: they run on when they are cancelled
  #connected = true; // the connection has not done with it
  #timer: Handle | undefined; // set only while handling
  #controller: AbortController | undefined; // made when somebody asks for the signal

  constructor(owner: Owner, request: Request, incoming: IncomingMessage, outgoing: ServerResponse) {
    this.#owner = owner;
    this.request = request;
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.name = nameOf(incoming);
    this.response = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const carrier of [request, incoming, outgoing] as Carrier[]) carrier[EXCHANGE] = this;
    // Both signals end with the request, and with them the listeners of requests that are made of this one.
    if (witness !== undefined) witness.lent(request.signal);
    Object.defineProperty(request, "signal", SIGNAL);
    outgoing.on("close", closed);
    if (incoming.method !== "GET") incoming.once("error", nameAbortion);
  }

  get method(): string | undefined {
    return this.incoming.method;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (witness !== undefined) witness.lent(this.#controller.signal);
      if (this.#state === "cut") this.#controller.abort(new CancelledError(`${this.name} was cancelled`));
    }
    return this.#controller.signal;
  }

  get cut(): boolean {
    return this.#state === "cut";
  }

  /** Calls the handler, in a task. */
  begin(): void {
    this.#state = "handling";
    const { loop, settings } = this.#owner;
    if (settings.timeout < Infinity) this.#timer = loop.callLater(settings.timeout, () => this.#timedOut());
    this.#handling = this.#spawn(handle(this), this.name);
  }

  start<T>(body: AwaitableLike<T>, name: string, ended: (task: TaskImpl<T>) => void): TaskImpl<T> {
    const task = this.#spawn(body, name);
    this.#others ??= new Map();
    this.#others.set(task, ended as Ended);
    if (this.cut) task.cancel("the request was cancelled");
    return task;
  }

  #spawn<T>(body: AwaitableLike<T>, name: string): TaskImpl<T> {
    const { context, loop } = this.#owner;
    const task = context.run(() => {
      currentExchange.set(this);
      return loop.createTask(body, { name });
    });
    task.watch(this);
    return task;
  }

  completed(future: FutureBase<unknown>): void {
    const task = future as TaskImpl<unknown>;
    if (task === this.#handling) {
      this.#handling = undefined;
      if (task.failed || (task.cancelled && this.#state === "handling")) this.#handlerFailed(task.thrown());
    } else {
      const ended = this.#others?.get(task);
      this.#others?.delete(task);
      ended?.(task);
    }
    this.#endIfOver();
  }

  /** What the handler gives, or what is to be awaited for it. */
  *call(): CoroutineBody<Response> {
    const { handler } = this.#owner;
    const given = handler(this.request, this as RequestEnvironment);
    if (isResponse(given)) return given;
    const awaited = typeof (given as PromiseLike<unknown> | undefined)?.then === "function" && !isAwaitable(given);
    const response: unknown = awaited
      ? yield* new PromiseLeaf(this.#followed(given as PromiseLike<Response>))
      : yield* awaitableOf(given, "serve");
    if (isResponse(response)) return response;
    throw new TypeError(`the handler gave ${describe(response)}; it has to give a Response`);
  }

  /** A promise whose rejection is dealt with when its task has left it. */
  #followed(promise: PromiseLike<Response>): Promise<Response> {
    this.#promises++;
    const settled = (): void => {
      this.#promises--;
      this.#endIfOver();
    };
    return Promise.resolve(promise).then(
      (response) => {
        settled();
        return response;
      },
      (error: unknown) => {
        settled();
        if (!this.cut) throw error;
        if (!this.#answersAbort(error)) this.#owner.failed(error, this);
        return new Promise<never>(() => {}); // nobody looks at it
      },
    );
  }

  #answersAbort(error: unknown): boolean {
    return error === this.#controller?.signal.reason || (error as Error | undefined)?.name === "AbortError";
  }

  answer(response: Response): void {
    if (this.#state !== "handling") return;
    const sent = driven(response, this);
    this.#state = "answered";
    this.#timer?.cancel();
    this.#resolve(sent);
  }

  #handlerFailed(error: unknown): void {
    const response = this.#owner.failed(error, this);
    this.answer(response ?? plain(500));
  }

  /** The body of the response can't go on. */
  bodyFailed(error: unknown): void {
    this.#owner.failed(error, this);
    this.outgoing.destroy();
  }

  #timedOut(): void {
    const { timeout, retryAfter } = this.#owner.settings;
    const error = new TimeoutError(`${this.name}: the handler gave no response within ${timeout} ms`);
    this.abandon(error.message, this.#owner.failed(error, this) ?? serviceUnavailable(retryAfter));
  }

  /** Cancels its tasks. The client gets the response if it has got none; without one, the end of the connection. */
  abandon(reason: string, response?: Response): void {
    if (this.cut) return;
    const unanswered = this.#state !== "answered";
    if (this.#state === "queued") this.#owner.unqueue(this);
    this.#state = "cut";
    this.#timer?.cancel();
    if (this.#connected) {
      this.outgoing.shouldKeepAlive = false;
      if (unanswered && response) this.#resolve(response);
      else if (!this.outgoing.writableFinished) this.outgoing.destroy();
    }
    this.#controller?.abort(new CancelledError(`${this.name}: ${reason}`, reason));
    this.#cancelTasks(reason);
    this.#endIfOver();
  }

  #cancelTasks(reason: string): void {
    this.#handling?.cancel(reason);
    for (const task of [...(this.#others?.keys() ?? [])]) task.cancel(reason);
  }

  /** Calls back when the server begins to end. Gives what undoes that. */
  onStop(stop: () => void): () => void {
    const stoppers = (this.#stoppers ??= new Set());
    stoppers.add(stop);
    return () => stoppers.delete(stop);
  }

  /** The server has begun to end: the response is the last one of its connection. */
  stopping(): void {
    if (!this.outgoing.headersSent) this.outgoing.shouldKeepAlive = false;
    for (const stop of [...(this.#stoppers ?? [])]) stop();
  }

  /** The connection is closed, or the whole response was handed to it. */
  disconnected(): void {
    if (!this.#connected) return;
    this.#connected = false;
    if (this.outgoing.writableFinished) this.#cancelTasks("the response has been sent");
    else this.abandon("the client went away");
    this.#endIfOver();
  }

  /** The connection is closed. Who still reads the request's body would not be told, once its response has been sent. */
  closed(): void {
    this.disconnected();
    if (!this.incoming.complete && !this.incoming.destroyed)
      this.incoming.destroy(new DOMException("the connection is closed", "AbortError"));
  }

  #endIfOver(): void {
    if (this.#connected || this.#handling || (this.#others && this.#others.size > 0)) return;
    if (this.#promises === 0 || this.#owner.leaving) this.#owner.ended(this);
  }
}

const handle = /* @__PURE__ */ coroutine(function* request(exchange: Exchange): CoroutineBody<void> {
  exchange.answer(yield* exchange.call());
});

/** What node:http throws at who reads the body of a client that goes away: under the name by which others know it. */
function nameAbortion(error: Error & { readonly code?: string }): void {
  if (error.code === "ECONNRESET") error.name = "AbortError";
}

function nameOf({ method, url = "" }: IncomingMessage): string {
  const query = url.indexOf("?");
  const name = `${method} ${query < 0 ? url : url.slice(0, query)}`;
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}

function isResponse(value: unknown): value is Response {
  // Of whatever class: a host may have several.
  return typeof value === "object" && value !== null && "headers" in value && "status" in value;
}

function isAwaitable(value: unknown): boolean {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
