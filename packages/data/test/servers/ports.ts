/** Ports of the loopback interface that nothing listens on. */
import { createServer } from "node:net";

/**
 * Below the ports that the system gives to outgoing connections: none of those can take the port of a server that is down, and a client that
 * dials a port down there can't come to be connected with itself.
 */
const FIRST = 10_240;
const LAST = 32_767;

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Another process may take it before its server does: whoever starts one tries again. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST} in 100 tries`);
}
