/** The transport over Node's own fetch, with servers that answer, stall, break and are left. */
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer, type RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { fetchTransport } from "brigade/http";
import { afterEach, expect, test } from "vitest";
import { get, post, Told } from "./told.ts";

const servers: (Server & { closeAllConnections?(): void })[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections?.();
  }
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const serving = (listener: RequestListener): Promise<string> => listening(createServer(listener));
const talking = (listener: (socket: Socket) => void): Promise<string> => listening(createTcpServer(listener));

test("aborting closes the connection in the middle of a body", async () => {
  let closed: () => void;
  const gone = new Promise<void>((resolve) => (closed = resolve));
  const url = await serving((_request, response) => {
    response.on("close", () => closed());
    response.write("begun");
  });
  const told = new Told();
  const exchange = fetchTransport(fetch).send(get(url), told);
  await told.until("data 5");
  exchange.abort(new Error("enough"));
  await gone;
  expect(told.events.at(-1)).toBe("data 5");
});

test("a hundred exchanges that are aborted at any moment leave no response running", async () => {
  let running = 0;
  const url = await serving((_request, response) => {
    running++;
    // Pieces go on for ever: what ends is ended by the client.
    const timer = setInterval(() => response.write("piece"), 1);
    response.on("close", () => {
      running--;
      clearInterval(timer);
    });
  });
  const transport = fetchTransport(fetch);
  const told = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const one = new Told();
      const exchange = transport.send(get(url), one);
      // Real time: sockets open, answer and close in theirs.
      await new Promise((resolve) => setTimeout(resolve, (i * 7) % 40));
      exchange.abort(new Error("enough"));
      return one.events.at(-1) ?? "";
    }),
  );
  expect(new Set(told.map((event) => event.split(" ")[0]))).not.toContain("failed");
  await expect.poll(() => running).toBe(0);
});

test("a body of pieces is pulled as it is sent, and told piece by piece", async () => {
  const url = await serving(async (request, response) => {
    let length = 0;
    for await (const chunk of request as AsyncIterable<Uint8Array>) length += chunk.byteLength;
    response.end(`${request.headers["transfer-encoding"]} ${length}`);
  });
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 3; i++) yield new Uint8Array(1_000);
  }
  const told = new Told();
  fetchTransport(fetch).send(post(url, body()), told);
  await told.until("ended");
  expect(told.text).toBe("chunked 3000");
  expect(told.events.slice(0, 5)).toEqual(["connected", "sent a piece", "sent a piece", "sent a piece", "sent"]);
});

test("a body's own error is what the exchange fails with", async () => {
  const url = await serving((request, response) => request.on("end", () => response.end()).resume());
  const mine = new RangeError("the body broke");
  async function* body(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(10);
    throw mine;
  }
  const told = new Told();
  fetchTransport(fetch).send(post(url, body()), told);
  await told.until("failed");
  expect((told.failure as Error).cause).toBe(mine);
});

test("a body whose exchange is aborted is closed", async () => {
  const url = await serving(() => {}); // takes in what fits into its buffers, and answers nothing
  let closed: () => void;
  const done = new Promise<void>((resolve) => (closed = resolve));
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(65_536);
    } finally {
      closed();
    }
  }
  const told = new Told();
  const exchange = fetchTransport(fetch).send(post(url, body()), told);
  await told.until("sent a piece");
  exchange.abort(new Error("enough"));
  await done;
  expect(told.events).not.toContain("failed");
});

test("content encodings are undone", async () => {
  const url = await serving((_request, response) => {
    response.setHeader("content-encoding", "gzip").end(gzipSync("hello ".repeat(1_000)));
  });
  const told = new Told();
  fetchTransport(fetch).send(get(url), told);
  await told.until("ended");
  expect(told.text).toBe("hello ".repeat(1_000));
});

test("a redirect is the client's to follow", async () => {
  const url = await serving((_request, response) => response.writeHead(302, { location: "/next" }).end("moved"));
  const told = new Told();
  fetchTransport(fetch).send(get(url), told);
  await told.until("ended");
  expect(told.response).toMatchObject({ status: 302, headers: { location: "/next" } });
});

test("each way in which a connection ends is told as its kind", async () => {
  const closed = createTcpServer();
  const refused = await listening(closed);
  closed.close();
  const half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello";
  const cases: readonly (readonly [string, string, string])[] = [
    ["refused", refused, "ECONNREFUSED"],
    ["unknown", "http://no-such-host.invalid/", "ENOTFOUND"],
    [
      "reset",
      await talking((socket) => socket.on("error", () => {}).once("data", () => socket.resetAndDestroy())),
      "ECONNRESET",
    ],
    [
      "half",
      await talking((socket) => socket.on("error", () => {}).once("data", () => socket.end(half))),
      "UND_ERR_SOCKET",
    ],
    [
      "garbage",
      await talking((socket) => socket.on("error", () => {}).once("data", () => socket.end("garbage\r\n\r\n"))),
      "ProtocolError",
    ],
  ];
  for (const [name, url, kind] of cases) {
    const told = new Told();
    fetchTransport(fetch).send(get(url), told);
    await told.until("failed");
    const failure = told.failure as Error & { readonly code?: string };
    expect(failure.code ?? failure.name, name).toBe(kind);
  }
});
