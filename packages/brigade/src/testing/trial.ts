/** One run of a program under one schedule, on a loop of its own with a clock of its own. */
import { Runner } from "../border/run.ts";
import { CancelledError } from "../errors.ts";
import { text } from "../kernel/callback.ts";
import type { LoopOptions } from "../kernel/loop.ts";
import type { TaskLoop } from "../task/event-loop.ts";
import type { TaskImpl } from "../task/task.ts";
import type { AwaitableLike, LoopObserver, Report, RunOptions } from "../types.ts";
import { LeakWatch } from "./leak-watch.ts";
import { type Chooser, LivelockError, type ReadyObserver, ReadySet } from "./ready-set.ts";
import type { Plan } from "./seed.ts";
import { virtualClock } from "./virtual-clock.ts";

export type Program = () => AwaitableLike<unknown>;

/** What was wrong with a run. */
export interface Failure {
  readonly message: string;
  readonly cause: unknown;
}

export interface Trial {
  readonly failure: Failure | undefined;
  readonly choices: readonly number[];
  readonly counts: readonly number[];
}

/** Sees what happens in a run. */
export interface Recorder extends LoopObserver, ReadyObserver {
  /** Called before anything happens. */
  begins(loop: TaskLoop): void;
  heard(report: Report): void;
}

/** What a run has to know of a plan, beside the choices. */
export type Settings = Omit<Plan, "choices">;

/** Runs the program once. Throws what the chooser throws. */
export async function attempt(
  program: Program,
  chooser: Chooser,
  settings: Settings,
  recorder?: Recorder,
): Promise<Trial> {
  const run = new Attempt(chooser, settings, recorder);
  const failure = await run.perform(program);
  const { choices, counts } = run.ready;
  return { failure, choices, counts };
}

class Attempt {
  readonly ready: ReadySet;
  readonly #runner: Runner;
  readonly #loop: TaskLoop;
  readonly #watch: LeakWatch | undefined;
  readonly #reports: Report[] = [];
  readonly #broken: Promise<{ readonly error: unknown }>;

  constructor(chooser: Chooser, { cancelAnywhere, leaks, maxSteps }: Settings, recorder: Recorder | undefined) {
    let tell: (broken: { readonly error: unknown }) => void = () => {};
    this.#broken = new Promise((resolve) => {
      tell = resolve;
    });
    const onBroken = (error: unknown): void => {
      this.#loop.pause(); // what waits on it waits for ever
      tell({ error });
    };
    this.ready = new ReadySet(chooser, maxSteps, onBroken, recorder);
    const options: RunOptions & LoopOptions = {
      clock: virtualClock(),
      scheduler: this.ready,
      onReport: (report) => {
        this.#reports.push(report);
        recorder?.heard(report);
      },
      ...(recorder && { observer: recorder }),
    };
    this.#runner = new Runner(options);
    this.#loop = this.#runner.loop as TaskLoop;
    recorder?.begins(this.#loop);
    if (cancelAnywhere) this.ready.cancellable = () => this.#cancellable();
    this.#watch = leaks ? new LeakWatch(this.#loop, recorder !== undefined) : undefined;
  }

  *#cancellable(): Generator<TaskImpl<unknown>, void> {
    if (!this.#loop.running) return; // main has ended
    for (const task of this.#loop.unfinished() as Iterable<TaskImpl<unknown>>) if (!task.cancelRequested) yield task;
  }

  async perform(program: Program): Promise<Failure | undefined> {
    try {
      const broken = await Promise.race([this.#run(program), this.#broken]);
      if (broken === undefined || "message" in broken) return broken;
      if (!(broken.error instanceof LivelockError)) throw broken.error;
      return { message: text(broken.error), cause: broken.error };
    } finally {
      this.#watch?.stop();
    }
  }

  async #run(program: Program): Promise<Failure | undefined> {
    let failure: Failure | undefined;
    try {
      await this.#runner.run(program);
    } catch (error) {
      const excused = this.ready.cancelled !== undefined && error instanceof CancelledError;
      if (!excused) failure = { message: text(error), cause: error };
    }
    this.ready.cancellable = undefined;
    this.#watch?.mainEnded();
    await this.#runner.close();
    return failure ?? this.#reported() ?? this.#leaked();
  }

  /** What was reported, but for what a cancellation excuses: coroutines that were made and not reached. */
  #reported(): Failure | undefined {
    const excused = this.ready.cancelled === undefined ? undefined : "never-awaited";
    const report = this.#reports.find(({ kind }) => kind !== excused);
    if (report === undefined) return undefined;
    const { kind, message, error } = report;
    const said = error === undefined || message.endsWith(text(error)) ? message : `${message}: ${text(error)}`;
    return { message: `reported as ${kind}: ${said}`, cause: error ?? report };
  }

  #leaked(): Failure | undefined {
    const error = this.#watch?.error();
    return error && { message: error.message, cause: error };
  }
}
