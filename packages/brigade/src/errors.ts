/** Every error class of the runtime: one for each decision that a caller takes. */
import type { Task } from "./types.ts";

/** The awaited task or future was cancelled. An ordinary error: it is not the awaiter that was cancelled. */
export class CancelledError extends Error {
  override readonly name: string = "CancelledError";
  /** What `cancel(reason)` was given. */
  readonly reason: unknown;
  constructor(message?: string, reason?: unknown) {
    super(message ?? "cancelled");
    this.reason = reason;
  }
}

/** The time that `timeout`, `timeoutAt` or `asCompleted` was given has passed. */
export class TimeoutError extends Error {
  override readonly name: string = "TimeoutError";
}

/** The call can't be right at this moment: the message says what was in which state. */
export class InvalidStateError extends Error {
  override readonly name: string = "InvalidStateError";
}

/** Nothing can ever wake main again. */
export class DeadlockError extends Error {
  override readonly name: string = "DeadlockError";
  readonly #tasks: readonly Task<unknown>[];
  constructor(message: string, tasks: readonly Task<unknown>[] = []) {
    super(message);
    this.#tasks = tasks;
  }

  /** The tasks that were waiting, in the order they were made. */
  get tasks(): readonly Task<unknown>[] {
    return this.#tasks;
  }
}

/** `getNowait` found nothing. */
export class QueueEmpty extends Error {
  override readonly name: string = "QueueEmpty";
}

/** `putNowait` found no room. */
export class QueueFull extends Error {
  override readonly name: string = "QueueFull";
}

/** The queue was shut down. */
export class QueueShutDown extends Error {
  override readonly name: string = "QueueShutDown";
}

/** The barrier broke: a waiter was cancelled, or `abort` or `reset` was called. */
export class BrokenBarrierError extends Error {
  override readonly name: string = "BrokenBarrierError";
}

/** Several errors at once, in the order they happened. `subgroup` and `split` as in PEP 654. */
export class ExceptionGroup extends AggregateError {
  override readonly name: string = "ExceptionGroup";
  constructor(message: string, errors: readonly unknown[]) {
    super(errors, message);
  }

  /** The part whose errors match, with the nesting kept; `undefined` if none does. */
  subgroup(match: (error: unknown) => boolean): ExceptionGroup | undefined {
    return this.split(match)[0];
  }

  /** The part whose errors match, and the rest. */
  split(match: (error: unknown) => boolean): [ExceptionGroup | undefined, ExceptionGroup | undefined] {
    if (match(this)) return [this, undefined];
    const matching: unknown[] = [];
    const rest: unknown[] = [];
    for (const error of this.errors as readonly unknown[]) {
      if (error instanceof ExceptionGroup) {
        const [yes, no] = error.split(match);
        if (yes) matching.push(yes);
        if (no) rest.push(no);
      } else (match(error) ? matching : rest).push(error);
    }
    return [this.#part(matching), this.#part(rest)];
  }

  #part(errors: readonly unknown[]): ExceptionGroup | undefined {
    if (errors.length === 0) return undefined;
    const part = new ExceptionGroup(this.message, errors);
    if (this.stack !== undefined) part.stack = this.stack;
    if (this.cause !== undefined) part.cause = this.cause;
    return part;
  }
}

const suppressedErrors = new WeakMap<object, unknown[]>();

/** Errors that came after the one that was thrown: of gather's other children, of their cleanup. */
export function suppressed(error: unknown): readonly unknown[] {
  return (typeof error === "object" && error !== null && suppressedErrors.get(error)) || [];
}

/** Keeps `later` beside `error`, where `suppressed` finds it; false where `error` can carry nothing. */
export function suppress(error: unknown, later: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  if (error === later) return true;
  const list = suppressedErrors.get(error);
  if (list) list.push(later);
  else suppressedErrors.set(error, [later]);
  return true;
}

/** The error itself, or an `Error` around what was thrown instead of one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(describe(thrown), { cause: thrown });
}

/** What a value is, for an error message. */
export function describe(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (typeof value !== "object" || value === null) return String(value);
  return Object.prototype.toString.call(value);
}
