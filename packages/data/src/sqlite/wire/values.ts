/** What a column or a parameter holds, as bytes: a mark that says which kind, then the value. */
import type { ByteReader, ByteWriter } from "./bytes.ts";

/** What SQLite stores: NULL, INTEGER, REAL, TEXT, BLOB. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

const NULL = 0;
const SMALL_INTEGER = 1; // a number of 32 bits
const DOUBLE = 2;
const BIGINT = 3;
const TEXT = 4;
const BLOB = 5;

export function writeValue(writer: ByteWriter, value: SqliteValue): void {
  if (typeof value === "number") {
    const small = value | 0;
    if (small === value && (small !== 0 || 1 / value > 0)) {
      writer.u8(SMALL_INTEGER);
      writer.u32(small);
    } else {
      writer.u8(DOUBLE);
      writer.f64(value);
    }
  } else if (typeof value === "string") {
    writer.u8(TEXT);
    writer.text(value);
  } else if (value === null) writer.u8(NULL);
  else if (typeof value === "bigint") {
    writer.u8(BIGINT);
    writer.i64(value);
  } else {
    writer.u8(BLOB);
    writer.u32(value.length);
    writer.raw(value);
  }
}

export function readValue(reader: ByteReader): SqliteValue {
  switch (reader.u8()) {
    case SMALL_INTEGER:
      return reader.u32() | 0;
    case DOUBLE:
      return reader.f64();
    case TEXT:
      return reader.text();
    case BIGINT:
      return reader.i64();
    case BLOB:
      return reader.raw(reader.u32());
    default:
      return null;
  }
}
