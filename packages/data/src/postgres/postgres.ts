/** The public face: a pool of connections to a PostgreSQL server, as a resource. */
import {
  type AsyncContextManager,
  type Awaitable,
  type CoroutineBody,
  contextManager,
  coroutine,
  fromCallback,
  moveOnAfter,
  type Stream,
  type Suspension,
} from "brigade";
import { Pool } from "../connections/pool.ts";
import { Connection } from "./calls/connection.ts";
import { Traffic } from "./calls/shared-call.ts";
import { Texts } from "./calls/texts.ts";
import { type Copies, copiesOf } from "./copy.ts";
import { loadNodePostgres } from "./driver/node-postgres.ts";
import { loadPostgresJs } from "./driver/postgres-js.ts";
import { type ListenOptions, type Notification, notifications } from "./listen.ts";
import { type Login, openLink } from "./open-link.ts";
import { type Queries, queriesOver } from "./queries.ts";
import { type RowStreams, rowStreamsOf } from "./row-stream.ts";
import { type PostgresAddress, type PostgresOptions, type Settings, settingsOf } from "./settings.ts";
import { parsersFor } from "./sql/decode.ts";
import { type Transaction, type TransactionOptions, transactionOf } from "./transaction.ts";

/** A server that can be asked, over at most `max` connections. */
export interface Postgres extends Queries, RowStreams, Copies {
  /**
   * A transaction on a connection of its own, for `use`: committed when the body ends with a value, rolled back on an error and on
   * cancellation. When the server does not confirm the rollback within `grace`, the connection is destroyed, and the server
   * rolls back by itself. Throws `QueryError` with the code 25P02 when the body ended well although a statement had
   * failed, 40001 (serialization failure) and 40P01 (deadlock) when it can be tried again as a whole, and
   * `ConnectionLostError` when it is not known whether it is committed.
   *
   * @example
   * ```ts no-run
   * import { postgres } from "@brigade/data/postgres";
   * import { run, use } from "brigade";
   *
   * await run(
   *   use(postgres("postgres://app:secret@localhost/app"), function* (db) {
   *     yield* use(db.transaction({ isolation: "serializable" }), function* (tx) {
   *       yield* tx.sql`update accounts set balance = balance - 10 where id = ${1}`;
   *       yield* tx.sql`update accounts set balance = balance + 10 where id = ${2}`;
   *     });
   *   }),
   * );
   * ```
   */
  transaction(options?: TransactionOptions): AsyncContextManager<Transaction>;
  /**
   * The notifications of a channel, from the first one asked for on. It has a connection of its own, besides those of the pool.
   * When that is lost it is made again, for as long as it takes, and a "gap" says that something may be missing.
   *
   * @example
   * ```ts no-run
   * import { postgres } from "@brigade/data/postgres";
   * import { forEach, run, use } from "brigade";
   *
   * await run(
   *   use(postgres("postgres://app:secret@localhost/app"), function* (db) {
   *     yield* forEach(db.listen("orders"), (event) => {
   *       console.log(event.kind === "message" ? event.payload : "something may have been missed");
   *     });
   *   }),
   * );
   * ```
   */
  listen(channel: string, options?: ListenOptions): Stream<Notification>;
}

/**
 * A PostgreSQL server for coroutines, as a resource: `use(postgres(url), function* (db) { … })`. Connections are opened as they are
 * needed, at most `max`; who waits for one is served in the order of coming. When the body ends with a value, what other tasks have
 * begun is waited for; on an error or cancellation it is ended, and fails. Then every connection is closed. Takes a URL
 * ("postgres://user:password@host:5432/database?sslmode=require") or its parts; what is not given comes from PGHOST and its like.
 *
 * It needs the package `postgres`, or with `driver: "pg"` the package `pg`, and `pg-copy-streams` for copies; both behave the same.
 * Throws `MissingDriverError`, `TypeError` and `RangeError` for options that can't be right; `ConnectError` comes with
 * the first call.
 *
 * @example
 * ```ts no-run
 * import { postgres } from "@brigade/data/postgres";
 * import { gather, run, timeout, use } from "brigade";
 *
 * await run(
 *   use(postgres("postgres://app:secret@localhost/app"), function* (db) {
 *     const [users, orders] = yield* gather([
 *       db.one<{ count: bigint }>`select count(*) from users`,
 *       timeout("2s", db.one<{ count: bigint }>`select count(*) from orders`),
 *     ]);
 *     console.log(users.count, orders.count);
 *   }),
 * );
 * ```
 */
export function postgres(
  address: string | PostgresAddress = {},
  options: PostgresOptions = {},
): AsyncContextManager<Postgres> {
  return managed(settingsOf(address, options));
}

const DEPTH = 4; // quick reads on one connection at once: what the protocol gains by pipelining, it gains with so few

const managed = /* @__PURE__ */ contextManager(function* postgres(
  settings: Settings,
): Generator<Suspension | Postgres, void, unknown> {
  const parsers = parsersFor(settings.bigint, settings.types);
  const login = yield* settings.driver === "pg"
    ? loadNodePostgres(settings, parsers)
    : loadPostgresJs(settings, parsers);
  const pool = poolOf(settings, login);
  const traffic = new Traffic(pool, settings, new Texts());
  let ending: "value" | "other" = "other";
  try {
    yield clientOf(settings, login, pool, traffic);
    ending = "value";
  } finally {
    yield* pool.close(ending === "other");
    traffic.close();
  }
});

function poolOf(settings: Settings, login: Login): Pool<Connection> {
  const pool: Pool<Connection> = new Pool<Connection>({
    label: `PostgreSQL at ${settings.address}`,
    max: settings.max,
    depth: settings.driver === "pg" ? 1 : DEPTH,
    idleTimeout: settings.idleTimeout,
    acquireTimeout: settings.acquireTimeout,
    open: coroutine(function* open(): CoroutineBody<Connection> {
      return new Connection(yield* openLink(settings, login), settings);
    }),
    close: ({ link }) => closing(link.close.bind(link), () => link.destroy(), settings.grace),
    alive: ({ link }) => link.open,
    lost: (connection, lose) => {
      connection.onLost = lose;
    },
    interrupt: (connection) => connection.interrupt(),
    destroy: ({ link }) => link.destroy(),
  });
  return pool;
}

const closing = coroutine(function* closing(
  goodbye: (closed: () => void) => void,
  destroy: () => void,
  grace: number,
): CoroutineBody<void> {
  const said: Awaitable<true> = fromCallback<true>((reply) => {
    goodbye(() => reply.succeed(true));
    return undefined;
  }, "goodbye");
  if ((yield* moveOnAfter(grace, said)) === undefined) destroy();
});

function clientOf(settings: Settings, login: Login, pool: Pool<Connection>, traffic: Traffic): Postgres {
  return {
    ...queriesOver(traffic.call.bind(traffic)),
    ...rowStreamsOf(pool),
    ...copiesOf(pool),
    transaction: (options = {}) => transactionOf(pool, options),
    listen: (channel, options = {}) => {
      if (typeof channel !== "string" || channel === "") throw new TypeError("listen takes the name of a channel");
      return notifications(settings, login, channel, options);
    },
  };
}
