/** Cuts a stream of bytes into messages, each of which says its length first. A large one is put together once. */
import { ByteReader } from "./bytes.ts";

const HEAD = 4;

export class FrameReader {
  readonly #message: (reader: ByteReader) => void;
  /** The beginning of a message whose rest has not come; its memory holds the whole as soon as the length is known. */
  #part: Buffer | undefined;
  #filled = 0;

  constructor(message: (reader: ByteReader) => void) {
    this.#message = message;
  }

  push(piece: Buffer): void {
    let at = 0;
    while (this.#part !== undefined && at < piece.length) at = this.#complete(this.#part, piece, at);
    while (piece.length - at >= HEAD) {
      const end = at + HEAD + piece.readUInt32LE(at);
      if (end > piece.length) break;
      this.#message(new ByteReader(piece, at + HEAD, end));
      at = end;
    }
    if (at < piece.length) this.#keep(piece, at);
  }

  /** Keeps what has come of a message. */
  #keep(piece: Buffer, at: number): void {
    const size = piece.length - at < HEAD ? HEAD : HEAD + piece.readUInt32LE(at);
    this.#part = Buffer.allocUnsafeSlow(size);
    this.#filled = piece.copy(this.#part, 0, at);
  }

  /** Adds to the message that has begun: up to where the piece was used. */
  #complete(part: Buffer, piece: Buffer, at: number): number {
    const used = piece.copy(part, this.#filled, at);
    this.#filled += used;
    if (this.#filled < part.length) return at + used;
    const size = HEAD + part.readUInt32LE(0);
    if (part.length < size) {
      this.#part = Buffer.allocUnsafeSlow(size);
      part.copy(this.#part);
    } else {
      this.#part = undefined;
      this.#message(new ByteReader(part, HEAD, size));
    }
    return at + used;
  }
}
