/** Rows as a stream: one piece is given while the process reads the next. */
import { type Awaitable, shield, type Stream, stream, type Suspension } from "brigade";
import type { Known, Piece, SqliteRow, SqliteValues } from "./request.ts";
import type { Ahead, Seat } from "./seat.ts";
import type { Stand } from "./wire/messages.ts";

let lastId = 0;

export interface CursorCall {
  readonly stand: Stand;
  readonly sql: string;
  readonly values: SqliteValues | undefined;
}

/** How a stream gets its process, and gives it back. */
export interface Place {
  take(): Awaitable<Seat>;
  leave(): void;
  /** All rows at once from elsewhere, where the process can't do it. */
  instead(error: unknown): Awaitable<readonly SqliteRow[]> | undefined;
}

export const cursor: (place: Place, call: CursorCall) => Stream<SqliteRow> = stream(function* rows(
  place: Place,
  call: CursorCall,
): Generator<Suspension | SqliteRow, void, unknown> {
  const known: Known = { id: ++lastId, names: [] };
  const seat = yield* place.take();
  let open = true;
  let elsewhere: Awaitable<readonly SqliteRow[]> | undefined;
  try {
    let piece: Piece = yield* seat.ask<Piece>({ kind: "cursor", cursor: known, ...call });
    for (;;) {
      let next: Ahead<Piece> | undefined;
      if (piece.done) open = false;
      else next = seat.askAhead<Piece>({ kind: "pull", cursor: known });
      for (const row of piece.rows) yield row;
      if (next === undefined) return;
      piece = yield* next.wait();
    }
  } catch (error) {
    elsewhere = place.instead(error);
    if (elsewhere === undefined) throw error;
  } finally {
    if (open) yield* shield(seat.finish({ kind: "drop", cursor: known }));
    place.leave();
  }
  for (const row of yield* elsewhere) yield row;
});
