/** Runs a program under many schedules, and shows the shortest one it can find that makes the program fail. */
import { host } from "../kernel/host.ts";
import { ExplorationError, type Replay } from "./exploration-error.ts";
import { type Checked, checked, type ExploreOptions } from "./explore-options.ts";
import { decode, encode } from "./seed.ts";
import { shrink } from "./shrink.ts";
import { EveryCancellation, Exhaustive, Given, Pct, Plain, RandomWalk, type Strategy } from "./strategies.ts";
import { Timeline } from "./timeline.ts";
import { attempt, type Failure, type Program, type Settings } from "./trial.ts";

export interface Exploration {
  /** How many schedules were tried. */
  readonly schedules: number;
  /** Whether those were all there are. Only "exhaustive" knows. */
  readonly complete: boolean;
}

/** A strategy, and how many of its schedules are tried at most. */
interface Stage {
  readonly strategy: Strategy;
  readonly most: number;
}

const LONGEST_TURN = 10; // ms of schedules back to back before the host has its turn

/**
 * Runs the program under many schedules, each on a loop and a virtual clock of its own, and resolves when none failed.
 * What the semantics leave open is chosen: which of the tasks that are ready goes on, whose timer of those due together
 * comes first, which promise of those that have settled. The plain order, first in, first out, is tried first. The
 * program is called anew for each schedule and must make anew what it changes.
 *
 * Rejects with `ExplorationError` when main rejects (other than with the `CancelledError` of an injected cancellation),
 * deadlocks, takes more than `maxSteps` steps, leaves something behind (with `leaks`), or anything is reported: an error that
 * nobody looked at, a coroutine never awaited, a callback that threw. The error holds the shortest failing schedule that could
 * be found by shrinking, as a timeline, and a seed for `replay`. Throws `RangeError` for options that are out of range.
 *
 * @example
 * ```ts
 * import { gather, sleep } from "brigade";
 * import { ExplorationError, explore } from "brigade/testing";
 *
 * const program = () => {
 *   let balance = 0;
 *   function* deposit(amount: number) {
 *     const before = balance;
 *     yield* sleep(2);
 *     balance = before + amount;
 *   }
 *   function* later() {
 *     yield* sleep(2);
 *     yield* deposit(20);
 *   }
 *   return (function* () {
 *     yield* gather([deposit(10), later()]);
 *     if (balance !== 30) throw new Error(`the balance is ${balance}`);
 *   })();
 * };
 * await explore(program).catch((error) => console.log(error instanceof ExplorationError && error.message));
 * ```
 */
export async function explore(program: Program, options: ExploreOptions = {}): Promise<Exploration> {
  const plan = checked(program, options);
  const idle = host.onIdle(() => {}); // one listener for all the loops to come
  try {
    return await exploreStages(program, plan, stagesOf(plan));
  } finally {
    idle();
  }
}

function stagesOf({ strategy, schedules, seed, changePoints, cancelAnywhere }: Checked): Stage[] {
  if (strategy === "exhaustive") return [{ strategy: new Exhaustive(), most: Infinity }];
  const walk = strategy === "pct" ? new Pct(seed, changePoints) : new RandomWalk(seed);
  // A program has few moments at which it can be cancelled in its plain order, and most mistakes show there.
  const cancellations = cancelAnywhere ? [{ strategy: new EveryCancellation(), most: Math.ceil(schedules / 2) }] : [];
  return [{ strategy: new Plain(), most: 1 }, ...cancellations, { strategy: walk, most: Infinity }];
}

/** Tries the schedules of one strategy after the other. */
export async function exploreStages(program: Program, plan: Checked, stages: readonly Stage[]): Promise<Exploration> {
  let schedules = 0;
  let turn = host.now();
  for (const { strategy, most } of stages) {
    for (let tried = 0; tried < most; tried++) {
      if (schedules === plan.schedules)
        return { schedules, complete: plan.strategy === "exhaustive" && !strategy.next() };
      const chooser = strategy.next();
      if (chooser === undefined) break;
      const { failure, choices, counts } = await attempt(program, chooser, plan);
      schedules++;
      if (failure) throw await found(program, plan, { failure, choices, schedules });
      strategy.ended(choices, counts);
      if (host.now() - turn < LONGEST_TURN) continue;
      await new Promise<void>((resolve) => host.defer(resolve));
      turn = host.now();
    }
  }
  return { schedules, complete: plan.strategy === "exhaustive" };
}

interface Discovery {
  readonly failure: Failure;
  readonly choices: readonly number[];
  /** Its number among those tried. */
  readonly schedules: number;
}

/** Shrinks the schedule, and says all there is to say about it. */
async function found(program: Program, plan: Checked, { failure, choices, schedules }: Discovery): Promise<Error> {
  const shrunk = await shrink(program, plan, choices, failure);
  const heading = `schedule ${schedules} fails (${plan.strategy}, seed ${plan.seed})`;
  const error = await performed(program, plan, shrunk, { heading, schedules });
  if (error instanceof ExplorationError) return error;
  const seed = encode({ ...plan, choices });
  const unstable =
    "It did not fail when the same schedule was run again: something beside the schedule decides what the program does";
  return new ExplorationError(`${failure.message}\n\n${heading}. ${unstable}.`, {
    seed,
    schedule: choices,
    schedules,
    timeline: "",
    cause: failure.cause,
    replay: () => replay(program, seed),
  });
}

interface Circumstances {
  readonly heading: string;
  readonly schedules: number;
}

/** Runs the schedule once more and writes down what happens: an error if it fails. */
async function performed(
  program: Program,
  settings: Settings,
  choices: readonly number[],
  { heading, schedules }: Circumstances,
): Promise<ExplorationError | Replay> {
  const recorder = new Timeline();
  const { failure } = await attempt(program, new Given(choices), settings, recorder);
  const timeline = String(recorder);
  if (failure === undefined) return { timeline };
  const seed = encode({ ...settings, choices });
  const message = `${failure.message}\n\n${heading}. Run it again: replay(program, "${seed}")\n${lengthOf(choices)}:\n\n${timeline}`;
  return new ExplorationError(message, {
    seed,
    schedule: choices,
    schedules,
    timeline,
    cause: failure.cause,
    replay: () => replay(program, seed),
  });
}

function lengthOf(choices: readonly number[]): string {
  const deviations = choices.filter((choice) => choice > 0).length;
  if (deviations === 0) return "It is the plain order, first in, first out";
  return `It differs from first in, first out by ${deviations === 1 ? "1 choice" : `${deviations} choices`}`;
}

/**
 * Runs the program under the one schedule that an `ExplorationError` printed, step by step as it was: gives its timeline when
 * it does not fail any more, and rejects with an `ExplorationError` as long as it does. It is exact for programs that
 * depend on nothing but their schedule: promises settle in the order of the host, clocks and random numbers are the
 * program's. Where the program has changed, choices that there are no longer count as the first. Throws `RangeError` for
 * what is no seed.
 */
export async function replay(program: Program, seed: string): Promise<Replay> {
  const { choices, ...settings } = decode(seed);
  checked(program, {});
  const outcome = await performed(program, settings, choices, { heading: "this schedule fails", schedules: 1 });
  if (outcome instanceof ExplorationError) throw outcome;
  return outcome;
}
