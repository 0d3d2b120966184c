/** Sockets to the server, encrypted where that is asked for, ready for the first message of the protocol. */
import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { type Awaitable, type Coroutine, type CoroutineBody, coroutine, fromCallback } from "brigade";
import type { Settings } from "../settings.ts";

/** The server does not do TLS, and it was asked for. */
export class TlsRefusedError extends Error {
  override readonly name: string = "TlsRefusedError";
}

const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]); // length, 80877103
const CANCEL_CODE = 80_877_102;
const KEEP_ALIVE = 10_000;

/** Waits for a connected socket, encrypted or not as the settings say. Throws what the system or TLS says. */
export const dial: (settings: Settings) => Coroutine<Socket> = coroutine(function* dial(
  settings: Settings,
): CoroutineBody<Socket> {
  const plain = settings.path === undefined ? connect(settings.port, settings.host) : connect(settings.path);
  let socket = plain;
  let ready = false;
  try {
    yield* once(plain, "connect", settings.address);
    if (settings.path === undefined) {
      plain.setNoDelay(true);
      plain.setKeepAlive(true, KEEP_ALIVE);
    }
    if (settings.tls !== false && settings.path === undefined) socket = yield* encrypted(plain, settings);
    ready = true;
    return socket;
  } finally {
    if (!ready) {
      plain.on("error", ignore); // nobody waits for it any more
      plain.destroy();
    }
  }
});

function ignore(): void {}

const encrypted = coroutine(function* startTls(plain: Socket, settings: Settings): CoroutineBody<Socket> {
  plain.write(TLS_REQUEST);
  const answer = yield* firstByte(plain, settings.address);
  if (answer !== "S") {
    if (settings.tls === "prefer" && answer === "N") return plain;
    throw new TlsRefusedError("the server does not offer TLS");
  }
  const own: ConnectionOptions = typeof settings.tls === "object" ? settings.tls : { rejectUnauthorized: false };
  const servername = isIP(settings.host) === 0 ? { servername: settings.host } : {};
  const socket = connectTls({ ...servername, host: settings.host, ...own, socket: plain });
  yield* once(socket, "secureConnect", settings.address);
  return socket;
});

/** Waits for the event; throws the socket's error, or says that it was closed. Cancellation leaves at once: the socket is the caller's to destroy. */
function once(socket: Socket, event: "connect" | "secureConnect" | "close", address: string): Awaitable<void> {
  return fromCallback<void>((reply) => {
    const done = (end: () => void): void => {
      socket.off(event, happened).off("error", failed).off("close", closed);
      socket.on("error", ignore);
      end();
    };
    const happened = (): void => done(() => reply.succeed(undefined));
    const failed = (error: Error): void => done(() => reply.fail(error));
    const closed = (): void =>
      failed(Object.assign(new Error("the server closed the connection"), { code: "ECONNRESET" }));
    socket.once(event, happened).once("error", failed);
    if (event !== "close") socket.once("close", closed);
    return (reason) => done(() => reply.fail(reason));
  }, `${event} of ${address}`);
}

function firstByte(socket: Socket, address: string): Awaitable<string> {
  return fromCallback<string>((reply) => {
    const done = (end: () => void): void => {
      socket.off("readable", readable).off("error", failed).off("close", closed);
      socket.on("error", ignore);
      end();
    };
    const readable = (): void => {
      const bytes = socket.read() as Buffer | null;
      // More than one byte here would have been put in by somebody in between (CVE-2021-23222).
      if (bytes !== null) done(() => reply.succeed(bytes.length === 1 ? bytes.toString("latin1") : ""));
    };
    const failed = (error: Error): void => done(() => reply.fail(error));
    const closed = (): void =>
      failed(Object.assign(new Error("the server closed the connection"), { code: "ECONNRESET" }));
    socket.on("readable", readable).once("error", failed).once("close", closed);
    return (reason) => done(() => reply.fail(reason));
  }, `TLS with ${address}`);
}

/**
 * Asks the server to cancel what runs on another connection, over a connection of its own, as the protocol wants it
 * (CancelRequest). When this ends, the server has passed the request on: it can't hit what is sent later.
 */
export const requestCancel: (settings: Settings, pid: number, secret: number) => Coroutine<void> = coroutine(
  function* requestCancel(settings: Settings, pid: number, secret: number): CoroutineBody<void> {
    const socket = yield* dial(settings);
    try {
      const message = Buffer.alloc(16);
      message.writeInt32BE(16, 0);
      message.writeInt32BE(CANCEL_CODE, 4);
      message.writeInt32BE(pid | 0, 8);
      message.writeInt32BE(secret | 0, 12);
      socket.resume();
      socket.write(message);
      yield* once(socket, "close", settings.address);
    } finally {
      socket.destroy();
    }
  },
);
