/** A submitted job: its result, progress, state, and end. */
import {
  type Awaitable,
  type CoroutineBody,
  coroutine,
  getRunningLoop,
  Queue,
  type SettableFuture,
  type Stream,
  stream,
} from "brigade";
import { decode } from "../codec.ts";
import type { Broker, JobEnd, JobListener, JobState } from "../engine/engine.ts";
import { JobCancelledError, JobFailedError, UnknownJobError } from "../errors.ts";
import { failureOf } from "../perform/failure.ts";

/** A handle on a job. Any program that knows its id can have one: `job(id)`. */
export interface Job<R> {
  readonly id: string;
  /** The task's name; of a handle made of an id, "job". */
  readonly task: string;
  /** It was there before it was submitted now: the key is that of an earlier job. */
  readonly existed: boolean;
  /**
   * Waits for the end of the job, and gives what its task returned. Throws `JobFailedError` when it has failed for the last time,
   * `JobCancelledError`, and `UnknownJobError` when the queue does not remember it. Cancellation leaves at once; the job goes on.
   */
  result(): Awaitable<R>;
  /** What the task reports: the last that it has reported if it did, and what follows, until the job has ended, however. */
  progress(): Stream<unknown>;
  /** How it is; `undefined` when the queue does not remember it. */
  state(): Awaitable<JobState | undefined>;
  /**
   * Asks for its end: one that waits never runs; one that runs is cancelled on its worker, with its cleanup. True: it will end soon, cancelled if
   * it is not faster; await `result()` to see. False: it has ended before, or is not known.
   */
  cancel(): Awaitable<boolean>;
}

export class JobHandle<R> implements Job<R> {
  readonly id: string;
  readonly task: string;
  readonly existed: boolean;
  readonly #broker: Broker;

  constructor(broker: Broker, id: string, task: string, existed: boolean) {
    this.#broker = broker;
    this.id = id;
    this.task = task;
    this.existed = existed;
  }

  result(): Awaitable<R> {
    return resultOf(this.#broker, this.id, this.task) as Awaitable<unknown> as Awaitable<R>;
  }

  progress(): Stream<unknown> {
    return progressOf(this.#broker, this.id);
  }

  state(): Awaitable<JobState | undefined> {
    return stateOf(this.#broker, this.id);
  }

  cancel(): Awaitable<boolean> {
    return this.#broker.cancel(this.id);
  }
}

/** Settles a future with the end of a job. */
class EndListener implements JobListener {
  readonly #ended: SettableFuture<JobEnd | undefined>;

  constructor(ended: SettableFuture<JobEnd | undefined>) {
    this.#ended = ended;
  }

  progress(): void {}

  ended(end: JobEnd | undefined): void {
    if (!this.#ended.done) this.#ended.setResult(end);
  }
}

/** Waits for the end of a job; `undefined` when it is not remembered. */
export const endOf: (broker: Broker, id: string) => Awaitable<JobEnd | undefined> = /* @__PURE__ */ coroutine(
  function* end(broker: Broker, id: string): CoroutineBody<JobEnd | undefined> {
    const ended: SettableFuture<JobEnd | undefined> = getRunningLoop().createFuture();
    const close = broker.watch(id, new EndListener(ended));
    try {
      return yield* ended;
    } finally {
      close();
    }
  },
);

const resultOf = /* @__PURE__ */ coroutine(function* result(
  broker: Broker,
  id: string,
  task: string,
): CoroutineBody<unknown> {
  // Not endOf: many wait for results at a time, and a frame less is memory less for each.
  const ended: SettableFuture<JobEnd | undefined> = getRunningLoop().createFuture();
  const close = broker.watch(id, new EndListener(ended));
  let end: JobEnd | undefined;
  try {
    end = yield* ended;
  } finally {
    close();
  }
  if (end === undefined) throw new UnknownJobError(id);
  if (end.kind === "completed") return decode(end.value);
  if (end.kind === "cancelled") throw new JobCancelledError(id);
  const { attempts, ...error } = failureOf(end.error);
  throw new JobFailedError(id, task, error, attempts);
});

const progressOf = /* @__PURE__ */ stream(function* progress(broker: Broker, id: string) {
  const events = new Queue<string | undefined>(); // undefined: the end
  const close = broker.watch(id, {
    progress: (value) => events.putNowait(value),
    ended: () => events.putNowait(undefined),
  });
  try {
    for (let value = yield* events.get(); value !== undefined; value = yield* events.get()) yield decode(value);
  } finally {
    close();
  }
});

const stateOf = /* @__PURE__ */ coroutine(function* state(
  broker: Broker,
  id: string,
): CoroutineBody<JobState | undefined> {
  return (yield* broker.status(id))?.state;
});
