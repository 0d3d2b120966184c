/** One connection to a database, and what a request does with it. */
import { DatabaseSync } from "node:sqlite";
import type { ByteReader } from "../wire/bytes.ts";
import { FAILURE, type Opening, REQUEST, STAND, VALUES, WANTED } from "../wire/messages.ts";
import { readValue, type SqliteValue } from "../wire/values.ts";
import type { Answers } from "./answers.ts";
import { Prepared, type Values } from "./statements.ts";

const ROWS_OF_A_PIECE = 1_000;
// What takes its time is given as it comes.
const TIME_OF_A_PIECE = 10; // ms

interface Cursor {
  readonly statement: Prepared;
  readonly rows: Iterator<readonly SqliteValue[]>;
}

export class Session {
  readonly #answers: Answers;
  #db: DatabaseSync | undefined;
  #bigints = false;
  readonly #texts: Map<number, string> = new Map();
  readonly #statements: Map<number, Prepared> = new Map();
  readonly #cursors: Map<number, Cursor> = new Map();

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  serve(request: ByteReader): void {
    const kind = request.u8();
    if (kind === REQUEST.forget) {
      const id = request.u32();
      this.#texts.delete(id);
      this.#statements.delete(id);
      return;
    }
    try {
      if (kind === REQUEST.call) this.#call(request);
      else if (kind === REQUEST.exec) this.#exec(request);
      else if (kind === REQUEST.cursor) this.#cursor(request);
      else if (kind === REQUEST.pull) this.#pull(request.u32());
      else if (kind === REQUEST.drop) this.#drop(request.u32());
      else this.#open(JSON.parse(request.text()) as Opening);
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): void {
    try {
      this.#db?.close();
    } catch {
      // what is committed is in the file or in its log
    }
  }

  get #connection(): DatabaseSync {
    return this.#db as DatabaseSync;
  }

  #open({ path, readOnly, wal, bigints, busyTimeout, init }: Opening): void {
    const db = new DatabaseSync(path, { readOnly });
    db.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    if (wal) db.exec("PRAGMA journal_mode = WAL");
    db.prepare("PRAGMA schema_version").get(); // reads the file: what is no database says so here
    for (const statement of init) db.exec(statement);
    this.#db = db;
    this.#bigints = bigints;
    this.#answers.effect(0, 0);
  }

  #call(request: ByteReader): void {
    const wanted = request.u8();
    const stand = request.u8();
    const id = request.u32();
    if (request.u8() === 1) this.#texts.set(id, request.text());
    const values = readValues(request);
    this.#check(stand);
    let statement = this.#statements.get(id);
    if (statement === undefined) {
      statement = new Prepared(this.#connection, this.#texts.get(id) as string, this.#bigints);
      this.#statements.set(id, statement);
    }
    if (wanted === WANTED.effect) this.#effect(statement, values, stand);
    else if (wanted === WANTED.row) this.#row(statement, values, stand);
    else this.#rows(statement, values, stand);
  }

  #effect(statement: Prepared, values: Values, stand: number): void {
    const { changes, lastInsertRowid } = statement.run(values);
    this.#settle(stand);
    this.#answers.effect(Number(changes), this.#bigints ? lastInsertRowid : narrow(lastInsertRowid));
  }

  #row(statement: Prepared, values: Values, stand: number): void {
    const began = performance.now();
    const row = statement.row(values);
    this.#settle(stand);
    if (row === undefined) return this.#answers.rows(undefined, [], performance.now() - began);
    const names = Object.keys(row);
    const cells = names.map((name) => row[name] as SqliteValue);
    this.#answers.rows(news(statement, names), [cells], performance.now() - began);
  }

  #rows(statement: Prepared, values: Values, stand: number): void {
    const began = performance.now();
    const rows = statement.rows(values);
    this.#settle(stand);
    const names = rows.length > 0 ? news(statement, statement.columns()) : undefined;
    this.#answers.rows(names, rows, performance.now() - began);
  }

  #exec(request: ByteReader): void {
    const stand = request.u8();
    const sql = request.text();
    this.#check(stand);
    try {
      this.#connection.exec(sql);
    } catch (error) {
      if (stand === STAND.outside && this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      throw error;
    }
    this.#settle(stand);
    this.#answers.effect(0, 0);
  }

  #cursor(request: ByteReader): void {
    const stand = request.u8();
    const id = request.u32();
    const sql = request.text();
    const values = readValues(request);
    this.#check(stand);
    const statement = new Prepared(this.#connection, sql, this.#bigints);
    this.#cursors.set(id, { statement, rows: statement.iterate(values) });
    this.#pull(id);
  }

  #pull(id: number): void {
    const cursor = this.#cursors.get(id);
    if (cursor === undefined) return this.#answers.rows(undefined, [], 0);
    const until = performance.now() + TIME_OF_A_PIECE;
    let ended = false;
    try {
      this.#answers.piece(
        () => news(cursor.statement, cursor.statement.columns()),
        () => {
          const { done, value } = cursor.rows.next();
          if (!done) return value;
          ended = true;
          return undefined;
        },
        (rows) => rows === ROWS_OF_A_PIECE || (rows % 16 === 0 && performance.now() > until),
      );
    } catch (error) {
      ended = true;
      throw error;
    } finally {
      if (ended) this.#cursors.delete(id);
    }
  }

  #drop(id: number): void {
    const cursor = this.#cursors.get(id);
    this.#cursors.delete(id);
    cursor?.rows.return?.();
    this.#answers.effect(0, 0);
  }

  /** A transaction that SQLite has rolled back by itself must not go on as single statements. */
  #check(stand: number): void {
    if (stand === STAND.inside && !this.#connection.isTransaction)
      throw new TypeError("the transaction is over: SQLite rolled it back after an error, or a statement ended it");
  }

  /** A transaction that is left open would take in what others do here. */
  #settle(stand: number): void {
    if (stand !== STAND.outside || !this.#connection.isTransaction) return;
    this.#connection.exec("ROLLBACK");
    throw new TypeError("the statement left a transaction open, which was rolled back: use transaction()");
  }

  #fail(error: unknown): void {
    const { code, errcode, message } = error as Error & { code?: string; errcode?: number };
    if (errcode !== undefined) this.#answers.failed(FAILURE.sqlite, errcode, message);
    else this.#answers.failed(code === "ERR_OUT_OF_RANGE" ? FAILURE.range : FAILURE.type, 0, message);
  }
}

/** The names, unless the program has been told them. */
function news(statement: Prepared, names: readonly string[]): readonly string[] | undefined {
  const { told } = statement;
  if (told?.length === names.length && names.every((name, at) => name === told[at])) return undefined;
  statement.told = names;
  return names;
}

function narrow(value: number | bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readValues(request: ByteReader): Values {
  const form = request.u8();
  if (form === VALUES.none) return undefined;
  const count = request.u32();
  if (form === VALUES.positional) return Array.from({ length: count }, () => readValue(request));
  const named: Record<string, SqliteValue> = {};
  for (let i = 0; i < count; i++) named[request.text()] = readValue(request);
  return named;
}
