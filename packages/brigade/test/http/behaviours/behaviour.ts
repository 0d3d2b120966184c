/** What a hostile server does with one request. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** What the behaviours of one server count together, by keys of the test's. */
export interface Tally {
  readonly counts: Map<string, number>;
  /** The next number of that key, from 1. */
  count(key: string): number;
}

/** One request to the server. */
export interface Visit {
  readonly server: Tally;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** For behaviours that write what no HTTP library would. */
  readonly socket: Socket;
  readonly query: URLSearchParams;
  /** The segments of the path after the behaviour's name. */
  readonly rest: readonly string[];
}

export type Behaviour = (visit: Visit) => void;

/** Breaks the connection, at once and, where it can, by a reset. */
export function reset(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
