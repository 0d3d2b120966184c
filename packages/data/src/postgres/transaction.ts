/** Transactions and savepoints as context managers: they commit when the body ends with a value, and are undone otherwise. */
import {
  type AsyncContextManager,
  type CoroutineBody,
  contextManager,
  coroutine,
  shield,
  type Suspension,
} from "brigade";
import type { Pool } from "../connections/pool.ts";
import type { Slot } from "../connections/slot.ts";
import type { Connection } from "./calls/connection.ts";
import { Session } from "./calls/session.ts";
import { commit, leave, rollback } from "./calls/session-end.ts";
import { type Queries, queriesOver } from "./queries.ts";
import { type RowStreams, rowStreamsOver } from "./row-stream.ts";

export interface TransactionOptions {
  /** Default: what the server is set to, "read committed" as a rule. */
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
  /** Waits, when serializable and read-only, until nothing can make it fail. */
  readonly deferrable?: boolean;
}

/** A transaction: its statements run one after the other, in the order they were asked for. */
export interface Transaction extends Queries, RowStreams {
  /**
   * A part that can be undone by itself: released when its body ends with a value, undone on an error and on cancellation. A statement
   * that fails spoils the transaction as a whole unless it stands in a savepoint.
   */
  savepoint(): AsyncContextManager<Transaction>;
}

const isolations: ReadonlySet<unknown> = new Set(["read committed", "repeatable read", "serializable"]);

function beginning({ isolation, readOnly, deferrable }: TransactionOptions): string {
  if (isolation !== undefined && !isolations.has(isolation))
    throw new TypeError(
      `transaction: isolation is one of ${[...isolations].join(", ")}, not ${JSON.stringify(isolation)}`,
    );
  const words = ["begin"];
  if (isolation !== undefined) words.push(`isolation level ${isolation}`);
  if (readOnly !== undefined) words.push(readOnly ? "read only" : "read write");
  if (deferrable) words.push("deferrable");
  return words.join(" ");
}

export const transactionOf: (pool: Pool<Connection>, options: TransactionOptions) => AsyncContextManager<Transaction> =
  contextManager(function* transaction(
    pool: Pool<Connection>,
    options: TransactionOptions,
  ): Generator<Suspension | Transaction, void, unknown> {
    const begin = beginning(options);
    const slot = yield* pool.acquire();
    const session = new Session(slot.connection);
    let committed = false;
    try {
      yield* session.control(begin);
      yield transactionOver(session);
      yield* commit(session);
      committed = true;
    } finally {
      yield* shield(undo(pool, slot, session, committed));
    }
  });

const undo = coroutine(function* undo(
  pool: Pool<Connection>,
  slot: Slot<Connection>,
  session: Session,
  committed: boolean,
): CoroutineBody<void> {
  session.close("the transaction has ended");
  if (!committed) yield* rollback(session, ["rollback"]);
  yield* leave(pool, slot, session);
});

let savepoints = 0; // their names differ, so that no one hides another

const savepointOf: (session: Session) => AsyncContextManager<Transaction> = contextManager(function* savepoint(
  session: Session,
): Generator<Suspension | Transaction, void, unknown> {
  const name = `brigade_${++savepoints}`;
  yield* session.control(`savepoint ${name}`);
  let released = false;
  try {
    yield transactionOver(session);
    yield* session.control(`release ${name}`);
    released = true;
  } finally {
    if (!released) yield* shield(rollback(session, [`rollback to ${name}`, `release ${name}`]));
  }
});

function transactionOver(session: Session): Transaction {
  const send = session.call.bind(session);
  return {
    ...queriesOver(send),
    ...rowStreamsOver(send),
    savepoint: () => savepointOf(session),
  };
}
