/** What the broker needs of a database: pg-boss's own idea of one, with an end and notifications. */

export type Row = Record<string, unknown>;

export interface Database {
  /** For messages: "PostgreSQL at 127.0.0.1:5432", "the folder /srv/jobs". No password in it. */
  readonly place: string;
  executeSql(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
  /** Calls `again` whenever notifications may have been missed, the first time included. */
  listen(channel: string, heard: (payload: string) => void, again: () => void): Promise<{ close(): Promise<void> }>;
  /** Whether the error means that the connection is gone, and the same call may succeed later. */
  isLost(error: unknown): boolean;
  /** Says in words what went wrong with it, and what to do. */
  failure(error: unknown): Error;
  /** Never waits long, whatever state the server is in. */
  close(): Promise<void>;
}
