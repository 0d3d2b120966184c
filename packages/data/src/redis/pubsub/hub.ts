/** All subscriptions, on one connection of their own: it is kept alive, made again when it is lost, and they are told of the gap. */
import {
  type Awaitable,
  type CoroutineBody,
  coroutine,
  type EventLoop,
  Event,
  fromCallback,
  gather,
  moveOnAfter,
  sleep,
  type Task,
} from "brigade";
import type { Connection, Making } from "../connection.ts";
import { QueryError } from "../../errors.ts";
import { Line } from "../line.ts";

export type Kind = "subscribe" | "psubscribe" | "ssubscribe";
/** What is told of every message. */
export interface Subscriber {
  readonly kind: Kind;
  readonly channels: readonly string[];
  message(channel: string, message: Buffer, pattern: string | undefined): void;
  /** The connection was lost, and is there again: what was published in between did not come. */
  gap(): void;
  fail(error: unknown): void;
}

const FIRST_PAUSE = 50; // milliseconds between attempts to connect again
const LONGEST_PAUSE = 5_000;
const UNDO: Readonly<Record<Kind, string>> = {
  subscribe: "unsubscribe",
  psubscribe: "punsubscribe",
  ssubscribe: "sunsubscribe",
};

export class Hub {
  readonly #line: Line;
  readonly #loop: EventLoop;
  readonly #silence: number;
  readonly #subscribers: Readonly<Record<Kind, Map<string, Set<Subscriber>>>> = {
    subscribe: new Map(),
    psubscribe: new Map(),
    ssubscribe: new Map(),
  };
  readonly #all = new Set<Subscriber>(); // the server has said that they are subscribed
  readonly #lost = new Event();
  #current: Connection | undefined;
  #keeper: Task<void> | undefined;
  readonly #ending = new Set<Task<void>>();

  constructor(making: Making) {
    this.#loop = making.loop;
    this.#silence = making.timing.silence;
    this.#line = new Line(making, (connection) => this.#listen(connection));
  }

  #listen(connection: Connection): void {
    const { client } = connection;
    client.on("messageBuffer", (channel: Buffer, message: Buffer) =>
      this.#tell("subscribe", channel, channel, message),
    );
    client.on("smessageBuffer", (channel: Buffer, message: Buffer) =>
      this.#tell("ssubscribe", channel, channel, message),
    );
    client.on("pmessageBuffer", (pattern: Buffer | string, channel: Buffer, message: Buffer) =>
      this.#tell("psubscribe", pattern, channel, message),
    );
    this.#current = connection;
    connection.whenEnded(() => {
      if (this.#current === connection) this.#lost.set();
    });
  }

  #tell(kind: Kind, name: Buffer | string, channel: Buffer, message: Buffer): void {
    const known = String(name);
    for (const one of this.#subscribers[kind].get(known) ?? [])
      one.message(String(channel), message, kind === "psubscribe" ? known : undefined);
  }

  /** Waits until the server has said that everything is subscribed. Throws what came in the way; then nothing is. */
  readonly add: (subscriber: Subscriber) => Awaitable<void> = coroutine(function* add(
    this: Hub,
    subscriber: Subscriber,
  ): CoroutineBody<void> {
    const { kind, channels } = subscriber;
    const names = this.#subscribers[kind];
    for (const channel of channels) {
      const known = names.get(channel);
      if (known) known.add(subscriber);
      else names.set(channel, new Set([subscriber]));
    }
    yield* this.#say(kind, channels);
    this.#all.add(subscriber);
    this.#keeper ??= this.#loop.createTask(this.#keep(), { name: "redis subscriptions" });
  }).bind(this);

  /** Nothing comes to it any more. Waits until the server knows, if it can be told. */
  readonly remove: (subscriber: Subscriber) => Awaitable<void> = coroutine(function* remove(
    this: Hub,
    subscriber: Subscriber,
  ): CoroutineBody<void> {
    const { kind, channels } = subscriber;
    const names = this.#subscribers[kind];
    this.#all.delete(subscriber);
    const unused: string[] = [];
    for (const channel of channels) {
      const known = names.get(channel);
      if (!known?.delete(subscriber) || known.size > 0) continue;
      names.delete(channel);
      unused.push(channel);
    }
    if (this.#empty) yield* this.#rest();
    else if (unused.length > 0 && !this.#lost.isSet) yield* this.#unsaid(kind, unused);
  }).bind(this);

  get #empty(): boolean {
    return Object.values(this.#subscribers).every((names) => names.size === 0);
  }

  /** Nobody listens: the connection goes, and so does what keeps it. */
  readonly #rest: () => Awaitable<void> = coroutine(function* (this: Hub): CoroutineBody<void> {
    const keeper = this.#keeper;
    this.#keeper = undefined;
    this.#current = undefined;
    this.#lost.clear();
    this.#line.drop();
    if (keeper === undefined) return;
    keeper.cancel();
    this.#ending.add(keeper);
    yield* gather([keeper], { returnExceptions: true });
    this.#ending.delete(keeper);
  }).bind(this);

  #say(name: string, args: readonly string[]): Awaitable<unknown> {
    return fromCallback((reply) => this.#line.command(name, [...args], reply), `redis ${name}`);
  }

  readonly #unsaid: (kind: Kind, channels: readonly string[]) => Awaitable<void> = coroutine(function* (
    this: Hub,
    kind: Kind,
    channels: readonly string[],
  ): CoroutineBody<void> {
    try {
      yield* this.#say(UNDO[kind], channels);
    } catch {
      // the connection is lost, and with it the subscription
    }
  }).bind(this);

  /** Asks from time to time whether the server is there, and subscribes again when it was gone. */
  readonly #keep: () => Awaitable<void> = coroutine(function* keep(this: Hub): CoroutineBody<void> {
    for (;;) {
      if (!(yield* moveOnAfter(this.#silence / 3, this.#lost.wait()))) {
        try {
          yield* this.#say("ping", []); // without an answer the connection is lost, and that is told
        } catch {
          continue;
        }
      } else yield* this.#again();
    }
  }).bind(this);

  readonly #again: () => Awaitable<void> = coroutine(function* (this: Hub): CoroutineBody<void> {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      this.#lost.clear();
      try {
        for (const kind of ["subscribe", "psubscribe", "ssubscribe"] as const) {
          const channels = [...this.#subscribers[kind].keys()];
          if (channels.length > 0) yield* this.#say(kind, channels);
        }
        for (const one of this.#all) one.gap();
        return;
      } catch (error) {
        if (error instanceof QueryError) return this.#refused(error);
        yield* sleep(pause * (0.5 + Math.random() / 2));
      }
    }
  }).bind(this);

  /** The server is there, and takes the subscriptions no more. */
  #refused(error: QueryError): void {
    for (const one of this.#all) one.fail(error);
  }

  /** Ends everything: subscribers get the error. */
  readonly close: (closed: Error) => Awaitable<void> = coroutine(function* close(
    this: Hub,
    closed: Error,
  ): CoroutineBody<void> {
    for (const names of Object.values(this.#subscribers)) {
      for (const subscribers of names.values()) for (const one of subscribers) one.fail(closed);
      names.clear();
    }
    this.#all.clear();
    yield* this.#rest();
    yield* gather([...this.#ending], { returnExceptions: true });
    yield* this.#line.close(true);
  }).bind(this);
}
