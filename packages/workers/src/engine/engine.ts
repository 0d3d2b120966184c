/**
 * The port between Brigade's workers and what keeps the jobs: BullMQ, pg-boss. An engine claims, leases, delays, orders and
 * remembers jobs; the core decides what is retried, runs the tasks, and knows what is inside of a payload.
 */
import type { AsyncContextManager, Awaitable, Event, SettableFuture, Stream } from "brigade";

/** What jobs are kept in. Making one opens nothing. */
export interface Engine {
  /** For messages: "bullmq", "pg-boss", "local". */
  readonly name: string;
  /** Connects. Throws `MissingDriverError` and `EngineError`. Leaving gives back connections, timers and processes, whatever state the server is in. */
  open(options: OpenOptions): AsyncContextManager<Broker>;
}

export interface OpenOptions {
  /** The queue's name. Engines of the same place with different queues share nothing. */
  readonly queue: string;
  /** How long a job is remembered after it has completed or was cancelled, in ms. Dead letters stay until they are discarded. */
  readonly keep: number;
  /** Hears of trouble that ends nothing: a lost connection that is being restored, a failed look for expired leases. */
  readonly trouble: (message: string, error: unknown) => void;
}

/** What a job carries, as JSON. Engines store it as it is and look only at `task`. */
export interface JobPayload {
  readonly task: string;
  /** The arguments, as the codec writes them. */
  readonly args: string;
  /** What the submitter has chosen, in place of what the task's definition says: failures that are followed by another attempt, */
  readonly retries?: number;
  /** the pause before the first of these, in ms, */
  readonly backoff?: number;
  /** the time of one attempt, in ms. */
  readonly timeout?: number;
  /** As JSON: not every database takes any text. */
  readonly key?: string;
}

export interface NewJob {
  /** A UUID. A job whose id is remembered is not added again, be it waiting, running, or ended. */
  readonly id: string;
  readonly payload: JobPayload;
  /** From −1000 to 1000: the larger goes first, equals in the order of adding. */
  readonly priority: number;
  /** When it may start at the earliest, in ms from now. */
  readonly delay: number;
}

export interface AddedJob {
  readonly id: string;
  /** The id was remembered: nothing was added. */
  readonly existed: boolean;
}

/** How a job has ended. `value` and `error` are texts that the core wrote. */
export type JobEnd =
  | { readonly kind: "completed"; readonly value: string }
  | { readonly kind: "dead"; readonly error: string }
  | { readonly kind: "cancelled" };

export type JobState = "waiting" | "delayed" | "running" | "completed" | "dead" | "cancelled";

export interface JobStatus {
  readonly id: string;
  readonly state: JobState;
  /** Attempts that ended in a failure, and attempts whose worker died. */
  readonly failures: number;
  readonly deaths: number;
  /** The last progress, as the core wrote it. */
  readonly progress: string | undefined;
  /** Of the last three states. */
  readonly end: JobEnd | undefined;
}

/** Hears of one job, on the loop that has opened the broker. */
export interface JobListener {
  /** The last progress if there has been any, then what comes. In a burst, some may be left out: never the last. */
  progress(value: string): void;
  /** Called once, at once if the job has ended before; `undefined`: no such job is remembered. Nothing follows. */
  ended(end: JobEnd | undefined): void;
}

export type Interruption = "cancelled" | "lost" | "stopping";

/** A job that this worker holds a lease on. */
export interface Claim {
  readonly id: string;
  readonly payload: JobPayload;
  /** Attempts before this one that ended in a failure. */
  readonly failures: number;
  /** Attempts before this one whose worker died: its lease ran out, and nobody had told the outcome. */
  readonly deaths: number;
  /**
   * Done when this attempt is not wanted any more. The engine says that somebody has cancelled the job, or that the lease was
   * lost and the job may run elsewhere; the core itself that the worker stops. Look at `done` before setting it.
   */
  readonly interrupted: SettableFuture<Interruption>;
  /** Records and announces progress. Called at most a few times a second; does not throw for a lost connection. */
  progress(value: string): Awaitable<void>;
}

