/** The server while it listens: a resource of the coroutine that serves. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type AsyncContextManager, type Awaitable, contextManager, fromPromise } from "brigade";
import { pageHtml } from "@brigade/inspector";
import { answering } from "./answering.ts";
import { Guard } from "./guard.ts";
import type { Subject } from "./subject.ts";

const HOST = "127.0.0.1"; // this machine alone

/** The port can't be had. */
export class PortRefusal extends Error {
  override readonly name: string = "PortRefusal";
}

export interface Listening {
  /** With the token. */
  readonly address: string;
  /** Waits for as long as it listens: until it is cancelled. */
  readonly forever: () => Awaitable<void>;
}

export function listening(subject: Subject, port: number): AsyncContextManager<Listening> {
  return contextManager(function* () {
    const guard = new Guard();
    const server = createServer(answering({ subject, guard, page: pageHtml() }));
    yield* fromPromise(listen(server, port));
    try {
      const { port: taken } = server.address() as AddressInfo;
      guard.port = taken;
      const address = `http://${HOST}:${taken}/#token=${guard.token}`;
      yield { address, forever: () => fromPromise(aborted) };
    } finally {
      yield* fromPromise(close(server));
    }
  })();
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(refusal(error, port)));
    server.listen({ host: HOST, port }, resolve);
  });
}

function refusal(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === "EADDRINUSE")
    return new PortRefusal(`port ${port} is in use: leave --port out for a free one, or name another`);
  if (error.code === "EACCES") return new PortRefusal(`port ${port} is not for you: name one above 1023`);
  return new PortRefusal(`port ${port} can't be had: ${error.message}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve());
  });
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await closed;
}
