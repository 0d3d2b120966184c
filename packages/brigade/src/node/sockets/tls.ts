/** TLS over a socket that is connected: what can be set, the handshake, and what came of it. */
import {
  connect,
  type ConnectionOptions,
  createSecureContext,
  type PeerCertificate,
  TLSSocket,
  type TlsOptions,
} from "node:tls";
import { isIP, type Socket } from "node:net";
import type { RunningTask } from "../../task/frame.ts";
import { EndingReply } from "../../border/reply.ts";
import type { Place } from "./address.ts";

type Ours = "socket" | "host" | "port" | "path" | "timeout" | "lookup" | "allowHalfOpen" | "pskCallback";

/** What Node's `tls.connect` can be told: ca, cert, key, servername, ALPNProtocols, rejectUnauthorized, minVersion, … */
export type ClientTlsOptions = Omit<ConnectionOptions, Ours>;

/** What Node's `tls.createServer` can be told: key and cert, or SNICallback; ca, requestCert, ALPNProtocols, … */
export type ServerTlsOptions = Omit<TlsOptions, Ours | "handshakeTimeout" | "pauseOnConnect" | "noDelay" | "keepAlive">;

export function checkServerTls(tls: ServerTlsOptions): void {
  const certified = (tls?.key && tls.cert) || tls?.pfx || tls?.SNICallback || tls?.secureContext;
  if (!certified) throw new TypeError("TLS of a server needs `key` and `cert`, both as PEM");
}

/** What TLS has agreed on. */
export interface TlsState {
  /** "TLSv1.3" */
  readonly protocol: string | undefined;
  /** The protocol above TLS that was agreed on (ALPN): "h2". */
  readonly alpn: string | undefined;
  /** The name that the client asked for (SNI). */
  readonly servername: string | undefined;
  /** Whether the other end's certificate is trusted. False where a server did not ask for one. */
  readonly authorized: boolean;
  /** The other end's certificate, if it has shown one. */
  readonly peerCertificate: PeerCertificate | undefined;
}

export function tlsStateOf(socket: Socket): TlsState | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const certificate = socket.getPeerCertificate() as PeerCertificate | null;
  return {
    protocol: socket.getProtocol() ?? undefined,
    alpn: socket.alpnProtocol || undefined,
    servername: (socket as { readonly servername?: string | false }).servername || undefined,
    authorized: socket.authorized,
    peerCertificate: certificate !== null && Object.keys(certificate).length > 0 ? certificate : undefined,
  };
}

/** Waits for the handshake. Cancellation destroys the connection, and waits until it is closed. */
class Handshake extends EndingReply<TLSSocket> {
  readonly #secured: () => TLSSocket;
  readonly #event: "secureConnect" | "secure";
  #socket: TLSSocket | undefined;
  #taken = false; // it is whoever awaited it that owns the socket

  constructor(secured: () => TLSSocket, event: "secureConnect" | "secure", label: string) {
    super("TLS handshake", label);
    this.#secured = secured;
    this.#event = event;
  }

  protected override begin(): void {
    const socket = (this.#socket = this.#secured());
    const done = (): void => this.succeed(socket);
    socket.once(this.#event, done);
    socket.on("error", (error) => this.fail(error)); // stays: a socket may fail between its owners
    socket.once("close", () => this.fail(closedEarly()));
  }

  protected stop(): void {
    this.#socket?.destroy();
  }

  protected override finish(): TLSSocket {
    const socket = super.finish();
    this.#taken = true;
    return socket;
  }

  protected override unwind(task: RunningTask): void {
    super.unwind(task);
    if (!this.#taken) this.#socket?.destroy();
  }
}

function closedEarly(): Error {
  return Object.assign(new Error("the connection was closed during the handshake"), { code: "ECONNRESET" });
}

/** What a client has to check, and to ask for, at that place. */
export function clientTls(place: Place, tls: ClientTlsOptions): ClientTlsOptions {
  if ("path" in place) return tls;
  // A name is sent to the server, which may have several certificates; an address must not be (RFC 6066).
  const named = isIP(place.host) !== 0 ? {} : { servername: place.host };
  const options: ConnectionOptions = { host: place.host, ...named, ...tls };
  return options;
}

/**
 * Makes the connected socket the client's end of a TLS connection. `made` is told of it when the handshake begins. Throws
 * what TLS, or the system, says.
 */
export function secureAsClient(
  socket: Socket,
  tls: ClientTlsOptions,
  label: string,
  made?: (secured: TLSSocket) => void,
): EndingReply<TLSSocket> {
  return new Handshake(() => tell(connect({ ...tls, socket }), made), "secureConnect", label);
}

/** The same for the server's end. Certificates of clients are not asked for. */
export function secureAsServer(
  socket: Socket,
  tls: ServerTlsOptions,
  label: string,
  made: (secured: TLSSocket) => void,
): EndingReply<TLSSocket> {
  const secure = (): TLSSocket => {
    const { secureContext = createSecureContext(tls), ALPNProtocols, SNICallback } = tls;
    const options = { isServer: true, secureContext, requestCert: false };
    return new TLSSocket(socket, {
      ...options,
      ...(ALPNProtocols && { ALPNProtocols }),
      ...(SNICallback && { SNICallback }),
    });
  };
  return new Handshake(() => tell(secure(), made), "secure", label);
}

function tell(secured: TLSSocket, made: ((secured: TLSSocket) => void) | undefined): TLSSocket {
  made?.(secured);
  return secured;
}