/** What became of an attempt. The core decides it; the engine only records it. That of a lost lease is ignored. */
export type Outcome =
  | { readonly kind: "completed"; readonly value: string }
  /** A failure: counted, and tried again in `after` ms. */
  | { readonly kind: "retry"; readonly after: number; readonly error: string }
  /** A failure that was the last: a dead letter. */
  | { readonly kind: "dead"; readonly error: string }
  | { readonly kind: "cancelled" }
  /** Not counted: somebody may run it in `after` ms, and before jobs of its priority that were added later if it is 0. */
  | { readonly kind: "handed-back"; readonly after: number };

export interface ConsumeOptions {
  /** How many claims are performed at a time. */
  readonly concurrency: number;
  /** How long a claim outlives a worker that is silent, in ms. The engine renews it; it may round up to what it can do. */
  readonly lease: number;
  /** When it is set, nothing more is claimed; `consume` returns when the outcomes of what runs are recorded. */
  readonly stopping: Event;
}

/** A dead letter. */
export interface DeadJob {
  readonly id: string;
  readonly payload: JobPayload;
  readonly error: string;
  readonly failures: number;
  readonly deaths: number;
  /** When it failed for the last time, in ms since 1970. */
  readonly failedAt: number;
}

export interface NewSchedule {
  /** A second schedule of the same key takes the place of the first. */
  readonly key: string;
  readonly payload: JobPayload;
  readonly priority: number;
  /** Exactly one of `cron` (five fields, or six with seconds in front) and `every` (ms). */
  readonly cron?: string;
  readonly every?: number;
  /** Of `cron`: an IANA name. */
  readonly tz: string;
}

export interface ScheduleStatus {
  readonly key: string;
  readonly payload: JobPayload;
  readonly cron: string | undefined;
  readonly every: number | undefined;
  readonly tz: string;
  /** When it is due next, in ms since 1970, if the engine tells. */
  readonly next: number | undefined;
}

export interface JobCounts {
  readonly waiting: number;
  readonly delayed: number;
  readonly running: number;
  readonly dead: number;
}

/** At most `count` starts in `per` ms, over all workers of the queue. */
export interface Rate {
  readonly count: number;
  readonly per: number;
}

/** How long a job has to wait for its turn, in ms. A turn that is reserved is its own when it asks again then; otherwise it asks again. */
export interface Slot {
  readonly wait: number;
  readonly reserved: boolean;
}

/** An open engine. Calls throw `EngineError` when the server can't be reached for long; cancelling one leaves the server's state whole. */
export interface Broker {
  /** Where the jobs are, for people: "Redis at 127.0.0.1:6379". Never a password. */
  readonly place: string;
  /** Adds all of them, in order, in as few messages as the engine can. */
  add(jobs: readonly NewJob[]): Awaitable<readonly AddedJob[]>;
  /** What is remembered of a job; `undefined` for one that is not. */
  status(id: string): Awaitable<JobStatus | undefined>;
  /** Begins to listen, in time for everything that happens from now on. The function it gives ends that. Connections lost in between lose no end. */
  watch(id: string, listener: JobListener): () => void;
  /**
   * Asks for the end of a job. One that waits ends now, and never runs. Of one that runs, the worker is told: the job ends
   * soon, "cancelled" unless it was faster. Once asked, it is not run again. False: it has ended already, or is not known.
   */
  cancel(id: string): Awaitable<boolean>;
  /** Serves: claims jobs, calls `perform`, which never throws, for each in a task of its own, and records what it gives. Cancelled, it hands back what runs. */
  consume(options: ConsumeOptions, perform: (claim: Claim) => Awaitable<Outcome>): Awaitable<void>;
  /**
   * Takes a turn of a rate that is shared by all workers, for a job: a turn within `horizon` ms is reserved for it. The state heals by itself when
   * workers die and clocks jump: a turn that lies further ahead than `horizon` is never believed.
   */
  takeSlot(name: string, rate: Rate, id: string, horizon: number): Awaitable<Slot>;
  /** The oldest first. */
  deadLetters(): Stream<DeadJob>;
  /** Lets dead letters run again, as if new (no failures, no deaths). Gives how many there were of those ids. */
  putBack(ids: readonly string[] | "all"): Awaitable<number>;
  /** Forgets dead letters. Gives how many there were of those ids. */
  discard(ids: readonly string[] | "all"): Awaitable<number>;
  schedule(schedule: NewSchedule): Awaitable<void>;
  /** False: there was none of this key. */
  unschedule(key: string): Awaitable<boolean>;
  schedules(): Awaitable<readonly ScheduleStatus[]>;
  counts(): Awaitable<JobCounts>;
}
