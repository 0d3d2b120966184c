/** Transactions and savepoints: context managers that commit, or roll back. */
import {
  type AsyncContextManager,
  type Awaitable,
  type CoroutineBody,
  coroutine,
  type Ending,
  InvalidStateError,
  type Stream,
} from "brigade";
import { cursor, type Place } from "./cursor.ts";
import type { SqliteRow, SqliteValues } from "./request.ts";
import type { Seat } from "./seat.ts";
import { Statements } from "./statements.ts";
import type { SqliteTransaction } from "./types.ts";
import { type Stand, STAND, type Wanted } from "./wire/messages.ts";
import { checkSql } from "./checks.ts";

/** How a transaction gets its process, and gives it back. */
export interface Stage {
  /** "BEGIN IMMEDIATE", say. */
  readonly begin: string;
  enter(): Awaitable<Seat>;
  leave(): void;
}

class Transaction extends Statements implements SqliteTransaction {
  readonly #seat: Seat;
  readonly #depth: number;
  readonly #streams: Set<Stream<SqliteRow>> = new Set();
  #state: "open" | "over" = "open";

  constructor(seat: Seat, depth: number) {
    super();
    this.#seat = seat;
    this.#depth = depth;
  }

  protected override ask<T>(wanted: Wanted, sql: string, values: SqliteValues | undefined): Awaitable<T> {
    this.#check();
    return this.#seat.ask<T>({ kind: "call", wanted, stand: STAND.inside, sql, values });
  }

  override exec(sql: string): Awaitable<void> {
    checkSql(sql);
    this.#check();
    return quietly(this.#seat, sql, STAND.inside);
  }

  protected override rows(sql: string, values: SqliteValues | undefined): Stream<SqliteRow> {
    this.#check();
    const rows = cursor(placeAt(this.#seat), { stand: STAND.inside, sql, values });
    this.#streams.add(rows);
    return rows;
  }

  savepoint(): AsyncContextManager<SqliteTransaction> {
    this.#check();
    const depth = this.#depth + 1;
    const seat = this.#seat;
    const inner = new Transaction(seat, depth);
    return {
      enter: () => entered(seat, `SAVEPOINT brigade_${depth}`, inner),
      exit: (ending) => left(inner, seat, ending, depth),
    };
  }

  /** Nothing is read or run through it any more. */
  *end(): CoroutineBody<void> {
    this.#state = "over";
    for (const rows of this.#streams) {
      try {
        yield* rows.close();
      } catch {
        // somebody reads it, and hears from the process that it is over
      }
    }
  }

  #check(): void {
    if (this.#state === "open") return;
    const what = this.#depth === 0 ? "transaction" : "savepoint";
    throw new InvalidStateError(
      `the ${what} is over: it lasts as long as the body of use(), and what it runs is awaited there`,
    );
  }
}

function placeAt(seat: Seat): Place {
  const take = coroutine(function* take(): CoroutineBody<Seat> {
    return seat;
  });
  return { take, leave: () => {}, instead: () => undefined };
}

const entered = coroutine(function* savepoint(
  seat: Seat,
  sql: string,
  inner: Transaction,
): CoroutineBody<SqliteTransaction> {
  yield* seat.ask({ kind: "exec", sql, stand: STAND.inside });
  return inner;
});

const left = coroutine(function* leave(
  inner: Transaction,
  seat: Seat,
  ending: Ending,
  depth: number,
): CoroutineBody<void> {
  yield* inner.end();
  const release = `RELEASE brigade_${depth}`;
  if (ending.kind === "value") return void (yield* seat.ask({ kind: "exec", sql: release, stand: STAND.inside }));
  const sql = `ROLLBACK TO brigade_${depth}; ${release}`;
  yield* seat.finish({ kind: "exec", sql, stand: STAND.inside });
});

const quietly = coroutine(function* exec(seat: Seat, sql: string, stand: Stand): CoroutineBody<void> {
  yield* seat.ask({ kind: "exec", sql, stand });
});

/** A transaction that takes its process from the stage. Cancelled while it begins, it has not begun. */
export function transaction(stage: Stage): AsyncContextManager<SqliteTransaction> {
  let seat: Seat | undefined;
  let body: Transaction | undefined;
  const enter = coroutine(function* begin(): CoroutineBody<SqliteTransaction> {
    const taken = yield* stage.enter();
    let begun = false;
    try {
      yield* taken.ask({ kind: "exec", sql: stage.begin, stand: STAND.begins });
      begun = true;
    } finally {
      if (!begun) {
        yield* taken.finish(ROLLBACK);
        stage.leave();
      }
    }
    seat = taken;
    body = new Transaction(taken, 0);
    return body;
  });
  const exit = coroutine(function* end(ending: Ending): CoroutineBody<void> {
    if (seat === undefined || body === undefined) return;
    let committed = false;
    try {
      yield* body.end();
      if (ending.kind === "value") {
        yield* seat.ask({ kind: "exec", sql: "COMMIT", stand: STAND.inside });
        committed = true;
      }
    } finally {
      if (!committed) yield* seat.finish(ROLLBACK);
      stage.leave();
    }
  });
  return { enter, exit };
}

const ROLLBACK = { kind: "exec", sql: "ROLLBACK", stand: STAND.begins } as const;
