/**
 * A call that waits on the server, on a connection of its own. It is asked in slices, so that a server that is gone is
 * noticed; it can be ended at any moment, and what it took then goes back where it was.
 */
import { type Awaitable, type CoroutineBody, coroutine, fromCallback, moveOnAfter } from "brigade";
import type { Connection } from "../connection.ts";
import { ElementLostError } from "../errors.ts";
import type { Line } from "../line.ts";
import { BUFFER, type Command, formOf, plainName } from "./forms.ts";

const FIRST_PAUSE = 2; // milliseconds until the server is asked again to end a wait that it may not have known of
const LONGEST_PAUSE = 100;

type State =
  | "idle"
  | "asked" // the server owes an answer
  | "answered" // nobody has taken the answer yet
  | "over"; // the answer was taken, or was an error

export class Turn {
  readonly #connection: Connection;
  readonly #clientId: number | undefined;
  readonly #line: Line;
  readonly #name: string;
  readonly #args: unknown[];
  #state: State = "idle";
  #answer: unknown;
  #error: Error | undefined;
  #told: ((closed?: Error) => void) | undefined;
  #unblocking = false; // a request to end the wait is on its way: it may not meet another call

  /** `line` carries the request to end the wait of the connection, which the server knows by `clientId`. */
  constructor(connection: Connection, clientId: number | undefined, line: Line, name: string, args: unknown[]) {
    this.#connection = connection;
    this.#clientId = clientId;
    this.#line = line;
    this.#name = plainName(name);
    this.#args = args;
  }

  /** Waits for what comes; null when nothing came in time. In bytes. */
  readonly wait: () => Awaitable<unknown> = coroutine(function* wait(this: Turn): CoroutineBody<unknown> {
    const form = formOf(this.#name);
    const at = form?.timeoutAt(this.#args) as number;
    const unit = form?.unit as number;
    const asked = Number(this.#args[at]) * unit;
    if (!(asked >= 0)) return yield* this.#ask(); // the server says what is wrong with it
    if (this.#name === "xread") yield* this.#pin();
    const slice = this.#connection.timing.silence / 3;
    const until = asked > 0 ? performance.now() + asked : Infinity;
    for (;;) {
      const left = until - performance.now();
      this.#args[at] = inUnit(Math.min(slice, Math.max(left, 1)), unit);
      const answer = yield* this.#ask();
      if (answer !== null || performance.now() >= until) return answer;
    }
  }).bind(this);

  /** "From now on" means the same moment in every slice: `$` becomes the id that is the last one now. */
  readonly #pin: () => Awaitable<void> = coroutine(function* (this: Turn): CoroutineBody<void> {
    const args = this.#args;
    const keys = args.findIndex((arg) => typeof arg === "string" && arg.toUpperCase() === "STREAMS") + 1;
    const count = (args.length - keys) / 2;
    for (let i = keys + count; i < args.length; i++) {
      if (String(args[i]) !== "$") continue;
      const newest: unknown[] = [args[i - count], "+", "-", "COUNT", 1];
      const entries = yield* fromCallback<[string][]>((reply) => this.#connection.send("xrevrange", newest, reply));
      args[i] = entries?.[0]?.[0] ?? "0-0";
    }
  }).bind(this);

  #ask(): Awaitable<unknown> {
    this.#state = "asked";
    this.#connection.request(this.#name + BUFFER, [...this.#args], (error, value) => {
      this.#state = error ? "over" : "answered";
      this.#error = error ?? undefined;
      this.#answer = value;
      this.#told?.();
    });
    return this.#answered();
  }

