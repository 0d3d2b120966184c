/**
 * Leases of claims, as long as the worker that holds them says. pg-boss has heartbeats, but with each job, of ten seconds at least,
 * and chosen by whoever submits it. So each claim is written down with its lease, in the statement that claims, and pg-boss is told
 * to fail those that have not been touched for as long.
 */
import { type Coroutine, type CoroutineBody, coroutine } from "brigade";
import type { ConnectionOptions } from "pg-boss";
import type { Link } from "./link.ts";
import { type Output, SCHEMA } from "./records.ts";

export const LEASES: string = `
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.brigade_lease (
    queue text NOT NULL,
    id uuid NOT NULL,
    attempt integer NOT NULL,
    lease integer NOT NULL,
    PRIMARY KEY (queue, id)
  );`;

/** What pg-boss takes in place of the database it was given. */
export type OtherDatabase = NonNullable<ConnectionOptions["db"]>;

/** What pg-boss claims by: its own statement, with ours around it, so that no claim is without a lease. */
export function claimingDatabase(link: Link, lease: number): OtherDatabase {
  return {
    executeSql: (claim, values) =>
      link.database.executeSql(
        `WITH claimed AS (${claim}), leased AS (
           INSERT INTO ${SCHEMA}.brigade_lease (queue, id, attempt, lease)
           SELECT name, id, "retryCount", ${Math.round(lease)} FROM claimed
           ON CONFLICT (queue, id) DO UPDATE SET attempt = excluded.attempt, lease = excluded.lease
         )
         SELECT * FROM claimed`,
        values,
      ),
  };
}

/** Those that are over, and away with those whose claim has ended. */
const OVER = `
  WITH claims AS (
    SELECT l.id, l.attempt, l.lease, j.heartbeat_on FROM ${SCHEMA}.brigade_lease l
    LEFT JOIN ${SCHEMA}.job j
      ON j.name = l.queue AND j.id = l.id AND j.state = 'active' AND j.retry_count = l.attempt
    WHERE l.queue = $1
  ), ended AS (
    DELETE FROM ${SCHEMA}.brigade_lease l USING claims c
    WHERE l.queue = $1 AND l.id = c.id AND l.attempt = c.attempt AND c.heartbeat_on IS NULL
  )
  SELECT id, attempt FROM claims WHERE heartbeat_on < now() - lease * interval '1 millisecond'`;

/** Lets jobs whose worker is silent run again. Gives how many there were. */
export const expireLeases: (link: Link) => Coroutine<number> = /* @__PURE__ */ coroutine(function* expireLeases(
  link: Link,
): CoroutineBody<number> {
  const { rows } = yield* link.sql(OVER, [link.queue]);
  if (rows.length === 0) return 0;
  const attempts = rows.map((row) => ({ id: row["id"] as string, retryCount: Number(row["attempt"]) }));
  const output: Output = { kind: "died" };
  yield* link.call(() => link.boss.fail(link.queue, attempts, output));
  for (const { id } of attempts)
    yield* link.call(() => link.boss.update(link.queue, undefined, { id, startAfter: "0 seconds" }));
  return rows.length;
});

interface Renewal {
  /** Those that are still ours. */
  readonly renewed: ReadonlySet<string>;
  /** Those whose end somebody has asked for; the notification may have been lost. */
  readonly cancelled: ReadonlySet<string>;
}

/** pg-boss says which claims it has found as they were. */
export const renewLeases: (
  link: Link,
  claims: readonly { readonly id: string; readonly retryCount: number }[],
) => Coroutine<Renewal> = /* @__PURE__ */ coroutine(function* renewLeases(link: Link, claims): CoroutineBody<Renewal> {
  const attempts = claims.map(({ id, retryCount }) => ({ id, retryCount }));
  const answer = yield* link.call(() => link.boss.touch(link.queue, attempts));
  const text = `SELECT id FROM ${SCHEMA}.brigade_note WHERE queue = $1 AND cancelled AND id = ANY($2::uuid[])`;
  const asked = (yield* link.sql(text, [link.queue, claims.map(({ id }) => id)])).rows;
  return {
    renewed: new Set((answer as { readonly settled?: readonly string[] }).settled),
    cancelled: new Set(asked.map((row) => row["id"] as string)),
  };
});
