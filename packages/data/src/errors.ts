/** What can go wrong with a database or a store: one class for each decision that a caller takes. None shows a password. */

/** What the system or the server calls it: ECONNREFUSED, 28P01, SQLITE_CANTOPEN, … */
interface CodeOptions extends ErrorOptions {
  readonly code?: string | undefined;
}

/** No connection: nothing listens there, an unknown host, a wrong password, an unknown database. Nothing was done. */
export class ConnectError extends Error {
  override readonly name: string = "ConnectError";
  /** Of the system or of the server: ECONNREFUSED, ENOTFOUND, 28P01 … */
  readonly code: string | undefined;
  /** Of the server: "127.0.0.1:5432", "/run/postgresql/.s.PGSQL.5432". */
  readonly address: string;

  constructor(message: string, address: string, options?: CodeOptions) {
    super(message, options);
    this.code = options?.code;
    this.address = address;
  }
}

/** The connection broke, or was destroyed, while a call was under way. It was not made again. */
export class ConnectionLostError extends Error {
  override readonly name: string = "ConnectionLostError";
  readonly code: string | undefined;
  readonly address: string;
  /** Whether the server may have done what it was asked. False: certainly not; the call can be made again. */
  readonly sent: boolean;

  constructor(message: string, address: string, sent: boolean, options?: CodeOptions) {
    super(message, options);
    this.code = options?.code;
    this.address = address;
    this.sent = sent;
  }
}

/** The server has answered: it refuses the call, or the call failed there. */
export class QueryError extends Error {
  override readonly name: string = "QueryError";
  /** What the server calls it: an SQLSTATE ("23505"), "SQLITE_CONSTRAINT_UNIQUE", "WRONGTYPE", "NoSuchKey", … */
  readonly code: string;
  /** What else it says, by its own names: `constraint`, `table`, `column`, `detail`, `hint`, `position`, … */
  readonly details: Readonly<Record<string, string>>;

  constructor(
    message: string,
    code: string,
    options?: ErrorOptions & { readonly details?: Readonly<Record<string, string>> | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.details = options?.details ?? {};
  }
}

/** A package that is needed is not installed. */
export class MissingDriverError extends Error {
  override readonly name: string = "MissingDriverError";
  /** What to install. */
  readonly packages: readonly string[];

  /** `what` needs it: "postgres()". */
  constructor(what: string, packages: readonly string[], options?: ErrorOptions) {
    super(`${what} needs ${packages.join(" and ")}, which can't be loaded: npm install ${packages.join(" ")}`, options);
    this.packages = packages;
  }
}
