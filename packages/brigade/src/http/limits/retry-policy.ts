/** What a policy of retries says, checked, with its defaults. */
import { type Duration, milliseconds } from "../../duration.ts";
import type { RetryBudget, RetryPolicy } from "../types.ts";
import { checkNames, quoted } from "./settings.ts";

export interface RetrySettings {
  readonly retries: number;
  /** In upper case. */
  readonly methods: ReadonlySet<string>;
  readonly statuses: ReadonlySet<number>;
  readonly base: number;
  readonly cap: number;
  readonly retryAfterMax: number;
  /** Undefined: there is none. */
  readonly budget: Required<RetryBudget> | undefined;
}

export const DEFAULT_RETRIES: RetrySettings = {
  retries: 2,
  methods: new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]),
  statuses: new Set([408, 425, 429, 500, 502, 503, 504]),
  base: 200,
  cap: 30_000,
  retryAfterMax: 60_000,
  budget: { ratio: 0.2, reserve: 10 },
};

type Names<T> = { readonly [K in keyof Required<T>]: true };
const POLICY: Names<RetryPolicy> = {
  retries: true,
  methods: true,
  statuses: true,
  base: true,
  cap: true,
  retryAfterMax: true,
  budget: true,
  idempotencyKey: true,
};
const BUDGET: Names<RetryBudget> = { ratio: true, reserve: true };

/** What the policy leaves out is as in `defaults`; a number changes nothing but how many. Throws `RangeError` and `TypeError`. */
export function retrySettings(
  policy: number | RetryPolicy | false | undefined,
  defaults: RetrySettings,
): RetrySettings {
  if (policy === undefined) return defaults;
  if (policy === false) return { ...defaults, retries: 0 };
  if (typeof policy === "number") return { ...defaults, retries: count("retry", policy) };
  checkNames("retry", policy, Object.keys(POLICY));
  if (policy.idempotencyKey !== undefined && typeof policy.idempotencyKey !== "function") {
    throw new TypeError(
      `retry.idempotencyKey is ${quoted(policy.idempotencyKey)}; use a function that gives the key of a request`,
    );
  }
  return {
    retries: policy.retries === undefined ? defaults.retries : count("retry.retries", policy.retries),
    methods: policy.methods === undefined ? defaults.methods : methods(policy.methods),
    statuses: policy.statuses === undefined ? defaults.statuses : statuses(policy.statuses),
    base: duration("retry.base", policy.base, defaults.base),
    cap: duration("retry.cap", policy.cap, defaults.cap),
    retryAfterMax: duration("retry.retryAfterMax", policy.retryAfterMax, defaults.retryAfterMax),
    budget: policy.budget === undefined ? defaults.budget : budget(policy.budget),
  };
}

function count(what: string, value: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw new RangeError(`${what} is ${quoted(value)}; use a whole number of at least 0`);
}

function methods(list: readonly string[]): ReadonlySet<string> {
  const names = listed("retry.methods", list, '["GET", "POST"]');
  return new Set(
    names.map((name) => {
      if (typeof name === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(name)) return name.toUpperCase();
      throw new RangeError(`retry.methods: ${quoted(name)} is not a method of HTTP, such as "GET"`);
    }),
  );
}

function statuses(list: readonly number[]): ReadonlySet<number> {
  const codes = listed("retry.statuses", list, "[429, 503]");
  for (const code of codes) {
    if (Number.isInteger(code) && code >= 400 && code <= 599) continue;
    throw new RangeError(
      `retry.statuses: ${quoted(code)} is not the status of a failure; use whole numbers from 400 to 599`,
    );
  }
  return new Set(codes);
}

function listed<T>(what: string, list: readonly T[], example: string): readonly T[] {
  if (Array.isArray(list)) return list;
  throw new TypeError(`${what} is ${quoted(list)}; use a list such as ${example}`);
}

function duration(what: string, value: Duration | undefined, byDefault: number): number {
  if (value === undefined) return byDefault;
  try {
    return milliseconds(value);
  } catch (error) {
    const { message } = error as Error;
    throw error instanceof TypeError
      ? new TypeError(`${what}: ${message}`, { cause: error })
      : new RangeError(`${what}: ${message}`, { cause: error });
  }
}

function budget(given: RetryBudget | false): Required<RetryBudget> | undefined {
  if (given === false) return undefined;
  checkNames("retry.budget", given, Object.keys(BUDGET));
  const { ratio = 0.2, reserve = 10 } = given;
  for (const [name, value] of Object.entries({ ratio, reserve })) {
    if (typeof value === "number" && value >= 0 && value < Infinity) continue;
    throw new RangeError(
      `retry.budget.${name} is ${quoted(value)}; use a number of at least 0, or budget: false for no bound`,
    );
  }
  return { ratio, reserve };
}
