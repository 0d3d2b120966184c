/** What the server, the system or a driver says about a failure, in words: what happened, to whom, and what to do. No secrets. */
import { TimeoutError } from "brigade";
import { bareError } from "../connections/bare-error.ts";
import { ConnectError, ConnectionLostError, QueryError } from "../errors.ts";
import { TlsRefusedError } from "./driver/dial.ts";
import type { Settings } from "./settings.ts";

/** An SQLSTATE: what the server's answers have, and nothing else. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

export function codeOf(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** The statement was cancelled: by a request, or by statement_timeout. */
export const QUERY_CANCELED = "57014";

/** The names of both drivers for what the server says beside the message. */
const detailNames: Readonly<Record<string, readonly string[]>> = {
  severity: ["severity"],
  detail: ["detail"],
  hint: ["hint"],
  position: ["position"],
  where: ["where"],
  schema: ["schema_name", "schema"],
  table: ["table_name", "table"],
  column: ["column_name", "column"],
  type: ["data type_name", "dataType"],
  constraint: ["constraint_name", "constraint"],
  routine: ["routine"],
};

function detailsOf(error: object): Record<string, string> {
  const said = error as Readonly<Record<string, unknown>>;
  const details: Record<string, string> = {};
  for (const [name, theirs] of Object.entries(detailNames)) {
    const value = theirs.map((key) => said[key]).find((found) => typeof found === "string");
    if (typeof value === "string") details[name] = value;
  }
  return details;
}

/** What to do about an answer of the server, where its own words do not say it. */
function advice(code: string, address: string): string {
  if (code === "53100")
    return `: the disk of the server ${address} is full. Free some room there (pg_wal and temporary files count), or move a tablespace`;
  if (code === "53200")
    return `: the server ${address} has no memory left: lower work_mem, or the number of connections`;
  if (code === "25P02")
    return ": a statement before it has failed, and the transaction can only be rolled back: use a savepoint around what may fail";
  return "";
}

/** The server's FATAL and PANIC answers end the connection. */
function endsConnection(code: string): boolean {
  return code.startsWith("57P") || code.startsWith("08") || code === "25P03";
}

/** Why a call failed whose connection was there. `open`: whether it still is. */
export function callFailure(error: unknown, settings: Settings, open: boolean): Error {
  const { address } = settings;
  const code = codeOf(error);
  const cause = bareError(error, secretsOf(settings));
  if (code !== undefined && SQLSTATE.test(code) && !endsConnection(code)) {
    return new QueryError(`${cause.message}${advice(code, address)} (${code})`, code, {
      cause,
      details: detailsOf(error as object),
    });
  }
  if (!open || code !== undefined) return lost(cause.message, code, settings, cause);
  return new QueryError(cause.message, "XX000", { cause });
}

function lost(what: string, code: string | undefined, settings: Settings, cause: Error): ConnectionLostError {
  const shown = code === undefined ? what : `${what} (${code})`;
  return new ConnectionLostError(
    `PostgreSQL at ${settings.address}: the connection was lost during the call: ${shown}. Whether it took effect is not known`,
    settings.address,
    true,
    { cause, code },
  );
}

function secretsOf(settings: Settings): string[] {
  const password = settings.password();
  return password === undefined || password.length < 3 ? [] : [password];
}

/** Why there is no connection. */
export function connectFailure(error: unknown, settings: Settings): Error {
  if (error instanceof ConnectError) return error;
  const code = codeOf(error);
  const cause = bareError(error, secretsOf(settings));
  const who = `user ${JSON.stringify(settings.user)}, database ${JSON.stringify(settings.database)}`;
  const why = error instanceof TimeoutError ? timedOut(settings) : reason(error, code, settings, cause.message);
  return new ConnectError(`can't connect to PostgreSQL at ${settings.address} (${who}): ${why}`, settings.address, {
    cause,
    code,
  });
}

function timedOut(settings: Settings): string {
  return `no answer within ${settings.connectTimeout} ms: is the host right, is a firewall in between, is the server overloaded? (connectTimeout)`;
}

function reason(error: unknown, code: string | undefined, settings: Settings, message: string): string {
  if (error instanceof TlsRefusedError)
    return "the server does not offer TLS: turn it on there (ssl = on), or ask for none (tls: false, sslmode=disable)";
  const words = code === undefined ? undefined : known[code];
  if (words !== undefined) return `${words(settings, message)} (${code})`;
  if (/SASL|SCRAM|password/i.test(message) && !settings.password())
    return "the server asks for a password, and no password was given: put it into the URL, the option password, or PGPASSWORD";
  return code === undefined ? message : `${message} (${code})`;
}

const known: Readonly<Record<string, (settings: Settings, message: string) => string>> = {
  ECONNREFUSED: () =>
    "nothing listens there: is PostgreSQL started, and does it listen on that address and port (listen_addresses)?",
  ENOENT: () => "there is no such socket: is PostgreSQL started, and is that its folder (unix_socket_directories)?",
  ENOTFOUND: ({ host }) => `the host ${JSON.stringify(host)} is not known: check its name`,
  EAI_AGAIN: ({ host }) =>
    `the host ${JSON.stringify(host)} can't be looked up now: check its name, and the name servers`,
  ETIMEDOUT: () => "no answer: is the host right, is a firewall in between?",
  EHOSTUNREACH: () => "the host can't be reached",
  ENETUNREACH: () => "the network can't be reached",
  ECONNRESET: () => "the other end closed the connection at once: is that a PostgreSQL, and does it want TLS?",
  EMFILE: () => "no descriptor left in this process: raise its limit (ulimit -n), or lower max",
  CONNECTION_CLOSED: () => "the other end closed the connection at once: is that a PostgreSQL, and does it want TLS?",
  "28P01": ({ password }, message) =>
    password()
      ? `${message}: check the user and the password`
      : `${message}: no password was given: put it into the URL, the option password, or PGPASSWORD`,
  "28000": (_, message) => `${message}: check the user, and pg_hba.conf on the server`,
  "3D000": (_, message) => `${message}: check its name, or create it (createdb)`,
  "53300": (_, message) =>
    `${message}: other programs hold the server's connections; lower max, or raise max_connections there`,
  "57P03": (_, message) => `${message}: try again in a moment`,
  DEPTH_ZERO_SELF_SIGNED_CERT: () =>
    'it has signed its certificate itself: hand that over as tls.ca, or do not check it (tls: "require")',
  SELF_SIGNED_CERT_IN_CHAIN: () =>
    "its certificate is of an authority that is not trusted here: hand that over as tls.ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () => "the issuer of its certificate is not known here: hand that over as tls.ca",
  CERT_HAS_EXPIRED: () => "its certificate has expired",
};
