/** Where a socket is: an IP address with a port, or the path of a Unix socket. */
import { isIPv6, type Socket } from "node:net";

/** One end of a connection, or where a server listens. */
export interface SocketAddress {
  /** The IP address; the path of a Unix socket, "" where it has none, as at the end that connected. */
  readonly host: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly family: "IPv4" | "IPv6" | "Unix";
}

/** Where to connect or to listen: a host, by name or address, with a port, or a path. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

/** For messages: "127.0.0.1:80", "[::1]:80", "/run/app.sock". */
export function shownPlace(place: Place | SocketAddress): string {
  if ("path" in place) return place.path;
  if ("family" in place && place.family === "Unix") return place.host;
  return place.host.includes(":") ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`;
}

export function ipAddress(host: string, port: number): SocketAddress {
  return { host, port, family: isIPv6(host) ? "IPv6" : "IPv4" };
}

export function unixAddress(path: string): SocketAddress {
  return { host: path, port: 0, family: "Unix" };
}

/** The other end of the socket; undefined where the system does not say, as for Unix sockets. */
export function remoteOf({ remoteAddress, remotePort }: Socket): SocketAddress | undefined {
  return remoteAddress === undefined ? undefined : ipAddress(remoteAddress, remotePort as number);
}

/** This end of the socket; undefined likewise. */
export function localOf({ localAddress, localPort }: Socket): SocketAddress | undefined {
  return localAddress === undefined ? undefined : ipAddress(localAddress, localPort as number);
}
