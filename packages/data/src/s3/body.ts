/** The bytes of an answer, piece by piece; leaving them unread gives their socket back. */

/** What the SDK gives: a Node stream, or a web stream. Both can be read so. */
type Readable = AsyncIterable<Uint8Array> & {
  destroy?: () => unknown;
  cancel?: () => Promise<unknown>;
  on?: (event: "error", listener: () => void) => unknown;
};

export class BodyReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #body: Readable;
  readonly #abort: AbortController;

  /** `abort` is that of the request: it ends the transfer, whatever stands between. */
  constructor(body: unknown, abort: AbortController) {
    this.#body = body as Readable;
    this.#abort = abort;
    // Cut off while nobody reads: whoever reads next is told.
    this.#body.on?.("error", () => {});
    this.#iterator = this.#body[Symbol.asyncIterator]();
  }

  /** The next bytes; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#iterator.next();
    return done ? undefined : value;
  }

  /** Nothing more is wanted. */
  close(): void {
    this.#abort.abort();
    if (this.#body.destroy !== undefined) this.#body.destroy();
    else this.#body.cancel?.().catch(() => {}); // a body that is locked by its reader: the abort ends it
  }

  /** All that is left, in one piece. */
  async rest(size: number | undefined): Promise<Uint8Array> {
    let whole = new Uint8Array(size ?? 0);
    let filled = 0;
    const pieces: Uint8Array[] = []; // more than was announced, or nothing was
    for (let bytes = await this.next(); bytes !== undefined; bytes = await this.next()) {
      if (pieces.length === 0 && filled + bytes.length <= whole.length) {
        whole.set(bytes, filled);
        filled += bytes.length;
      } else pieces.push(bytes);
    }
    if (pieces.length === 0) return filled === whole.length ? whole : whole.subarray(0, filled);
    const length = pieces.reduce((sum, piece) => sum + piece.length, filled);
    const first = whole.subarray(0, filled);
    whole = new Uint8Array(length);
    whole.set(first);
    for (const piece of pieces) {
      whole.set(piece, filled);
      filled += piece.length;
    }
    return whole;
  }
}
