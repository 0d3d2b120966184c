/**
 * The connection that all ordinary calls share: what they send goes out in order, and so do the answers come. It is
 * opened for the first call, and again for the first call after it was lost.
 */
import {
  type Awaitable,
  type CallbackReply,
  type CoroutineBody,
  coroutine,
  fromCallback,
  InvalidStateError,
  type StopCallback,
} from "brigade";
import { Connection, type Making } from "./connection.ts";
import { addressIn } from "./failures.ts";

/** A call that has to wait until there is a connection. Nothing of it was sent. */
interface Waiting {
  readonly send: Sending;
  readonly reply: CallbackReply<never>;
  stop: StopCallback | undefined;
}
/** Puts a call on a connection, and gives what ends the wait for its answer. */
export type Sending = (connection: Connection, reply: CallbackReply<never>) => StopCallback;

type State = "open" | "closing" | "closed";

export class Line {
  readonly #making: Making;
  #connection: Connection | undefined;
  #opening = false; // `#connection` is not ready yet
  readonly #waiting = new Set<Waiting>();
  readonly #ending = new Set<Connection>(); // lost or destroyed, and not given back yet
  #state: State = "open";
  #onSettled: (() => void) | undefined;
  readonly #opened: ((connection: Connection) => void) | undefined;

  /** `opened` is told of every connection, before the first call on it. */
  constructor(making: Making, opened?: (connection: Connection) => void) {
    this.#making = making;
    this.#opened = opened;
  }

  /** Where it leads to, for messages. */
  get address(): string {
    return addressIn(this.#making.driver, this.#making.address, this.#making.timing);
  }

  /** Sends a command now, or when there is a connection. */
  command(name: string, args: unknown[], reply: CallbackReply<never>): StopCallback {
    const connection = this.#usable();
    if (connection) return connection.send(name, args, reply);
    return this.#later((opened, later) => opened.send(name, args, later), reply);
  }

  send(send: Sending, reply: CallbackReply<never>): StopCallback {
    const connection = this.#usable();
    return connection ? send(connection, reply) : this.#later(send, reply);
  }

  #usable(): Connection | undefined {
    if (this.#state !== "open") throw closed();
    const connection = this.#connection;
    return connection !== undefined && !this.#opening && connection.usable ? connection : undefined;
  }

  #later(send: Sending, reply: CallbackReply<never>): StopCallback {
    const waiting: Waiting = { send, reply, stop: undefined };
    this.#waiting.add(waiting);
    if (!this.#opening) this.#open();
    return (reason) => {
      if (waiting.stop) waiting.stop(reason);
      else if (this.#waiting.delete(waiting)) reply.fail(reason);
    };
  }

  #open(): void {
    this.#opening = true;
    const connection = new Connection(this.#making);
    this.#connection = connection;
    this.#ending.add(connection);
    connection.whenEnded(() => this.#ending.delete(connection));
    const settled = (): void => {
      if (this.#connection !== connection) return; // dropped meanwhile: those who waited wait for another
      this.#opening = false;
      const all = [...this.#waiting];
      this.#waiting.clear();
      if (connection.usable) this.#opened?.(connection);
      for (const one of all) this.#serve(one, connection);
      this.#onSettled?.();
    };
    connection.open(settled, settled);
  }

  #serve(one: Waiting, connection: Connection): void {
    if (this.#state === "closed") one.reply.fail(closed());
    else if (!connection.usable) one.reply.fail(connection.refusal);
    else {
      try {
        one.stop = one.send(connection, one.reply);
      } catch (error) {
        one.reply.fail(error);
      }
    }
  }

  /** Ends the connection, if there is one: the next call, and those that wait for it, open another. */
  drop(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#opening = false;
    connection?.destroy();
    if (this.#waiting.size > 0) this.#open();
  }

  /** Takes no more calls; those under way are awaited, or ended with `interrupt`. Everything is given back at the end. */
  close(interrupt: boolean): Awaitable<void> {
    this.#state = interrupt ? "closed" : "closing";
    return closeLine(this);
  }

  /** @internal Waits until the calls are done, unless they are to be ended. */
  readonly drained: () => Awaitable<void> = coroutine(function* drained(this: Line): CoroutineBody<void> {
    for (let left = this.#left; this.#state === "closing" && left; left = this.#left) yield* left;
    this.#state = "closed";
  }).bind(this);

  /** What has to end before the calls are done. */
  get #left(): Awaitable<void> | undefined {
    if (this.#opening) return this.#settled();
    const connection = this.#connection;
    return connection === undefined || connection.idle || connection.ended ? undefined : connection.drained();
  }

  #settled(): Awaitable<void> {
    return fromCallback<void>((reply) => {
      this.#onSettled = () => reply.succeed();
      return undefined;
    }, "redis connection to open");
  }

  /** @internal Connections that are not given back yet. */
  get left(): readonly Connection[] {
    return [...this.#ending];
  }
}

const closeLine = /* @__PURE__ */ coroutine(function* closeLine(line: Line): CoroutineBody<void> {
  yield* line.drained();
  for (const connection of line.left) yield* connection.close();
});

function closed(): InvalidStateError {
  return new InvalidStateError("redis: it is closed, because the body that used it has ended");
}
