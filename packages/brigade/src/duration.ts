/** Durations: milliseconds, or a number with its unit. */

/** Milliseconds, or a number with its unit. Negative, NaN or an unknown unit throws `RangeError`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h"}`;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const parsed = /* @__PURE__ */ new Map<string, number>(); // programs write few durations, and use them often
const MOST_PARSED = 1_000;

/**
 * The duration in milliseconds: for libraries whose options are durations. Throws `RangeError` for what is none, and `TypeError` for
 * what is neither number nor text; `what` is the option's name, with which the message begins.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { milliseconds } from "brigade";
 *
 * assert.equal(milliseconds("1.5s"), 1500);
 * assert.throws(() => milliseconds(-1, "grace"), /^RangeError: grace: /);
 * ```
 */
export function milliseconds(duration: Duration, what?: string): number {
  if (typeof duration === "number" && duration >= 0) return duration;
  const known = parsed.get(duration as string);
  if (known !== undefined) return known;
  const value = parse(duration, what === undefined ? "" : `${what}: `);
  if (parsed.size < MOST_PARSED) parsed.set(duration as string, value);
  return value;
}

function parse(duration: Duration, whose: string): number {
  let value: number | undefined;
  if (typeof duration === "number") value = duration;
  else if (typeof duration === "string") {
    const parts = /^\s*([\d.eE+-]+|Infinity)\s*(ms|s|m|h)\s*$/.exec(duration);
    if (parts) value = Number(parts[1]) * (UNITS[parts[2] as string] as number);
  } else
    throw new TypeError(
      `${whose}a duration is a number of milliseconds or a string such as "1.5s", not ${typeof duration}`,
    );
  if (value === undefined || !(value >= 0)) {
    throw new RangeError(
      `${whose}"${duration}" is not a duration: use milliseconds ≥ 0, or a number with ms, s, m or h`,
    );
  }
  return value;
}
