/** The server, as calls see it: ordinary ones share a connection, those that wait or watch have one of their own. */
import { createHash } from "node:crypto";
import {
  type AsyncContextManager,
  type Awaitable,
  type CallbackReply,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  type Ending,
  fromCallback,
  InvalidStateError,
  sleep,
  type StopCallback,
  type Stream,
  use,
} from "brigade";
import { QueryError } from "../errors.ts";
import { batch, type Build } from "./batch.ts";
import { blocks } from "./blocking/forms.ts";
import { type Carrier, LOOKED_AT, refuseShared, unwrapped } from "./commands.ts";
import type { Making } from "./connection.ts";
import { WatchError } from "./errors.ts";
import { Line, type Sending } from "./line.ts";
import { type OwnCommands, OwnConnections } from "./own.ts";
import { Hub, type Kind } from "./pubsub/hub.ts";
import { Subscribed, type SubscribeOptions, type Subscription } from "./pubsub/subscription.ts";
import {
  type EntriesOptions,
  type Entry,
  entriesOf,
  groupEntriesOf,
  type GroupOptions,
  type ScanCommand,
  type ScanOptions,
  scanOf,
} from "./reading.ts";
import type { Queued, Results } from "./types.ts";

const MOST_SCRIPTS = 1_000; // whose digests are remembered
const LONGEST_PAUSE = 50; // milliseconds between attempts at a transaction
const RETRIES = 100;

export class Database implements Carrier {
  readonly #line: Line;
  readonly #own: OwnConnections;
  readonly #hub: Hub;
  readonly #digests = new Map<string, string>();

  constructor(making: Making) {
    this.#line = new Line(making);
    this.#own = new OwnConnections(making, this.#line);
    this.#hub = new Hub(making);
  }

