/** What a client's limits are, checked, with their defaults. */
import { describe } from "../../errors.ts";
import type { AdaptiveOptions, Limits, Rate } from "../types.ts";

/** How each host's limit is found. */
export interface AdaptiveSettings {
  readonly start: number;
  readonly min: number;
  readonly max: number;
  readonly decrease: number;
}

export interface LimitSettings {
  readonly connections: number;
  readonly perHost: number;
  /** Milliseconds between two starts; 0: no bound. */
  readonly interval: number;
  /** The same for each host. */
  readonly hostInterval: number;
  readonly adaptive: AdaptiveSettings | undefined;
}

const LIMITS: readonly string[] = ["connections", "perHost", "rate", "perHostRate", "adaptive"];
const ADAPTIVE: readonly string[] = ["start", "min", "max", "decrease"];

/** Throws `RangeError` for a value that can't be, `TypeError` for a name that there is not. */
export function limitSettings(limits: Limits = {}): LimitSettings {
  checkNames("limits", limits, LIMITS);
  const connections = count("limits.connections", limits.connections ?? 100);
  const perHost = count("limits.perHost", limits.perHost ?? connections);
  return {
    connections,
    perHost,
    interval: interval("limits.rate", limits.rate),
    hostInterval: interval("limits.perHostRate", limits.perHostRate),
    adaptive: adaptiveSettings(limits.adaptive ?? false, perHost),
  };
}

function adaptiveSettings(given: boolean | AdaptiveOptions, perHost: number): AdaptiveSettings | undefined {
  if (given === false) return undefined;
  const options = given === true ? {} : given;
  checkNames("limits.adaptive", options, ADAPTIVE);
  const max = count("limits.adaptive.max", options.max ?? perHost);
  if (max > perHost) {
    throw new RangeError(
      `limits.adaptive.max is ${max}, and limits.perHost allows ${perHost}: raise perHost, or lower max`,
    );
  }
  const min = whole("limits.adaptive.min", options.min ?? 1);
  if (min > max) throw new RangeError(`limits.adaptive.min is ${min}; use at most max, which is ${max}`);
  const start = whole("limits.adaptive.start", options.start ?? Math.max(min, Math.min(4, max)));
  if (start < min || start > max) {
    throw new RangeError(
      `limits.adaptive.start is ${start}; use a number from min to max, which are ${min} and ${max}`,
    );
  }
  const { decrease = 0.5 } = options;
  if (typeof decrease !== "number" || !(decrease > 0 && decrease < 1)) {
    throw new RangeError(`limits.adaptive.decrease is ${quoted(decrease)}; use a number between 0 and 1, such as 0.5`);
  }
  return { start, min, max, decrease };
}

/** A misspelt name must not pass for a default. */
export function checkNames(what: string, given: object, names: readonly string[]): void {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`${what}: use an object with some of ${names.join(", ")}, not ${quoted(given)}`);
  }
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) throw new TypeError(`${what}.${name}: there is no such option; use ${names.join(", ")}`);
  }
}

function count(what: string, value: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw new RangeError(`${what} is ${quoted(value)}; use a whole number of at least 1, or Infinity`);
}

function whole(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${what} is ${quoted(value)}; use a whole number of at least 1`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds between two starts of the rate; 0 for none. */
function interval(what: string, rate: Rate | undefined): number {
  if (rate === undefined) return 0;
  const parts = typeof rate === "string" ? /^\s*([\d.eE+]+|Infinity)\s*\/\s*([smh])\s*$/.exec(rate) : null;
  const times = parts ? Number(parts[1]) : Number.NaN;
  if (times > 0) return (UNITS[(parts as RegExpExecArray)[2] as string] as number) / times;
  const number = Number(rate);
  const example = number > 0 && number < Infinity ? `"${number}/s"` : '"50/s"';
  const units = typeof rate === "string" && rate.includes("/") ? " (a number above 0, and s, m or h)" : "";
  throw new RangeError(`${what}: ${quoted(rate)} is not a rate; write ${example}${units}`);
}

/** The value as a program would have written it. */
export function quoted(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : describe(value);
}
