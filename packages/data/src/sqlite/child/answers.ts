/** What the process has to say: gathered while there are requests to serve, and written when there are none. */
import { writeSync } from "node:fs";
import { ByteWriter } from "../wire/bytes.ts";
import { ANSWER } from "../wire/messages.ts";
import { type SqliteValue, writeValue } from "../wire/values.ts";

const OUTPUT = 1;
/** What is gathered before it is written. */
const LARGE = 64 * 1024;
// A statement that takes longer is not one to wait behind.
const SLOW = 1; // ms

export class Answers {
  readonly #writer: ByteWriter = new ByteWriter();

  effect(changes: SqliteValue, lastInsertRowid: SqliteValue): void {
    const writer = this.#writer;
    const start = this.#begin(ANSWER.effect);
    writeValue(writer, changes);
    writeValue(writer, lastInsertRowid);
    this.#end(start);
  }

  failed(failure: number, code: number, message: string): void {
    const writer = this.#writer;
    const start = this.#begin(ANSWER.failed);
    writer.u8(failure);
    writer.u32(code);
    writer.text(message);
    this.#end(start);
  }

  /** Rows as arrays of values; several answers where they are many. `names` where the program does not know them yet. */
  rows(names: readonly string[] | undefined, rows: readonly (readonly SqliteValue[])[], took: number): void {
    const writer = this.#writer;
    let next = 0;
    do {
      const start = this.#begin(ANSWER.some);
      this.#names(next === 0 ? names : undefined);
      const count = writer.hole();
      const first = next;
      while (next < rows.length && writer.length - start < LARGE) this.#row(rows[next++] as readonly SqliteValue[]);
      writer.fill(count, next - first);
      if (next === rows.length) {
        writer.mark(start + 4, ANSWER.last);
        writer.u8(took > SLOW ? 1 : 0);
      }
      this.#end(start);
    } while (next < rows.length);
  }

  /** Rows that are made as they are wanted: as many as one answer takes. `next` gives undefined at their end. */
  piece(
    names: () => readonly string[] | undefined,
    next: () => readonly SqliteValue[] | undefined,
    enough: (rows: number) => boolean,
  ): void {
    const writer = this.#writer;
    const start = this.#begin(ANSWER.piece);
    try {
      let row = next();
      this.#names(row === undefined ? undefined : names());
      const count = writer.hole();
      let rows = 0;
      while (row !== undefined) {
        this.#row(row);
        if (++rows > 0 && (writer.length - start >= LARGE || enough(rows))) break;
        row = next();
      }
      writer.fill(count, rows);
      if (row === undefined) {
        writer.mark(start + 4, ANSWER.last);
        writer.u8(0);
      }
    } catch (error) {
      writer.cut(start);
      throw error;
    }
    this.#end(start);
  }

  #names(names: readonly string[] | undefined): void {
    const writer = this.#writer;
    writer.u8(names === undefined ? 0 : 1);
    if (names === undefined) return;
    writer.u32(names.length);
    for (const name of names) writer.text(name);
  }

  #row(row: readonly SqliteValue[]): void {
    for (let column = 0; column < row.length; column++) writeValue(this.#writer, row[column] as SqliteValue);
  }

  #begin(kind: number): number {
    const start = this.#writer.hole();
    this.#writer.u8(kind);
    return start;
  }

  #end(start: number): void {
    this.#writer.fill(start, this.#writer.length - start - 4);
    if (this.#writer.length >= LARGE) this.send();
  }

  send(): void {
    const bytes = this.#writer.written();
    let sent = 0;
    while (sent < bytes.length) {
      try {
        sent += writeSync(OUTPUT, bytes, sent);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "EAGAIN" && code !== "EINTR") process.exit(1); // nobody reads any more
      }
    }
    this.#writer.clear();
  }
}
