/** What a statement is given is checked before anything is sent: SQLite would store something else, or nothing. */
import type { SqliteValues } from "./request.ts";
import type { SqliteValue } from "./wire/values.ts";

const MOST = 2n ** 63n;

/** Throws `TypeError` for a statement that is no text. */
export function checkSql(sql: unknown): asserts sql is string {
  if (typeof sql !== "string") throw new TypeError(`a statement is a string, not ${kindOf(sql)}`);
  if (sql.includes("\0"))
    throw new TypeError("the statement has a NUL character, at which SQLite would end it: pass values as parameters");
  if (!sql.isWellFormed()) throw new TypeError("the statement has half a surrogate pair, which is no character");
}

/** The values as they can be sent. Throws for what SQLite has no place for. */
export function checkedValues(values: unknown): SqliteValues | undefined {
  if (values === undefined) return undefined;
  if (Array.isArray(values)) {
    let copy: SqliteValue[] | undefined;
    for (let i = 0; i < values.length; i++) {
      const value: unknown = values[i];
      const checked = checkedValue(value, i);
      if (checked !== value) (copy ??= [...(values as SqliteValue[])])[i] = checked;
    }
    return copy ?? (values as SqliteValue[]);
  }
  if (typeof values !== "object" || values === null)
    throw new TypeError(`values come as an array, or as an object of names: got ${kindOf(values)}`);
  if (ArrayBuffer.isView(values)) throw new TypeError("values come as an array: put the bytes into one, [bytes]");
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, checkedValue(value, name)]));
}

function checkedValue(value: unknown, place: number | string): SqliteValue {
  if (typeof value === "number") {
    if (Number.isNaN(value))
      throw new TypeError(`${at(place)} is NaN, for which SQLite would store NULL: give null, or a number`);
    return value;
  }
  if (typeof value === "string") {
    if (!value.isWellFormed())
      throw new TypeError(
        `${at(place)} has half a surrogate pair, which UTF-8 can't hold: text.toWellFormed() replaces it`,
      );
    return value;
  }
  if (value === null) return null;
  if (typeof value === "bigint") {
    if (value >= MOST || value < -MOST)
      throw new RangeError(`${at(place)} is ${value}, and SQLite's integers have 64 bits`);
    return value;
  }
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new TypeError(
    `${at(place)} is ${kindOf(value)}: SQLite stores null, numbers, bigints, strings and bytes. ${advice(value)}`,
  );
}

function at(place: number | string): string {
  return typeof place === "number" ? `value ${place + 1}` : `the value of ${place}`;
}

function advice(value: unknown): string {
  if (typeof value === "boolean") return "Give 1 or 0";
  if (value instanceof Date) return "Give date.toISOString(), or its milliseconds";
  if (value === undefined) return "Give null for no value";
  return "Give JSON.stringify(…) of it";
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return value.constructor?.name === "Object" || Array.isArray(value)
    ? `an ${Array.isArray(value) ? "array" : "object"}`
    : `a ${value.constructor?.name}`;
}
