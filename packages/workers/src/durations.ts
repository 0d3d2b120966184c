/** Durations of jobs: those of Brigade, and days. */
import { type Duration, milliseconds as ofDuration } from "brigade";

/** Milliseconds, or a number with its unit: "250ms", "1.5s", "2m", "1h", "1day", "7days". */
export type LongDuration = Duration | `${number}${"d" | "day" | "days"}`;

const DAY = 86_400_000; // ms

/** In milliseconds. `what` is the option's name, for the error: `RangeError`. */
export function milliseconds(duration: LongDuration, what: string): number {
  const days = /^\s*(\d+(?:\.\d+)?)\s*(?:d|days?)\s*$/.exec(String(duration))?.[1];
  return days === undefined ? ofDuration(duration as Duration, what) : Number(days) * DAY;
}
