/**
 * Dead letters: jobs that pg-boss holds as cancelled, with a note that they are dead. pg-boss resumes such a job under its own id;
 * what it calls failed can only be reached by its own count of retries, which knows no difference between a failure and a death.
 */
import { type Coroutine, type CoroutineBody, coroutine, gather, type Stream, stream } from "brigade";
import type { DeadJob } from "../../engine/engine.ts";
import type { Link } from "./link.ts";
import { DEAD, deathsOf, errorOf, type JobRow, payloadOf, SCHEMA } from "./records.ts";

const PAGE = 500;
const AT_A_TIME = 8;

export const deadLetters: (link: Link) => Stream<DeadJob> = /* @__PURE__ */ stream(function* deadLetters(link: Link) {
  let after: JobRow | undefined;
  for (;;) {
    const place = after ? [after.completedOn, after.id] : [];
    const beyond = after ? "AND (date_trunc('milliseconds', j.completed_on), j.id) > ($2::timestamptz, $3::uuid)" : "";
    const order = `ORDER BY date_trunc('milliseconds', j.completed_on), j.id LIMIT ${PAGE}`;
    const page = yield* link.jobs(`${DEAD} ${beyond} ${order}`, place);
    for (const job of page) yield deadJob(job);
    after = page.at(-1);
    if (page.length < PAGE) return;
  }
});

function deadJob(job: JobRow): DeadJob {
  return {
    id: job.id,
    payload: payloadOf(job.data),
    error: errorOf(job),
    failures: job.failures,
    deaths: deathsOf(job),
    failedAt: job.completedOn?.getTime() ?? 0,
  };
}

/** The note first: a job that is resumed without it is dead again as soon as somebody claims it, and stays a dead letter until then. */
export const putBack: (link: Link, ids: readonly string[] | "all", keepSeconds: number) => Coroutine<number> =
  /* @__PURE__ */ coroutine(function* putBack(
    link: Link,
    ids: readonly string[] | "all",
    keepSeconds: number,
  ): CoroutineBody<number> {
    let count = 0;
    for (const some of pages(yield* deadOf(link, ids))) {
      yield* link.sql(
        `UPDATE ${SCHEMA}.brigade_note SET put_back = true, progress = NULL WHERE queue = $1 AND id = ANY($2::uuid[]) AND dead`,
        [link.queue, some],
      );
      yield* link.call(() => link.boss.resume(link.queue, some));
      const due = { startAfter: "0 seconds", deleteAfterSeconds: keepSeconds };
      yield* gather(
        some.map((id) => link.call(() => link.boss.update(link.queue, undefined, { id, ...due }))),
        { limit: AT_A_TIME },
      );
      count += some.length;
    }
    return count;
  });

export const discard: (link: Link, ids: readonly string[] | "all") => Coroutine<number> = /* @__PURE__ */ coroutine(
  function* discard(link: Link, ids: readonly string[] | "all"): CoroutineBody<number> {
    let count = 0;
    for (const some of pages(yield* deadOf(link, ids))) {
      yield* link.call(() => link.boss.deleteJob(link.queue, some));
      yield* link.sql(`DELETE FROM ${SCHEMA}.brigade_note WHERE queue = $1 AND id = ANY($2::uuid[])`, [
        link.queue,
        some,
      ]);
      count += some.length;
    }
    return count;
  },
);

const deadOf = /* @__PURE__ */ coroutine(function* deadOf(
  link: Link,
  ids: readonly string[] | "all",
): CoroutineBody<string[]> {
  const found = yield* ids === "all" ? link.jobs(DEAD) : link.jobs(`${DEAD} AND j.id = ANY($2::uuid[])`, [ids]);
  return found.map((job) => job.id);
});

function* pages(ids: readonly string[]): Generator<string[], void, unknown> {
  for (let from = 0; from < ids.length; from += PAGE) yield ids.slice(from, from + PAGE);
}
