/**
 * What stands ready on an explored loop. Where several could go on, a chooser decides. Choosing the first each time is
 * exactly the loop's own order.
 */
import { CallbackHandle, TimerHandle } from "../kernel/callback.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Runnable } from "../kernel/timers.ts";
import { current } from "../task/frame.ts";
import { DoneCallback, FutureBase, Telling, type Watcher } from "../task/future.ts";
import { Leaf } from "../task/leaf.ts";
import { TaskImpl } from "../task/task.ts";

type Kind =
  | "step" // runs code of the program: a step of a task, a callback of a timer, the end of a timeout
  | "callback" // runs a callback that is promised to come after those before it: of callSoon, of the end of a future
  | "silent" // does no more than make a task ready: the timer of a sleep
  | "told"; // the runtime tells itself of the end of a future

/** Something that stands ready. */
export interface Entry {
  readonly item: Runnable;
  readonly kind: Kind;
  /** Whose step it is; what PCT gives a priority. */
  readonly actor: object;
  /** Its task let the others go first, by `sleep(0)`. */
  readonly yielded: boolean;
  /** How many entries that had yielded have overtaken it. */
  overtaken: number;
}

/** Decides which of several goes on. */
export interface Chooser {
  /** Whether it is asked about silent entries too where they are first. */
  readonly asksAlways?: boolean;
  /**
   * Gives the index of the option to take, in the order of first in, first out. From `options.length` on: cancels a task
   * first, one of `cancels`.
   */
  choose(options: readonly Entry[], cancels: number): number;
}

/** What of a schedule is of interest to somebody. */
export interface ReadyObserver {
  /** The entry runs now, before those that stood ahead of it. */
  taken(entry: Entry, ahead: readonly Entry[]): void;
  cancelling(task: TaskImpl<unknown>): void;
}

/** A spinning task, `while (!done) yield* sleep(0)`, must not keep everybody else from running for ever. */
const MOST_OVERTAKEN = 16;

const NOTHING: Runnable = { run() {} };

/** The one option beside a cancellation when everybody waits: to let them. */
const REST: readonly Entry[] = [{ item: NOTHING, kind: "step", actor: NOTHING, yielded: false, overtaken: 0 }];

/** A schedule takes more steps than it may. */
export class LivelockError extends Error {
  override readonly name: string = "LivelockError";
  constructor(maxSteps: number) {
    super(`the program took more than ${maxSteps} steps: it goes round in circles, or needs a larger maxSteps`);
  }
}

export class ReadySet implements Scheduler {
  readonly #chooser: Chooser;
  readonly #observer: ReadyObserver | undefined;
  readonly #maxSteps: number;
  readonly #onBroken: (error: unknown) => void;
  /** The tasks that may be cancelled; undefined once one was, and where none may. */
  cancellable: (() => Iterable<TaskImpl<unknown>>) | undefined = undefined;
  /** The task that was cancelled. */
  cancelled: TaskImpl<unknown> | undefined = undefined;
  /** What was chosen, wherever there was a choice. */
  readonly choices: number[] = [];
  /** Among how many. */
  readonly counts: number[] = [];
  #entries: Entry[] = []; // in the loop's own order
  #options: Entry[] = []; // used again for each choice
  #steps = 0;

  /** `onBroken` is told when the schedule can't go on: it takes more steps than it may, or the chooser throws. */
  constructor(chooser: Chooser, maxSteps: number, onBroken: (error: unknown) => void, observer?: ReadyObserver) {
    this.#chooser = chooser;
    this.#maxSteps = maxSteps;
    this.#onBroken = onBroken;
    this.#observer = observer;
  }

  readonly defer = (callback: () => void): void => queueMicrotask(callback);

  get size(): number {
    return this.#entries.length;
  }

  push(item: Runnable): void {
    if (item instanceof TaskImpl && !item.done) {
      this.#entries.push({ item, kind: "step", actor: item, yielded: current === item, overtaken: 0 });
    } else this.#entries.push({ item, ...this.#classify(item), yielded: false, overtaken: 0 });
  }

