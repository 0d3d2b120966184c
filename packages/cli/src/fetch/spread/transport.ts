/**
 * Requests carried by workers on other machines: each attempt is a job. Limits, retries, redirects and cookies stay with the
 * client, so that limits hold for all machines together.
 */
import { type CoroutineBody, createTask, type Task, wait } from "brigade";
import { ConnectionLostError } from "brigade/http";
import type {
  ExchangeListener,
  RequestInfo,
  ResponseHead,
  Transport,
  TransportExchange,
  TransportRequest,
} from "brigade/http";
import { JobFailedError, taskNames, type Workers } from "@brigade/workers";
import { failureFromWire, type WireAnswer, type WireRequest, type WireSettings } from "./wire.ts";

const tasks = taskNames<typeof import("./tasks.ts")>();

export class SpreadTransport implements Transport {
  readonly foreign = true;
  /** How many answers there have been. */
  answers = 0;
  readonly #workers: Workers;
  readonly #settings: WireSettings;
  readonly #live = new Set<Task<void>>();

  constructor(workers: Workers, settings: WireSettings) {
    this.#workers = workers;
    this.#settings = settings;
  }

  /** How many requests wait for their answers. */
  get waiting(): number {
    return this.#live.size;
  }

  send({ method, url, headers, body }: TransportRequest, listener: ExchangeListener): TransportExchange {
    if (body !== undefined && !(body instanceof Uint8Array))
      throw new TypeError("a body that comes in pieces can't be sent to another machine: give it whole");
    const request = { method, url: url.href, headers, body, settings: this.#settings };
    listener.connected();
    listener.sent(true);
    const exchange = new SpreadExchange(listener);
    const task = createTask(this.#carry(request, exchange), { name: `${method} ${url.host}` });
    this.#live.add(task);
    task.addDoneCallback(() => this.#live.delete(task));
    exchange.task = task;
    return exchange;
  }

  *#carry(request: WireRequest, exchange: SpreadExchange): CoroutineBody<void> {
    const { method, url } = request;
    let answer: WireAnswer;
    try {
      answer = yield* this.#workers.run(tasks.exchange, [request]);
    } catch (error) {
      exchange.failed(uncarried(error, { method, url }));
      return;
    }
    this.answers++;
    if ("failure" in answer) {
      if (answer.head !== undefined) exchange.began(answer.head);
      exchange.failed(failureFromWire(answer.failure, { method, url }, request.settings.maxBytes));
      return;
    }
    exchange.came(answer);
  }

  *close(): CoroutineBody<void> {
    const live = [...this.#live];
    for (const task of live) task.cancel("the transport was closed");
    if (live.length > 0) yield* wait(live);
  }
}

/** A job without an answer: its workers died under it, or none of them knows what to do with it. Anything else ends the run. */
function uncarried(error: unknown, request: RequestInfo): unknown {
  if (!(error instanceof JobFailedError)) return error;
  return new ConnectionLostError(`no worker could fetch it: ${error.message}`, request, { cause: error });
}

/** The answer came whole: what is paused is only when it is told. */
class SpreadExchange implements TransportExchange {
  task: Task<void> | undefined;
  readonly #listener: ExchangeListener;
  #over = false;
  #paused = false;
  #rest: readonly Uint8Array[] | undefined; // pieces that are still to be told

  constructor(listener: ExchangeListener) {
    this.#listener = listener;
  }

  began(head: ResponseHead): void {
    if (!this.#over) this.#listener.head(head);
  }

  came({ head, body }: Extract<WireAnswer, { readonly body: object }>): void {
    this.began(head);
    this.#rest = body.length > 0 ? [body] : [];
    this.#tell();
  }

  #tell(): void {
    while (!this.#over && !this.#paused && this.#rest !== undefined) {
      const [piece, ...rest] = this.#rest;
      if (piece === undefined) {
        this.#over = true;
        this.#listener.ended();
      } else {
        this.#rest = rest;
        this.#listener.data(piece);
      }
    }
  }

  failed(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.failed(error);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#tell();
  }

  abort(reason: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.task?.cancel(reason);
  }
}
