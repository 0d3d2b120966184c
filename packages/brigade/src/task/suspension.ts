/**
 * What passes between a generator and the task that drives it. `yield*` hands an iterator's result object on
 * as it is, so one shared object says "suspended"; what to do then is written on the task, beside it.
 */
import type { Suspension } from "../types.ts";

/** Yielded by every wait of the runtime, and by nothing else. */
export const SUSPENDED: IteratorResult<Suspension, never> = { done: false, value: Symbol("suspension") as never };

/** Whether the result says so. JavaScriptCore makes a new object on the way through `yield*`, around the same value. */
export function isSuspension(result: IteratorResult<unknown, unknown> | undefined): boolean {
  return result === SUSPENDED || (result !== undefined && !result.done && result.value === SUSPENDED.value);
}

/** Sent into a generator when what it waits for has ended. The first `next` of a `yield*` sends undefined. */
export const RESUME: unique symbol = Symbol("resume");

/** Sent into a suspended generator to make its `yield*` tell where it is; it suspends again. */
export const PROBE: unique symbol = Symbol("probe");

/** A `yield*` ends with this value. */
export function returned<T>(value: T): IteratorReturnResult<T> {
  return { done: true, value };
}

export const RETURNED_NOTHING: IteratorReturnResult<undefined> = { done: true, value: undefined };
