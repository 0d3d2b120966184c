/** The public names of "@brigade/data/sqlite". */
export { ConnectError, ConnectionLostError, QueryError } from "../errors.ts";
export { RowError, type RowSchema } from "../row-schema.ts";
export type { SqliteEffect, SqliteRow, SqliteValues } from "./request.ts";
export { sqlite } from "./sqlite.ts";
export type {
  Sqlite,
  SqliteOptions,
  SqliteStatements,
  SqliteTransaction,
  SqliteTransactionOptions,
  SqlTag,
} from "./types.ts";
export type { SqliteValue } from "./wire/values.ts";
