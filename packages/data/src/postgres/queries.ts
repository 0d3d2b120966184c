/** What can be asked, of the pool and in a transaction alike. */
import type { Awaitable } from "brigade";
import type { Shape } from "./calls/call.ts";
import type { Rows } from "./driver/link.ts";
import type { RowSchema } from "../row-schema.ts";
import { all, checked, maybeOne, one } from "./shapes.ts";
import { type Statement, statementOf, unsafeStatement } from "./sql/statement.ts";

/** What a row is where nobody says: its columns by their names. */
export type AnyRow = Record<string, unknown>;

/** A statement as a template, and what comes of it. */
export interface Tag<Many extends "rows" | "row" | "maybe"> {
  <Row = AnyRow>(strings: TemplateStringsArray, ...values: readonly unknown[]): Awaitable<Given<Many, Row>>;
  /** Checks each row, and gives what the schema gives. Throws `RowError` for a row that does not fit. */
  <Row>(
    schema: RowSchema<Row>,
  ): (strings: TemplateStringsArray, ...values: readonly unknown[]) => Awaitable<Given<Many, Row>>;
}

type Given<Many, Row> = Many extends "rows" ? Rows<Row> : Many extends "row" ? Row : Row | undefined;

/** Sends a statement to wherever it is to run. */
export type Send = <R>(statement: Statement, shape: Shape<R>, label: string) => Awaitable<R>;

export interface Queries {
  /**
   * Runs a statement and waits for its rows: an array with `count` and `command`. Values become parameters, never text;
   * `sql` makes pieces of statements. The server keeps the statement, so that it is planned once a connection. Cancellation asks
   * the server to cancel it, waits for the answer for up to `grace`, and destroys the connection when none comes. Throws
   * `QueryError` (`code` is the SQLSTATE), `ConnectError` when there is no connection, `ConnectionLostError` when it broke,
   * `TimeoutError` when none came free.
   *
   * @example
   * ```ts no-run
   * import { postgres } from "@brigade/data/postgres";
   * import { run, use } from "brigade";
   *
   * await run(
   *   use(postgres("postgres://app:secret@localhost/app"), function* (db) {
   *     const users = yield* db.sql<{ id: number; name: string }>`select id, name from users where id = any(${[1, 2]})`;
   *     console.log(users.count, users[0]?.name);
   *   }),
   * );
   * ```
   */
  readonly sql: Tag<"rows">;
  /** The same for a statement that gives exactly one row. Throws `QueryError` with the code P0002 (none) or P0003 (several). */
  readonly one: Tag<"row">;
  /** The same for a statement that gives one row or none: then `undefined`. Throws `QueryError` with the code P0003 for several. */
  readonly maybeOne: Tag<"maybe">;
  /**
   * Runs a statement whose text the program put together: what is in it that came from outside can do anything. With values ($1, $2, …) the server
   * plans it anew each time; without, it may be several statements, and gives the rows of the last one.
   */
  unsafe<Row = AnyRow>(text: string, values?: readonly unknown[]): Awaitable<Rows<Row>>;
  /** Sends a notification: to those who `listen` to the channel, when the transaction commits. */
  notify(channel: string, payload?: string): Awaitable<void>;
}

function isTemplate(value: unknown): value is TemplateStringsArray {
  return Array.isArray(value) && Array.isArray((value as unknown as { readonly raw?: unknown }).raw);
}

function isSchema(value: unknown): value is RowSchema<unknown> {
  return (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value;
}

function tag(send: Send, name: string, shape: Shape<unknown>): Tag<"rows"> {
  const ofTemplate = (
    strings: TemplateStringsArray,
    values: readonly unknown[],
    then: Shape<unknown>,
  ): Awaitable<unknown> => {
    const statement = statementOf(strings, values);
    return send(statement, then, statement.text);
  };
  const tagged = (first: unknown, ...values: readonly unknown[]): unknown => {
    if (isTemplate(first)) return ofTemplate(first, values, shape);
    if (isSchema(first)) {
      const then = checked(first, shape);
      return (strings: TemplateStringsArray, ...rest: readonly unknown[]) => ofTemplate(strings, rest, then);
    }
    throw new TypeError(`${name} is a tag: ${name}\`select …\`, or takes a schema; text goes to unsafe()`);
  };
  return tagged as Tag<"rows">;
}

export function queriesOver(send: Send): Queries {
  return {
    sql: tag(send, "sql", all),
    one: tag(send, "one", one) as unknown as Tag<"row">,
    maybeOne: tag(send, "maybeOne", maybeOne) as unknown as Tag<"maybe">,
    unsafe: <Row>(text: string, values?: readonly unknown[]) =>
      send(unsafeStatement(text, values), all, text) as Awaitable<Rows<Row>>,
    notify: (channel, payload = "") => {
      if (typeof channel !== "string" || channel === "") throw new TypeError("notify takes the name of a channel");
      const values = [channel, payload];
      return send({ text: "select pg_notify($1, $2)", values, mode: "prepared" }, () => undefined, `notify ${channel}`);
    },
  };
}
