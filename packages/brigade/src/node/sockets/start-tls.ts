/** TLS on a connection that stands already, for protocols that begin without (STARTTLS). */
import { coroutine } from "../../task/coroutine.ts";
import type { Socket } from "node:net";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { Reply } from "../../border/reply.ts";
import { shownPlace } from "./address.ts";
import type { Connection } from "./connection.ts";
import { connectionFailure, tlsFailure } from "./failures.ts";
import {
  checkServerTls,
  clientTls,
  type ClientTlsOptions,
  secureAsClient,
  secureAsServer,
  type ServerTlsOptions,
} from "./tls.ts";

/**
 * Encrypts a connection that was made without TLS (asyncio.StreamWriter.start_tls). Its end that called `connect` is TLS's client,
 * which checks the certificate for the host it has connected to; the other one is its server, and needs `key` and `cert`. Waits
 * until what was written before is sent, and until the handshake has ended. Reader and writer stay what they are.
 *
 * Call it when both ends have agreed on it, and while nobody reads. Throws `InvalidStateError` when the connection is closed,
 * encrypted already, or being read, and at the client's end when something that came before TLS was not read; `SocketTlsError` when TLS
 * does not come about: the connection is closed then. Cancellation during the handshake closes it, too.
 *
 * @example
 * ```ts no-run
 * import { run, use } from "brigade";
 * import { connect, startTls } from "brigade/node";
 *
 * await run(
 *   use(connect({ host: "mail.example.org", port: 25 }), function* (connection) {
 *     const { reader, writer } = connection;
 *     console.log(yield* reader.readLine());
 *     yield* writer.write("STARTTLS\r\n");
 *     console.log(yield* reader.readLine());
 *     yield* startTls(connection);
 *     yield* writer.write("EHLO client.example.org\r\n");
 *   }),
 * );
 * ```
 */
export function startTls(connection: Connection, tls: ClientTlsOptions | ServerTlsOptions = {}): Awaitable<void> {
  if (connection.settings.role === "server") checkServerTls(tls);
  return starting(connection, tls);
}

const starting = /* @__PURE__ */ coroutine(function* startTls(
  connection: Connection,
  tls: ClientTlsOptions | ServerTlsOptions,
): CoroutineBody<void> {
  const { socket } = connection;
  const address = shownPlace(connection.remoteAddress);
  connection.holdBack();
  let state: "writing" | "written" = "writing";
  try {
    yield* new Sent(socket, address);
    state = "written";
  } catch (error) {
    throw connectionFailure(error as Error, address, address);
  } finally {
    if (state === "writing") connection.takeIn();
  }
  yield* handshake(connection, socket, tls, address);
});

const handshake = /* @__PURE__ */ coroutine(function* handshake(
  connection: Connection,
  socket: Socket,
  tls: ClientTlsOptions | ServerTlsOptions,
  address: string,
): CoroutineBody<void> {
  const { role, place } = connection.settings;
  const made = (secured: Socket): void => connection.moveTo(secured);
  const options = role === "client" ? clientTls(place, tls) : undefined;
  let state: "shaking hands" | "done" = "shaking hands";
  try {
    if (options) yield* secureAsClient(socket, options, address, made);
    else yield* secureAsServer(socket, tls, address, made);
    state = "done";
  } catch (error) {
    throw tlsFailure(error as Error, address, options?.servername);
  } finally {
    if (state !== "done") connection.abort();
  }
});

/** Waits until the system has all that was written. */
class Sent extends Reply<void> {
  readonly #socket: Socket;

  constructor(socket: Socket, label: string) {
    super("write", label);
    this.#socket = socket;
  }

  protected override begin(): void {
    if (this.#socket.writableLength === 0) this.succeed(undefined);
    else {
      this.#socket.write("", (error) => {
        if (error) this.fail(error);
        else this.succeed(undefined);
      });
    }
  }
}
