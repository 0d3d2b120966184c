/** In a worker: the call that runs there, and the signal that tells it of its cancellation. */
import { CancelledError, InvalidStateError } from "../../errors.ts";

/** The call that runs in this worker. There is one at a time. */
export let runningCall: RunningCall | undefined;

export function setRunningCall(call: RunningCall | undefined): void {
  runningCall = call;
}

export class RunningCall {
  readonly id: number;
  #controller: AbortController | undefined; // made when somebody asks for the signal
  #cancelled: CancelledError | undefined;
  readonly #hear: () => void;

  /** `hear` takes in what the pool has said while the worker was busy. */
  constructor(id: number, hear: () => void) {
    this.id = id;
    this.#hear = hear;
  }

  get cancelled(): boolean {
    return this.#cancelled !== undefined;
  }

  cancel(reason: string | undefined): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = new CancelledError(
      reason === undefined ? "the call was cancelled" : `cancelled: ${reason}`,
      reason,
    );
    this.#controller?.abort(this.#cancelled);
  }

  /** Whether the error says nothing but that the call was cancelled. */
  answers(error: unknown): boolean {
    if (this.#cancelled === undefined) return false;
    try {
      return error instanceof CancelledError || (error as Error | null)?.name === "AbortError";
    } catch {
      return false; // looking at it throws: it says something else
    }
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#cancelled !== undefined) this.#controller.abort(this.#cancelled);
    return audible(this.#controller.signal, () => {
      if (runningCall === this) this.#hear();
    });
  }
}

/** The signal, which looks for a cancellation when it is asked: a function that is busy lets no event come through. */
function audible(signal: AbortSignal, hear: () => void): AbortSignal {
  for (const key of ["aborted", "reason"] as const) {
    const read = Object.getOwnPropertyDescriptor(AbortSignal.prototype, key)?.get as () => unknown;
    Object.defineProperty(signal, key, {
      configurable: true,
      get: () => {
        hear();
        return read.call(signal);
      },
    });
  }
  const throwIfAborted = (): void => {
    if (signal.aborted) throw signal.reason;
  };
  return Object.defineProperty(signal, "throwIfAborted", { configurable: true, value: throwIfAborted });
}

/**
 * In a function that a pool runs: a signal that fires when its call is cancelled, or its stream closed early. Hand it to
 * what takes one, or look at `aborted` now and then in a loop: that sees the cancellation too, though no event comes
 * through while the function is busy. Whoever has not ended when the pool's `grace` is over is killed with the worker.
 * Its `reason` is a `CancelledError`; throwing that (`throwIfAborted`) is the way to end. Throws `InvalidStateError`
 * where no call of a pool runs. A coroutine function does not need it: it is cancelled as a task.
 *
 * @example
 * ```ts no-run
 * import { workerSignal } from "brigade/node";
 *
 * // In the module of a pool.
 * export function countPrimes(limit: number): number {
 *   const signal = workerSignal();
 *   let count = 0;
 *   for (let n = 2; n < limit; n++) {
 *     if (n % 10_000 === 0) signal.throwIfAborted();
 *     let prime = true;
 *     for (let d = 2; d * d <= n && prime; d++) prime = n % d !== 0;
 *     if (prime) count++;
 *   }
 *   return count;
 * }
 * ```
 */
export function workerSignal(): AbortSignal {
  if (runningCall === undefined)
    throw new InvalidStateError("workerSignal: no call of a pool runs here; ask in a function that a pool has called");
  return runningCall.signal;
}
