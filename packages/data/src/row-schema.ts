/** Rows held against a Standard Schema: what they must be, and what they are turned into. */

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
