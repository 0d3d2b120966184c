/** Scopes that end with time: when theirs has passed, they unwind what runs above them, and nothing else. */
import { type Duration, milliseconds } from "../duration.ts";
import { InvalidStateError, TimeoutError } from "../errors.ts";
import { type TimerEntry, UNSET } from "../kernel/timers.ts";
import { drivable, frameOf, lateFrame, scopeFrame } from "../task/body.ts";
import type { Drivable, Frame, RunningTask, Scope } from "../task/frame.ts";
import { oneOf } from "../task/cleanup-errors.ts";
import type { Awaitable, AwaitableLike, ScopeBody, Suspension, TimeoutScope } from "../types.ts";

type Expiry = "throws" | "moves on";
type Body = ScopeBody<TimeoutScope, unknown>;

class Deadline implements Awaitable<unknown>, TimeoutScope, Scope, TimerEntry {
  readonly shields = false;
  sequence: number = UNSET;
  requested = false; // it has expired, and its body had not ended
  #time: number;
  #absolute: boolean;
  #began = 0; // when the body started
  #armed = false; // it will expire: its timer is set or, where `sequence` is UNSET, it stands in the ready queue
  #stale = 0; // how often it stands in the ready queue before that, for times that no longer hold
  readonly #expiry: Expiry;
  readonly #frame: Frame;
  readonly #body: ((scope: TimeoutScope) => AwaitableLike<unknown>) | undefined;
  #task: RunningTask | undefined; // from the body's start to its end

  constructor(time: number, absolute: boolean, body: Body, expiry: Expiry) {
    this.#time = time;
    this.#absolute = absolute;
    this.#expiry = expiry;
    this.#body = typeof body === "function" ? body : undefined;
    this.#frame = typeof body === "function" ? lateFrame(this, NAMES[expiry]) : scopeFrame(body, this, NAMES[expiry]);
  }

  [Symbol.iterator](): Iterator<Suspension, unknown, unknown> {
    return this.#frame;
  }

  get deadline(): number {
    return this.#time;
  }

  get expired(): boolean {
    return this.requested;
  }

  reschedule(delay: Duration): void {
    const task = this.#task;
    if (task === undefined || this.requested) {
      throw new InvalidStateError(
        `reschedule: the ${NAMES[this.#expiry]} ${this.requested ? "has expired" : "does not run"}`,
      );
    }
    this.#arm(task, task.loop.time() + milliseconds(delay));
  }

  entered(task: RunningTask): Drivable {
    this.#task = task;
    this.#began = task.loop.time();
    this.#arm(task, this.#absolute ? this.#time : task.loop.time() + this.#time);
    this.#absolute = true;
    return this.#body ? drivable(frameOf(this.#body(this), NAMES[this.#expiry])) : this.#frame.generator;
  }

  left(task: RunningTask): void {
    this.#task = undefined;
    task.loop.clearTimer(this);
    if (this.requested) task.withdrawRequest();
  }

  unwound(errors: readonly unknown[]): undefined {
    if (errors.length === 0 && this.#expiry === "moves on") return undefined;
    const given = Math.round((this.#time - this.#began) * 1_000) / 1_000;
    const timedOut = new TimeoutError(`"${this.#frame.name}" did not end within ${given} ms`);
    if (errors.length === 0) throw timedOut;
    const error = oneOf(errors);
    if (this.#expiry === "throws" && error instanceof Error) error.cause ??= timedOut;
    throw error;
  }

  #arm(task: RunningTask, when: number): void {
    this.#time = when;
    if (this.#armed && this.sequence === UNSET) this.#stale++;
    else task.loop.clearTimer(this);
    this.#armed = when < Infinity;
    if (when <= task.loop.time()) task.loop.schedule(this);
    else task.loop.setTimer(this, when);
  }

  /** The time it was set for has come. */
  run(): void {
    if (this.#stale > 0) {
      this.#stale--;
      return;
    }
    this.#armed = false;
    const task = this.#task;
    if (task === undefined) return;
    this.requested = true;
    task.requestUnwinding(this);
  }
}

const NAMES: Readonly<Record<Expiry, string>> = { throws: "timeout", "moves on": "moveOnAfter" };

/**
 * Runs the body, for `delay` at most (asyncio.timeout). When the time has passed, the body's frames unwind, and then
 * `TimeoutError` is thrown here; an error of their cleanup is thrown in its place, with the `TimeoutError` as its cause.
 * A function is given the scope, whose deadline it can move. Cancelling the task cancels the body.
 *
 * @example
 * ```ts
 * import { run, sleep, timeout, TimeoutError } from "brigade";
 *
 * await run(function* () {
 *   try {
 *     yield* timeout("20ms", sleep("1h"));
 *   } catch (error) {
 *     console.log(error instanceof TimeoutError);
 *   }
 * });
 * ```
 */
export function timeout<T>(delay: Duration, body: ScopeBody<TimeoutScope, T>): Awaitable<T> {
  return new Deadline(milliseconds(delay), false, body, "throws") as Awaitable<unknown> as Awaitable<T>;
}

/** Like `timeout`, until the loop's clock shows `when`, in milliseconds (asyncio.timeout_at). */
export function timeoutAt<T>(when: number, body: ScopeBody<TimeoutScope, T>): Awaitable<T> {
  if (typeof when !== "number" || Number.isNaN(when)) throw new RangeError(`timeoutAt: ${when} is not a time`);
  return new Deadline(when, true, body, "throws") as Awaitable<unknown> as Awaitable<T>;
}

/** Like `timeout`, but gives `undefined` when the time has passed (trio.move_on_after). */
export function moveOnAfter<T>(delay: Duration, body: ScopeBody<TimeoutScope, T>): Awaitable<T | undefined> {
  return new Deadline(milliseconds(delay), false, body, "moves on") as Awaitable<unknown> as Awaitable<T | undefined>;
}
