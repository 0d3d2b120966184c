/** What the system, or TLS, says about a socket, in words: what happened, to which, and what to do. */
import { SocketClosedError, SocketError, SocketListenError, SocketTlsError } from "../errors.ts";
import { type Place, shownPlace } from "./address.ts";

export function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string } | undefined)?.code;
}

const broken: Readonly<Record<string, string>> = {
  ECONNRESET: "the other end reset the connection",
  EPIPE: "the other end does not take any more: it has closed the connection",
  ECONNABORTED: "the connection was aborted",
  ETIMEDOUT: "the other end does not answer any more",
  ENETDOWN: "the network went down",
  ENETUNREACH: "the network can't be reached any more",
  EHOSTUNREACH: "the host can't be reached any more",
};

/** A connection that was there has failed. `address` is its other end. */
export function connectionFailure(error: Error, label: string, address: string): SocketError {
  const code = codeOf(error);
  const words = code === undefined ? undefined : broken[code];
  if (words !== undefined)
    return new SocketClosedError(`${label}: ${words} (${code})`, address, { cause: error, code });
  return new SocketError(`${label}: ${error.message}`, address, { cause: error, code });
}

const refusals: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the other end reset the connection at once",
  ETIMEDOUT: "no answer",
  EHOSTUNREACH: "the host can't be reached",
  ENETUNREACH: "the network can't be reached",
  ENOENT: "there is no such socket",
  ENOTSOCK: "that is no socket",
  EACCES: "no permission",
  EADDRNOTAVAIL: "no such local address, or no free local port",
  EADDRINUSE: "the local port is in use",
  EMFILE: "no descriptor left in this process: raise its limit (ulimit -n), or keep fewer connections",
  EAGAIN: "its backlog is full",
};

/** Why one address did not do. */
export function refusal(error: unknown): string {
  const code = codeOf(error);
  const words = code === undefined ? undefined : refusals[code];
  return words === undefined ? (error as Error).message : `${words} (${code})`;
}

/** What the system says about a datagram socket. */
export function datagramFailure(error: Error, address: string): SocketError {
  const code = codeOf(error);
  return new SocketError(`${address}: ${datagramWords(code) ?? error.message}`, address, { cause: error, code });
}

function datagramWords(code: string | undefined): string | undefined {
  if (code === "ECONNREFUSED") return "nothing listens there: an earlier datagram was refused (ECONNREFUSED)";
  if (code === "EMSGSIZE")
    return "the datagram is too large: the most is 65,507 bytes, and less on some ways (EMSGSIZE)";
  if (code === "EACCES") return "no permission to send there; to a broadcast address, set `broadcast` (EACCES)";
  if (code === "ENOTFOUND") return "the host can't be found: check its name (ENOTFOUND)";
  return undefined;
}

const distrust: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "has signed its certificate itself: hand that over as tls.ca to trust it",
  SELF_SIGNED_CERT_IN_CHAIN: "has a certificate of an authority that is not trusted here: hand that over as tls.ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "has a certificate whose issuer is not known here: hand the issuer's over as tls.ca, or let the server send its chain",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "has a certificate whose issuer is not known here: hand the issuer's over as tls.ca",
  CERT_HAS_EXPIRED: "has a certificate that has expired: it has to be renewed, or the clock here is wrong",
  CERT_NOT_YET_VALID: "has a certificate that is not valid yet: the clock here, or there, is wrong",
  CERT_REVOKED: "has a certificate that was revoked",
};

/** TLS did not come about with the other end. */
export function tlsFailure(error: Error, address: string, servername: string | undefined): SocketTlsError {
  const code = codeOf(error);
  return new SocketTlsError(tlsWords(error, code, address, servername), address, { cause: error, code });
}

function tlsWords(error: Error, code: string | undefined, address: string, servername: string | undefined): string {
  const peer = servername === undefined || address.startsWith(servername) ? address : `${servername} (${address})`;
  const words = code === undefined ? undefined : distrust[code];
  if (words !== undefined) return `TLS: ${peer} ${words} (${code})`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const why = (error as { readonly reason?: string }).reason ?? error.message;
    return `TLS: ${peer} has a certificate for another name: ${why} Connect by a name that it has, or set tls.servername`;
  }
  if (code === "ECONNRESET" || code === "EPIPE")
    return `TLS: ${peer} closed the connection during the handshake: does it speak TLS on this port?`;
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG")
    return `TLS: what ${peer} answered is not TLS: does it speak TLS on this port? (${code})`;
  return `TLS with ${peer} failed: ${error.message}`;
}

/** Why it can't listen there. `stale`: nothing listens on the Unix socket that stands there. */
export function listenFailure(error: unknown, place: Place, stale = false): SocketListenError {
  const code = codeOf(error);
  const words =
    ("path" in place ? pathWords(code, place.path, stale) : portWords(code, place)) ?? (error as Error).message;
  return new SocketListenError(`listen: ${words}`, shownPlace(place), { cause: error, code });
}

function pathWords(code: string | undefined, path: string, stale: boolean): string | undefined {
  if (code === "EADDRINUSE") {
    return stale
      ? `nothing listens on ${path}, but the file is there: its server did not end cleanly; delete the file`
      : `something listens on the socket ${path} already: stop that, or choose another path`;
  }
  // The same code says that the folder is missing.
  if (code === "EACCES" || code === "ENOENT")
    return `the socket ${path} can't be made: its folder does not exist, or it takes permissions that are missing`;
  if (code === "EINVAL") return `the path ${path} is too long for a socket (about 100 bytes)`;
  return undefined;
}

function portWords(code: string | undefined, { host, port }: { host: string; port: number }): string | undefined {
  if (code === "EADDRINUSE")
    return `port ${port} of ${host} is in use: stop what listens there, or choose another port (0 takes a free one)`;
  if (code === "EACCES")
    return `no permission to listen on port ${port} of ${host}: ports below 1024 need privileges; choose a higher one`;
  if (code === "EADDRNOTAVAIL") return `${host} is not an address of this machine`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the host "${host}" can't be found`;
  return undefined;
}
