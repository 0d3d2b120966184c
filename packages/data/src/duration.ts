/** Durations in milliseconds, as every option of the package takes them. */
import type { Duration } from "brigade";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The duration in milliseconds. `option` is what the error calls it. */
export function milliseconds(duration: Duration, option: string): number {
  const parts = typeof duration === "string" ? /^\s*([\d.eE+-]+|Infinity)\s*(ms|s|m|h)\s*$/.exec(duration) : undefined;
  const value = parts ? Number(parts[1]) * (UNITS[parts[2] as string] as number) : duration;
  if (typeof value === "number" && value >= 0) return value;
  throw new RangeError(
    `${option}: ${JSON.stringify(duration)} is not a duration: use milliseconds of at least 0, or a number with ms, s, m or h`,
  );
}
