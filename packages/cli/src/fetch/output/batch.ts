/** Lines that are written together, with what the journal will say of each. */
import { type JournalRecord, recordSize, writeRecord } from "../journal/record.ts";

export const batchSize: number = 256 * 1024;
const mostLines = 2_048;

export class Batch {
  /** Where the first line begins in the output. */
  begins: number;
  readonly warc: Uint8Array[] = [];
  readonly #lines: Buffer;
  #used = 0;
  // Of each line, in this batch. An array that grew anew for each batch would be long-lived garbage.
  readonly #ends: Uint32Array = new Uint32Array(mostLines);
  #count = 0;
  readonly #records: Buffer | undefined;

  /** A line that is longer than a batch has one of its own. */
  constructor(begins: number, journaled: boolean, size: number = batchSize) {
    this.begins = begins;
    this.#lines = Buffer.allocUnsafeSlow(size);
    this.#records = journaled ? Buffer.allocUnsafe(mostLines * recordSize) : undefined;
  }

  get capacity(): number {
    return this.#lines.length;
  }

  get size(): number {
    return this.#used;
  }

  get count(): number {
    return this.#count;
  }

  /** Whether a line of so many characters has room, whatever they are. */
  fits(characters: number): boolean {
    return this.#used + characters * 3 <= this.#lines.length && this.#count < mostLines;
  }

  add(line: string, warc: readonly Uint8Array[] | undefined, record: Omit<JournalRecord, "outputEnd">): void {
    this.#used += this.#lines.write(line, this.#used, "utf8");
    if (this.#records) {
      const outputEnd = this.begins + this.#used;
      writeRecord(this.#records, this.#count * recordSize, { ...record, outputEnd });
    }
    this.#ends[this.#count++] = this.#used;
    if (warc) this.warc.push(...warc);
  }

  get lines(): Uint8Array {
    return this.#lines.subarray(0, this.#used);
  }

  /** The journal's records of the first `count` lines. */
  records(count: number = this.count): Uint8Array | undefined {
    return this.#records?.subarray(0, count * recordSize);
  }

  /** How many lines lie whole before this place in the output. */
  wholeBefore(place: number): number {
    let whole = 0;
    while (whole < this.count && this.begins + (this.#ends[whole] as number) <= place) whole++;
    return whole;
  }

  /** Where a number of lines end in the output. */
  endOf(lines: number): number {
    return lines === 0 ? this.begins : this.begins + (this.#ends[lines - 1] as number);
  }

  /** Begins anew. What it was, was written. */
  reset(begins: number): void {
    this.begins = begins;
    this.warc.length = this.#count = this.#used = 0;
  }
}
