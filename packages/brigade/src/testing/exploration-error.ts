/** What `explore` rejects with: a schedule that fails, and all it takes to see it again. */

/** What running a schedule again gave. */
export interface Replay {
  /** What happened, a line for each step. */
  readonly timeline: string;
}

interface Found {
  readonly seed: string;
  readonly schedule: readonly number[];
  readonly schedules: number;
  readonly timeline: string;
  readonly cause: unknown;
  readonly replay: () => Promise<Replay>;
}

/** A schedule made the program fail. The message has everything: what failed, the seed, and the timeline. */
export class ExplorationError extends Error {
  override readonly name: string = "ExplorationError";
  /** The whole schedule, for `replay`. */
  readonly seed: string;
  /** Whom to take at each choice, in the order of first in, first out; 0, the first, from the end on. */
  readonly schedule: readonly number[];
  /** What happened, a line for each step: the time, the task, what woke it, what it did, and where it waits. */
  readonly timeline: string;
  /** How many schedules were tried until one failed, that one included and those for shrinking it not. */
  readonly schedules: number;
  readonly #replay: () => Promise<Replay>;

  constructor(message: string, { seed, schedule, schedules, timeline, cause, replay }: Found) {
    super(message, { cause });
    this.seed = seed;
    this.schedule = schedule;
    this.schedules = schedules;
    this.timeline = timeline;
    this.#replay = replay;
  }

  /** Runs the schedule again, exactly. Rejects with an `ExplorationError` as long as it fails. */
  replay(): Promise<Replay> {
    return this.#replay();
  }
}
