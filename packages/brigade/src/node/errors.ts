/** Every error class of "brigade/node": one for each decision that a caller takes. */

// ── Bytes: sockets and the pipes of processes ──

/** The stream ended before what was asked for had come (asyncio.IncompleteReadError). */
export class IncompleteReadError extends Error {
  override readonly name: string = "IncompleteReadError";
  /** What had come; it is no longer in the reader. */
  readonly partial: Uint8Array;
  /** How many bytes were asked for; undefined if a separator was. */
  readonly expected: number | undefined;
  constructor(message: string, partial: Uint8Array, expected?: number) {
    super(message);
    this.partial = partial;
    this.expected = expected;
  }
}

/** More bytes came without the separator than the limit allows (asyncio.LimitOverrunError). They are still in the reader. */
export class LimitOverrunError extends Error {
  override readonly name: string = "LimitOverrunError";
  /** Bytes. */
  readonly limit: number;
  constructor(message: string, limit: number) {
    super(message);
    this.limit = limit;
  }
}
