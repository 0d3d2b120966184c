/** Turns of a rate that all workers of a queue share, by the clock of the server alone. */
import { type Coroutine, type CoroutineBody, coroutine } from "brigade";
import type { Rate, Slot } from "../../engine/engine.ts";
import type { Link } from "./link.ts";
import { SCHEMA } from "./records.ts";

const NOW = "(extract(epoch FROM clock_timestamp()) * 1000)";

/** A turn that was reserved is gone when it is due and its job has asked for it, or when it is long over. */
const OWN = `
  WITH own AS (
    SELECT at - ${NOW} AS wait FROM ${SCHEMA}.brigade_reserved WHERE queue = $1 AND rate = $2 AND id = $3
  ), gone AS (
    DELETE FROM ${SCHEMA}.brigade_reserved
    WHERE queue = $1 AND rate = $2 AND ((id = $3 AND at <= ${NOW}) OR at < ${NOW} - $4 OR at > ${NOW} + 2 * $4)
  )
  SELECT wait FROM own WHERE wait <= 2 * $4`;

/**
 * Turns are \`$4\` ms apart. The next one is never in the past, and one that lies further ahead than turns are given is not
 * believed: the server's clock has jumped. \`excluded.next\` is now + one step.
 */
const NEXT = `
  WITH turn AS (
    INSERT INTO ${SCHEMA}.brigade_turn AS t (queue, rate, next) VALUES ($1, $2, ${NOW} + $4)
    ON CONFLICT (queue, rate) DO UPDATE
      SET next = $4 + CASE
        WHEN t.next < excluded.next - $4 OR t.next > excluded.next + $5 + $4 THEN excluded.next - $4
        ELSE t.next END
      WHERE t.next <= excluded.next - $4 + $5 OR t.next > excluded.next + $5 + $4
    RETURNING t.next - $4 AS at
  ), reserved AS (
    INSERT INTO ${SCHEMA}.brigade_reserved (queue, rate, id, at)
    SELECT $1, $2, $3, at FROM turn WHERE at > ${NOW}
    ON CONFLICT (queue, rate, id) DO UPDATE SET at = excluded.at
  )
  SELECT at - ${NOW} AS wait FROM turn`;

export const takeTurn: (link: Link, name: string, rate: Rate, id: string, horizon: number) => Coroutine<Slot> =
  /* @__PURE__ */ coroutine(function* takeTurn(
    link: Link,
    name: string,
    rate: Rate,
    id: string,
    horizon: number,
  ): CoroutineBody<Slot> {
    const key = `${name} ${rate.count}/${rate.per}`;
    const own = (yield* link.sql(typed(OWN), [link.queue, key, id, horizon])).rows[0];
    if (own) return { wait: Math.max(0, Number(own["wait"])), reserved: true };
    const turn = (yield* link.sql(typed(NEXT), [link.queue, key, id, rate.per / rate.count, horizon])).rows[0];
    if (turn === undefined) return { wait: horizon, reserved: false };
    return { wait: Math.max(0, Number(turn["wait"])), reserved: true };
  });

/** Drivers guess the types of parameters from where they stand; in these texts they stand in several places. */
function typed(text: string): string {
  return text
    .replaceAll("$1", "$1::text")
    .replaceAll("$2", "$2::text")
    .replaceAll("$3", "$3::uuid")
    .replaceAll("$4", "$4::double precision")
    .replaceAll("$5", "$5::double precision");
}
