/** What can go wrong with Redis alone. */

/** A watched key was changed by somebody else before the transaction was run: nothing of it was run. */
export class WatchError extends Error {
  override readonly name: string = "WatchError";
}

/**
 * A waiting call was cancelled when its elements had left the server already, and they could not be put back. They are
 * here, and nowhere else: with the scores behind the members, where there are scores.
 */
export class ElementLostError extends Error {
  override readonly name: string = "ElementLostError";
  readonly key: string;
  declare readonly elements: readonly Buffer[]; // no part of what a log shows

  constructor(message: string, key: string, elements: readonly Buffer[], options?: ErrorOptions) {
    super(message, options);
    this.key = key;
    Object.defineProperty(this, "elements", { value: elements });
  }
}

/** A subscriber was too slow: the messages that it may leave unread were exceeded. */
export class SlowSubscriberError extends Error {
  override readonly name: string = "SlowSubscriberError";
}
