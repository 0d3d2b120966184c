/** Waiting for time to pass. */
import { type Duration, milliseconds } from "../duration.ts";
import { keepShape } from "../kernel/shapes.ts";
import { type TimerEntry, UNSET } from "../kernel/timers.ts";
import type { Awaitable, Suspension } from "../types.ts";
import { type Awaited, probed, type RunningTask } from "./frame.ts";
import { Leaf, runningTask } from "./leaf.ts";
import { PROBE, RETURNED_NOTHING, returned, SUSPENDED } from "./suspension.ts";

/** Suspends for exactly one iteration. It holds nothing, so one serves all. */
const onePass: Awaitable<void> & Awaited & Iterator<Suspension, unknown> = {
  kind: "sleep",
  [Symbol.iterator]() {
    return this as Iterator<Suspension, void>;
  },
  next(sent?: unknown) {
    if (sent === undefined) {
      const task = runningTask("sleep");
      task.awaiting = this;
      task.wake();
      return SUSPENDED;
    }
    return sent === PROBE ? probed(this.next) : RETURNED_NOTHING;
  },
  return: returned,
};

class Sleep<T> extends Leaf<T> implements TimerEntry {
  sequence: number = UNSET;
  readonly #time: number;
  readonly #absolute: boolean;
  readonly #value: T;

  constructor(time: number, absolute: boolean, value: T) {
    super();
    this.#time = time;
    this.#absolute = absolute;
    this.#value = value;
  }

  get kind(): string {
    return "sleep";
  }

  override get label(): string {
    return `${this.#absolute ? "until " : ""}${this.#time < 100 ? Number(this.#time.toPrecision(3)) : Math.round(this.#time)} ms`;
  }

  protected start(task: RunningTask): boolean {
    const { loop } = task;
    const when = this.#absolute ? this.#time : this.#time === 0 ? 0 : loop.time() + this.#time;
    if (this.#time === 0 || (this.#absolute && when <= loop.time())) task.wake();
    else loop.setTimer(this, when);
    return false;
  }

  /** The timer is due. */
  run(): void {
    this.task?.wake();
  }

  protected finish(): T {
    return this.#value;
  }

  protected unwind(task: RunningTask): void {
    task.loop.clearTimer(this);
  }
}

keepShape(new Sleep(0, false, undefined));

/**
 * Waits for `delay` and gives `value` (asyncio.sleep). `sleep(0)` lets exactly one iteration of the loop pass;
 * `Infinity` waits for ever. Cancellation ends it at once and clears its timer. Throws `RangeError` for a bad duration.
 */
export function sleep(delay: Duration): Awaitable<void>;
export function sleep<T>(delay: Duration, value: T): Awaitable<T>;
export function sleep(delay: Duration, value?: unknown): Awaitable<unknown> {
  return delay === 0 && value === undefined ? onePass : new Sleep(milliseconds(delay), false, value);
}

/** Waits until the loop's clock (`getRunningLoop().time()`) shows `when`, in milliseconds; a time that has passed lets one iteration pass. */
export function sleepUntil(when: number): Awaitable<void> {
  if (typeof when !== "number" || Number.isNaN(when)) throw new RangeError(`sleepUntil: ${when} is not a time`);
  return new Sleep(when, true, undefined);
}
