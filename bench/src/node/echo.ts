/** What the echo servers and their load have agreed on. */
import type { Server } from "node:net";

/** Connections that may wait to be accepted. */
export const BACKLOG = 4_096;

/** Bytes that a connection sends, and waits for, before it sends again. */
export const MESSAGE = 64;

/** How long a round of load takes. */
export const ROUND_MS = 3_000;

export function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `tcp://127.0.0.1:${address.port}`;
}
