/** The load of the works of transfers: one buffer, which goes to a worker and comes back, marked on each way. */

/** Bytes. */
const LOAD = 10_000_000;

/** Trips before those that count: the worker starts with the first. */
export const WARM_UP_TRIPS = 10;

/** Buffers that a worker is given to keep in `transfer-memory`. */
export const LOADS = 20;

/** A buffer whose pages are all in memory: it was written from end to end. */
export function newLoad(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(LOAD).fill(1);
}

/** Writes to both ends of it. */
export function mark<T extends Uint8Array>(bytes: T): T {
  bytes[0] = ((bytes[0] ?? 0) + 1) % 251;
  bytes[LOAD - 1] = bytes[0];
  return bytes;
}

/** It has come back so many times, whole. */
export function assertMarked(bytes: Uint8Array, times: number): void {
  const expected = (1 + times) % 251;
  if (bytes.length === LOAD && bytes[0] === expected && bytes[LOAD - 1] === expected && bytes[LOAD >> 1] === 1) return;
  throw new Error(
    `The buffer came back with ${bytes.length} bytes and ${bytes[0]} at its start instead of ${expected}.`,
  );
}

/** Whether the sender gave it away: then it has nothing left. */
export function assertGone(sent: Uint8Array, isGone: boolean): void {
  if ((sent.byteLength === 0) !== isGone) throw new Error(`The sender has ${sent.byteLength} bytes left.`);
}

/** Megabytes of a million bytes. */
export function residentMegabytes(): number {
  return process.memoryUsage.rss() / 1e6;
}
