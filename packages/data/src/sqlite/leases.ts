/** Processes that read for one caller at a time: a stream, a reading transaction, a backup. Used again when they are free. */
import { type Awaitable, type CoroutineBody, coroutine, gather, type Permit, Semaphore } from "brigade";
import { Seat } from "./seat.ts";
import type { Opening } from "./wire/messages.ts";

export interface Lease {
  readonly seat: Seat;
  readonly permit: Permit;
}

export class Leases {
  readonly #opening: Opening;
  readonly #grace: number;
  readonly #turns: Semaphore;
  readonly #seats: Set<Seat> = new Set();
  readonly #taken: Set<Seat> = new Set();
  #closed: Error | undefined;

  constructor(opening: Opening, most: number, grace: number) {
    this.#opening = opening;
    this.#grace = grace;
    this.#turns = new Semaphore(most);
  }

  /** To be given back in a `finally`. */
  take(): Awaitable<Lease> {
    return turn(this.#turns, () => this.#seat());
  }

  #seat(): Seat {
    if (this.#closed) throw this.#closed;
    for (const seat of this.#seats) {
      if (seat.closing) this.#seats.delete(seat);
      else if (seat.free && !this.#taken.has(seat)) return this.#mark(seat);
    }
    const seat = new Seat(this.#opening, this.#grace);
    this.#seats.add(seat);
    return this.#mark(seat);
  }

  #mark(seat: Seat): Seat {
    this.#taken.add(seat);
    return seat;
  }

  giveBack({ seat, permit }: Lease): void {
    this.#taken.delete(seat);
    permit[Symbol.dispose]();
  }

  close(error: Error): Awaitable<unknown> {
    this.#closed = error;
    return gather([...this.#seats].map((seat) => seat.close(0, error)));
  }
}

const turn = coroutine(function* lease(turns: Semaphore, seat: () => Seat): CoroutineBody<Lease> {
  const permit = yield* turns.acquire();
  try {
    return { seat: seat(), permit };
  } catch (error) {
    permit[Symbol.dispose]();
    throw error;
  }
});
