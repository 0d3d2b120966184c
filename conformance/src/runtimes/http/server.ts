/** The server that the HTTP program asks, on 127.0.0.1. It counts what clients left in the middle, and how many asked at once. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";

export interface TestServer {
  readonly url: string;
  /** Where nobody listens. */
  readonly deadUrl: string;
  close(): void;
}

class Counts {
  /** Responses that the client did not wait for, by path. */
  readonly left = new Map<string, number>();
  readonly busy = new Map<string, number>();
  inFlight = 0;
  atOnce = 0;
}

type Answer = (request: IncomingMessage, response: ServerResponse, url: URL, counts: Counts) => void | Promise<void>;

const json = (response: ServerResponse, value: unknown): void => {
  response.setHeader("content-type", "application/json").end(JSON.stringify(value));
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
  return text;
}

function leaving(response: ServerResponse, path: string, counts: Counts): void {
  response.on("close", () => {
    if (!response.writableFinished) counts.left.set(path, (counts.left.get(path) ?? 0) + 1);
  });
}

const answers: Readonly<Record<string, Answer>> = {
  "/page": (_request, response) =>
    void response.setHeader("content-type", "text/html").end("<!doctype html><title>page</title>"),
  "/json": (_request, response) => json(response, { hello: "wörld" }),
  "/echo": async (request, response) => {
    json(response, {
      method: request.method,
      type: request.headers["content-type"] ?? "",
      body: await textOf(request),
    });
  },
  "/redirect": (_request, response) => void response.writeHead(302, { location: "/json" }).end(),
  "/lines": async (_request, response) => {
    for (const line of ["one", "two\r", "three"]) {
      response.write(`${line}\n`);
      await pause(10);
    }
    response.end("four");
  },
  "/endless": (_request, response, url, counts) => {
    leaving(response, url.pathname, counts);
    response.write("begun\n");
  },
  "/never": (_request, response, url, counts) => leaving(response, url.pathname, counts),
  "/busy": (_request, response, url, counts) => {
    const asked = (counts.busy.get(url.search) ?? 0) + 1;
    counts.busy.set(url.search, asked);
    if (asked > 2) json(response, { asked });
    else response.writeHead(503, { "retry-after": "0" }).end("busy");
  },
  "/crowd": async (_request, response, _url, counts) => {
    counts.atOnce = Math.max(counts.atOnce, ++counts.inFlight);
    await pause(5);
    counts.inFlight--;
    json(response, { atOnce: counts.atOnce });
  },
  "/left": (_request, response, url, counts) =>
    json(response, counts.left.get(url.searchParams.get("path") ?? "") ?? 0),
};

function answer(request: IncomingMessage, response: ServerResponse, counts: Counts): void {
  const url = new URL(request.url ?? "/", "http://server");
  response.setHeader("cache-control", "no-store");
  const given = answers[url.pathname];
  if (given === undefined) response.writeHead(404).end();
  else void given(request, response, url, counts);
}

async function addressOf(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function startServer(): Promise<TestServer> {
  const counts = new Counts();
  const server = createServer((request, response) => answer(request, response, counts));
  const dead = createTcpServer();
  const deadUrl = await addressOf(dead);
  dead.close();
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: await addressOf(server), deadUrl, close };
}
