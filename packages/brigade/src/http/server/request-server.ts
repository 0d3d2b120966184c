/** The requests of a server: which run, which wait, which are turned away; and how they end with it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { copyContext } from "../../kernel/context.ts";
import { moveOnAfter } from "../../scope/timeout.ts";
import { Event } from "../../sync/event.ts";
import type { TaskLoop } from "../../task/event-loop.ts";
import { Leaf } from "../../task/leaf.ts";
import type { Awaitable, Context, CoroutineBody } from "../../types.ts";
import { declaresMoreThan, limitBody } from "./body-limit.ts";
import { Exchange, type Owner } from "./exchange.ts";
import type { Handler, Server, Settings } from "./options.ts";
import { plain, serviceUnavailable } from "./plain-responses.ts";
import { Roster } from "./roster.ts";

const LAST_WORDS = 1_000; // ms for what is told to the clients of requests that the end of the server cuts

/** Waits for ever. */
class Forever extends Leaf<never> {
  readonly #url: string;
  constructor(url: string) {
    super();
    this.#url = url;
  }
  get kind(): string {
    return "Server.forever";
  }
  override get label(): string {
    return this.#url;
  }
  protected start(): boolean {
    return false;
  }
  protected finish(): never {
    throw new Error("nobody wakes it");
  }
  protected unwind(): void {}
}

/** The exchanges of a connection that are not over: more than one where requests come before the answer to the first. */
const EXCHANGES: unique symbol = Symbol("exchanges");
type Connection = Socket & { [EXCHANGES]?: Exchange[] };

/** Pipelined responses hear of the end of their connection only when it is their turn: it is told here. */
function connect(connection: Connection, exchange: Exchange): void {
  const exchanges = connection[EXCHANGES];
  if (exchanges) exchanges.push(exchange);
  else {
    const made = (connection[EXCHANGES] = [exchange]);
    connection.once("close", () => {
      for (const one of made.splice(0)) one.closed();
    });
  }
}

function disconnect(connection: Connection, exchange: Exchange): void {
  const exchanges = connection[EXCHANGES];
  const index = exchanges?.indexOf(exchange) ?? -1;
  if (index >= 0) exchanges?.splice(index, 1);
}

export class RequestServer implements Owner, Server {
  readonly loop: TaskLoop;
  readonly handler: Handler;
  readonly settings: Settings;
  readonly context: Context = copyContext();
  url = ""; // set when it listens, as are port and host
  port = 0;
  host = "";
  total = 0;
  rejected = 0;
  readonly #running = new Roster<Exchange>();
  readonly #queue = new Roster<Exchange>(); // not empty ⇒ `limit` are running
  readonly #idle = new Event(); // set ⇔ nothing runs or waits
  #stopping = false;
  /** Handlers that are no coroutines are not waited for any more: they may never end. */
  leaving = false;

  constructor(loop: TaskLoop, handler: Handler, settings: Settings) {
    this.loop = loop;
    this.handler = handler;
    this.settings = settings;
    this.#idle.set();
  }

  get active(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  forever(): Awaitable<never> {
    return new Forever(this.url);
  }

  /** The response to a request, or a promise of it. */
  take(request: Request, incoming: IncomingMessage, outgoing: ServerResponse): Response | Promise<Response> {
    this.total++;
    const { settings } = this;
    if (this.#stopping || (this.#running.size >= settings.limit && this.#queue.size >= settings.queue)) {
      this.rejected++;
      if (this.#stopping) outgoing.shouldKeepAlive = false;
      return serviceUnavailable(settings.retryAfter);
    }
    if (declaresMoreThan(settings.maxBodyBytes, incoming)) {
      outgoing.shouldKeepAlive = false;
      return plain(413);
    }
    const exchange = new Exchange(this, request, incoming, outgoing);
    limitBody(incoming, settings.maxBodyBytes, () =>
      exchange.abandon(`its body is over ${settings.maxBodyBytes} bytes`, plain(413)),
    );
    connect(incoming.socket, exchange);
    this.#idle.clear();
    if (this.#running.size < settings.limit) this.#begin(exchange);
    else this.#queue.add(exchange);
    return exchange.response;
  }

  #begin(exchange: Exchange): void {
    this.#running.add(exchange);
    exchange.begin();
  }

  unqueue(exchange: Exchange): void {
    this.#queue.delete(exchange);
  }

  ended(exchange: Exchange): void {
    disconnect(exchange.incoming.socket, exchange);
    if (this.#running.delete(exchange)) {
      const next = this.#queue.first;
      if (next && this.#queue.delete(next)) this.#begin(next);
    }
    if (this.#running.size === 0 && this.#queue.size === 0) this.#idle.set();
  }

  failed(error: unknown, { request, name }: Exchange): Response | undefined {
    const { onError } = this.settings;
    try {
      if (onError) return onError(error, request) ?? undefined;
      this.loop.report({ kind: "callback-error", message: `${name} failed`, error });
    } catch (thrown) {
      this.loop.report({ kind: "callback-error", message: `onError of serve failed at ${name}`, error: thrown });
    }
    return undefined;
  }

  /** Takes no request any more; lets those that are there end in time, cancels those that do not, and waits for their cleanup. */
  *stop(closeConnections: () => void): CoroutineBody<void> {
    this.#stopping = true;
    const { gracePeriod, retryAfter } = this.settings;
    for (const exchange of [...this.#running, ...this.#queue]) exchange.stopping();
    yield* moveOnAfter(gracePeriod, this.#idle.wait());
    this.leaving = true;
    for (const exchange of [...this.#queue, ...this.#running])
      exchange.abandon("the server ends", serviceUnavailable(retryAfter));
    yield* moveOnAfter(LAST_WORDS, this.#idle.wait());
    closeConnections();
    yield* this.#idle.wait();
  }
}
