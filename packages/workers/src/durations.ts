/** Durations of jobs: those of Brigade, and days. */
import type { Duration } from "brigade";

/** Milliseconds, or a number with its unit: "250ms", "1.5s", "2m", "1h", "1day", "7days". */
export type LongDuration = Duration | `${number}${"d" | "day" | "days"}`;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/** In milliseconds. `what` is the option's name, for the error: `RangeError`. */
export function milliseconds(duration: LongDuration, what: string): number {
  let value: number | undefined;
  if (typeof duration === "number") value = duration;
  else {
    const parts = /^\s*([\d.eE+]+)\s*([a-z]+)\s*$/.exec(String(duration));
    value = Number(parts?.[1]) * (UNITS[parts?.[2] ?? ""] ?? Number.NaN);
  }
  if (value >= 0) return value;
  throw new RangeError(
    `${what}: "${String(duration)}" is not a duration: use milliseconds ≥ 0, or a number with ms, s, m, h or d`,
  );
}
