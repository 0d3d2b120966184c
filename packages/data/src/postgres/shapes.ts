/** What becomes of the rows of an answer: all, the first, checked by a schema. */
import { QueryError } from "../errors.ts";
import { checkedRow, type RowSchema } from "../row-schema.ts";
import type { Shape } from "./calls/call.ts";
import type { Rows } from "./driver/link.ts";

export function all(rows: Rows<unknown>): Rows<unknown> {
  return rows;
}

export function checked<Row>(schema: RowSchema<Row>, then: Shape<unknown>): Shape<unknown> {
  return (rows) => {
    for (let i = 0; i < rows.length; i++) rows[i] = checkedRow(schema, rows[i], i);
    return then(rows);
  };
}

/** The codes are those of PL/pgSQL's `select into strict`. */
export function one(rows: Rows<unknown>): unknown {
  if (rows.length === 1) return rows[0];
  if (rows.length === 0) throw new QueryError("the statement gave no row, where one was asked for (P0002)", "P0002");
  throw tooMany(rows.length);
}

export function maybeOne(rows: Rows<unknown>): unknown {
  if (rows.length <= 1) return rows[0];
  throw tooMany(rows.length);
}

function tooMany(count: number): QueryError {
  return new QueryError(`the statement gave ${count} rows, where one was asked for (P0003)`, "P0003");
}
