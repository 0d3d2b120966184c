/** A server on this machine that answers what tests of `brigade fetch` ask for, and remembers what it was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

type Answer = (request: IncomingMessage, response: ServerResponse, rest: string) => void | Promise<void>;

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export class TestServer implements AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly origin: string;
  readonly host: string;
  /** Every request, in order. */
  readonly asked: Asked[] = [];
  /** What robots.txt says; undefined: 404. */
  robots: string | undefined;
  inFlight = 0;
  mostInFlight = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.origin = `http://${this.host}`;
  }

  static async start(): Promise<TestServer> {
    const server = createServer({ keepAliveTimeout: 1_000 });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const started = new TestServer(server);
    server.on("request", (request, response) => void started.#answer(request, response));
    return started;
  }

  url(path: string): string {
    return this.origin + path;
  }

  /** How often each path was asked for. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { path } of this.asked) counts.set(path, (counts.get(path) ?? 0) + 1);
    return counts;
  }

  /** Drops every connection, and takes no new ones. */
  disappear(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disappear();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    response.once("close", () => this.inFlight--);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    // As a proxy it is asked for a whole URL: all the world is this server.
    const path = (request.url ?? "/").replace(/^http:\/\/[^/]*/, "");
    const body = Buffer.concat(parts).toString();
    this.asked.push({ method: request.method ?? "", path, headers: request.headers, body });
    const [, kind = "", rest = ""] = /^\/([\w.-]*)\/?(.*)$/.exec(path) ?? [];
    const answer = kind === "robots.txt" ? this.#robots : (answers[kind] ?? answers["items"]);
    await answer?.call(this, request, response, rest);
  }

  readonly #robots: Answer = (_request, response) => {
    if (this.robots === undefined) response.writeHead(404);
    response.end(this.robots);
  };
}

const tries = new Map<string, number>();

const answers: Readonly<Record<string, Answer>> = {
  items: (_request, response, rest) => {
    response.setHeader("content-type", "text/plain");
    response.end(`item ${rest}`);
  },
  status: (_request, response, rest) => {
    response.writeHead(Number(rest));
    response.end(`status ${rest}`);
  },
  /** `/later/100/x`: after 100 ms. */
  later: async (_request, response, rest) => {
    await new Promise((resolve) => {
      setTimeout(resolve, Number.parseInt(rest, 10));
    });
    response.end(`later ${rest}`);
  },
  /** Never. */
  silence: () => {},
  redirect: (_request, response, rest) => {
    response.writeHead(302, { location: `/${rest}` });
    response.end("moved");
  },
  /** Closes the connection in the middle of the body. */
  half: (_request, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("half");
    setTimeout(() => response.destroy(), 5);
  },
  bytes: (_request, response, rest) => {
    response.setHeader("content-type", "application/octet-stream");
    response.end(Buffer.alloc(Number(rest), 0xff));
  },
  /** Text of this many characters. */
  text: (_request, response, rest) => {
    response.end("a".repeat(Number.parseInt(rest, 10)));
  },
  gzip: (_request, response, rest) => {
    response.writeHead(200, { "content-encoding": "gzip", "content-type": "text/plain" });
    response.end(gzipSync(`zipped ${rest}`));
  },
  /** `/flaky/2/x`: 503 twice, then well. */
  flaky: (request, response, rest) => {
    const key = request.headers.host + rest;
    const count = (tries.get(key) ?? 0) + 1;
    tries.set(key, count);
    if (count <= Number.parseInt(rest, 10)) response.writeHead(503, { "retry-after": "0" });
    response.end("flaky");
  },
  /** `/busy/60`: 503, try again in a minute. */
  busy: (_request, response, rest) => {
    response.writeHead(503, { "retry-after": rest });
    response.end();
  },
  cookie: (_request, response, rest) => {
    response.setHeader("set-cookie", `${rest}; Path=/; Max-Age=3600`);
    response.end("baked");
  },
};
