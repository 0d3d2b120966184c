/** What a process is asked, who waits for the answer, and what has come of it. */
import type { ByteReader, ByteWriter } from "./wire/bytes.ts";
import type { Text } from "./texts.ts";
import { ANSWER, type Opening, REQUEST, type Stand, VALUES, type Wanted, WANTED } from "./wire/messages.ts";
import { readValue, type SqliteValue, writeValue } from "./wire/values.ts";

/** Values for a statement's parameters: by position, or by name. */
export type SqliteValues = readonly SqliteValue[] | Readonly<Record<string, SqliteValue>>;
/** A row: its columns by their names. */
export type SqliteRow = Record<string, SqliteValue>;

export type Asked =
  | { readonly kind: "open"; readonly opening: Opening }
  | {
      readonly kind: "call";
      readonly wanted: Wanted;
      readonly stand: Stand;
      readonly sql: string;
      readonly values: SqliteValues | undefined;
    }
  | { readonly kind: "exec"; readonly stand: Stand; readonly sql: string }
  | {
      readonly kind: "cursor";
      readonly stand: Stand;
      readonly cursor: Known;
      readonly sql: string;
      readonly values: SqliteValues | undefined;
    }
  | { readonly kind: "pull" | "drop"; readonly cursor: Known };

/** Part of a cursor's rows. */
export interface Piece {
  readonly rows: readonly SqliteRow[];
  readonly done: boolean;
}

/** What a statement has changed. */
export interface SqliteEffect {
  /** How many rows it has inserted, updated or deleted. */
  readonly changes: number;
  /** The key of the row inserted last on the connection: a bigint where a number can't hold it. */
  readonly lastInsertRowid: number | bigint;
}

/** A statement or a cursor that a process knows by number. The names of its columns as they were told last. */
export interface Known {
  readonly id: number;
  names: readonly string[];
}

/** Where the answer goes. */
export interface Asker {
  succeed(value: unknown): void;
  fail(error: unknown): void;
}

export class Request {
  readonly asked: Asked;
  /** Of a read: what is known of its statement. */
  readonly text: Text | undefined;
  readonly asker: Asker;
  /** Why nobody waits any more; undefined while somebody does. */
  givenUp: Error | undefined = undefined;
  /** Set while somebody looks whether it ends after all. */
  watch: ReturnType<typeof setTimeout> | undefined = undefined;
  /** How often the process that had it has ended instead of answering. */
  losses = 0;
  /** The names of the columns of what is read. */
  known: Known | undefined;
  #rows: SqliteRow[] = [];
  /** It took longer than others should wait behind it. */
  slow = true;

  constructor(asked: Asked, asker: Asker, text?: Text) {
    this.text = text;
    this.asked = asked;
    this.known = "cursor" in asked ? asked.cursor : undefined;
    this.asker = asker;
  }

  /** It is sent again, to another process: what has come so far does not count. */
  anew(): void {
    this.#rows = [];
    this.known = undefined;
  }

  /** Reads an answer. True if it was the last one. */
  answered(kind: number, reader: ByteReader): boolean {
    this.#read(reader);
    if (kind === ANSWER.some) return false;
    if (kind === ANSWER.last) this.slow = reader.u8() === 1;
    return true;
  }

  #read(reader: ByteReader): void {
    const known = this.known as Known; // what gives rows was sent with it
    if (reader.u8() === 1) {
      const count = reader.u32();
      known.names = Array.from({ length: count }, () => reader.text());
    }
    const { names } = known;
    const special = names.includes("__proto__");
    for (let left = reader.u32(); left > 0; left--) {
      const row: SqliteRow = {};
      for (let column = 0; column < names.length; column++) {
        const value = readValue(reader);
        if (special) Object.defineProperty(row, names[column] as string, { value, ...ORDINARY });
        else row[names[column] as string] = value;
      }
      this.#rows.push(row);
    }
  }

  /** What it was asked for, when the last rows have come. */
  result(more: boolean): unknown {
    const { asked } = this;
    if (asked.kind === "call") return asked.wanted === WANTED.row ? this.#rows[0] : this.#rows;
    return { rows: this.#rows, done: !more } satisfies Piece;
  }
}

const ORDINARY = { writable: true, enumerable: true, configurable: true };

/** Writes what is asked. `known` says by what number the process knows the text, and whether it has been told before. */
export function writeRequest(writer: ByteWriter, asked: Asked, known: Known | undefined, isNew: boolean): void {
  const start = writer.hole();
  writer.u8(REQUEST[asked.kind]);
  if (asked.kind === "call") {
    writer.u8(asked.wanted);
    writer.u8(asked.stand);
    writer.u32((known as Known).id);
    writer.u8(isNew ? 1 : 0);
    if (isNew) writer.text(asked.sql);
    writeValues(writer, asked.values);
  } else if (asked.kind === "exec") {
    writer.u8(asked.stand);
    writer.text(asked.sql);
  } else if (asked.kind === "cursor") {
    writer.u8(asked.stand);
    writer.u32(asked.cursor.id);
    writer.text(asked.sql);
    writeValues(writer, asked.values);
  } else if (asked.kind === "open") writer.text(JSON.stringify(asked.opening));
  else writer.u32(asked.cursor.id);
  writer.fill(start, writer.length - start - 4);
}

function writeValues(writer: ByteWriter, values: SqliteValues | undefined): void {
  if (values === undefined) writer.u8(VALUES.none);
  else if (Array.isArray(values)) {
    writer.u8(VALUES.positional);
    writer.u32(values.length);
    for (let i = 0; i < values.length; i++) writeValue(writer, values[i] as SqliteValue);
  } else {
    const entries = Object.entries(values as Readonly<Record<string, SqliteValue>>);
    writer.u8(VALUES.named);
    writer.u32(entries.length);
    for (const [name, value] of entries) {
      writer.text(name);
      writeValue(writer, value);
    }
  }
}
