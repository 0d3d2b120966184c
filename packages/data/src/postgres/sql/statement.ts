/** Statements from templates: values become parameters, never text. Parts (identifiers, fragments, rows) become text with parameters. */
import { type Encoded, encode, Json } from "./encode.ts";

export interface Statement {
  readonly text: string;
  readonly values: readonly Encoded[];
  /** "prepared": the server keeps it by its text. "unnamed": it does not. "simple": no values; may be several statements. */
  readonly mode: "prepared" | "unnamed" | "simple";
}

/** Something in a template that is not a value: it adds text, and values of its own. */
export abstract class Part {
  /** Writes itself; `add` takes a value and gives its placeholder. */
  abstract write(add: (value: unknown) => string): string;
}

class Identifier extends Part {
  readonly #text: string;
  constructor(names: readonly string[]) {
    super();
    for (const name of names) {
      if (typeof name !== "string" || name === "" || name.includes("\0"))
        throw new TypeError(`sql.id takes names, not ${JSON.stringify(name)}`);
    }
    this.#text = names.map(quotedName).join(".");
  }
  write(): string {
    return this.#text;
  }
}

export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

class Fragment extends Part {
  readonly #strings: readonly string[];
  readonly #values: readonly unknown[];
  constructor(strings: readonly string[], values: readonly unknown[]) {
    super();
    this.#strings = strings;
    this.#values = values;
  }
  write(add: (value: unknown) => string): string {
    return written(this.#strings, this.#values, add);
  }
}

/** ("a", "b") values ($1, $2), ($3, $4) */
class Rows extends Part {
  readonly #rows: readonly Readonly<Record<string, unknown>>[];
  readonly #columns: readonly string[];
  constructor(rows: readonly Readonly<Record<string, unknown>>[], columns: readonly string[]) {
    super();
    this.#rows = rows;
    this.#columns = columns.length > 0 ? columns : Object.keys(rows[0] ?? {});
    if (rows.length === 0 || this.#columns.length === 0)
      throw new TypeError("sql.rows takes at least one row with at least one column");
  }
  write(add: (value: unknown) => string): string {
    const rows = this.#rows.map((row) => `(${this.#columns.map((column) => add(row[column])).join(", ")})`);
    return `(${this.#columns.map(quotedName).join(", ")}) values ${rows.join(", ")}`;
  }
}

function written(strings: readonly string[], values: readonly unknown[], add: (value: unknown) => string): string {
  let text = strings[0] as string;
  for (const [i, value] of values.entries())
    text += (value instanceof Part ? value.write(add) : add(value)) + (strings[i + 1] as string);
  return text;
}

const MOST_VALUES = 65_534; // the protocol counts them in 16 bits

const texts = new WeakMap<TemplateStringsArray, string>(); // of templates whose values are all values

/** The statement that a template says. Throws `TypeError` for values that no column can hold. */
export function statementOf(strings: TemplateStringsArray, values: readonly unknown[]): Statement {
  for (const value of values) if (value instanceof Part) return statementWithParts(strings, values);
  let text = texts.get(strings);
  if (text === undefined) {
    text = strings.reduce((before, part, i) => `${before}$${i}${part}`);
    texts.set(strings, text);
  }
  return { text, values: encodeAll(values), mode: "prepared" };
}

function statementWithParts(strings: TemplateStringsArray, values: readonly unknown[]): Statement {
  const all: unknown[] = [];
  const text = written(strings, values, (value) => `$${all.push(value)}`);
  return { text, values: encodeAll(all), mode: "prepared" };
}

/** A statement whose text was put together by the program. */
export function unsafeStatement(text: string, values: readonly unknown[] | undefined): Statement {
  if (typeof text !== "string") throw new TypeError(`a statement is a string, not ${typeof text}`);
  if (text.includes("\0")) throw new TypeError("a statement can't contain the character NUL");
  if (values === undefined) return { text, values: [], mode: "simple" };
  return { text, values: encodeAll(values), mode: "unnamed" };
}

function encodeAll(values: readonly unknown[]): Encoded[] {
  if (values.length > MOST_VALUES)
    throw new RangeError(
      `a statement has at most ${MOST_VALUES} values, not ${values.length}: use copyFrom, or arrays`,
    );
  const encoded = new Array<Encoded>(values.length);
  for (let i = 0; i < values.length; i++) encoded[i] = encode(values[i], `value ${i + 1} of the statement`);
  return encoded;
}

/** What a template takes beside values. */
export interface Sql {
  /** A piece of a statement, to be used in others. */
  (strings: TemplateStringsArray, ...values: readonly unknown[]): Part;
  /** A name, quoted: `sql.id("public", "users")`. */
  id(...names: readonly string[]): Part;
  /** Columns and values for an insert: `insert into t ${sql.rows([{ a: 1 }, { a: 2 }])}`. The first row says the columns, unless given. */
  rows(rows: readonly Readonly<Record<string, unknown>>[], ...columns: readonly string[]): Part;
  /** A value for a column of type json or jsonb. Objects need no mark, arrays and strings do. */
  json(value: unknown): Json;
}

/**
 * Pieces of statements: `db.sql` and its kin take them where they take values. What stands in them as a value is sent
 * as a value, so that nothing needs escaping.
 *
 * @example
 * ```ts
 * import { sql } from "@brigade/data/postgres";
 *
 * const active = sql`active and age > ${18}`;
 * const table = sql.id("public", "users");
 * console.log(active !== table);
 * ```
 */
export const sql: Sql = Object.assign(
  (strings: TemplateStringsArray, ...values: readonly unknown[]): Part => new Fragment(strings, values),
  {
    id: (...names: readonly string[]): Part => new Identifier(names),
    rows: (rows: readonly Readonly<Record<string, unknown>>[], ...columns: readonly string[]): Part =>
      new Rows(rows, columns),
    json: (value: unknown): Json => new Json(value),
  },
);
