/** What was published, as a stream: with a bound on what may wait to be read, and told of what it missed. */
import {
  type AsyncContextManager,
  type Awaitable,
  type CoroutineBody,
  coroutine,
  fromCallback,
  shield,
  type Stream,
  type Suspension,
  stream,
} from "brigade";
import { SlowSubscriberError } from "../errors.ts";
import type { Hub, Kind, Subscriber } from "./hub.ts";

/** A message that was published. */
export interface Message<M = string> {
  readonly kind: "message";
  readonly channel: string;
  /** The pattern that the channel fits, of a `psubscribe`. */
  readonly pattern?: string;
  readonly message: M;
}
/** Messages are missing here. */
export interface Gap {
  readonly kind: "gap";
  /** `reconnected`: the connection was lost for a while, and nobody knows how many. `overflow`: they came faster than they were read. */
  readonly reason: "reconnected" | "overflow";
  /** How many were dropped by an overflow. */
  readonly dropped?: number;
}

export interface SubscribeOptions {
  /** How many messages may wait to be read. Default: 1,000. */
  readonly buffer?: number;
  /** What a message does that finds no room: `error` ends the subscription (default), `drop-oldest` drops the oldest one, and a gap tells how many. */
  readonly overflow?: "error" | "drop-oldest";
}

/**
 * A subscription: read it as a stream, which subscribes when it is first read; or `use` it, and it is subscribed when the body
 * begins. It ends with its reader.
 */
export interface Subscription<M = string> extends Stream<Message<M> | Gap>, AsyncContextManager<Subscription<M>> {}

type Item<M> = Message<M> | Gap;
type State = "new" | "joining" | "joined" | "left";

export class Subscribed<M> implements Subscription<M>, Subscriber {
  readonly kind: Kind;
  readonly channels: readonly string[];
  readonly #hub: Hub;
  readonly #decode: (message: Buffer) => M;
  readonly #max: number;
  readonly #overflow: "error" | "drop-oldest";
  #items: Item<M>[] = [];
  #first = 0; // where the unread items begin
  #dropped = 0; // since the reader was told
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #state: State = "new";
  readonly #stream: Stream<Item<M>>;

  constructor(
    hub: Hub,
    kind: Kind,
    channels: readonly string[],
    decode: (message: Buffer) => M,
    options: SubscribeOptions,
  ) {
    const { buffer = 1_000, overflow = "error" } = options;
    if (channels.length === 0) throw new TypeError(`redis: ${kind} takes at least one channel`);
    if (!(buffer >= 1))
      throw new RangeError(`redis: the buffer of a subscription has room for 1 message at least, not ${buffer}`);
    this.#hub = hub;
    this.kind = kind;
    this.channels = [...channels];
    this.#decode = decode;
    this.#max = buffer;
    this.#overflow = overflow;
    this.#stream = messages(this);
  }

  message(channel: string, message: Buffer, pattern: string | undefined): void {
    const value = this.#decode(message);
    if (this.#unread >= this.#max) {
      if (this.#overflow === "error") {
        const most = `${this.#max} messages wait to be read, and one more came`;
        return this.fail(
          new SlowSubscriberError(
            `redis ${this.kind} ${this.channels.join(" ")}: ${most}: read faster, or let it drop the oldest (overflow)`,
          ),
        );
      }
      this.#shift();
      this.#dropped++;
    }
    this.#push(
      pattern === undefined
        ? { kind: "message", channel, message: value }
        : { kind: "message", channel, pattern, message: value },
    );
  }

  gap(): void {
    if (this.#unread === 0 || this.#items.at(-1)?.kind !== "gap") this.#push({ kind: "gap", reason: "reconnected" });
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  #push(item: Item<M>): void {
    if (this.#failure) return;
    this.#items.push(item);
    this.#wake?.();
  }

  get #unread(): number {
    return this.#items.length - this.#first;
  }

  /** @internal The next item, or undefined when there is none yet. What was read before a failure comes first. */
  take(): Item<M> | undefined {
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      return { kind: "gap", reason: "overflow", dropped };
    }
    if (this.#unread === 0) {
      if (this.#failure) throw this.#failure.error;
      return undefined;
    }
    return this.#shift();
  }

  /** The oldest item. What was read is let go of by and by. */
  #shift(): Item<M> | undefined {
    const item = this.#items[this.#first++];
    if (this.#first > 1_000 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** @internal Waits until there is something to take. */
  arrival(): Awaitable<void> {
    return fromCallback<void>(
      (reply) => {
        if (this.#unread > 0 || this.#failure) reply.succeed();
        else this.#wake = () => reply.succeed();
        return undefined;
      },
      `redis ${this.kind} ${this.channels.join(" ")}`,
    );
  }

  readonly enter: () => Awaitable<Subscription<M>> = coroutine(function* enter(
    this: Subscribed<M>,
  ): CoroutineBody<Subscription<M>> {
    if (this.#state !== "new") return this;
    this.#state = "joining";
    try {
      yield* this.#hub.add(this);
      this.#state = "joined";
    } finally {
      if (this.#state !== "joined") yield* shield(this.leave());
    }
    return this;
  }).bind(this);

  /** @internal Is not told of anything any more. */
  readonly leave: () => Awaitable<void> = coroutine(function* leave(this: Subscribed<M>): CoroutineBody<void> {
    if (this.#state === "left" || this.#state === "new") return;
    this.#state = "left";
    yield* this.#hub.remove(this);
  }).bind(this);

  exit(): Awaitable<void> {
    return this.close();
  }

  next(): Awaitable<IteratorResult<Item<M>, void>> {
    return this.#stream.next();
  }

  readonly close: () => Awaitable<void> = coroutine(function* close(this: Subscribed<M>): CoroutineBody<void> {
    yield* this.#stream.close();
    yield* this.leave();
  }).bind(this);

  [Symbol.asyncIterator](): AsyncIterator<Item<M>, void> {
    return this.#stream[Symbol.asyncIterator]();
  }
}

const messages = /* @__PURE__ */ stream(function* subscription<M>(
  subscribed: Subscribed<M>,
): Generator<Suspension | Item<M>, void, unknown> {
  yield* subscribed.enter();
  try {
    for (;;) {
      const item = subscribed.take();
      if (item) yield item;
      else yield* subscribed.arrival();
    }
  } finally {
    yield* subscribed.leave();
  }
});
