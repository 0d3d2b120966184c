/** A process that one caller at a time has to itself, and how its calls end. */
import { type Awaitable, fromCallback, fromPromise } from "brigade";
import { ConnectionLostError } from "../errors.ts";
import { Connection, type Holder } from "./connection.ts";
import { type Asked, type Asker, Request } from "./request.ts";
import type { Opening } from "./wire/messages.ts";

/** An answer that was asked for ahead of time. */
export interface Ahead<T> {
  wait(): Awaitable<T>;
}

export class Seat implements Holder {
  readonly #connection: Connection;
  readonly #path: string;
  readonly #grace: number;
  #lost: Error | undefined;
  #closed: Error | undefined;

  constructor(opening: Opening, grace: number) {
    this.#path = opening.path;
    this.#grace = grace;
    this.#connection = new Connection(opening, this);
  }

  /** It can be given to somebody else. */
  get free(): boolean {
    return !this.#connection.closing && this.#connection.load === 0;
  }

  get closing(): boolean {
    return this.#connection.closing;
  }

  /** Cancelled, it waits for the answer for as long as `grace`, then kills the process and waits for its end. */
  ask<T>(asked: Asked): Awaitable<T> {
    return fromCallback<T>((reply) => {
      const request = new Request(asked, reply);
      if (this.#connection.closing) reply.fail(this.#gone());
      else this.#connection.send(request);
      return (reason) => this.#connection.giveUp(request, this.#grace, reason);
    }, labelOf(asked));
  }

  /** Asks now; the answer is waited for later, or never. */
  askAhead<T>(asked: Asked): Ahead<T> {
    let waiting: Asker | undefined;
    let outcome: ((asker: Asker) => void) | undefined;
    const answer = (how: (asker: Asker) => void): void => {
      outcome = how;
      if (waiting) how(waiting);
    };
    const request = new Request(asked, {
      succeed: (value) => answer((asker) => asker.succeed(value)),
      fail: (error) => answer((asker) => asker.fail(error)),
    });
    if (this.#connection.closing) request.asker.fail(this.#gone());
    else this.#connection.send(request);
    return {
      wait: () =>
        fromCallback<T>((reply) => {
          waiting = reply;
          outcome?.(waiting);
          return (reason) => this.#connection.giveUp(request, this.#grace, reason);
        }, labelOf(asked)),
    };
  }

  /** Asks for what ends something. Where there is no answer in time, the process is killed, which ends it too. Never throws. */
  finish(asked: Asked): Awaitable<void> {
    return fromCallback<void>((reply) => {
      const done = (): void => {
        clearTimeout(timer);
        reply.succeed();
      };
      const timer = setTimeout(() => this.#connection.kill(), this.#grace);
      if (this.#connection.closing) done();
      else this.#connection.send(new Request(asked, { succeed: done, fail: done }));
      return () => {};
    }, labelOf(asked));
  }

  /** Lets the process end what it does, for as long as `within`; then it is killed. Waits until it is no more. */
  close(within: number, error: Error): Awaitable<void> {
    this.#closed = error;
    if (within === 0) this.#connection.failAll(error);
    if (within === 0) this.#connection.kill();
    else this.#connection.close(within);
    return fromPromise(this.#connection.whenEnded);
  }

  #gone(): Error {
    const cause = this.#lost;
    return new ConnectionLostError(
      `the process that held ${this.#path} is gone; this statement was not run`,
      this.#path,
      false,
      {
        cause,
      },
    );
  }

  answered(): void {}

  ended(_connection: Connection, unanswered: readonly Request[], error: Error): void {
    this.#lost = this.#closed ?? error;
    const cause = this.#closed;
    if (cause) {
      const message = `${this.#path} was closed in the middle of a statement, which may have been done`;
      error = new ConnectionLostError(message, this.#path, true, { cause });
    }
    for (const { asker, givenUp } of unanswered) asker.fail(givenUp ?? error);
  }
}

function labelOf(asked: Asked): string {
  return "sql" in asked ? asked.sql : asked.kind;
}