  #classify(item: Runnable): { kind: Kind; actor: object } {
    if (item instanceof Telling) return toldTo(item.watcher, item);
    if (item instanceof FutureBase) {
      const watcher = item.watchers as Watcher | undefined;
      // Several were told before: what is left to do is to look whether one of them looked at the error.
      return watcher === undefined ? { kind: "silent", actor: item } : toldTo(watcher, item);
    }
    if (item instanceof Leaf) return { kind: "silent", actor: item.task ?? item };
    return {
      kind: item instanceof CallbackHandle && !(item instanceof TimerHandle) ? "callback" : "step",
      actor: item,
    };
  }

  shift(): Runnable {
    const first = this.#entries[0];
    if (first === undefined) return NOTHING; // the rest of an iteration that broke off
    if (++this.#steps > this.#maxSteps) return this.#breakOff(new LivelockError(this.#maxSteps));
    if (this.cancellable !== undefined) return this.#andAtRest(this.#next(first));
    return this.#next(first);
  }

  #next(first: Entry): Runnable {
    const alone = this.#entries.length === 1 && this.cancellable === undefined;
    // A silent entry commutes with every other: where it is first there is nothing to choose.
    if (alone || (isSilent(first) && this.#chooser.asksAlways !== true)) return this.#take(0);
    for (;;) {
      const option = this.#ask(this.#findOptions());
      if (option === undefined) return NOTHING;
      if (option !== "cancelled") return this.#take(this.#entries.indexOf(option));
    }
  }

  /** Runs the item. If then everybody waits, somebody may be cancelled while it does. */
  #andAtRest(item: Runnable): Runnable {
    const run = (): void => {
      item.run();
      if (this.#entries.length === 0 && this.cancellable !== undefined) this.#ask(REST);
    };
    return { run };
  }

  /** What goes on of the options; "cancelled" when a task was cancelled instead; undefined when it broke off. */
  #ask(options: readonly Entry[]): Entry | "cancelled" | undefined {
    const tasks = this.cancellable === undefined ? [] : [...this.cancellable()];
    const count = options.length + tasks.length;
    let choice = 0;
    if (count > 1) {
      try {
        choice = this.#chooser.choose(options, tasks.length);
      } catch (error) {
        this.#breakOff(error);
        return undefined;
      }
      this.choices.push(choice);
      this.counts.push(count);
    }
    const task = tasks[choice - options.length];
    if (task === undefined) return options[choice];
    this.cancellable = undefined;
    this.cancelled = task;
    this.#observer?.cancelling(task);
    task.cancel("cancelled by explore");
    return "cancelled";
  }

  #breakOff(error: unknown): Runnable {
    this.#entries = [];
    this.#onBroken(error);
    return NOTHING;
  }

  #findOptions(): readonly Entry[] {
    const options = this.#options;
    options.length = 0;
    let told = false; // what stands behind the first that is told waits for it, as in the loop's own order
    let called = false; // so do callbacks behind the first callback
    let due = false; // somebody may not be overtaken any more
    for (const entry of this.#entries) {
      const { kind } = entry;
      const waits = told || (kind === "callback" && called) || (entry.yielded && due);
      if (isSilent(entry)) options.push(entry);
      else if (!waits) {
        options.push(entry);
        if (kind === "told") told = true;
        else if (kind === "callback") called = true;
        if (entry.overtaken >= MOST_OVERTAKEN) due = true;
      }
    }
    return options;
  }

  #take(index: number): Runnable {
    const entry = this.#entries[index] as Entry;
    if (index === 0) this.#entries.shift();
    else {
      if (entry.yielded) for (let ahead = 0; ahead < index; ahead++) (this.#entries[ahead] as Entry).overtaken++;
      this.#entries.splice(index, 1);
    }
    this.#observer?.taken(entry, this.#entries.slice(0, index));
    return entry.item;
  }
}

/** Who is told decides: a task goes on at once, a callback is the program's code, everybody else is the runtime. */
function toldTo(watcher: Watcher, telling: Runnable): { kind: Kind; actor: object } {
  if (watcher instanceof TaskImpl) return { kind: "step", actor: watcher };
  if (watcher instanceof DoneCallback) return { kind: "callback", actor: watcher };
  return { kind: "told", actor: telling };
}

/** Whether it makes no difference when it runs, but for when a task is ready. */
export function isSilent({ kind, item }: Entry): boolean {
  if (item instanceof CallbackHandle) return item.cancelled;
  if (kind !== "told") return kind === "silent";
  if (item instanceof Telling) return item.watcher.counts?.(item.future) === true;
  if (!(item instanceof FutureBase)) return false;
  return (item.watchers as Watcher | undefined)?.counts?.(item) === true;
}
