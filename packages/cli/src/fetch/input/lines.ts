/** The lines of an input with one URL each: read in pieces, however long it is. Blank lines and `#` comments are not URLs. */
import { FetchStop } from "../stop.ts";
import type { Chunks } from "./chunks.ts";

/** A longer line is no URL. Nothing of it is kept but its beginning. */
export const longestLine: number = 64 * 1024;
const keptOfLongLine = 200;

const LF = 10;
const SPACE = 32; // it, and what is below it, is nothing at the ends of a line
const HASH = 35;

/** Whether this is what was kept of a line that is too long. */
export function isCut(url: string): boolean {
  return url.length === keptOfLongLine + 1 && url.endsWith("…");
}

export class Lines {
  readonly #chunks: Chunks;
  readonly #buffer: Buffer = Buffer.allocUnsafe(4 * longestLine);
  #start = 0; // of what is not taken
  #end = 0; // of what was read
  #searched = 0; // from #start to here there is no line end
  #tooLong: string | undefined; // the beginning of a line whose end has not come
  #first = true; // no line was taken
  #exhausted = false; // the input gives no more

  constructor(chunks: Chunks) {
    this.#chunks = chunks;
  }

  /** Everything was taken. */
  get ended(): boolean {
    return this.#exhausted && this.#start === this.#end && this.#tooLong === undefined;
  }

  /** The next URL of what was read; undefined: there is none until `read` has read more. */
  take(): string | undefined {
    for (;;) {
      const end = this.#lineEnd();
      if (end === -1) return undefined;
      const line = this.#line(end);
      this.#start = this.#searched = Math.min(end + 1, this.#end);
      if (line !== undefined) return line;
    }
  }

  /** Reads more, if there is more. */
  async read(): Promise<void> {
    if (this.#exhausted) return;
    this.#makeRoom();
    const size = await this.#chunks.read(this.#buffer, this.#end);
    this.#exhausted = size === 0;
    this.#end += size;
  }

  #lineEnd(): number {
    const buffer = this.#buffer;
    const end = this.#end;
    let at = this.#searched;
    while (at < end && buffer[at] !== LF) at++;
    this.#searched = at;
    if (at < end) return at;
    return this.#exhausted && !this.ended ? end : -1;
  }

  #line(end: number): string | undefined {
    if (this.#first) this.#skipMark(end);
    const cut = this.#tooLong;
    if (cut !== undefined) {
      this.#tooLong = undefined;
      return cut.startsWith("#") ? undefined : cut;
    }
    const buffer = this.#buffer;
    let from = this.#start;
    let to = end;
    while (from < to && (buffer[from] as number) <= SPACE) from++;
    while (to > from && (buffer[to - 1] as number) <= SPACE) to--;
    if (from === to || buffer[from] === HASH) return undefined;
    return to - from > longestLine ? this.#beginning(from) : buffer.toString("utf8", from, to);
  }

  /** A byte order mark of UTF-8 is no part of the first URL; one of UTF-16 means that no line is what it seems. */
  #skipMark(end: number): void {
    this.#first = false;
    const [a, b, c] = this.#buffer.subarray(this.#start, end);
    if (a === 0xef && b === 0xbb && c === 0xbf) this.#start += 3;
    if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
      // Whoever takes next, before the run is stopped, finds the end and no line.
      this.#exhausted = true;
      this.#start = this.#searched = this.#end;
      throw new FetchStop("the input is UTF-16: write it as UTF-8, for instance with `iconv -f utf-16 -t utf-8`");
    }
  }

  #beginning(from: number): string {
    return `${this.#buffer.toString("latin1", from, from + keptOfLongLine)}…`;
  }

  /** What is not taken moves to the front; of a line that is too long already, the beginning is remembered. */
  #makeRoom(): void {
    if (this.#end - this.#start > longestLine) {
      this.#tooLong ??= this.#beginning(this.#start);
      this.#start = this.#searched = this.#end;
    }
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#searched -= this.#start;
    this.#start = 0;
  }
}
