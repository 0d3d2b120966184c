/** Rows as a stream: a cursor on the server, read a batch at a time, ahead of who reads. */
import {
  type Awaitable,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  type Stream,
  type Suspension,
  shield,
  stream,
  type Task,
} from "brigade";
import type { Pool } from "../connections/pool.ts";
import type { Connection } from "./calls/connection.ts";
import { Session } from "./calls/session.ts";
import type { Rows } from "./driver/link.ts";
import { OneByOne } from "./one-by-one.ts";
import type { AnyRow, Send } from "./queries.ts";
import { checkedRow, type RowSchema } from "../row-schema.ts";
import { all } from "./shapes.ts";
import { type Statement, statementOf } from "./sql/statement.ts";
import { commit, leave, rollback } from "./calls/session-end.ts";

export interface StreamOptions<Row> {
  /** How many rows come in one round trip, and are held at a time; as many again are on their way. Default: 1000. */
  readonly batch?: number;
  /** Checks each row, and gives what the schema gives. */
  readonly schema?: RowSchema<Row>;
}

type StreamTag<Row> = <Own = Row>(strings: TemplateStringsArray, ...values: readonly unknown[]) => Stream<Own>;

export interface RowStreams {
  /**
   * The rows of a `select` as a stream: in batches, as they are read, in bounded memory, from one snapshot. Outside a transaction
   * it holds a connection from the first row asked for to the end, and closes it also when it is left early. In a
   * transaction other statements can run between. Errors as for `sql`.
   *
   * @example
   * ```ts no-run
   * import { postgres } from "@brigade/data/postgres";
   * import { forEach, run, use } from "brigade";
   *
   * await run(
   *   use(postgres("postgres://app:secret@localhost/app"), function* (db) {
   *     const rows = db.stream({ batch: 500 })<{ id: number }>`select id from orders order by id`;
   *     yield* forEach(rows, (row) => console.log(row.id));
   *   }),
   * );
   * ```
   */
  readonly stream: StreamTag<AnyRow> & (<Row = AnyRow>(options: StreamOptions<Row>) => StreamTag<Row>);
}

let cursors = 0;

/** Batches asked for before somebody wants them: the server works while the rows are dealt with. */
const AHEAD = 1;

interface Ask {
  readonly statement: Statement;
  readonly batch: number;
  readonly schema: RowSchema<unknown> | undefined;
}

/** A cursor in a transaction that is there already. */
class Cursor {
  readonly #send: Send;
  readonly #ask: Ask;
  readonly #name = `brigade_cursor_${++cursors}`;
  readonly #ahead: number;
  readonly #coming: Task<Rows<unknown>>[] = []; // batches that were asked for, in order
  #count = 0;
  done = false;

  /** `ahead`: so many batches are asked for before somebody wants them. */
  constructor(send: Send, ask: Ask, ahead: number) {
    this.#send = send;
    this.#ask = ask;
    this.#ahead = ahead;
  }

  open(): Awaitable<unknown> {
    const { text, values } = this.#ask.statement;
    const declare = `declare ${this.#name} no scroll cursor for ${text}`;
    return this.#send({ text: declare, values, mode: "unnamed" }, all, text);
  }

  #fetch(): Awaitable<Rows<unknown>> {
    const text = `fetch ${this.#ask.batch} from ${this.#name}`;
    return this.#send({ text, values: [], mode: "simple" }, all, text);
  }

  #lookAhead(): void {
    while (this.#coming.length < this.#ahead)
      this.#coming.push(createTask(this.#fetch(), { name: `fetch ${this.#name}`, eager: true }));
  }

  /** The next rows; none when there are no more. */
  readonly read: () => Coroutine<unknown[]> = coroutine(function* read(this: Cursor): CoroutineBody<unknown[]> {
    this.#lookAhead();
    const [next] = this.#coming;
    const rows = next ? yield* next : yield* this.#fetch();
    this.#coming.shift();
    const { batch, schema } = this.#ask;
    this.done = rows.length < batch;
    if (!this.done) this.#lookAhead();
    if (schema) for (let i = 0; i < rows.length; i++) rows[i] = checkedRow(schema, rows[i], this.#count + i);
    this.#count += rows.length;
    return rows;
  }).bind(this);

  /** Ends what is on its way. */
  readonly stop: () => Coroutine<void> = coroutine(function* stop(this: Cursor): CoroutineBody<void> {
    const coming = this.#coming.splice(0);
    for (const task of coming.toReversed()) task.cancel(); // the last one first: it has not been sent
    for (const task of coming) {
      try {
        yield* task;
      } catch {
        // It was read ahead, and nobody wants it.
      }
    }
  }).bind(this);

  readonly close: () => Coroutine<void> = coroutine(function* close(this: Cursor): CoroutineBody<void> {
    try {
      yield* this.#send({ text: `close ${this.#name}`, values: [], mode: "simple" }, all, "close the cursor");
    } catch {
      // The transaction has failed, or is lost: the cursor went with it.
    }
  }).bind(this);
}

/** In a transaction nothing is read ahead: to end that when the stream is left would spoil the transaction. */
const inTransaction = stream(function* rows(send: Send, ask: Ask): Generator<Suspension | unknown[], void, unknown> {
  const cursor = new Cursor(send, ask, 0);
  yield* cursor.open();
  try {
    do {
      yield yield* cursor.read();
    } while (!cursor.done);
  } finally {
    yield* shield(cursor.close());
  }
});

const onItsOwn = stream(function* rows(
  pool: Pool<Connection>,
  ask: Ask,
): Generator<Suspension | unknown[], void, unknown> {
  const slot = yield* pool.acquire();
  const session = new Session(slot.connection);
  const cursor = new Cursor(session.call.bind(session), ask, AHEAD);
  let finished = false;
  try {
    yield* session.control("begin");
    yield* cursor.open();
    do {
      yield yield* cursor.read();
    } while (!cursor.done);
    yield* commit(session);
    finished = true;
  } finally {
    yield* shield(end(pool, slot, session, cursor, finished));
  }
});

const end = coroutine(function* end(
  pool: Pool<Connection>,
  slot: Parameters<typeof leave>[1],
  session: Session,
  cursor: Cursor,
  finished: boolean,
): CoroutineBody<void> {
  yield* cursor.stop();
  session.close("the stream has ended");
  if (!finished) yield* rollback(session, ["rollback"]);
  yield* leave(pool, slot, session);
});

const BATCH = 1_000;

function rowStreams(begin: (ask: Ask) => Stream<unknown[]>): RowStreams {
  const tagged =
    ({ batch = BATCH, schema }: StreamOptions<unknown>) =>
    (strings: TemplateStringsArray, ...values: readonly unknown[]): Stream<unknown> => {
      if (!(Number.isInteger(batch) && batch >= 1))
        throw new RangeError(`stream: batch is a whole number of at least 1, not ${batch}`);
      return new OneByOne(begin({ statement: statementOf(strings, values), batch, schema }));
    };
  const plain = tagged({});
  const either = (first: TemplateStringsArray | StreamOptions<unknown>, ...values: readonly unknown[]): unknown =>
    Array.isArray(first)
      ? plain(first as unknown as TemplateStringsArray, ...values)
      : tagged(first as StreamOptions<unknown>);
  return { stream: either as RowStreams["stream"] };
}

export function rowStreamsOver(send: Send): RowStreams {
  return rowStreams((ask) => inTransaction(send, ask));
}

export function rowStreamsOf(pool: Pool<Connection>): RowStreams {
  return rowStreams((ask) => onItsOwn(pool, ask));
}
