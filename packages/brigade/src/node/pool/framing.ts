/** Messages on a pipe between processes: four bytes that say how long it is, and the value as V8 writes it. */
import { DefaultSerializer, deserialize } from "node:v8";

const PREFIX = 4; // bytes

/** Whether the host can do it. Bun, which can't, does not give a process the pipe for it either. */
export function canFrame(): boolean {
  try {
    return frameOf(0).length > PREFIX;
  } catch {
    return false;
  }
}

/** The message as bytes. Throws for what can't be cloned. */
export function frameOf(message: unknown): Buffer {
  const serializer = new DefaultSerializer();
  serializer.writeRawBytes(Buffer.alloc(PREFIX));
  serializer.writeHeader();
  serializer.writeValue(message);
  const frame = serializer.releaseBuffer();
  frame.writeUInt32LE(frame.length - PREFIX, 0);
  return frame;
}

/** Whether the value can be written. */
export function canBeFramed(value: unknown): boolean {
  try {
    frameOf(value);
    return true;
  } catch {
    return false;
  }
}

/** Puts messages together from the pieces that a pipe gives. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #length = 0; // bytes in #pieces
  #wanted = PREFIX; // bytes that the next look needs
  readonly #take: (message: unknown) => void;

  constructor(take: (message: unknown) => void) {
    this.#take = take;
  }

  /** The piece is kept, and must not be written to any more. */
  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    while (this.#length >= this.#wanted) {
      const bytes = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces, this.#length);
      const end = PREFIX + bytes.readUInt32LE(0);
      const rest = bytes.subarray(Math.min(end, bytes.length));
      this.#pieces = bytes.length < end ? [bytes] : rest.length > 0 ? [rest] : [];
      if (bytes.length < end) {
        this.#wanted = end;
        return;
      }
      // Told before the message is taken: whoever takes it may push.
      this.#length = rest.length;
      this.#wanted = PREFIX;
      this.#take(deserialize(bytes.subarray(PREFIX, end)));
    }
  }
}
