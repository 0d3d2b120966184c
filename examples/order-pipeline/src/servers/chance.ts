/** A number from 0 up to 1 that depends on nothing but its arguments: the same order meets the same luck in every run. */
import { createHash } from "node:crypto";

export function chance(...parts: readonly (string | number)[]): number {
  return createHash("sha256").update(parts.join("/")).digest().readUInt32BE(0) / 2 ** 32;
}

/** A whole number from `low` to `high`, by the same luck. */
export function between(low: number, high: number, ...parts: readonly (string | number)[]): number {
  return low + Math.floor(chance(...parts) * (high - low + 1));
}
