/** Bytes that grow as they are written, and bytes that are read from front to back: what messages are made of. */

const FIRST_SIZE = 16 * 1024;
// Up to here a loop over the characters beats the call into the host.
const SHORT = 40;

export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Makes room for so many bytes more. */
  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }

  u8(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    this.#reserve(4);
    const bytes = this.#bytes;
    const at = this.#length;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
    this.#length = at + 4;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  i64(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeBigInt64LE(value, this.#length);
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** The text as UTF-8, after its length. */
  text(value: string): void {
    const { length } = value;
    this.#reserve(4 + length * 3);
    const bytes = this.#bytes;
    const start = this.#length + 4;
    const end =
      length <= SHORT && this.#ascii(value, start) ? start + length : start + bytes.write(value, start, "utf8");
    this.u32(end - start);
    this.#length = end;
  }

  /** False if there is a character that takes more than one byte. */
  #ascii(value: string, start: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[start + i] = code;
    }
    return true;
  }

  /** Leaves room for a number that is known later: its place. */
  hole(): number {
    this.u32(0);
    return this.#length - 4;
  }

  /** Puts another byte where one stands. */
  mark(place: number, value: number): void {
    this.#bytes[place] = value;
  }

  fill(place: number, value: number): void {
    this.#bytes.writeUInt32LE(value, place);
  }

  /** Takes back what was written from `length` on. */
  cut(length: number): void {
    this.#length = length;
  }

  /** What has been written, valid until the next write. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** What has been written, which is the caller's from now on; the writer begins anew. */
  take(): Buffer {
    const taken = this.written();
    this.#bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
    this.#length = 0;
    return taken;
  }

  /** Begins anew in the same memory, unless that has become large. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > 64 * FIRST_SIZE) this.#bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  }
}

export class ByteReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  u8(): number {
    return this.#bytes[this.#at++] as number;
  }

  u32(): number {
    const bytes = this.#bytes;
    const at = this.#at;
    this.#at = at + 4;
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    return (low | ((bytes[at + 3] as number) << 24)) >>> 0;
  }

  f64(): number {
    this.#at += 8;
    return this.#bytes.readDoubleLE(this.#at - 8);
  }

  i64(): bigint {
    this.#at += 8;
    return this.#bytes.readBigInt64LE(this.#at - 8);
  }

  /** A copy: the memory that was read from is used again. */
  raw(length: number): Uint8Array {
    this.#at += length;
    return new Uint8Array(this.#bytes.subarray(this.#at - length, this.#at));
  }

  text(): string {
    const length = this.u32();
    const start = this.#at;
    this.#at = start + length;
    return length <= SHORT ? this.#shortText(start, length) : this.#bytes.toString("utf8", start, this.#at);
  }

  #shortText(start: number, length: number): string {
    const bytes = this.#bytes;
    for (let i = start; i < start + length; i++) {
      if ((bytes[i] as number) > 0x7f) return bytes.toString("utf8", start, start + length);
    }
    return bytes.toString("latin1", start, start + length);
  }
}
