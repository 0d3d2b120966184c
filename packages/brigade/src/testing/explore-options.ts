/** What `explore` is told, checked. */
import { DEFAULT_MAX_STEPS } from "./seed.ts";
import type { Settings } from "./trial.ts";

export interface ExploreOptions {
  /** How many schedules are tried at most. 1,000 unless given; for "exhaustive" 100,000. */
  readonly schedules?: number;
  /** Where the random choices begin: the same seed tries the same schedules. A whole number; 1 unless given. */
  readonly seed?: number;
  /**
   * How schedules are found. "random", unless given, takes any of what could go on. "pct" gives tasks random priorities,
   * which change at few random points: it finds what needs a few certain orders among many steps. "exhaustive" tries all,
   * for small programs.
   */
  readonly strategy?: "random" | "pct" | "exhaustive";
  /** For "pct": the depth of the mistakes that are looked for, one more than the points at which priorities change. 3 unless given. */
  readonly changePoints?: number;
  /** In each schedule, also cancels one task, any, at one of its suspensions. */
  readonly cancelAnywhere?: boolean;
  /** Also fails a schedule that leaves something behind, as `assertNoLeaks` does. */
  readonly leaks?: boolean;
  /** A schedule with more steps than this fails: it goes round in circles. 10,000 unless given. */
  readonly maxSteps?: number;
}

export interface Checked extends Settings {
  readonly schedules: number;
  readonly seed: number;
  readonly strategy: "random" | "pct" | "exhaustive";
  readonly changePoints: number;
}

const STRATEGIES: readonly string[] = ["random", "pct", "exhaustive"];

/** The options with their defaults. Throws `TypeError` and `RangeError`. */
export function checked(program: unknown, options: ExploreOptions): Checked {
  if (typeof program !== "function") {
    throw new TypeError(`explore takes a function that gives what is to be run, anew each time, not ${typeof program}`);
  }
  const { strategy = "random", cancelAnywhere = false, leaks = false } = options;
  if (!STRATEGIES.includes(strategy)) {
    throw new RangeError(`explore: strategy is "${strategy}"; use random, pct or exhaustive`);
  }
  const { schedules = strategy === "exhaustive" ? 100_000 : 1_000, seed = 1 } = options;
  const { changePoints = 3, maxSteps = DEFAULT_MAX_STEPS } = options;
  if (!Number.isSafeInteger(seed)) throw new RangeError(`explore: seed is ${seed}; use a whole number`);
  for (const [name, count] of Object.entries({ schedules, changePoints, maxSteps })) {
    if (Number.isSafeInteger(count) && count > 0) continue;
    throw new RangeError(`explore: ${name} is ${count}; use a whole number of at least 1`);
  }
  return { schedules, seed, strategy, changePoints, cancelAnywhere, leaks, maxSteps };
}
