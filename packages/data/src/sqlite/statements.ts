/** What all that runs statements have in common: values are checked, rows validated, templates taken apart. */
import { type Awaitable, type CoroutineBody, coroutine, type Stream, stream } from "brigade";
import { checkedValues, checkSql } from "./checks.ts";
import type { SqliteEffect, SqliteRow, SqliteValues } from "./request.ts";
import { checkedRow, type RowSchema } from "../row-schema.ts";
import type { SqliteStatements, SqlTag } from "./types.ts";
import { WANTED, type Wanted } from "./wire/messages.ts";
import type { SqliteValue } from "./wire/values.ts";

export abstract class Statements implements SqliteStatements {
  readonly sql: SqlTag = ((text: TemplateStringsArray | RowSchema<unknown>, ...values: readonly SqliteValue[]) =>
    Array.isArray(text)
      ? this.all(text.join("?"), values)
      : (parts: TemplateStringsArray, ...given: readonly SqliteValue[]) =>
          this.all(parts.join("?"), given, text as RowSchema<unknown>)) as SqlTag;

  /** Asks for a statement's rows or effect. */
  protected abstract ask<T>(wanted: Wanted, sql: string, values: SqliteValues | undefined): Awaitable<T>;
  /** Gives a statement's rows one after the other. */
  protected abstract rows(sql: string, values: SqliteValues | undefined): Stream<SqliteRow>;
  abstract exec(sql: string): Awaitable<void>;

  run(sql: string, values?: SqliteValues): Awaitable<SqliteEffect> {
    checkSql(sql);
    return this.ask(WANTED.effect, sql, checkedValues(values));
  }

  get<Row = SqliteRow>(sql: string, values?: SqliteValues, schema?: RowSchema<Row>): Awaitable<Row | undefined> {
    checkSql(sql);
    const row = this.ask<Row | undefined>(WANTED.row, sql, checkedValues(values));
    return schema === undefined ? row : (one(row, schema) as Awaitable<Row | undefined>);
  }

  all<Row = SqliteRow>(sql: string, values?: SqliteValues, schema?: RowSchema<Row>): Awaitable<Row[]> {
    checkSql(sql);
    const rows = this.ask<Row[]>(WANTED.rows, sql, checkedValues(values));
    return schema === undefined ? rows : (every(rows, schema) as Awaitable<Row[]>);
  }

  stream<Row = SqliteRow>(sql: string, values?: SqliteValues, schema?: RowSchema<Row>): Stream<Row> {
    checkSql(sql);
    const rows = this.rows(sql, checkedValues(values));
    return (schema === undefined ? rows : each(rows, schema)) as Stream<Row>;
  }
}

const one = coroutine(function* get(row: Awaitable<unknown>, schema: RowSchema<unknown>): CoroutineBody<unknown> {
  const found = yield* row;
  return found === undefined ? undefined : checkedRow(schema, found, 0);
});

const every = coroutine(function* all(
  rows: Awaitable<unknown[]>,
  schema: RowSchema<unknown>,
): CoroutineBody<unknown[]> {
  return (yield* rows).map((row, index) => checkedRow(schema, row, index));
});

const each = stream(function* rows(
  source: Stream<SqliteRow>,
  schema: RowSchema<unknown>,
): Generator<unknown, void, unknown> {
  try {
    for (let index = 0; ; index++) {
      const { done, value } = yield* source.next();
      if (done) return;
      yield checkedRow(schema, value, index);
    }
  } finally {
    yield* source.close();
  }
});
