/** Jobs that are submitted again and again, by the clock. */
import type { Duration } from "brigade";
import { decode } from "../codec.ts";
import { milliseconds } from "../durations.ts";
import type { NewSchedule, ScheduleStatus } from "../engine/engine.ts";
import { type AttemptOptions, payloadOf, priorityOf } from "./options.ts";

export interface ScheduleOptions extends AttemptOptions {
  /** A second schedule of the same key takes the place of the first. The task's name unless given. */
  readonly key?: string;
  /** Five fields, or six with seconds in front: "0 3 * * *". Either this or `every`. */
  readonly cron?: string;
  readonly every?: Duration;
  /** In which `cron` is read: an IANA name. "UTC" unless given. */
  readonly tz?: string;
}

export interface Schedule {
  readonly key: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly cron: string | undefined;
  /** In ms. */
  readonly every: number | undefined;
  readonly tz: string;
  /** When it is due next, if the engine tells. */
  readonly next: Date | undefined;
}

/** Throws `TypeError` and `RangeError`. */
export function newSchedule(task: string, args: readonly unknown[], options: ScheduleOptions): NewSchedule {
  const { key = task, cron, every, tz = "UTC" } = options;
  const what = `schedule ${task}`;
  if ((cron === undefined) === (every === undefined)) throw new TypeError(`${what}: give either cron or every`);
  if (typeof key !== "string" || key === "") throw new TypeError(`${what}: a key is a text`);
  if (cron !== undefined && ![5, 6].includes(cron.trim().split(/\s+/).length))
    throw new RangeError(`${what}: "${cron}" is no cron expression: it has five fields, or six with seconds in front`);
  const period = every === undefined ? undefined : milliseconds(every, `${what}, every`);
  if (period !== undefined && !(period >= 1000)) throw new RangeError(`${what}: every is at least 1 s`);
  try {
    Intl.DateTimeFormat("en", { timeZone: tz });
  } catch (cause) {
    throw new RangeError(`${what}: "${tz}" is no time zone: use an IANA name such as "Europe/Berlin"`, { cause });
  }
  return {
    key,
    payload: payloadOf(task, args, options),
    priority: priorityOf(options.priority, what),
    ...(cron !== undefined && { cron: cron.trim() }),
    ...(period !== undefined && { every: period }),
    tz,
  };
}

export function scheduleOf({ key, payload, cron, every, tz, next }: ScheduleStatus): Schedule {
  const args = decode(payload.args) as readonly unknown[];
  return { key, task: payload.task, args, cron, every, tz, next: next === undefined ? undefined : new Date(next) };
}
