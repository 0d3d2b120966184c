/** One connection to the server. It is made once, and never again; what is under way when it ends fails. */
import process from "node:process";
import { type Awaitable, type CallbackReply, type EventLoop, fromCallback, type StopCallback } from "brigade";
import { type Client, type Driver, makeClient } from "./driver.ts";
import { gone, isReplyError, lost, refused, unreachable } from "./failures.ts";
import type { RedisAddress, Timing } from "./settings.ts";

type State = "opening" | "open" | "ended";
/** How the driver answers. */
export type Done = (error: Error | null | undefined, value?: unknown) => void;
type AnyCommand = (...args: unknown[]) => unknown;

/** What a connection is made of. */
export interface Making {
  readonly driver: Driver;
  readonly address: string | RedisAddress;
  readonly timing: Timing;
  readonly loop: EventLoop;
}

export class Connection {
  readonly client: Client;
  readonly timing: Timing;
  readonly #loop: EventLoop;
  #state: State = "opening";
  #trouble: Error | undefined; // what the driver said first; the end of the connection follows
  #outstanding = 0;
  #corked = false;
  #onReady: (() => void) | undefined;
  readonly #onEnd: (() => void)[] = [];
  #onIdle: (() => void) | undefined;

  constructor({ driver, address, timing, loop }: Making) {
    this.timing = timing;
    this.#loop = loop;
    this.client = makeClient(driver, address, timing);
    this.client.on("error", (error: Error) => {
      this.#trouble ??= error;
      // The driver goes on with another database than the one it was asked for; a connection that says an error is ours to end.
      this.#cut();
    });
    this.client.on("end", () => this.#ended());
  }

  /** Begins to connect. One of the two is called, once. */
  open(ready: () => void, failed: () => void): void {
    const late = this.#loop.callLater(this.timing.connectTimeout, () => {
      this.destroy(Object.assign(new Error("the connection is not ready in time"), { code: "ETIMEDOUT" }));
    });
    this.#onReady = () => {
      this.#onReady = undefined;
      late.cancel();
      if (this.#state === "open") ready();
      else failed();
    };
    this.client.connect().then(
      () => this.#connected(),
      () => undefined, // "end" tells it, when everything is given back
    );
  }

  #connected(): void {
    if (this.#state !== "opening" || this.#trouble !== undefined) return;
    this.#state = "open";
    this.#onReady?.();
  }

  /** Why it could not be opened. */
  get refusal(): Error {
    return unreachable(this.client, this.#trouble);
  }

  /** Whether a command can be sent now. */
  get usable(): boolean {
    return this.#state === "open" && this.client.status === "ready" && this.client.stream.writable;
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  /** Why it takes no more calls. Nothing of the call was sent. */
  get gone(): Error {
    return gone(this.client, this.#trouble);
  }

  /** Whether nothing is owed by the server. */
  get idle(): boolean {
    return this.#outstanding === 0;
  }

  /** Sends a command, and gives what ends the wait for its answer. */
  send(name: string, args: unknown[], reply: CallbackReply<never>): StopCallback {
    const call = new Sent(this, name, reply);
    this.request(name, args, call.done);
    return call.stop;
  }

  /** Sends a command. `done` is called once, also when the connection ends. */
  request(name: string, args: unknown[], done: Done): void {
    const command = (this.client as unknown as Record<string, AnyCommand | undefined>)[name];
    if (command === undefined)
      throw new TypeError(`redis: the driver knows no command "${name}": use call("${name}", …)`);
    this.hold();
    this.#cork();
    args.push((error: Error | null, value: unknown) => {
      this.release();
      done(error, value);
    });
    try {
      command.apply(this.client, args);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Something is owed by the server from now on. */
  hold(): void {
    this.#outstanding++;
  }

  release(): void {
    if (--this.#outstanding === 0) this.#onIdle?.();
  }

  /** What is sent in one turn of the host travels in one packet. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.client.stream.cork();
    process.nextTick(this.#uncork);
  }
  readonly #uncork = (): void => {
    this.#corked = false;
    this.client.stream.uncork();
  };

  failure(error: Error, command: string): Error {
    return isReplyError(error) ? refused(this.client, error, command) : lost(this.client, this.#trouble, command);
  }

  /** Ends it when no answer has come within the grace. What is given calls that off. */
  giveGrace(command: string): () => void {
    const handle = this.#loop.callLater(this.timing.grace, () => {
      this.destroy(
        new Error(`a cancelled ${command.toUpperCase()} got no answer within the grace of ${this.timing.grace} ms`),
      );
    });
    return () => handle.cancel();
  }

  /** Ends it at once: calls that are under way fail. */
  destroy(trouble?: Error): void {
    this.#trouble ??= trouble;
    this.#cut();
  }

  #cut(): void {
    const { status } = this.client;
    if (this.#state === "ended" || status === "close" || status === "end") return;
    this.client.disconnect();
    this.client.stream?.destroy(); // the driver's own end waits for the server to agree
  }

  #ended(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#onReady?.();
    for (const told of this.#onEnd.splice(0)) told();
  }

  /** Calls back when it has ended; at once when it has. */
  whenEnded(told: () => void): void {
    if (this.#state === "ended") told();
    else this.#onEnd.push(told);
  }

  /** Waits until nothing is owed, or the connection has ended. Cancellation leaves at once. */
  drained(): Awaitable<void> {
    return fromCallback<void>((reply) => {
      if (this.idle || this.ended) reply.succeed();
      this.#onIdle = () => reply.succeed();
      this.whenEnded(() => reply.succeed());
      return undefined;
    }, "redis calls to end");
  }

  /** Ends it, and waits until it has ended. */
  close(): Awaitable<void> {
    return fromCallback<void>((reply) => {
      this.destroy(this.idle ? undefined : new Error("redis() was closed"));
      this.whenEnded(() => reply.succeed());
      return () => {}; // it ends by itself, soon
    }, "redis connection to close");
  }
}

/** A command on its way. */
class Sent {
  readonly #connection: Connection;
  readonly #name: string;
  readonly #reply: CallbackReply<unknown>;
  #spare: (() => void) | undefined; // cancelled ⇔ defined

  constructor(connection: Connection, name: string, reply: CallbackReply<unknown>) {
    this.#connection = connection;
    this.#name = name;
    this.#reply = reply;
  }

  readonly done: Done = (error, value) => {
    const reply = this.#reply;
    if (this.#spare !== undefined) {
      this.#spare();
      reply.succeed(undefined); // nobody asks any more how it ended
    } else if (error) reply.fail(this.#connection.failure(error, this.#name));
    else reply.succeed(value);
  };

  /** Answers come in order, so that the state of the connection is known again when this one is there. */
  readonly stop: StopCallback = () => {
    this.#spare = this.#connection.giveGrace(this.#name);
  };
}
