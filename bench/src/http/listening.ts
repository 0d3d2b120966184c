/** Where a server of node:http listens. */
import type { AddressInfo } from "node:net";

interface Addressed {
  address(): AddressInfo | string | null;
}

export function urlOf(server: Addressed): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `http://127.0.0.1:${address.port}/`;
}
