/** Names of queues, and what is assumed of them. */

export const DEFAULT_QUEUE = "brigade";

/** Throws `RangeError`. Engines make names of tables, keys and channels of it. */
export function checkQueue(queue: string, what: string): void {
  if (typeof queue === "string" && /^[A-Za-z0-9_.-]{1,40}$/.test(queue)) return;
  throw new RangeError(
    `${what}: "${String(queue)}" is no name for a queue: use 1 to 40 letters, digits, "_", "-" and "."`,
  );
}
