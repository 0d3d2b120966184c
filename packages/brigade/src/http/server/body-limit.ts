/** Counts what comes of a request's body, as the parser hands it over: before anybody reads it, and however it is read. */
import type { IncomingMessage } from "node:http";

/** Whether its head says that the body is over `max` bytes. */
export function declaresMoreThan(max: number, incoming: IncomingMessage): boolean {
  return Number(incoming.headers["content-length"] ?? 0) > max;
}

/** Calls back once when a body whose length nobody knows is over `max` bytes; what is over is dropped. */
export function limitBody(incoming: IncomingMessage, max: number, exceeded: () => void): void {
  if (incoming.headers["transfer-encoding"] === undefined || max === Infinity) return;
  let left = max;
  const push = incoming.push.bind(incoming);
  incoming.push = (chunk: Uint8Array | null, encoding?: BufferEncoding): boolean => {
    if (chunk === null) return push(null);
    const within = left >= 0;
    left -= chunk.length;
    if (left >= 0) return push(chunk, encoding);
    if (within) exceeded();
    return true;
  };
}
