/** What is wrong with the bytes of a trace, and where. */

/** The bytes are no trace, or one that is broken off. */
export class TraceError extends Error {
  override readonly name: string = "TraceError";
  /** The first byte that is not as it should be. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
