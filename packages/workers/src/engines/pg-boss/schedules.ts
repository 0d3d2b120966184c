/**
 * Schedules. pg-boss computes the times; its own schedules are looked at twice a minute, which is too seldom for seconds. The job
 * of a time has an id made of the schedule and that time: workers that see it together add it once.
 */
import { createHash } from "node:crypto";
import { type Coroutine, type CoroutineBody, coroutine, sleep } from "brigade";
import type { JobPayload, NewJob, NewSchedule, ScheduleStatus } from "../../engine/engine.ts";
import type { Row } from "./database.ts";
import type { Link } from "./link.ts";
import { carried, packed, payloadOf, SCHEMA, unpacked } from "./records.ts";

/** How late a schedule that another program has made is seen at worst, in ms. */
const LOOK_EVERY = 1_000;

interface Plan {
  readonly payload: JobPayload | string;
  readonly priority: number;
  readonly cron?: string;
  readonly every?: number;
  readonly tz: string;
}

type Add = (jobs: readonly NewJob[]) => Coroutine<unknown>;

export const putSchedule: (link: Link, schedule: NewSchedule) => Coroutine<void> = /* @__PURE__ */ coroutine(
  function* putSchedule(link: Link, { key, payload, ...rest }: NewSchedule): CoroutineBody<void> {
    const plan: Plan = { ...rest, payload: carried(payload) };
    const now = (yield* link.sql("SELECT now() AS now", [])).rows[0]?.["now"] as Date;
    yield* link.sql(
      `INSERT INTO ${SCHEMA}.brigade_schedule (queue, key, schedule, next) VALUES ($1, $2, $3::jsonb, $4::timestamptz)
       ON CONFLICT (queue, key) DO UPDATE SET schedule = excluded.schedule, next = excluded.next`,
      [link.queue, packed(key), JSON.stringify(plan), after(link, plan, now, now)?.toISOString() ?? null],
    );
  },
);

export const removeSchedule: (link: Link, key: string) => Coroutine<boolean> = /* @__PURE__ */ coroutine(
  function* removeSchedule(link: Link, key: string): CoroutineBody<boolean> {
    const text = `DELETE FROM ${SCHEMA}.brigade_schedule WHERE queue = $1 AND key = $2 RETURNING key`;
    return (yield* link.sql(text, [link.queue, packed(key)])).rows.length > 0;
  },
);

export const listSchedules: (link: Link) => Coroutine<readonly ScheduleStatus[]> = /* @__PURE__ */ coroutine(
  function* listSchedules(link: Link): CoroutineBody<readonly ScheduleStatus[]> {
    const text = `SELECT key, schedule, next FROM ${SCHEMA}.brigade_schedule WHERE queue = $1 ORDER BY key`;
    return (yield* link.sql(text, [link.queue])).rows.map((row) => {
      const plan = row["schedule"] as Plan;
      const { cron, every, tz } = plan;
      const key = unpacked(row["key"] as string);
      return { key, payload: payloadOf(plan), cron, every, tz, next: (row["next"] as Date | null)?.getTime() };
    });
  },
);

/** Adds the jobs of schedules as they are due, until it is cancelled. */
export const keepSchedules: (link: Link, add: Add) => Coroutine<never> = /* @__PURE__ */ coroutine(
  function* keepSchedules(link: Link, add: Add): CoroutineBody<never> {
    const text = `SELECT key, schedule, next, now() AS now FROM ${SCHEMA}.brigade_schedule
      WHERE queue = $1 AND next < now() + interval '${LOOK_EVERY} milliseconds' ORDER BY next`;
    for (;;) {
      let wait = LOOK_EVERY;
      try {
        for (const row of (yield* link.sql(text, [link.queue])).rows) {
          const ahead = +(row["next"] as Date) - +(row["now"] as Date);
          if (ahead > 0) wait = Math.min(wait, ahead);
          else if (yield* perform(link, row, add)) wait = 0;
        }
      } catch (error) {
        link.trouble("can't look at the schedules", error);
      }
      yield* sleep(wait);
    }
  },
);

/** Times that were missed while no worker was there are made up for by one job. Gives whether there may be another one soon. */
const perform = /* @__PURE__ */ coroutine(function* perform(link: Link, row: Row, add: Add): CoroutineBody<boolean> {
  const [key, plan, due, now] = [
    row["key"] as string,
    row["schedule"] as Plan,
    row["next"] as Date,
    row["now"] as Date,
  ];
  const id = idOf(`${link.queue}\n${key}\n${due.getTime()}`);
  yield* add([{ id, payload: payloadOf(plan), priority: plan.priority, delay: 0 }]);
  const next = after(link, plan, due, now);
  yield* link.sql(
    `UPDATE ${SCHEMA}.brigade_schedule SET next = $4::timestamptz
     WHERE queue = $1 AND key = $2 AND date_trunc('milliseconds', next) = $3::timestamptz`,
    [link.queue, key, due.toISOString(), next?.toISOString() ?? null],
  );
  return next !== undefined && +next - +now < LOOK_EVERY;
});

/** The next time after now; of `every`, a whole number of steps after the last one. */
function after(link: Link, plan: Plan, last: Date, now: Date): Date | undefined {
  if (plan.cron !== undefined) return link.boss.previewSchedule(plan.cron, { tz: plan.tz, from: now, count: 1 })[0];
  const every = plan.every as number;
  return new Date(+last + Math.max(1, Math.ceil((+now - +last + 1) / every)) * every);
}

/** A UUID of version 5, by RFC 9562, section 5.5, but for the name space. */
function idOf(name: string): string {
  const bytes = createHash("sha1").update(`brigade schedule\n${name}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
