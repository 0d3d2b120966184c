/** The one process that writes. Statements and transactions have it one after the other, so that a kill hits nobody else. */
import {
  type Awaitable,
  type CoroutineBody,
  coroutine,
  currentTask,
  InvalidStateError,
  Lock,
  type Permit,
  type Task,
} from "brigade";
import { ConnectionLostError } from "../errors.ts";
import type { Asked } from "./request.ts";
import { Seat } from "./seat.ts";
import type { Opening } from "./wire/messages.ts";

export class Writer {
  readonly #opening: Opening;
  readonly #grace: number;
  readonly #lock: Lock = new Lock();
  #seat: Seat | undefined;
  /** The task whose transaction is open. */
  #owner: Task<unknown> | undefined;
  #closed: Error | undefined;

  constructor(opening: Opening, grace: number) {
    this.#opening = opening;
    this.#grace = grace;
  }

  /** Throws instead of letting a task wait for itself. */
  checkOwner(what: string): void {
    if (this.#owner === undefined || this.#owner !== currentTask()) return;
    throw new InvalidStateError(
      `${what} on the database would wait for the transaction that this task has open: use the transaction's own methods, or a savepoint`,
    );
  }

  acquire(): Awaitable<Permit> {
    return this.#lock.acquire();
  }

  own(task: Task<unknown> | undefined): void {
    this.#owner = task;
  }

  /** The process as it is now, or a new one. To be called by who has the lock. */
  seat(): Seat {
    if (this.#closed) throw this.#closed;
    if (this.#seat !== undefined && !this.#seat.closing) return this.#seat;
    if (this.#seat !== undefined && this.#opening.path === ":memory:") {
      throw new ConnectionLostError(
        "the database was in memory, and is lost with its process, which has ended or was killed because a cancelled statement did not end",
        ":memory:",
        false,
      );
    }
    this.#seat = new Seat(this.#opening, this.#grace);
    return this.#seat;
  }

  ask<T>(asked: Asked): Awaitable<T> {
    return write(this, asked) as Awaitable<T>;
  }

  /** Lets the process end what it does, for as long as `within`. */
  *close(error: Error, within: number): CoroutineBody<void> {
    this.#closed = error;
    if (this.#seat) yield* this.#seat.close(within, error);
  }
}

const write = coroutine(function* write(writer: Writer, asked: Asked): CoroutineBody<unknown> {
  const permit = yield* writer.acquire();
  try {
    return yield* writer.seat().ask(asked);
  } finally {
    permit[Symbol.dispose]();
  }
});
