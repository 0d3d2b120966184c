/** A source as the body of a response: one task drives it, as fast as the client takes it, and is cancelled when it leaves. */
import { run } from "../../border/run.ts";
import { CancelledError, describe } from "../../errors.ts";
import { readerOf, type Reader, type Source } from "../../flow/source.ts";
import { runningLoop } from "../../kernel/loop.ts";
import { Event } from "../../sync/event.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { TaskLoop } from "../../task/event-loop.ts";
import type { FutureBase } from "../../task/future.ts";
import type { CoroutineBody, Handle } from "../../types.ts";
import { type BodyOwner, currentExchange } from "./body-owner.ts";
import { isLight } from "./light-responses.ts";

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** Sent whenever nothing was for so long. */
interface Pings {
  readonly every: number;
  readonly ping: Uint8Array;
}

interface ProducerOptions {
  readonly pings?: Pings;
  /** Whether it ends, whole, when the server begins to end. */
  readonly endsWithServer?: boolean;
}

type State =
  | "unread" // nobody has asked for anything: the source has not started
  | "running" // its task has not ended
  | "ended";

export class BodyProducer<T> {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #reader: Reader<T>;
  readonly #encode: (item: T) => Uint8Array;
  readonly #owner: BodyOwner | undefined;
  readonly #loop: TaskLoop | undefined = runningLoop as TaskLoop | undefined;
  readonly #options: ProducerOptions;
  readonly #wanted = new Event(); // set ⇔ a pull has not been answered
  #state: State = "unread";
  #whole = false; // it was told to end, and what was sent is all there is
  #left = false; // nobody reads it any more
  #answerPull: (() => void) | undefined;
  #stop: (() => void) | undefined; // cancels its task; set while running
  #ended!: (failure?: { readonly error: unknown }) => void; // with what nobody else is told
  readonly #end: Promise<void> = new Promise((resolve, reject) => {
    this.#ended = (failure) => (failure ? reject(failure.error) : resolve());
  });
  #lastSent = 0;
  #pinging: Handle | undefined;

  constructor(
    source: Source<T>,
    encode: (item: T) => Uint8Array,
    options: ProducerOptions = {},
    owner: BodyOwner | undefined = currentExchange.get(),
  ) {
    this.#reader = readerOf(source, "the body of a response");
    this.#encode = encode;
    this.#options = options;
    this.#owner = owner;
    this.readable = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#cancel() },
      { highWaterMark: 0 }, // nothing is produced that nobody asked for
    );
  }

  #pull(controller: Controller): Promise<void> {
    return new Promise((resolve) => {
      this.#answerPull = resolve;
      this.#wanted.set();
      if (this.#state === "unread") this.#start(controller);
    });
  }

  #cancel(): Promise<void> | undefined {
    this.#left = true;
    if (this.#state !== "running") return undefined;
    this.#stop?.();
    return this.#end;
  }

  #start(controller: Controller): void {
    this.#state = "running";
    const owner = this.#owner;
    const loop = this.#loop?.closed === false ? this.#loop : (runningLoop as TaskLoop | undefined);
    if (owner === undefined && loop === undefined) return this.#startAlone(controller);
    const body = produce(this, controller);
    const ended = (task: FutureBase<unknown>): void => {
      if (task.failed) this.#failed(task.thrown(), controller);
      else if (task.cancelled && !this.#whole)
        this.#failed(new CancelledError("the body of the response was cancelled"), controller);
      else this.#finished(controller);
    };
    if (owner) {
      const task = owner.start(body, `${owner.name} body`, ended);
      this.#stop = () => task.cancel("nobody reads the body any more");
      return;
    }
    const task = (loop as TaskLoop).createTask(body, { name: "body" });
    this.#stop = () => task.cancel("nobody reads the body any more");
    task.watch({ completed: ended });
  }

  /** Made outside any loop, or in a run that has ended: it gets a loop of its own. */
  #startAlone(controller: Controller): void {
    const abort = new AbortController();
    this.#stop = () => abort.abort();
    run(() => produce(this, controller), { signal: abort.signal, name: "body" }).then(
      () => this.#finished(controller),
      (error: unknown) => this.#failed(error, controller),
    );
  }

  #finished(controller: Controller): void {
    if (!this.#left) controller.close();
    this.#settle();
  }

  #failed(error: unknown, controller: Controller): void {
    const unread = this.#left || this.#owner?.cut === true;
    if (unread && error instanceof CancelledError) this.#settle();
    else if (this.#owner) {
      this.#owner.bodyFailed(error);
      this.#settle();
    } else {
      if (!unread) controller.error(error);
      this.#settle(unread ? { error } : undefined);
    }
  }

  #settle(failure?: { readonly error: unknown }): void {
    this.#state = "ended";
    this.#answerPull?.();
    this.#ended(failure);
  }

  #give(chunk: Uint8Array, controller: Controller): void {
    this.#wanted.clear();
    controller.enqueue(chunk);
    this.#answerPull?.();
  }

  *run(controller: Controller, loop: TaskLoop): CoroutineBody<void> {
    const { pings, endsWithServer } = this.#options;
    const forget = endsWithServer ? this.#owner?.onStop(() => this.#endWhole()) : undefined;
    if (pings && pings.every < Infinity) this.#pingLater(pings, pings.every, controller, loop);
    try {
      for (;;) {
        yield* this.#wanted.wait();
        const item = yield* this.#reader.next();
        if (item.done) return;
        this.#give(this.#encode(item.value), controller);
        this.#lastSent = loop.time();
        this.#reader.done?.();
      }
    } finally {
      this.#pinging?.cancel();
      forget?.();
      yield* this.#reader.close();
    }
  }

  #endWhole(): void {
    this.#whole = true;
    this.#stop?.();
  }

  #pingLater(pings: Pings, delay: number, controller: Controller, loop: TaskLoop): void {
    this.#pinging = loop.callLater(delay, () => {
      const quiet = loop.time() - this.#lastSent;
      const due = quiet >= pings.every;
      if (due && this.#wanted.isSet) this.#give(pings.ping, controller); // a client that is behind needs none
      this.#pingLater(pings, due ? pings.every : pings.every - quiet, controller, loop);
    });
  }
}

const produce = /* @__PURE__ */ coroutine(function* body<T>(
  producer: BodyProducer<T>,
  controller: Controller,
): CoroutineBody<void> {
  yield* producer.run(controller, runningLoop as TaskLoop);
});

/** The response, with a body that the exchange drives where it is one that may fail: not text or bytes, which node-server sends itself. */
export function driven(response: Response, owner: BodyOwner): Response {
  if (isLight(response)) return response;
  if (response.bodyUsed) throw new TypeError("the handler gave a Response whose body was read already");
  if (response.body === null) return response;
  const bytes = (chunk: unknown): Uint8Array => {
    if (chunk instanceof Uint8Array) return chunk;
    throw new TypeError(`the body of a Response gave ${describe(chunk)}; it has to give Uint8Arrays`);
  };
  return new Response(
    new BodyProducer<unknown>(response.body as AsyncIterable<unknown>, bytes, {}, owner).readable,
    response,
  );
}
