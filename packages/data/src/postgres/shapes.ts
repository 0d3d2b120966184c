/** What becomes of the rows of an answer: all, the first, checked by a schema. */
import { QueryError } from "../errors.ts";
import type { Shape } from "./calls/call.ts";
import type { Rows } from "./driver/link.ts";

/** A schema of any library that keeps to https://standardschema.dev: zod, valibot, arktype, … */
export interface RowSchema<Row> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Row> | Promise<SchemaResult<Row>>;
    readonly types?: { readonly input: unknown; readonly output: Row } | undefined;
  };
}

type SchemaResult<Row> =
  | { readonly value: Row; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A row is not what the schema says it is. */
export class RowError extends Error {
  override readonly name: string = "RowError";
  /** Which one, from 0. */
  readonly index: number;
  readonly issues: readonly SchemaIssue[];

  constructor(index: number, issues: readonly SchemaIssue[]) {
    super(`row ${index + 1} does not fit the schema: ${issues.map(shownIssue).join("; ")}`);
    this.index = index;
    this.issues = issues;
  }
}

function shownIssue({ message, path }: SchemaIssue): string {
  const keys = path?.map((part) => String(typeof part === "object" ? part.key : part)) ?? [];
  return keys.length > 0 ? `${keys.join(".")}: ${message}` : message;
}

/** The row as the schema gives it. Throws `RowError`. */
export function checkedRow<Row>(schema: RowSchema<Row>, row: unknown, index: number): Row {
  const result = schema["~standard"].validate(row);
  if (result instanceof Promise)
    throw new TypeError("the schema checks asynchronously: rows are checked as they come, by schemas that don't");
  if (result.issues) throw new RowError(index, result.issues);
  return result.value;
}

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
