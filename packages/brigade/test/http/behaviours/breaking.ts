/** Servers that break the connection, or HTTP. */
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { type Behaviour, reset, type Visit } from "./behaviour.ts";

const OK = "HTTP/1.1 200 OK\r\n";

/** Writes bytes as they are and closes. */
function says(...pieces: readonly (string | Buffer)[]): Behaviour {
  return ({ socket }) => {
    for (const piece of pieces) socket.write(piece);
    socket.end();
  };
}

/** `/reset/before-head`, `/reset/in-head`, `/reset/in-body`: what came before the reset has time to arrive. */
function resets({ socket, rest }: Visit): void {
  const before: Readonly<Record<string, string>> = {
    "before-head": "",
    "in-head": `${OK}content-type: text/`,
    "in-body": `${OK}content-length: 1000\r\n\r\nthe beginning`,
  };
  const text = before[rest[0] ?? ""] ?? "";
  if (text === "") return reset(socket);
  socket.write(text, () => setTimeout(() => reset(socket), 10));
}

/** Writes until the client has had enough. */
function flood(socket: Socket, opening: string, piece: string): void {
  socket.write(opening);
  const more = (): void => {
    while (socket.writable && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}

const chunked = `${OK}transfer-encoding: chunked\r\n\r\n`;

const closes: Readonly<Record<string, Behaviour>> = {
  "before-head": says(),
  "in-head": says(`${OK}content-type: text/`),
  "content-length": says(`${OK}content-length: 1000\r\n\r\nthe beginning`),
  chunked: says(`${chunked}5\r\nhello\r\n`),
  "in-chunk": says(`${chunked}ff\r\nhello`),
  encoded: says(
    `${OK}content-encoding: gzip\r\ncontent-length: 1000\r\n\r\n`,
    gzipSync("text ".repeat(50)).subarray(0, 20),
  ),
};

const broken: Readonly<Record<string, Behaviour>> = {
  garbage: says("\u0000\u0001\u0002 what is this?\r\n\r\n\r\n"),
  ssh: says("SSH-2.0-OpenSSH_9.2\r\n"),
  "status-line": says("HTTP/1.1 twohundred OK\r\n\r\n"),
  "status-low": says("HTTP/1.1 020 Low\r\ncontent-length: 0\r\n\r\n"),
  "status-101": says("HTTP/1.1 101 Continue\r\n\r\n"),
  version: says("HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\nok"),
  "chunk-size": says(`${chunked}zz\r\nhello\r\n0\r\n\r\n`),
  "chunk-huge": says(`${chunked}fffffffffffffffffffff\r\nhello`),
  "chunk-end": says(`${chunked}5\r\nhelloXX0\r\n\r\n`),
  "header-name": says(`${OK}bad header: 1\r\ncontent-length: 2\r\n\r\nok`),
  "header-value": says(`${OK}x-null: a\u0000b\r\ncontent-length: 2\r\n\r\nok`),
  "length-word": says(`${OK}content-length: many\r\n\r\nok`),
  "length-negative": says(`${OK}content-length: -5\r\n\r\nok`),
  "two-lengths": says(`${OK}content-length: 2\r\ncontent-length: 5\r\n\r\nok`),
  "length-and-chunked": says(`${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`),
};

export const breaking: Readonly<Record<string, Behaviour>> = {
  reset: resets,
  closes: (visit) => closes[visit.rest[0] ?? ""]?.(visit),
  broken: (visit) => broken[visit.rest[0] ?? ""]?.(visit),
  /** More bytes than it announced. */
  "too-much": says(`${OK}content-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged`),
  /** `/headers/endless`, `/headers/huge`, `/headers/many`. */
  headers: ({ socket, rest }) => {
    if (rest[0] === "huge")
      says(`${OK}x-huge: ${"h".repeat(200_000)}\r\ncontent-length: 2\r\n\r\nok`)({ socket } as Visit);
    else if (rest[0] === "endless") flood(socket, `${OK}x-endless: `, "h".repeat(1_000));
    else flood(socket, OK, `x-many: ${"h".repeat(50)}\r\n`.repeat(20));
  },
  /** Interim answers without end. */
  interim: ({ socket, rest }) => {
    const one = "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n";
    if (rest[0] === "few") says(one, one, `${OK}content-length: 2\r\nconnection: close\r\n\r\nok`)({ socket } as Visit);
    else flood(socket, "", one);
  },
  /** Switches protocols though nobody asked. */
  upgrade: says("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"),
};
