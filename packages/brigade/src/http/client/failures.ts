/** What a transport's failure is to the user: which class, and what to do about it. */
import {
  AttemptTimeout,
  ConnectError,
  ConnectionLostError,
  ConnectTimeout,
  DecompressionError,
  HeadersTooLargeError,
  InvalidRequestError,
  isHTTPError,
  ProtocolError,
  ReadTimeout,
  WriteTimeout,
} from "../errors.ts";
import { DecodingFailure } from "../transport/failure.ts";
import type { RequestInfo } from "../types.ts";

/** What a failure of the system or of undici carries. */
interface Coded extends Error {
  readonly code?: unknown;
  readonly errors?: readonly Coded[];
}

const advice: Readonly<Record<string, string>> = {
  ENOTFOUND: "the host's name is not known (ENOTFOUND): check its spelling, and that DNS works here",
  EAI_AGAIN: "the name server does not answer (EAI_AGAIN): check the network, or try again later",
  ECONNREFUSED: "nobody listens there (ECONNREFUSED): check the host and the port, and that the server runs",
  EHOSTUNREACH: "the host can't be reached (EHOSTUNREACH): check the network",
  ENETUNREACH: "the network can't be reached (ENETUNREACH): check the network",
  ETIMEDOUT: "the host did not answer (ETIMEDOUT): check the address, and that no firewall stands between",
  EMFILE: "this process has no file descriptor left (EMFILE): lower limits.connections, or raise `ulimit -n`",
  ENFILE: "this machine has no file descriptor left (ENFILE): lower limits.connections",
  EADDRNOTAVAIL: "no local port is left (EADDRNOTAVAIL): lower limits.connections, and keep connections alive",
};

const certificate =
  /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT)|HOSTNAME_MISMATCH|EPROTO)/;
/** What can only happen before there is a connection, whenever a transport tells of it. */
const unconnected =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EMFILE|ENFILE|EADDRNOTAVAIL|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT)|HOSTNAME_MISMATCH)/;
const lost =
  /^(ECONNRESET|EPIPE|ECONNABORTED|ETIMEDOUT|ENOTCONN|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|ERR_HTTP2_|ERR_STREAM_PREMATURE_CLOSE)/;
const invalid = /^(UND_ERR_INVALID_ARG|UND_ERR_NOT_SUPPORTED|UND_ERR_REQ_CONTENT_LENGTH_MISMATCH|ERR_INVALID_)/;

/** `phase` is how far the exchange was; `answered`, whether the head of the response had come. */
export function failureOf(error: unknown, request: RequestInfo, phase: string, answered: boolean): Error {
  if (isHTTPError(error)) return error;
  if (error instanceof DecodingFailure) return new DecompressionError(error.message, request, { cause: error.cause });
  if (!(error instanceof Error)) return new ConnectionLostError(String(error), request, { cause: error });
  const { code: given } = error as Coded;
  const code = typeof given === "string" ? given : undefined;
  const options = { cause: error, code };
  // undici asserts what llhttp lets pass, such as status 101 without an upgrade.
  if (error.name === "HTTPParserError" || code === "ERR_ASSERTION") return notHTTP(error, request);
  if (code === undefined)
    return phase === "connecting" && error instanceof AggregateError ? connectError(error, request, options) : error;
  if (code === "UND_ERR_CONNECT_TIMEOUT")
    return new ConnectTimeout("no connection in time (timeouts.connect)", request);
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    return new HeadersTooLargeError("the response's head is over maxHeaderBytes", request, { cause: error });
  }
  if (invalid.test(code))
    return new InvalidRequestError(`it can't be sent: ${error.message}`, request, { cause: error });
  const contradicts = code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" && !answered; // the head itself
  if (contradicts || (code === "UND_ERR_SOCKET" && error.message.startsWith("bad "))) return notHTTP(error, request);
  if (phase === "connecting" || unconnected.test(code)) return connectError(error, request, options);
  if (!lost.test(code)) return error;
  const when = answered ? "in the middle of the body" : "before it answered";
  return new ConnectionLostError(`the connection broke ${when}: ${error.message || code}`, request, options);
}

function notHTTP(error: Error, request: RequestInfo): ProtocolError {
  const why = error.message.replace(/\s+/g, " ");
  return new ProtocolError(`what the server sent is not HTTP: ${why}`, request, { cause: error });
}

function connectError(
  error: Coded,
  request: RequestInfo,
  options: ErrorOptions & { code: string | undefined },
): ConnectError {
  const code = options.code ?? error.errors?.[0]?.code;
  const known = typeof code === "string" ? code : undefined;
  if (known !== undefined && certificate.test(known)) {
    const text = `the TLS handshake failed: ${error.message} (${known}): check the certificate, or give tls.ca`;
    return new ConnectError(text, request, { ...options, code: known });
  }
  const reason = known === undefined ? undefined : advice[known];
  const text = reason ?? `no connection: ${error.message || (error.errors?.[0]?.message ?? String(known))}`;
  return new ConnectError(text, request, { ...options, code: known });
}

/** Whether another try, later, may do better. A name that does not exist and a bad certificate stay what they are. */
export function mayPass(error: Error): boolean {
  if (error instanceof ConnectError) {
    return error.code !== "ENOTFOUND" && !(error.code !== undefined && certificate.test(error.code));
  }
  return TRANSIENT.some((kind) => error instanceof kind);
}

const TRANSIENT = [ConnectionLostError, ConnectTimeout, WriteTimeout, ReadTimeout, AttemptTimeout];

/** Whether the server has seen nothing of the request. */
export function isUnsent(error: Error | undefined): boolean {
  return error instanceof ConnectError || error instanceof ConnectTimeout;
}
