/** PostgreSQL for coroutines: the public names of "@brigade/data/postgres". */
export { ConnectError, ConnectionLostError, MissingDriverError, QueryError } from "../errors.ts";
export type { Copies } from "./copy.ts";
export type { Rows } from "./driver/link.ts";
export type { ListenOptions, Notification } from "./listen.ts";
export { type Postgres, postgres } from "./postgres.ts";
export type { AnyRow, Queries, Tag } from "./queries.ts";
export type { RowStreams, StreamOptions } from "./row-stream.ts";
export type { PostgresAddress, PostgresOptions } from "./settings.ts";
export { RowError, type RowSchema } from "../row-schema.ts";
export type { BigIntAs, Parser } from "./sql/decode.ts";
export type { Json } from "./sql/encode.ts";
export { type Part, type Sql, sql } from "./sql/statement.ts";
export type { Transaction, TransactionOptions } from "./transaction.ts";
