/** What the driver and the server say, as the errors of this package: with what to do, and without a secret. */
import { bareError } from "../connections/bare-error.ts";
import { ConnectError, ConnectionLostError, QueryError } from "../errors.ts";
import { type Client, type Driver, makeClient } from "./driver.ts";
import type { RedisAddress, Timing } from "./settings.ts";

/** What to do about an answer of the server. */
const ADVICE: Readonly<Record<string, string>> = {
  OOM: "its memory is full: raise maxmemory, choose an eviction policy, or delete keys",
  READONLY: "it is a replica: write to the primary (sentinels in the options follow it)",
  MISCONF: "it can't save its data to disk and takes no writes until it can: look at its log, free disk space",
  NOPERM: "the user lacks the permission: see ACL SETUSER",
  NOSCRIPT: "the script is not loaded there: use lua(), or EVAL",
  MOVED:
    "it is a node of a Redis Cluster, and the key lives on another one. redis() talks to one server: use ioredis's Cluster with fromPromise",
  ASK: "it is a node of a Redis Cluster, and the key is being moved. redis() talks to one server: use ioredis's Cluster with fromPromise",
  CROSSSLOT: "it is a node of a Redis Cluster: all keys of a call have to live in one slot, as {tag}a and {tag}b do",
  CLUSTERDOWN: "its cluster is down: see CLUSTER INFO",
  BUSY: "a script runs there for too long: SCRIPT KILL ends it",
  NOREPLICAS: "too few replicas are connected for a write: see min-replicas-to-write",
  EXECABORT: "one of the queued commands was refused: nothing was run",
  LOADING: "it still loads its data: try again",
  MASTERDOWN: "it is a replica without its primary: try again, or ask the primary",
};

/** Why no connection came about, by the system's code or the server's first word. */
const CONNECT_ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: is the server running, and is the port right?",
  ENOTFOUND: "the host name is unknown",
  EAI_AGAIN: "the host name can't be looked up now",
  ETIMEDOUT: "it does not answer: is the host right, is a firewall in between?",
  ECONNRESET: "it closes the connection: does it want TLS (rediss://), or take no more clients (maxclients)?",
  EPIPE: "it closes the connection: does it want TLS (rediss://), or take no more clients (maxclients)?",
  EHOSTUNREACH: "there is no way to that host",
  ENOENT: "there is no such socket",
  EACCES: "the socket may not be opened by this user",
  WRONGPASS: "the user name or the password is wrong",
  NOAUTH: "it wants a password: redis://user:password@host",
  NOPERM: "the user may not do that: see ACL SETUSER",
  DENIED: "it is in protected mode: give it a password, or connect from its own machine",
  LOADING: "it still loads its data: try again",
  CLOSED: "it closed the connection at once: does it want TLS (rediss://), or is it something else than Redis?",
};

/** Where the connection goes: "127.0.0.1:6379", "/run/redis.sock". */
function addressOf(client: Client): string {
  const { path, host, port, sentinels } = client.options;
  if (path) return path;
  if (sentinels?.length) return sentinels.map((sentinel) => `${sentinel.host}:${sentinel.port}`).join(",");
  return `${host ?? "localhost"}:${port ?? 6379}`;
}

/** The same before there is a connection. */
export function addressIn(driver: Driver, address: string | RedisAddress, timing: Timing): string {
  return addressOf(makeClient(driver, address, timing)); // not connected: it holds nothing
}

export function isReplyError(error: unknown): error is Error {
  return (error as Error | undefined)?.name === "ReplyError";
}

/** The first word of an answer that is an error: "WRONGTYPE", "ERR". */
function codeOf(error: Error): string {
  const said = (error as { code?: unknown }).code;
  if (typeof said === "string" && !isReplyError(error)) return said;
  return /^-?([A-Z][A-Z0-9_]+)(?= |$)/.exec(error.message)?.[1] ?? "ERR";
}

/** The driver's error without what may be secret: the arguments of its command, the password. */
function cleaned(client: Client, error: Error): Error {
  const { password, sentinelPassword } = client.options;
  return bareError(error, [password ?? "", sentinelPassword ?? ""]);
}

/** The server refused a command, or the command failed there. */
export function refused(client: Client, error: Error, command: string): QueryError {
  const code = codeOf(error);
  const cause = cleaned(client, error);
  const advice = ADVICE[code];
  const what = `redis ${command.toUpperCase()} at ${addressOf(client)}: ${cause.message}`;
  return new QueryError(advice ? `${what} (${advice})` : what, code, { cause, details: { command } });
}

/** A command was on its way when the connection broke. `trouble` is what the driver said last. */
export function lost(client: Client, trouble: Error | undefined, command: string): ConnectionLostError {
  const cause = trouble && cleaned(client, trouble);
  const why = cause?.message ?? "the server closed the connection";
  return new ConnectionLostError(
    `redis ${command.toUpperCase()}: the connection to ${addressOf(client)} was lost before the answer came: ${why}. The command may have run`,
    addressOf(client),
    true,
    { cause, code: (cause as { code?: string } | undefined)?.code },
  );
}

/** No connection came about. */
export function unreachable(client: Client, trouble: Error | undefined): ConnectError {
  const cause = trouble && cleaned(client, trouble);
  const address = addressOf(client);
  const code = cause === undefined ? "CLOSED" : codeOf(cause);
  const { username, db } = client.options;
  const as = [username && `as user "${username}"`, db ? `database ${db}` : undefined].filter(Boolean).join(", ");
  const where = as ? `${address} (${as})` : address;
  const advice = connectAdvice(client, code, cause?.message ?? "");
  const said = cause ? `: ${cause.message}` : "";
  return new ConnectError(`redis: can't connect to ${where}${said}${advice ? ` (${advice})` : ""}`, address, {
    cause,
    code,
  });
}

function connectAdvice(client: Client, code: string, message: string): string | undefined {
  const { db, tls } = client.options;
  if (message.includes("DB index is out of range"))
    return `it has no database ${db}: see "databases" in its configuration`;
  if (message.includes("max number of clients")) return "see maxclients in its configuration";
  if (/CERT|SELF_SIGNED|ALTNAME/.test(code)) return "its certificate is not trusted: give what signed it in tls.ca";
  if (tls && (code === "ETIMEDOUT" || code === "CLOSED")) return "does it speak TLS? redis:// is without";
  return CONNECT_ADVICE[code];
}

/** A connection of one's own is gone: the call was not sent. */
export function gone(client: Client, trouble: Error | undefined): ConnectionLostError {
  const cause = trouble && cleaned(client, trouble);
  const address = addressOf(client);
  const why = cause?.message ?? "the server closed the connection";
  return new ConnectionLostError(
    `redis: the connection to ${address} was lost: ${why}. The command was not sent`,
    address,
    false,
    {
      cause,
    },
  );
}
