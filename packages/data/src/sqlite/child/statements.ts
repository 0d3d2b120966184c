/** The statements of a connection: prepared once, and checked for what SQLite would pass over in silence. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { SqliteValue } from "../wire/values.ts";

export type Values = readonly SqliteValue[] | Readonly<Record<string, SqliteValue>> | undefined;

/** What stands in quotes or comments, where a colon means nothing. */
const QUOTED = /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
export class Prepared {
  readonly sql: string;
  readonly #db: DatabaseSync;
  readonly #statement: StatementSync;
  /** The names that the program has been told. */
  told: readonly string[] | undefined;
  #arrays = false;
  #wide = false;
  #positions = -1; // how many values have been found to be enough
  #names: readonly string[] | undefined;

  constructor(db: DatabaseSync, sql: string, bigints: boolean) {
    this.sql = sql;
    if (isBlank(sql)) throw new TypeError("there is no statement in it");
    this.#db = db;
    this.#statement = db.prepare(sql);
    const rest = sql.slice(sql.indexOf(this.#statement.sourceSQL) + this.#statement.sourceSQL.length);
    if (!isBlank(rest))
      throw new TypeError(
        "there is more than one statement: run them one by one, or all with exec(), which takes no values",
      );
    if (bigints) this.#statement.setReadBigInts(true);
    this.#wide = bigints;
  }

  /** Its effect: how many rows it has changed, and the key of the row inserted last. */
  run(values: Values): { changes: number | bigint; lastInsertRowid: number | bigint } {
    if (!this.#wide) this.#statement.setReadBigInts(true); // a key that a number can't hold must not fail what is done
    const given = this.#given(values);
    try {
      return this.#statement.run(...given);
    } finally {
      if (!this.#wide) this.#statement.setReadBigInts(false);
    }
  }

  row(values: Values): Record<string, SqliteValue> | undefined {
    this.#returnArrays(false);
    return this.#statement.get(...this.#given(values));
  }

  rows(values: Values): readonly (readonly SqliteValue[])[] {
    this.#returnArrays(true);
    return this.#statement.all(...this.#given(values)) as unknown as readonly (readonly SqliteValue[])[];
  }

  iterate(values: Values): Iterator<readonly SqliteValue[]> {
    this.#returnArrays(true);
    return this.#statement.iterate(...this.#given(values)) as unknown as Iterator<readonly SqliteValue[]>;
  }

  /** The columns' names as they are now: a change of the schema changes them. */
  columns(): readonly string[] {
    return this.#statement.columns().map(({ name }) => name);
  }

  #returnArrays(arrays: boolean): void {
    if (this.#arrays !== arrays) this.#statement.setReturnArrays(arrays);
    this.#arrays = arrays;
  }

  #given(values: Values): SQLInputValue[] {
    if (Array.isArray(values)) {
      if (this.#positions !== values.length) this.#checkPositions(values.length);
      return values as SQLInputValue[];
    }
    if (values === undefined) {
      if (this.#positions !== 0) this.#checkPositions(0);
      this.#checkNames({});
      return [];
    }
    this.#checkNames(values as Readonly<Record<string, SqliteValue>>);
    return [values as unknown as SQLInputValue];
  }

  /** SQLite takes NULL for what is not given. That is asked of the statement's explanation, which does nothing. */
  #checkPositions(count: number): void {
    let takesMore = true;
    try {
      this.#db.prepare(`EXPLAIN ${this.sql}`).get(...new Array<null>(count + 1).fill(null));
    } catch {
      takesMore = false;
    }
    if (takesMore)
      throw new TypeError(`the statement takes more than the ${count} values given: give one for each "?"`);
    this.#positions = count;
  }

  #checkNames(values: Readonly<Record<string, SqliteValue>>): void {
    this.#names ??= this.sql.replace(QUOTED, " ").match(/[:@$][\p{L}_][\p{L}\p{N}_]*/gu) ?? [];
    for (const name of this.#names) {
      if (!Object.hasOwn(values, name.slice(1)) && !Object.hasOwn(values, name))
        throw new TypeError(`there is no value for ${name}: every parameter that the statement names needs one`);
    }
  }
}

/** Whether there is no statement in the text: nothing but space, semicolons and comments. */
function isBlank(sql: string): boolean {
  let at = 0;
  while (at < sql.length) {
    if (/[\s;]/.test(sql[at] as string)) at++;
    else if (sql.startsWith("--", at)) at = endOf(sql, "\n", at);
    else if (sql.startsWith("/*", at)) at = endOf(sql, "*/", at + 2);
    else return false;
  }
  return true;
}

/** Where what ends with `mark` is over. */
function endOf(sql: string, mark: string, from: number): number {
  const at = sql.indexOf(mark, from);
  return at < 0 ? sql.length : at + mark.length;
}
