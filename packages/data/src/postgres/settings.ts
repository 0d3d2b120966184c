/** What `postgres()` takes, checked and with its defaults. */
import type { ConnectionOptions } from "node:tls";
import { type Duration, milliseconds } from "brigade";
import type { BigIntAs, Parser } from "./sql/decode.ts";

/** Where the server is, and who asks. What is not given comes from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE. */
export interface PostgresAddress {
  /** A name or an address; a folder ("/run/postgresql") for a Unix socket. Default: "localhost". */
  readonly host?: string | undefined;
  /** Default: 5432. */
  readonly port?: number | undefined;
  /** Default: the name of the system's user. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Default: the user's name. */
  readonly database?: string | undefined;
  /**
   * Whether, and how strictly, the connection is encrypted: `false` not at all, "prefer" where the server offers it, "require" always,
   * without a look at the certificate, `true` or options of TLS always, with one. `?sslmode=` in a URL. Default: false.
   */
  readonly tls?: boolean | "prefer" | "require" | ConnectionOptions | undefined;
  /** What `pg_stat_activity` shows. Default: "brigade". */
  readonly applicationName?: string | undefined;
  /** Settings of the session, such as `{ statement_timeout: "30s", search_path: "app" }`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

export interface PostgresOptions {
  /** The package that speaks with the server: postgres (postgres.js) or pg (node-postgres). Default: "postgres". */
  readonly driver?: "postgres" | "pg";
  /** How many connections there may be. Default: 10. */
  readonly max?: number;
  /** How long a cancelled call waits for the server's answer before its connection is destroyed. Default: 1 s. */
  readonly grace?: Duration;
  /** How long a connection is kept while nobody uses it. Default: 30 s. */
  readonly idleTimeout?: Duration;
  /** How long a call waits for a connection to come free. Default: 30 s. */
  readonly acquireTimeout?: Duration;
  /** How long it may take until a new connection can be used. Default: 10 s. */
  readonly connectTimeout?: Duration;
  /** How long a transaction that ends waits for the server to say that it is committed. Default: 30 s. */
  readonly commitTimeout?: Duration;
  /** What int8, and so `count(*)`, becomes. Default: "bigint". */
  readonly bigint?: BigIntAs;
  /** How columns of other types are read, by the type's number (oid). */
  readonly types?: Readonly<Record<number, Parser>>;
}

export type Tls = false | "prefer" | "require" | ConnectionOptions;

/** All of it, durations in milliseconds. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Of a Unix socket. */
  readonly path: string | undefined;
  readonly user: string;
  /** A function, so that nothing that prints the settings prints it. */
  readonly password: () => string | undefined;
  readonly database: string;
  readonly tls: Tls;
  readonly parameters: Readonly<Record<string, string>>;
  /** "127.0.0.1:5432", for messages. */
  readonly address: string;
  readonly driver: "postgres" | "pg";
  readonly max: number;
  readonly grace: number;
  readonly idleTimeout: number;
  readonly acquireTimeout: number;
  readonly connectTimeout: number;
  readonly commitTimeout: number;
  readonly bigint: BigIntAs;
  readonly types: Readonly<Record<number, Parser>>;
}

export function settingsOf(address: string | PostgresAddress, options: PostgresOptions): Settings {
  const { driver = "postgres", max = 10, bigint = "bigint", types = {} } = options;
  if (driver !== "postgres" && driver !== "pg")
    throw new TypeError(`postgres: driver is "postgres" or "pg", not ${JSON.stringify(driver)}`);
  if (!(Number.isInteger(max) && max >= 1))
    throw new RangeError(`postgres: max is a whole number of at least 1, not ${max}`);
  return {
    ...placeOf(typeof address === "string" ? addressOf(address) : address),
    driver,
    max,
    bigint,
    types,
    grace: milliseconds(options.grace ?? "1s", "postgres: grace"),
    idleTimeout: milliseconds(options.idleTimeout ?? "30s", "postgres: idleTimeout"),
    acquireTimeout: milliseconds(options.acquireTimeout ?? "30s", "postgres: acquireTimeout"),
    connectTimeout: milliseconds(options.connectTimeout ?? "10s", "postgres: connectTimeout"),
    commitTimeout: milliseconds(options.commitTimeout ?? "30s", "postgres: commitTimeout"),
  };
}

type Place = Pick<
  Settings,
  "host" | "port" | "path" | "user" | "password" | "database" | "tls" | "parameters" | "address"
>;

function placeOf(given: PostgresAddress): Place {
  if (typeof given !== "object" || given === null)
    throw new TypeError(`postgres: the address is a URL or an object with host, port …, not ${typeof given}`);
  const { env } = process;
  const host = given.host ?? env["PGHOST"] ?? "localhost";
  const port = given.port ?? Number(env["PGPORT"] ?? 5432);
  if (!(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new RangeError(`postgres: port is a number from 1 to 65535, not ${port}`);
  const user = given.user ?? env["PGUSER"] ?? env["USER"] ?? "postgres";
  const path = host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : undefined;
  const password = given.password ?? env["PGPASSWORD"];
  const { tls = false } = given;
  return {
    host,
    port,
    path,
    user,
    password: () => password,
    database: given.database ?? env["PGDATABASE"] ?? user,
    tls: tls === true ? {} : tls,
    parameters: { application_name: given.applicationName ?? "brigade", ...given.parameters },
    address: path ?? `${host.includes(":") ? `[${host}]` : host}:${port}`,
  };
}

const sslModes: Readonly<Record<string, Tls>> = {
  disable: false,
  allow: "prefer",
  prefer: "prefer",
  require: "require",
  "verify-ca": {},
  "verify-full": {},
};

/** A URL as libpq takes them. It holds a password: no error shows any of it. */
function addressOf(text: string): PostgresAddress {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    throw new TypeError('postgres: the address is a URL such as "postgres://user:password@host:5432/database"');
  const query = Object.fromEntries(url.searchParams);
  const { host, sslmode, application_name: applicationName, ...parameters } = query;
  const tls = sslmode === undefined ? undefined : sslModes[sslmode];
  if (sslmode !== undefined && tls === undefined)
    throw new TypeError(
      `postgres: sslmode is one of ${Object.keys(sslModes).join(", ")}, not ${JSON.stringify(sslmode)}`,
    );
  return {
    host: host ?? (decoded(url.hostname.replace(/^\[(.*)\]$/, "$1")) || undefined),
    port: url.port === "" ? undefined : Number(url.port),
    user: decoded(url.username) || undefined,
    password: decoded(url.password) || undefined,
    database: decoded(url.pathname.slice(1)) || undefined,
    tls,
    applicationName,
    parameters,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError("postgres: a part of the URL is not encoded as it has to be: encodeURIComponent does that");
  }
}
