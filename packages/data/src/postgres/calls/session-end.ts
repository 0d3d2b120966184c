/** How the use of a connection ends: committed, rolled back, given back in a known state, or destroyed. */
import { type Coroutine, type CoroutineBody, coroutine, getRunningLoop, InvalidStateError } from "brigade";
import type { Pool } from "../../connections/pool.ts";
import type { Slot } from "../../connections/slot.ts";
import { QueryError } from "../../errors.ts";
import type { Connection } from "./connection.ts";
import type { Session } from "./session.ts";

/** What it leaves is given back in a known state, or destroyed. */
export const leave: (pool: Pool<Connection>, slot: Slot<Connection>, session: Session) => Coroutine<void> = coroutine(
  function* leave(pool: Pool<Connection>, slot: Slot<Connection>, session: Session): CoroutineBody<void> {
    yield* session.settled();
    if (session.lost) pool.drop(slot);
    pool.giveBack(slot);
  },
);

/** When the server does not say within grace that it has undone everything, the connection is destroyed: then it does. */
export const rollback: (session: Session, texts: readonly string[]) => Coroutine<void> = coroutine(function* rollback(
  session: Session,
  texts: readonly string[],
): CoroutineBody<void> {
  session.interrupt(new InvalidStateError("the transaction is being rolled back"));
  yield* session.settled();
  try {
    for (const text of texts) if (!session.lost) yield* bounded(session, text, session.settings.grace);
  } catch {
    session.connection.link.destroy();
  }
});

/** The server has so long to answer, or the connection is destroyed. */
const bounded = coroutine(function* bounded(session: Session, text: string, limit: number): CoroutineBody<string> {
  const timer =
    limit === Infinity ? undefined : getRunningLoop().callLater(limit, () => session.connection.link.destroy());
  try {
    return yield* session.control(text);
  } finally {
    timer?.cancel();
  }
});

export const commit: (session: Session) => Coroutine<void> = coroutine(function* commit(
  session: Session,
): CoroutineBody<void> {
  const command = yield* bounded(session, "commit", session.settings.commitTimeout);
  if (command === "COMMIT") return;
  throw new QueryError(
    "the transaction was rolled back: a statement in it had failed, and the body went on all the same. Let its error pass, or use a savepoint around it (25P02)",
    "25P02",
  );
});
