/** Servers that take their time, or for ever. */
import type { Behaviour, Visit } from "./behaviour.ts";

/** Calls every so many milliseconds, while the connection is open. */
function every({ socket }: Visit, milliseconds: number, call: () => void): void {
  const timer = setInterval(call, milliseconds);
  socket.on("close", () => clearInterval(timer));
}

/** `/drip/head?every=20` and `/drip/body?every=20`: a byte at a time, without end. */
function drip(visit: Visit): void {
  const { socket, response, query, rest } = visit;
  const pause = Number(query.get("every") ?? 1_000);
  if (rest[0] === "head") {
    socket.write("HTTP/1.1 200 OK\r\nx-slow: ");
    every(visit, pause, () => socket.write("a"));
  } else {
    response.writeHead(200, { "content-type": "text/plain" });
    every(visit, pause, () => response.write("b"));
  }
}

/** `/slow/50`: answers after as many milliseconds. `/slow/50?key=a`: only the first time. */
function slowly({ server, request, response, query, rest, socket }: Visit): void {
  request.resume();
  const key = query.get("key");
  const fast = key !== null && server.count(key) > 1;
  const timer = setTimeout(() => response.end(fast ? "fast" : "slow"), fast ? 0 : Number(rest[0]));
  socket.on("close", () => clearTimeout(timer));
}

export const slow: Readonly<Record<string, Behaviour>> = {
  drip,
  slow: slowly,
  /** Takes the request, and never answers. */
  never: ({ request }) => void request.resume(),
  /** Takes no byte of the request's body, and never answers. It can't notice that the client has gone, and goes itself. */
  "never-reads": ({ socket }) => void setTimeout(() => socket.destroy(), 500),
  /** The head, a piece of the body, and no more. */
  stalls: ({ response, query }) =>
    void response.writeHead(Number(query.get("status") ?? 200), { "content-length": 1_000 }).write("the beginning"),
};
