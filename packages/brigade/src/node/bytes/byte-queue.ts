/** Bytes that have come and were not taken, in the pieces they came in. What lies in one piece is given without a copy. */

const NOT_FOUND = -1;

export class ByteQueue {
  #pieces: Buffer[] = [];
  #head = 0; // #pieces before it were taken
  #offset = 0; // bytes of #pieces[#head] that were taken
  #size = 0; // bytes that were not taken

  get size(): number {
    return this.#size;
  }

  push(piece: Uint8Array): void {
    if (piece.byteLength === 0) return;
    this.#pieces.push(Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    this.#size += piece.byteLength;
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
    let index = this.#offset + place;
    for (let i = this.#head; i < this.#pieces.length; i++) {
      const piece = this.#pieces[i] as Buffer;
      if (index < piece.byteLength) return piece[index];
      index -= piece.byteLength;
    }
    return undefined;
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
    let before = -this.#offset; // the place at which the piece begins
    for (let i = this.#head; i < this.#pieces.length; i++) {
      const piece = this.#pieces[i] as Buffer;
      const start = from - before;
      if (start < piece.byteLength) {
        const index = piece.indexOf(byte, Math.max(start, i === this.#head ? this.#offset : 0));
        if (index !== NOT_FOUND) return before + index;
      }
      before += piece.byteLength;
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
    this.#pieces = this.#head === this.#pieces.length ? [] : this.#pieces.slice(this.#head);
    this.#head = 0;
  }
}
