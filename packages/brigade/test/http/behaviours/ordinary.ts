/** What servers do every day: echo, status, cookies, failing now and then, closing what was idle. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type Behaviour, reset, type Visit } from "./behaviour.ts";

/** What `/echo` answers, as JSON. */
export interface Echo {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, as latin1: a character for each byte. */
  readonly body: string;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function echo({ request, response }: Visit): Promise<void> {
  const body = await bodyOf(request).catch(() => undefined);
  if (body === undefined) return; // the client went away
  const { method = "", url = "" } = request;
  const answer = { method, target: url, headers: request.headers, body: body.toString("latin1") };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

/** `/status/503?body=…&retry-after=…&type=…`: what the query names, as it stands there. */
function status({ request, response, query, rest }: Visit): void {
  request.resume();
  for (const name of ["retry-after", "content-type", "www-authenticate", "content-encoding"]) {
    const value = query.get(name);
    if (value !== null) response.setHeader(name, value);
  }
  response.writeHead(Number(rest[0] ?? 200)).end(query.get("body") ?? "");
}

/** `/flaky/2?key=a&status=503`: that many failures, then 200. The failure `reset` is none of HTTP's. */
function flaky({ server, request, response, socket, query, rest }: Visit): void {
  request.resume();
  const visit = server.count(query.get("key") ?? "flaky");
  if (visit > Number(rest[0] ?? 1)) response.end(`answer ${visit}`);
  else if (query.get("status") === "reset") reset(socket);
  else {
    const after = query.get("retry-after");
    if (after !== null) response.setHeader("retry-after", after);
    response.writeHead(Number(query.get("status") ?? 503)).end("try again");
  }
}

/** `/set-cookie?cookie=a=1&cookie=b=2`. */
function setCookie({ response, query }: Visit): void {
  response.setHeader("set-cookie", query.getAll("cookie")).end("set");
}

/** Answers, says that the connection stays, and closes it as soon as it is idle. */
function idleClose({ response, socket }: Visit): void {
  response.end("ok", () => setImmediate(() => socket.end()));
}

const used = new WeakSet<Socket>();

/** `/second-resets`: the second request on a connection finds it closed. */
function secondResets({ response, socket }: Visit): void {
  if (used.has(socket)) return reset(socket);
  used.add(socket);
  response.end("first");
}

/** `/last`: answers with `connection: close`. */
function last({ response }: Visit): void {
  response.writeHead(200, { connection: "close" }).end("last");
}

export const ordinary: Readonly<Record<string, Behaviour>> = {
  ok: ({ request, response }) => {
    request.resume();
    response.end("ok");
  },
  echo: (visit) => void echo(visit),
  /** `/mirror?status=200`: the request's body. */
  mirror: ({ request, response, query }) => {
    response.writeHead(Number(query.get("status") ?? 200));
    request.pipe(response);
  },
  status,
  flaky,
  "set-cookie": setCookie,
  "idle-close": idleClose,
  "second-resets": secondResets,
  last,
};
