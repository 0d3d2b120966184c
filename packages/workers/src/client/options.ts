/** What can be said of a job when it is submitted, and what becomes of it on its way to the engine. */
import type { Duration } from "brigade";
import { encodeArguments } from "../codec.ts";
import { type LongDuration, milliseconds } from "../durations.ts";
import type { JobPayload, NewJob } from "../engine/engine.ts";
import { checkRetries } from "../task/task.ts";
import { idOfKey, randomId } from "./key.ts";

/** What takes the place of the task's own settings for one job. */
export interface AttemptOptions {
  /** How many failures are followed by another attempt. */
  readonly retries?: number;
  /** The pause before the first of these; it doubles with each. */
  readonly backoff?: Duration;
  /** How long one attempt may take. */
  readonly timeout?: Duration;
  /** From −1000 to 1000: the larger goes first. 0 unless given. */
  readonly priority?: number;
}

export interface SubmitOptions extends AttemptOptions {
  /** Submitting the same task with the same key again gives the same job, its result too, while the queue remembers it. Any text. */
  readonly key?: string;
  /** How long it waits at least before it runs. */
  readonly delay?: LongDuration;
}

const HIGHEST = 1000;

export function payloadOf(
  task: string,
  args: readonly unknown[],
  { retries, backoff, timeout, key }: SubmitOptions,
): JobPayload {
  if (retries !== undefined) checkRetries(retries, `submit ${task}`);
  if (key !== undefined && typeof key !== "string") throw new TypeError(`submit ${task}: a key is a text`);
  return {
    task,
    args: encodeArguments(args, task),
    ...(retries !== undefined && { retries }),
    ...(backoff !== undefined && { backoff: milliseconds(backoff, `submit ${task}, backoff`) }),
    ...(timeout !== undefined && { timeout: milliseconds(timeout, `submit ${task}, timeout`) }),
    ...(key !== undefined && { key: JSON.stringify(key) }),
  };
}

export function priorityOf(priority: number | undefined, what: string): number {
  if (priority === undefined) return 0;
  if (Number.isInteger(priority) && Math.abs(priority) <= HIGHEST) return priority;
  throw new RangeError(`${what}: priority is a whole number from −1000 to 1000, not ${String(priority)}`);
}

export function newJob(queue: string, task: string, args: readonly unknown[], options: SubmitOptions): NewJob {
  return {
    id: options.key === undefined ? randomId() : idOfKey(queue, task, options.key),
    payload: payloadOf(task, args, options),
    priority: priorityOf(options.priority, `submit ${task}`),
    delay: options.delay === undefined ? 0 : milliseconds(options.delay, `submit ${task}, delay`),
  };
}

/** Throws `TypeError` for what is no task. */
export function nameOf(task: { readonly taskName: string } | undefined, what: string): string {
  const name = task?.taskName;
  if (typeof name === "string" && name !== "") return name;
  throw new TypeError(`${what} takes a task: what task(function* …) gives, or a name of taskNames<…>()`);
}
