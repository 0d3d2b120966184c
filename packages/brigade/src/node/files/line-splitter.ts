/**
 * Makes lines of bytes. A line ends at "\n" or "\r\n" and nowhere else. The bytes are decoded in small pieces: a line
 * that is kept keeps, as V8's strings do, the piece that it was cut from.
 */
import type { TextEncoding } from "./path.ts";

const PIECE = 16 * 1024; // bytes that are decoded at once: what a kept line keeps; larger ones are no faster
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = 0xfeff;

export class LineSplitter {
  /** Lines that were given; when it is overrun, the next one is the one that is too long. */
  lines = 0;
  /** A line is longer than the limit: no more will be given. */
  overrun = false;
  /** Nothing will be fed any more. */
  over = false;
  readonly #encoding: TextEncoding;
  readonly #limit: number; // UTF-16 units
  #bytes: Buffer = Buffer.alloc(0); // what was fed last
  #decoded = 0; // of these
  #text = ""; // the piece that was decoded last
  #from = 0; // how much of it was given
  #rest = ""; // the beginning of a line whose end was not seen
  #carried: Buffer = Buffer.alloc(0); // bytes of a character whose end was not seen
  #begun = false; // something was decoded: a byte order mark may not come any more

  constructor(encoding: TextEncoding, limit: number) {
    this.#encoding = encoding;
    this.#limit = limit;
  }

  /** The next line without its end; undefined if more bytes are needed, or there are no more. */
  take(): string | undefined {
    if (this.overrun) return undefined;
    for (;;) {
      const at = this.#text.indexOf("\n", this.#from);
      if (at >= 0) return this.#cut(at);
      if (this.#from < this.#text.length) this.#rest += this.#text.slice(this.#from);
      this.#text = "";
      this.#from = 0;
      if (this.#rest.length > this.#limit + 1) return this.#refuse(); // it may end in the "\r" of a "\r\n"
      if (!this.#decodeNext()) return this.over ? this.#last() : undefined;
    }
  }

  #cut(at: number): string | undefined {
    const from = this.#from;
    const text = this.#text;
    this.#from = at + 1;
    let line: string;
    if (this.#rest === "") {
      line = text.slice(from, at > from && text.charCodeAt(at - 1) === CARRIAGE_RETURN ? at - 1 : at);
    } else {
      line = this.#rest + text.slice(from, at);
      this.#rest = "";
      if (line.charCodeAt(line.length - 1) === CARRIAGE_RETURN) line = line.slice(0, -1);
    }
    if (line.length > this.#limit) return this.#refuse();
    this.lines++;
    return line;
  }

  #last(): string | undefined {
    const line = this.#rest;
    if (line === "") return undefined;
    if (line.length > this.#limit) return this.#refuse();
    this.#rest = "";
    this.lines++;
    return line;
  }

  #refuse(): undefined {
    this.overrun = true;
    this.#rest = this.#text = "";
  }

  /** More bytes. Those of the last call have been used: `take` gave undefined. They may change at the next call. */
  feed(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#decoded = 0;
    if (this.#carried.length > 0) this.#completeCarried();
  }

  /** There are no more. What is left is a line of its own. */
  finish(): void {
    this.over = true;
    this.#decoded = this.#bytes.length;
    this.#rest += this.#carried.toString(this.#encoding);
    this.#carried = Buffer.alloc(0);
  }

  /** Ends the character whose beginning came before. */
  #completeCarried(): void {
    const missing = missingBytes(this.#carried, this.#encoding);
    let count = 0;
    while (count < missing && count < this.#bytes.length && this.#continues(this.#bytes[count] as number)) count++;
    const character = Buffer.concat([this.#carried, this.#bytes.subarray(0, count)]);
    this.#decoded = count;
    if (count === this.#bytes.length && count < missing) {
      this.#carried = character;
      return;
    }
    this.#carried = Buffer.alloc(0);
    this.#text = this.#marked(character.toString(this.#encoding));
  }

  #continues(byte: number): boolean {
    return this.#encoding !== "utf8" || (byte & 0xc0) === 0x80;
  }

  #decodeNext(): boolean {
    const bytes = this.#bytes;
    const begin = this.#decoded;
    if (begin >= bytes.length) return false;
    const end = Math.min(begin + PIECE, bytes.length);
    const whole = end - cutBytes(bytes, begin, end, this.#encoding);
    this.#decoded = whole;
    if (end === bytes.length && whole < end) {
      this.#carried = Buffer.from(bytes.subarray(whole)); // a copy: the bytes may change
      this.#decoded = end;
    }
    if (whole === begin) return false;
    this.#text = this.#marked(bytes.toString(this.#encoding, begin, whole));
    return true;
  }

  /** The text without the byte order mark at the beginning of everything. */
  #marked(text: string): string {
    if (this.#begun) return text;
    this.#begun = true;
    return this.#encoding !== "latin1" && text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  }
}

/** How many bytes the character has that begins with this one; 1 for what begins none. */
function lengthOf(first: number): number {
  if (first < 0xc0 || first >= 0xf8) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** How many bytes of a character stand at the end, without the rest of it. */
function cutBytes(bytes: Buffer, begin: number, end: number, encoding: TextEncoding): number {
  if (encoding === "latin1") return 0;
  if (encoding === "utf16le") return (end - begin) % 2;
  let first = end - 1;
  while (first > begin && end - first < 4 && ((bytes[first] as number) & 0xc0) === 0x80) first--;
  return lengthOf(bytes[first] as number) > end - first ? end - first : 0;
}

/** How many bytes of the character have not come. */
function missingBytes(carried: Buffer, encoding: TextEncoding): number {
  return (encoding === "utf16le" ? 2 : lengthOf(carried[0] as number)) - carried.length;
}