  /** Waits for the answer. It is left at once: what comes then is for `undo`. */
  readonly #answered: () => Awaitable<unknown> = coroutine(function* (this: Turn): CoroutineBody<unknown> {
    yield* this.#settled();
    this.#state = "over";
    if (this.#error) throw this.#connection.failure(this.#error, this.#name);
    return this.#answer;
  }).bind(this);

  #settled(): Awaitable<void> {
    return fromCallback<void>((reply) => {
      if (this.#state !== "asked") reply.succeed();
      this.#told = (closed) => (closed ? reply.fail(closed) : reply.succeed());
      return undefined;
    }, `redis ${this.#name}`);
  }

  /** Whether nothing is left to undo. */
  get over(): boolean {
    return this.#state === "over" || this.#state === "idle";
  }

  /** Whoever waits gets the error instead; the turn is undone then. */
  interrupt(error: Error): void {
    this.#told?.(error);
  }

  /** Ends the wait, and puts back what it took. The connection can be used again afterwards, or is destroyed. To be called shielded. */
  readonly undo: () => Awaitable<void> = coroutine(function* undo(this: Turn): CoroutineBody<void> {
    const { grace } = this.#connection.timing;
    if (this.#state === "asked" && this.#clientId !== undefined) yield* moveOnAfter(grace, this.#unblock());
    if (this.#state === "asked") {
      this.#connection.destroy(new Error(`a cancelled ${this.#name} was not ended within the grace of ${grace} ms`));
      yield* this.#settled();
    }
    const taken = this.#state === "answered" && this.#answer !== null;
    this.#state = "over";
    if (taken) yield* this.#putBack(grace);
    if (this.#unblocking) this.#connection.destroy(); // the request may not end the wait of the next
  }).bind(this);

  /** Asks again and again: the server may get the request before the call that it is to end. */
  readonly #unblock: () => Awaitable<void> = coroutine(function* (this: Turn): CoroutineBody<void> {
    for (let pause = FIRST_PAUSE; this.#state === "asked"; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      yield* this.#requestEnd();
      yield* moveOnAfter(pause, this.#settled());
    }
  }).bind(this);

  #requestEnd(): Awaitable<void> {
    return fromCallback<void>((reply) => {
      this.#unblocking = true;
      const spent = (): void => {
        this.#unblocking = false;
        reply.succeed();
      };
      this.#line.command("client", ["UNBLOCK", this.#clientId], { succeed: spent, fail: spent });
      return undefined;
    }, "redis CLIENT UNBLOCK");
  }

  readonly #putBack: (grace: number) => Awaitable<void> = coroutine(function* (
    this: Turn,
    grace: number,
  ): CoroutineBody<void> {
    const answer = Array.isArray(this.#answer) ? this.#answer : [this.#answer];
    const form = formOf(this.#name);
    const command = form?.putBack?.(this.#args, answer, (key) => this.#asAsked(key));
    if (command === undefined) return;
    let trouble: unknown = new Error(`no answer within the grace of ${grace} ms`);
    try {
      if (yield* moveOnAfter(grace, this.#done(command))) return;
    } catch (error) {
      trouble = error;
    }
    this.#connection.destroy();
    const [at, ...elements] = Array.isArray(this.#answer) ? answer : [this.#args[0], ...answer];
    throw new ElementLostError(
      `redis ${this.#name} was cancelled when it had taken what its error holds, which could not be put back: ${(trouble as Error).message}`,
      String(this.#asAsked(at)),
      elements.flat(2) as Buffer[],
      { cause: trouble },
    );
  }).bind(this);

  #done([name, args]: Command): Awaitable<true> {
    return fromCallback<true>((reply) => {
      this.#connection.request(name, args, (error) => {
        if (error) reply.fail(this.#connection.failure(error, name));
        else reply.succeed(true);
      });
      return undefined;
    }, `redis ${name}`);
  }

  /** The server answers with the prefix that the driver put before the key, and would put there again. */
  #asAsked(key: unknown): unknown {
    const { keyPrefix } = this.#connection.client.options;
    return keyPrefix && Buffer.isBuffer(key) ? key.subarray(Buffer.byteLength(keyPrefix)) : key;
  }
}

/** Seconds with their fraction, or whole milliseconds. Never 0, which would be for ever. */
function inUnit(duration: number, unit: number): number {
  return Math.max(1, Math.ceil(duration)) / unit;
}
