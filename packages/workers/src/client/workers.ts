/** The submitting side: jobs for workers, wherever they run. */
import {
  type AsyncContextManager,
  type Awaitable,
  type CoroutineBody,
  contextManager,
  coroutine,
  currentTask,
  moveOnAfter,
  type Stream,
} from "brigade";
import { type LongDuration, milliseconds } from "../durations.ts";
import { DEFAULT_KEEP } from "../engine/defaults.ts";
import type { Broker, Engine, JobCounts } from "../engine/engine.ts";
import type { TaskReference } from "../task/task.ts";
import { told } from "../worker/events.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letters.ts";
import { endOf, type Job, JobHandle } from "./job.ts";
import { nameOf, newJob, type SubmitOptions } from "./options.ts";
import { checkQueue, DEFAULT_QUEUE } from "./queue-name.ts";
import { newSchedule, type Schedule, scheduleOf, type ScheduleOptions } from "./schedules.ts";

export interface WorkersOptions {
  readonly engine: Engine;
  /** "brigade" unless given. */
  readonly queue?: string;
  /** How long a job is remembered after its end, with its result. A day unless given. Dead letters stay until they are discarded. */
  readonly keep?: LongDuration;
  /** Hears of trouble that ends nothing. A line on stderr unless given. */
  readonly trouble?: (message: string, error: unknown) => void;
}

export interface SubmitManyOptions<A extends readonly unknown[]> extends Omit<SubmitOptions, "key"> {
  /** The key of each job, by its arguments. */
  readonly key?: (...args: A) => string;
}

/** What a program does with its workers. The functions can be taken off it: `({ submit }) => …`. */
export interface Workers {
  /** Submits a job, and gives a handle on it as soon as the queue has it for good. Throws `TypeError` for arguments that can't be carried, `EngineError`. */
  readonly submit: <A extends readonly unknown[], R>(
    task: TaskReference<A, R>,
    args: A,
    options?: SubmitOptions,
  ) => Awaitable<Job<R>>;
  /** Submits one job for each list of arguments, in few messages. */
  readonly submitMany: <A extends readonly unknown[], R>(
    task: TaskReference<A, R>,
    lists: Iterable<A>,
    options?: SubmitManyOptions<A>,
  ) => Awaitable<Job<R>[]>;
  /**
   * Submits a job and waits for its result. Cancelling it cancels the job, and waits until that is settled: 10 s at most, if
   * the worker does not answer. Throws as `submit` and `job.result()` do.
   */
  readonly run: <A extends readonly unknown[], R>(
    task: TaskReference<A, R>,
    args: A,
    options?: SubmitOptions,
  ) => Awaitable<R>;
  /** A handle on a job that was submitted before, by whichever program. Waits for nothing. */
  readonly job: <R = unknown>(id: string) => Job<R>;
  /** Jobs that have failed for the last time, the oldest first. They stay until they are put back or discarded. */
  readonly deadLetters: () => Stream<DeadLetter>;
  /** Lets dead letters run again, as if they were new. Gives how many there were. */
  readonly putBack: (ids: readonly string[] | "all") => Awaitable<number>;
  /** Forgets dead letters. Gives how many there were. */
  readonly discard: (ids: readonly string[] | "all") => Awaitable<number>;
  /** Submits a job by the clock, until `unschedule`: the queue does it, whether this program runs or not. */
  readonly schedule: <A extends readonly unknown[], R>(
    task: TaskReference<A, R>,
    args: A,
    options: ScheduleOptions,
  ) => Awaitable<void>;
  /** Ends a schedule. False: there was none of this key. */
  readonly unschedule: (key: string) => Awaitable<boolean>;
  readonly schedules: () => Awaitable<Schedule[]>;
  /** How many jobs wait, are delayed, run, and are dead letters. */
  readonly counts: () => Awaitable<JobCounts>;
}

const SETTLING = 10_000; // ms

/**
 * Connects to a queue of jobs: a context manager, for `use`. What it gives submits tasks to the workers that serve the queue, on
 * whichever machine; see `Workers`. Leaving it closes the connection; the jobs go on.
 *
 * Throws `MissingDriverError` and `EngineError` when it is entered. (Celery: `app.send_task`, RQ: `Queue.enqueue`.)
 *
 * @example
 * ```ts no-run
 * import { run, use } from "brigade";
 * import { bullmq, taskNames, workers } from "@brigade/workers";
 *
 * // tasks.ts: export const resize = task(function* resize(file: string, width: number) { … });
 * type Tasks = { resize: import("@brigade/workers").TaskDefinition<[file: string, width: number], string> };
 * const tasks = taskNames<Tasks>();
 *
 * await run(
 *   use(workers({ engine: bullmq("redis://127.0.0.1:6379") }), function* ({ submit }) {
 *     const job = yield* submit(tasks.resize, ["cat.png", 100], { key: "cat.png@100", retries: 3 });
 *     console.log(yield* job.result());
 *   }),
 * );
 * ```
 */
