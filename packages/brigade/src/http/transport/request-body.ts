/** The body of a request as a web stream: pulled piece by piece, and closed once, whatever happens to the exchange. */

export interface BodyListener {
  /** A piece was taken, or with `whole` the last one. */
  sent(whole: boolean): void;
}

export class RequestBody {
  /** What the body's source failed with. */
  error: unknown;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #listener: BodyListener;
  #state: "open" | "ended" | "closed" = "open";

  constructor(body: AsyncIterable<Uint8Array>, listener: BodyListener) {
    this.#iterator = body[Symbol.asyncIterator]();
    this.#listener = listener;
  }

  /** Takes in up to so many bytes ahead of whoever reads. */
  stream(ahead: number): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.close() },
      new ByteLengthQueuingStrategy({ highWaterMark: ahead }),
    );
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const piece = await this.#next();
    if (this.#state === "closed") return;
    if (piece === undefined) controller.close();
    else controller.enqueue(piece);
    this.#listener.sent(piece === undefined);
  }

  /** The next piece; undefined at the end. */
  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#iterator.next();
      if (!done) return value;
      this.#state = "ended";
      return undefined;
    } catch (error) {
      this.#state = "ended";
      this.error = error;
      throw error;
    }
  }

  /** All of it, for hosts that do not send streams. */
  async collect(): Promise<Uint8Array> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
      pieces.push(piece as Uint8Array<ArrayBuffer>);
      this.#listener.sent(false);
    }
    this.#listener.sent(true);
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  }

  /** Nothing more of it is wanted. */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    // Nobody is left to tell that closing failed: the exchange is over.
    this.#iterator.return?.().catch(() => {});
  }
}
