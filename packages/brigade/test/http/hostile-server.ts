/** A server of every behaviour that a client has to survive, one for each path, on 127.0.0.1; and the ordinary ones beside them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Behaviour, Tally } from "./behaviours/behaviour.ts";
import { bodies } from "./behaviours/bodies.ts";
import { breaking } from "./behaviours/breaking.ts";
import { mangledAnswers } from "./behaviours/mangled.ts";
import { ordinary } from "./behaviours/ordinary.ts";
import { redirects } from "./behaviours/redirects.ts";
import { slow } from "./behaviours/slow.ts";
import type { Certificate } from "./certificate.ts";

const behaviours: ReadonlyMap<string, Behaviour> = new Map(
  Object.entries({ ...ordinary, ...redirects, ...bodies, ...slow, ...breaking, ...mangledAnswers }),
);

export class HostileServer implements AsyncDisposable, Tally {
  readonly origin: string;
  readonly port: number;
  /** The connections that are open now. */
  readonly sockets: Set<Socket> = new Set();
  /** How many connections were ever made. */
  accepted = 0;
  /** `METHOD /path?query` of each request, in the order they came. */
  readonly visits: string[] = [];
  readonly counts: Map<string, number> = new Map();
  readonly #server: Server;

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.origin = `${scheme}://127.0.0.1:${this.port}`;
    server.on("connection", (socket: Socket) => this.#accept(socket));
    server.on("request", (request: IncomingMessage, response: ServerResponse) => this.#serve(request, response));
    server.on("clientError", (_error: Error, socket: Socket) => socket.destroy());
  }

  static async start(tls?: Certificate): Promise<HostileServer> {
    const patient = { keepAliveTimeout: 60_000, requestTimeout: 0, headersTimeout: 0 };
    const server = tls ? createTlsServer({ ...patient, ...tls }) : createServer(patient);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return new HostileServer(server, tls ? "https" : "http");
  }

  count(key: string): number {
    const next = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, next);
    return next;
  }

  /** Resets every connection, as a server does whose process ends. It goes on listening. */
  resetAll(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.resetAll();
    await closed;
  }

  #accept(socket: Socket): void {
    this.accepted++;
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => {}); // clients go away: that is what the tests are about
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { method, url: target = "/" } = request;
    this.visits.push(`${method} ${target}`);
    const url = new URL(target, this.origin);
    const [name = "", ...rest] = url.pathname.slice(1).split("/");
    const behaviour = behaviours.get(name);
    if (behaviour === undefined) {
      response.writeHead(404).end(`no behaviour "${name}"`);
      return;
    }
    behaviour({ server: this, request, response, socket: request.socket, query: url.searchParams, rest });
  }
}
