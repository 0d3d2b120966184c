/** Bytes that have come and were not taken, in the pieces they came in. What lies in one piece is given without a copy. */

const NOT_FOUND = -1;

/** Bytes. Pieces below it are joined, as far as they come one after the other: each costs a hundred bytes of its own. */
const SMALL = 512;
const BLOCK = 16 * 1024;
const NO_BLOCK: Buffer = Buffer.allocUnsafeSlow(0);

export class ByteQueue {
  #pieces: Buffer[] = [];
  #head = 0; // #pieces before it were taken
  #offset = 0; // bytes of #pieces[#head] that were taken
  #size = 0; // bytes that were not taken
  #block: Buffer = NO_BLOCK; // what small pieces are joined in; the last piece may be the part of it that is filled

  get size(): number {
    return this.#size;
  }

  push(piece: Uint8Array): void {
    const { byteLength } = piece;
    if (byteLength === 0) return;
    const joined = byteLength < SMALL && this.#size > 0 && this.#join(piece);
    if (!joined)
      this.#pieces.push(Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, byteLength));
    this.#size += byteLength;
  }

  /** Adds a small piece to the last one, if that is small, or made of small ones and has room. */
  #join(piece: Uint8Array): boolean {
    const index = this.#pieces.length - 1;
    let last = this.#pieces[index] as Buffer;
    const length = last.byteLength + piece.byteLength;
    if (last.buffer !== this.#block.buffer) {
      if (last.byteLength >= SMALL) return false;
      this.#block = Buffer.allocUnsafeSlow(BLOCK);
      last.copy(this.#block);
    } else if (length > BLOCK) return false;
    // What was given of the last piece keeps its part of the block: no byte is written twice.
    this.#block.set(piece, last.byteLength);
    last = this.#block.subarray(0, length);
    this.#pieces[index] = last;
    return true;
  }

  /** Takes what is left of the first piece, at most `most` bytes of it. There must be one. */
  takeSome(most: number): Buffer {
    const piece = this.#first();
    return this.take(Math.min(most, piece.byteLength - this.#offset));
  }

  /** Takes the first `count` bytes. There must be as many. */
  take(count: number): Buffer {
    if (count === 0) return Buffer.alloc(0);
    const piece = this.#first();
    const end = this.#offset + count;
    if (end > piece.byteLength) return this.#gather(count);
    const taken = piece.subarray(this.#offset, end);
    this.#advance(count);
    return taken;
  }

  /** Takes the first `count` bytes as text; there must be as many. */
  takeText(count: number): string {
    if (count === 0) return "";
    const piece = this.#first();
    const end = this.#offset + count;
    if (end > piece.byteLength) return this.#gather(count).toString();
    const text = piece.toString("utf8", this.#offset, end);
    this.#advance(count);
    return text;
  }

  drop(count: number): void {
    let left = count;
    while (left > 0) {
      const here = Math.min(left, this.#first().byteLength - this.#offset);
      this.#advance(here);
      left -= here;
    }
  }

  /** The byte at a place; undefined where none has come yet. */
  at(place: number): number | undefined {
    if (place >= this.#size) return undefined;
    const { index, begin } = this.#locate(place);
    return this.#pieces[index]?.[place - begin];
  }

  /** The piece that a place lies in, and the place at which it begins. What is sought is mostly near one of the ends. */
  #locate(place: number): { index: number; begin: number } {
    let index = this.#head;
    let begin = -this.#offset;
    if (2 * place < this.#size) {
      for (let next = begin + this.#length(index); next <= place; next += this.#length(index)) {
        begin = next;
        index++;
      }
      return { index, begin };
    }
    index = this.#pieces.length - 1;
    begin = this.#size - this.#length(index);
    while (begin > place) begin -= this.#length(--index);
    return { index, begin };
  }

  #length(index: number): number {
    return (this.#pieces[index] as Buffer).byteLength;
  }

  /**
   * Where the bytes begin that are sought, not before `from`. If they have not come whole: minus one, minus the first
   * place from which they may yet come, so that what was searched is not searched again.
   */
  find(sought: Uint8Array, from: number): number {
    const first = sought[0] as number;
    for (let place = this.#indexOf(first, from); place !== NOT_FOUND; place = this.#indexOf(first, place + 1)) {
      let matched = 1;
      while (matched < sought.byteLength && this.at(place + matched) === sought[matched]) matched++;
      if (matched === sought.byteLength) return place;
      if (place + matched === this.#size) return NOT_FOUND - place; // all that has come of it matches
    }
    return NOT_FOUND - this.#size;
  }

  #indexOf(byte: number, from: number): number {
    if (from >= this.#size) return NOT_FOUND;
    let { index, begin } = this.#locate(from);
    for (; index < this.#pieces.length; index++) {
      const found = (this.#pieces[index] as Buffer).indexOf(byte, Math.max(0, from - begin));
      if (found !== NOT_FOUND) return begin + found;
      begin += this.#length(index);
    }
    return NOT_FOUND;
  }

  #gather(count: number): Buffer {
    const taken = Buffer.allocUnsafe(count);
    for (let filled = 0; filled < count; ) {
      const piece = this.#first();
      const copied = piece.copy(taken, filled, this.#offset, this.#offset + count - filled);
      this.#advance(copied);
      filled += copied;
    }
    return taken;
  }

  #first(): Buffer {
    return this.#pieces[this.#head] as Buffer;
  }

  /** Within the first piece. */
  #advance(count: number): void {
    this.#size -= count;
    this.#offset += count;
    if (this.#offset < this.#first().byteLength) return;
    this.#offset = 0;
    this.#head++;
    if (this.#head < this.#pieces.length && this.#head < 64) return;
    this.#pieces = this.#pieces.slice(this.#head);
    if (this.#size === 0) this.#block = NO_BLOCK;
    this.#head = 0;
  }
}
