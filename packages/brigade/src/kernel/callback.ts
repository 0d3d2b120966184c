/** Callbacks that the loop runs, outside any task: in the context of who scheduled them, and what they throw is reported. */
import type { Handle, LoopTime, Report } from "../types.ts";
import { enterContext, type Values, values } from "./context.ts";
import { host } from "./host.ts";
import type { Observer } from "./observer.ts";
import { type TimerEntry, UNSET } from "./timers.ts";

/** What a callback needs of its loop. */
export interface CallbackLoop extends LoopTime {
  readonly observer: Observer | undefined;
  clearTimer(entry: TimerEntry): void;
  report(report: Report): void;
}

export class CallbackHandle implements Handle, TimerEntry {
  sequence: number = UNSET;
  readonly #loop: CallbackLoop;
  readonly #context: Values = values;
  #callback: (() => void) | undefined; // undefined ⇔ cancelled
  constructor(loop: CallbackLoop, callback: () => void) {
    if (typeof callback !== "function") throw new TypeError(`a callback is a function, not ${typeof callback}`);
    this.#loop = loop;
    this.#callback = callback;
  }

  get cancelled(): boolean {
    return this.#callback === undefined;
  }

  cancel(): void {
    this.#callback = undefined;
    this.#loop.clearTimer(this);
  }

  run(): void {
    const callback = this.#callback;
    if (!callback) return;
    const outer = enterContext(this.#context);
    guarded(this.#loop, callback);
    enterContext(outer);
  }
}

/** A callback that waits for its time. */
export class TimerHandle extends CallbackHandle {}

/** Calls back; what it throws is reported, and the loop goes on. */
export function guarded(loop: CallbackLoop, callback: () => void): void {
  const { observer } = loop;
  const began = observer === undefined ? 0 : host.now();
  try {
    callback();
  } catch (error) {
    loop.report({ kind: "callback-error", message: `a callback threw: ${text(error)}`, error });
  }
  observer?.callbackEnded(loop, began);
}

/** What was thrown, in a line. */
export function text(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