export function workers(options: WorkersOptions): AsyncContextManager<Workers> {
  const { engine, queue = DEFAULT_QUEUE, keep = DEFAULT_KEEP, trouble = told } = options;
  if (typeof (engine as Partial<Engine> | undefined)?.open !== "function")
    throw new TypeError("workers: give it an engine: bullmq(…), pgBoss(…) or local(…)");
  checkQueue(queue, "workers");
  return opened(engine, queue, milliseconds(keep, "workers, keep"), trouble);
}

const opened = /* @__PURE__ */ contextManager(function* workers(
  engine: Engine,
  queue: string,
  keep: number,
  trouble: (message: string, error: unknown) => void,
) {
  const manager = engine.open({ queue, keep, trouble });
  const broker = yield* manager.enter();
  try {
    yield workersOf(broker, queue);
  } finally {
    yield* manager.exit({ kind: "value" });
  }
});

function workersOf(broker: Broker, queue: string): Workers {
  return {
    submit: (task, args, options = {}) => submitting(broker, queue, nameOf(task, "submit"), args, options) as never,
    submitMany: (task, lists, options = {}) =>
      submittingMany(
        broker,
        queue,
        nameOf(task, "submitMany"),
        lists,
        options as SubmitManyOptions<readonly unknown[]>,
      ) as never,
    run: (task, args, options = {}) => running(broker, queue, nameOf(task, "run"), args, options) as never,
    job: (id) => new JobHandle(broker, checkId(id), "job", true),
    deadLetters: () => deadLettersOf(broker),
    putBack: (ids) => broker.putBack(ids),
    discard: (ids) => broker.discard(ids),
    schedule: (task, args, options) => broker.schedule(newSchedule(nameOf(task, "schedule"), args, options)),
    unschedule: (key) => broker.unschedule(key),
    schedules: () => schedulesOf(broker),
    counts: () => broker.counts(),
  };
}

function checkId(id: string): string {
  if (typeof id === "string" && id !== "") return id;
  throw new TypeError("job: an id is a text that is not empty");
}

const submitting = /* @__PURE__ */ coroutine(function* submit(
  broker: Broker,
  queue: string,
  task: string,
  args: readonly unknown[],
  options: SubmitOptions,
): CoroutineBody<JobHandle<unknown>> {
  const job = newJob(queue, task, args, options);
  const [added] = yield* broker.add([job]);
  return new JobHandle(broker, job.id, task, added?.existed ?? false);
});

const submittingMany = /* @__PURE__ */ coroutine(function* submitMany(
  broker: Broker,
  queue: string,
  task: string,
  lists: Iterable<readonly unknown[]>,
  { key, ...options }: SubmitManyOptions<readonly unknown[]>,
): CoroutineBody<JobHandle<unknown>[]> {
  const jobs = Array.from(lists, (args) =>
    newJob(queue, task, args, { ...options, ...(key !== undefined && { key: key(...args) }) }),
  );
  const added = yield* broker.add(jobs);
  return jobs.map(({ id }, index) => new JobHandle(broker, id, task, added[index]?.existed ?? false));
});

const running = /* @__PURE__ */ coroutine(function* runJob(
  broker: Broker,
  queue: string,
  task: string,
  args: readonly unknown[],
  options: SubmitOptions,
): CoroutineBody<unknown> {
  // The id is known before the queue has the job: a cancellation in the middle of the submission finds it.
  const job = newJob(queue, task, args, options);
  let ended = false;
  try {
    yield* broker.add([job]);
    const result: unknown = yield* new JobHandle(broker, job.id, task, false).result();
    ended = true;
    return result;
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    if (!ended && currentTask().unwinding) yield* moveOnAfter(SETTLING, settling(broker, job.id));
  }
});

/** Cancels the job and waits for its end. */
const settling = /* @__PURE__ */ coroutine(function* settle(broker: Broker, id: string): CoroutineBody<void> {
  if (yield* broker.cancel(id)) yield* endOf(broker, id);
});

const schedulesOf = /* @__PURE__ */ coroutine(function* schedules(broker: Broker): CoroutineBody<Schedule[]> {
  return (yield* broker.schedules()).map(scheduleOf);
});