  carry(name: string, args: unknown[], label: string): Awaitable<unknown> {
    if (LOOKED_AT.has(name)) {
      const [inner, rest] = unwrapped(name, args);
      refuseShared(inner, rest);
      if (blocks(inner, rest)) return this.#own.wait(inner, rest);
    }
    return fromCallback((reply) => this.#line.command(name, args, reply), label);
  }

  readonly #call = (name: string, args: unknown[]): Awaitable<unknown> => this.carry(name, args, `redis ${name}`);
  readonly #send = (send: Sending, reply: CallbackReply<never>): StopCallback => this.#line.send(send, reply);

  pipeline<const Q extends readonly Queued<unknown>[]>(build: Build<Q>): Awaitable<Results<Q>> {
    return batch("pipeline", build, this.#send);
  }

  multi<const Q extends readonly Queued<unknown>[]>(build: Build<Q>): Awaitable<Results<Q>> {
    return batch("multi", build, this.#send);
  }

  connection(): AsyncContextManager<OwnCommands> {
    return this.#own.connection([]);
  }

  watch(...keys: unknown[]): AsyncContextManager<OwnCommands> {
    if (keys.flat().length === 0) throw new TypeError("redis: watch takes at least one key");
    return this.#own.connection(keys.flat());
  }

  transaction<T>(
    keys: readonly unknown[],
    body: (watched: OwnCommands) => Awaitable<T>,
    { retries = RETRIES }: { readonly retries?: number } = {},
  ): Coroutine<T> {
    return transaction(() => use(this.watch(keys), body), retries) as Coroutine<T>;
  }

  lua(text: string, keys: readonly unknown[] = [], args: readonly unknown[] = []): Coroutine<unknown> {
    return lua(this.#call, text, this.#digest(text), [keys.length, ...keys, ...args]);
  }

  #digest(text: string): string {
    let digest = this.#digests.get(text);
    if (digest === undefined) {
      digest = createHash("sha1").update(text).digest("hex");
      if (this.#digests.size < MOST_SCRIPTS) this.#digests.set(text, digest);
    }
    return digest;
  }

  subscribe(channels: string | readonly string[], options?: SubscribeOptions): Subscription {
    return this.#subscribed("subscribe", channels, text, options);
  }
  subscribeBuffer(channels: string | readonly string[], options?: SubscribeOptions): Subscription<Buffer> {
    return this.#subscribed("subscribe", channels, bytes, options);
  }
  psubscribe(patterns: string | readonly string[], options?: SubscribeOptions): Subscription {
    return this.#subscribed("psubscribe", patterns, text, options);
  }
  psubscribeBuffer(patterns: string | readonly string[], options?: SubscribeOptions): Subscription<Buffer> {
    return this.#subscribed("psubscribe", patterns, bytes, options);
  }
  ssubscribe(channels: string | readonly string[], options?: SubscribeOptions): Subscription {
    return this.#subscribed("ssubscribe", channels, text, options);
  }
  ssubscribeBuffer(channels: string | readonly string[], options?: SubscribeOptions): Subscription<Buffer> {
    return this.#subscribed("ssubscribe", channels, bytes, options);
  }

  #subscribed<M>(
    kind: Kind,
    channels: string | readonly string[],
    decode: (message: Buffer) => M,
    options: SubscribeOptions = {},
  ): Subscription<M> {
    return new Subscribed(this.#hub, kind, typeof channels === "string" ? [channels] : channels, decode, options);
  }

  entries(from: string | Readonly<Record<string, string>>, options: EntriesOptions = {}): Stream<Entry> {
    return entriesOf(this.#call, typeof from === "string" ? { [from]: "$" } : from, options);
  }

  groupEntries(streams: string | readonly string[], options: GroupOptions): Stream<Entry> {
    return groupEntriesOf(this.#call, typeof streams === "string" ? [streams] : streams, options);
  }

  scanStream(options: ScanOptions & { type?: string } = {}): Stream<string> {
    return this.#scan("scan", undefined, options);
  }
  sscanStream(key: string, options: ScanOptions = {}): Stream<string> {
    return this.#scan("sscan", key, options);
  }
  hscanStream(key: string, options: ScanOptions = {}): Stream<[string, string]> {
    return this.#scan("hscan", key, options);
  }
  zscanStream(key: string, options: ScanOptions = {}): Stream<[string, string]> {
    return this.#scan("zscan", key, options);
  }

  #scan<T>(name: ScanCommand, key: string | undefined, options: ScanOptions & { type?: string }): Stream<T> {
    return scanOf<T>(this.#call, name, key, options);
  }

  /** Ends everything. Ordinary calls are awaited when the body ended with a value. */
  readonly close: (ending: Ending) => Coroutine<void> = coroutine(function* close(
    this: Database,
    ending: Ending,
  ): CoroutineBody<void> {
    const interrupt = ending.kind !== "value";
    yield* this.#hub.close(closedError());
    yield* this.#own.close(interrupt);
    yield* this.#line.close(interrupt);
  }).bind(this);
}

function closedError(): InvalidStateError {
  return new InvalidStateError("redis: it is closed, because the body that used it has ended");
}

const text = (message: Buffer): string => message.toString();
const bytes = (message: Buffer): Buffer => message;

const transaction = /* @__PURE__ */ coroutine(function* transaction(
  attempt: () => Awaitable<unknown>,
  retries: number,
): CoroutineBody<unknown> {
  for (let tried = 0; ; tried++) {
    try {
      return yield* attempt();
    } catch (error) {
      if (!(error instanceof WatchError) || tried >= retries) throw error;
    }
    yield* sleep(Math.random() * Math.min(LONGEST_PAUSE, tried + 1)); // those who disturb each other come apart
  }
});

/** By its digest; the server asks for the text when it does not know it. Nothing has run then. */
const lua = /* @__PURE__ */ coroutine(function* lua(
  call: (name: string, args: unknown[]) => Awaitable<unknown>,
  text: string,
  digest: string,
  args: readonly unknown[],
): CoroutineBody<unknown> {
  try {
    return yield* call("evalsha", [digest, ...args]);
  } catch (error) {
    if (!(error instanceof QueryError && error.code === "NOSCRIPT")) throw error;
  }
  return yield* call("eval", [text, ...args]);
});
