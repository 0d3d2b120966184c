/** Servers that are hostile below HTTP, or speak another version of it; and a proxy. */
import { createServer as createHttpServer, request as forward } from "node:http";
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import type { Certificate } from "./certificate.ts";

export interface OtherServer extends AsyncDisposable {
  readonly port: number;
}

function disposed(server: Server | Http2SecureServer, sockets: Set<Socket>): () => Promise<void> {
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

function tracked(server: Server | Http2SecureServer): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  return sockets;
}

async function listening(server: Server | Http2SecureServer): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Accepts connections and says nothing: no TLS handshake ever ends there. */
export async function silentServer(): Promise<OtherServer & { readonly sockets: ReadonlySet<Socket> }> {
  const server = createServer((socket) => socket.resume()); // or it would not hear that the client has gone
  const sockets = tracked(server);
  return { port: await listening(server), sockets, [Symbol.asyncDispose]: disposed(server, sockets) };
}

/** A port where nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const deaf = `
  const { createServer } = require("node:net");
  const { parentPort } = require("node:worker_threads");
  const server = createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;

/** A port that listens and whose queue is full, since nobody accepts: connecting to it does not end. */
export async function fullBacklog(): Promise<OtherServer> {
  const worker = new Worker(deaf, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  const fillers: Socket[] = [];
  const dispose = async (): Promise<void> => {
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  };
  for (let i = 0; i < 20; i++) {
    const filler = connect(port, "127.0.0.1").on("error", () => {});
    fillers.push(filler);
    // On loopback a connection that can be made is made at once, as far as this process gets to see it.
    const made = await new Promise<boolean>((resolve) => {
      filler.once("connect", () => resolve(true));
      setTimeout(() => resolve(false), 300);
    });
    if (!made) return { port, [Symbol.asyncDispose]: dispose };
  }
  await dispose();
  throw new Error("the queue of connections took 20, with a backlog of 1");
}

const http2Behaviours: Readonly<Record<string, (request: Http2ServerRequest, response: Http2ServerResponse) => void>> =
  {
    echo: (request, response) => void response.end(`${request.httpVersion} ${request.method} ${request.url}`),
    mirror: (request, response) => void request.pipe(response),
    never: () => {},
    reset: ({ stream }) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    "reset-body": ({ stream }, response) => {
      response.write("the beginning", () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    },
    destroy: ({ stream }) => stream.session?.destroy(),
    "destroy-body": ({ stream }, response) => {
      response.write("the beginning", () => stream.session?.destroy());
    },
    short: (_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.end("the beginning");
    },
  };

/** An HTTP/2 server, one behaviour for each path, and the number of its sessions. */
export async function http2Server(tls: Certificate): Promise<OtherServer & { readonly sessions: () => number }> {
  const server = createSecureServer({ ...tls, allowHTTP1: true });
  const sockets = tracked(server);
  let sessions = 0;
  server.on("session", (session) => {
    sessions++;
    session.on("error", () => {});
  });
  server.on("request", (request: Http2ServerRequest, response: Http2ServerResponse) => {
    request.stream?.on("error", () => {});
    http2Behaviours[request.url.split("/")[1] ?? ""]?.(request, response);
  });
  return { port: await listening(server), sessions: () => sessions, [Symbol.asyncDispose]: disposed(server, sockets) };
}

/** A proxy that tunnels (CONNECT) and forwards (absolute form), and tells what it was asked for. */
export async function proxyServer(credentials?: string): Promise<OtherServer & { readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const expected = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
  const server = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (expected !== undefined && request.headers["proxy-authorization"] !== expected) {
      response.writeHead(407, { "proxy-authenticate": "Basic" }).end("who are you?");
      return;
    }
    const { host: _host, "proxy-authorization": _mine, ...headers } = request.headers;
    const sent = { method: request.method ?? "GET", headers: { ...headers, connection: "close" }, agent: false };
    const onward = forward(request.url ?? "", sent, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  const sockets = tracked(server);
  server.on("connect", (request, client: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (expected !== undefined && request.headers["proxy-authorization"] !== expected) {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n");
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connect(Number(port), hostname, () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      onward.pipe(client).pipe(onward);
    });
    onward.on("error", () => client.destroy());
    client.resume().on("end", () => client.destroy()); // or it would not hear that the client has gone
    client.on("error", () => onward.destroy()).on("close", () => onward.destroy());
  });
  return { port: await listening(server), asked, [Symbol.asyncDispose]: disposed(server, sockets) };
}
