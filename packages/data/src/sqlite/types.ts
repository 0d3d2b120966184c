/** What a program does with a database: the public shapes. */
import type { AsyncContextManager, Awaitable, Duration, Stream } from "brigade";
import type { SqliteEffect, SqliteRow, SqliteValues } from "./request.ts";
import type { RowSchema } from "../row-schema.ts";
import type { SqliteValue } from "./wire/values.ts";

/** A statement with its values in it, as a tagged template: each `${value}` is a parameter, never part of the text. */
export interface SqlTag {
  /** All rows. A statement that writes gives those of its RETURNING clause, or none. */
  <Row = SqliteRow>(text: TemplateStringsArray, ...values: readonly SqliteValue[]): Awaitable<Row[]>;
  /** Rows are held against the schema. */
  <Row>(schema: RowSchema<Row>): (text: TemplateStringsArray, ...values: readonly SqliteValue[]) => Awaitable<Row[]>;
}

/**
 * Statements, on a database or in a transaction. Values are given by position (`?`, an array) or by name (`:name`, an object).
 * An INTEGER is read as a number, and as a bigint with the option `bigints`; one that a number can't hold is a `RangeError`
 * without it. A number is stored as REAL where the column does not say otherwise, a bigint as INTEGER; `Uint8Array` is a BLOB.
 *
 * Cancelled, every call waits for its answer for as long as the option `grace`; then its process is killed, and SQLite's journal
 * undoes what was not committed. Throws `QueryError` with SQLite's code ("SQLITE_CONSTRAINT_UNIQUE"), `ConnectionLostError` when
 * the process dies, and `TypeError` for values that SQLite can't store, or too few of them.
 */
export interface SqliteStatements {
  /** Runs one statement for its effect. */
  run(sql: string, values?: SqliteValues): Awaitable<SqliteEffect>;
  /** The first row, or undefined. */
  get<Row = SqliteRow>(sql: string, values?: SqliteValues, schema?: RowSchema<Row>): Awaitable<Row | undefined>;
  /** All rows. */
  all<Row = SqliteRow>(sql: string, values?: SqliteValues, schema?: RowSchema<Row>): Awaitable<Row[]>;
  /** The rows one after the other: no more are read than are wanted, but for one piece ahead. */
  stream<Row = SqliteRow>(sql: string, values?: SqliteValues, schema?: RowSchema<Row>): Stream<Row>;
  /** Runs any number of statements, which take no values. Each takes effect by itself: the first that fails ends it. */
  exec(sql: string): Awaitable<void>;
  readonly sql: SqlTag;
}

/** Statements that take effect together, or not at all. */
export interface SqliteTransaction extends SqliteStatements {
  /** A transaction within this one: what is done in the body of `use` is undone alone when the body fails or is cancelled. */
  savepoint(): AsyncContextManager<SqliteTransaction>;
}

export interface SqliteTransactionOptions {
  /** It sees the database as it is when it begins, and does not hold up those who write. */
  readonly readOnly?: boolean;
}

/** A database: see `sqlite`. */
export interface Sqlite extends SqliteStatements {
  /**
   * A context manager of a transaction: `use(db.transaction(), function* (tx) {…})` commits when the body returns, and rolls back
   * when it throws or is cancelled. One transaction or statement writes at a time, in the order of their asking; others wait.
   * While it is open, its task uses `tx`: `db.run` would wait for itself, and throws `InvalidStateError`.
   */
  transaction(options?: SqliteTransactionOptions): AsyncContextManager<SqliteTransaction>;
  /**
   * Copies the database, as it is now, into a file, which is there as a whole or not at all. Others read and write meanwhile. A
   * file that is there is replaced.
   */
  backup(to: string | URL): Awaitable<void>;
}

export interface SqliteOptions {
  /** Nothing can be written, and the file must be there. */
  readonly readOnly?: boolean;
  /** How many processes read, at most, beside those that `streams` counts; they start when they are needed. 2 unless given. */
  readonly readers?: number;
  /** How many streams, reading transactions and backups can be under way, each in a process of its own; others wait. 4 unless given. */
  readonly streams?: number;
  /** How long a cancelled call may take to end before its process is killed. 250 ms unless given. */
  readonly grace?: Duration;
  /** How long a statement waits for a lock that another program holds. 5 s unless given. */
  readonly busyTimeout?: Duration;
  /** Integers are read as bigints. */
  readonly bigints?: boolean;
  /** Leave the journal as the file has it. Write-ahead logging lets others read while one writes, and is on unless this is false. */
  readonly wal?: boolean;
  /**
   * Statements that every connection runs first, those that only read too: PRAGMA, ATTACH. "PRAGMA synchronous = NORMAL" makes
   * small commits many times as fast; those of the last moments may then be lost with the machine's power, and only then.
   */
  readonly init?: readonly string[];
}
