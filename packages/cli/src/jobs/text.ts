/** A queue in words. */
import { inspect } from "node:util";
import type { DeadLetter, JobCounts, Schedule } from "@brigade/workers";
import { formatCount, formatDuration } from "../fetch/summary/format.ts";
import { printable } from "../fetch/summary/printable.ts";

export function countsText({ waiting, delayed, running, dead }: JobCounts): string {
  const parts = { waiting, delayed, running };
  const text = Object.entries(parts).map(([word, count]) => `${formatCount(count)} ${word}`);
  return `${text.join(", ")}; ${dead === 0 ? "no dead letters" : `${formatCount(dead)} dead letter${dead === 1 ? "" : "s"}:`}`;
}

/** Two lines: which job, and why. */
export function deadLetterText({ id, task, attempts, failedAt, error }: DeadLetter): string {
  const tried = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return `${id}  ${printable(task)}  ${tried}  ${failedAt.toISOString()}\n    ${printable(`${error.name}: ${error.message}`)}`;
}

export function scheduleText({ key, task, cron, every, tz, next }: Schedule): string {
  const when = cron === undefined ? `every ${formatDuration(every ?? 0)}` : `${cron} (${tz})`;
  const due = next === undefined ? "" : `  next ${next.toISOString()}`;
  return `${printable(key)}  ${printable(task)}  ${when}${due}`;
}

/** A line of JSON. Arguments that JSON has no words for are shown as Node shows them. */
export function jsonOf(thing: DeadLetter | Schedule): string {
  try {
    return JSON.stringify(thing, (_key, value: unknown) => (isPlain(value) ? value : inspect(value)));
  } catch {
    return JSON.stringify({ ...thing, args: thing.args.map((arg) => inspect(arg)) });
  }
}

function isPlain(value: unknown): boolean {
  return !["bigint", "symbol"].includes(typeof value) && !(value instanceof Map) && !(value instanceof Set);
}
