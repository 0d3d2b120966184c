/** All that comes through a pipe, up to a limit. */
import type { Readable } from "node:stream";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // nothing is left out

export type Encoding = "utf8" | "bytes";

export class Collected {
  readonly #limit: number;
  readonly #exceeded: () => void;
  #pieces: Buffer<ArrayBuffer>[] = [];
  #size = 0;

  /** `exceeded` is called once, with what comes after it dropped. */
  constructor(pipe: Readable | null, limit: number, exceeded: () => void) {
    this.#limit = limit;
    this.#exceeded = exceeded;
    pipe?.on("data", (piece: Buffer<ArrayBuffer>) => this.#push(piece));
  }

  #push(piece: Buffer<ArrayBuffer>): void {
    if (this.#size > this.#limit) return;
    this.#size += piece.byteLength;
    if (this.#size <= this.#limit) {
      this.#pieces.push(piece);
      return;
    }
    this.#pieces = [];
    this.#exceeded();
  }

  as(encoding: Encoding): string | Uint8Array {
    return encoding === "bytes" ? alone(this.#bytes()) : this.text();
  }

  /** What is no UTF-8 becomes U+FFFD. */
  text(): string {
    return decoder.decode(this.#bytes());
  }

  #bytes(): Buffer<ArrayBuffer> {
    const [first] = this.#pieces;
    if (first !== undefined && this.#pieces.length === 1) return first;
    const whole = Buffer.concat(this.#pieces);
    this.#pieces = [whole];
    return whole;
  }
}

/** Its memory is its own: nothing of what the host keeps in a pool is given away. */
function alone(bytes: Buffer<ArrayBuffer>): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
}
