/**
 * Requests through the SDK's client, each of which cancellation really ends: its connection is cut, or its answer awaited where
 * leaving would leave something on the server. None outlives `close`.
 */
import {
  type Awaitable,
  type AwaitableLike,
  coroutine,
  Event,
  fromCallback,
  InvalidStateError,
  moveOnAfter,
} from "brigade";
import { type Place, type Subject, s3Error } from "./failure.ts";

/** What cancellation does with a request: cut it off, or wait for its answer, up to `grace`. */
type OnCancel = "cut" | "await-answer";

export interface RequestOptions<Answer, Value> {
  readonly onCancel?: OnCancel;
  /** It belongs to an operation that is being ended, and may be sent though the client is closed. */
  readonly cleanup?: boolean;
  /** Ends the request, and the transfer of its answer's body. */
  readonly abort?: AbortController;
  /** What is waited for: made of the answer, also when nobody waits for it any more. */
  readonly then?: (answer: Answer) => Value | Promise<Value>;
}

/** The SDK's, for whatever command. */
export interface Client {
  send(command: unknown, options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
  destroy(): void;
}

type State =
  | "open"
  | "closing" // what is under way goes on
  | "closed";

export class Requests {
  readonly #client: Client;
  readonly place: Place;
  readonly grace: number;
  #state: State = "open";
  #operations = 0;
  readonly #idle = new Event(); // set ⇔ no operation is under way
  readonly #transfers = new Set<AbortController>(); // of requests, and of bodies that were not read to their end

  constructor(client: Client, place: Place, grace: number) {
    this.#client = client;
    this.place = place;
    this.grace = grace;
    this.#idle.set();
  }

  /** Sends a command and waits for its answer. */
  send<Answer, Value = Answer>(
    command: unknown,
    subject: Subject,
    options: RequestOptions<Answer, Value> = {},
  ): Awaitable<Value> {
    return fromCallback<Value>((reply) => {
      if (this.#state === "closed" && !options.cleanup) throw this.#closedError();
      const abort = options.abort ?? new AbortController();
      const over = this.transfer(abort);
      let stopped: Error | undefined;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const answered = async (): Promise<Value> => {
        const answer = (await this.#client.send(command, { abortSignal: abort.signal })) as Answer;
        return options.then === undefined ? (answer as unknown as Value) : await options.then(answer);
      };
      answered()
        .then(
          (value) => reply.succeed(value),
          (error: unknown) => reply.fail(stopped ?? this.errorFor(error, subject, abort)),
        )
        .finally(() => {
          clearTimeout(timer);
          if (options.abort === undefined) over();
        });
      return (reason) => {
        stopped = reason;
        if (options.onCancel !== "await-answer") abort.abort();
        timer = setTimeout(() => {
          abort.abort();
          reply.fail(reason); // what the SDK still does with it is of no consequence
        }, this.grace);
      };
    }, subject.operation);
  }

  errorFor(error: unknown, subject: Subject, abort: AbortController): Error {
    return abort.signal.aborted ? this.#closedError() : s3Error(error, subject, this.place);
  }

  /** Notes a transfer that closing has to end; the given function says that it is over. */
  transfer(abort: AbortController): () => void {
    this.#transfers.add(abort);
    return () => this.#transfers.delete(abort);
  }

  /** Runs an operation that closing waits for. */
  operation<T>(body: () => AwaitableLike<T> & Awaitable<T>): Awaitable<T> {
    return Requests.#operation(this, body) as Awaitable<T>;
  }

  static readonly #operation = coroutine(function* operation(requests: Requests, body: () => Awaitable<unknown>) {
    requests.checkOpen();
    requests.#operations++;
    requests.#idle.clear();
    try {
      return yield* body();
    } finally {
      requests.#operations--;
      if (requests.#operations === 0) requests.#idle.set();
    }
  });

  checkOpen(): void {
    if (this.#state !== "open") throw this.#closedError();
  }

  #closedError(): InvalidStateError {
    return new InvalidStateError(`the S3 client of ${this.place.address} is closed: the body of its use() has ended`);
  }

  /** Refuses what is new and waits for what is under way, or ends it; then gives every socket back. */
  close(how: "wait" | "end"): Awaitable<void> {
    return Requests.#close(this, how);
  }

  static readonly #close = coroutine(function* close(requests: Requests, how: "wait" | "end") {
    requests.#state = "closing";
    try {
      if (how === "wait") yield* requests.#idle.wait();
    } finally {
      requests.#state = "closed";
      requests.#cut();
    }
    // Uploads in parts are told to the server to be aborted, which takes `grace` at most.
    yield* moveOnAfter(requests.grace * 2, requests.#idle.wait());
    requests.#cut();
    requests.#client.destroy();
  });

  #cut(): void {
    for (const abort of this.#transfers) abort.abort();
    this.#transfers.clear();
  }
}
