/** Claims jobs through BullMQ's worker, performs them on Brigade's loop, and records what became of them. */
import type { Worker } from "bullmq";
import {
  type Awaitable,
  type CoroutineBody,
  coroutine,
  type EventLoop,
  fromPromise,
  getRunningLoop,
  moveOnAfter,
  type TaskGroup,
  taskGroup,
} from "brigade";
import type { Redis } from "ioredis";
import type { Claim, ConsumeOptions, JobPayload, Outcome } from "../../engine/engine.ts";
import { type ClaimedJob, JobClaim } from "./claim.ts";
import { cancelChannel, type Connection, keyOf, type StoredResult } from "./connection.ts";
import { optionsOf } from "./place.ts";

const LARGE = 64 * 1024; // characters of a result: every listener of the queue gets what the event carries
const BETWEEN_LOOKS = 1_000; // ms; a cancellation whose message was lost is seen by then
const CLOSING = 3_000; // ms that a worker may take to close when Redis does not answer
const RETRY = 500; // ms
const LOOK = 100; // ms
const RETRYING = { attempts: 1_000_000, backoff: { type: "brigade" } }; // the core decides how many there are
const STALLS = 1_000_000; // the core decides how many deaths are too many

/** A failure that the core wants tried again. BullMQ asks `retryPause` when. */
class RetriedFailure extends Error {
  override readonly name = "RetriedFailure";
  readonly after: number;
  constructor(error: string, after: number) {
    super(error);
    this.after = after;
    delete this.stack; // it would be stored; the message has the task's own
  }
}

function retryPause(_attempts: number, _type: string | undefined, error: Error | undefined): number {
  return error instanceof RetriedFailure ? error.after : -1;
}

export class Consumer {
  readonly #connection: Connection;
  readonly #options: ConsumeOptions;
  readonly #perform: (claim: Claim) => Awaitable<Outcome>;
  readonly #loop: EventLoop = getRunningLoop();
  readonly #running = new Map<string, JobClaim>();
  #group: TaskGroup | undefined; // of the claims that are performed
  #worker: Worker<JobPayload, StoredResult> | undefined;
  readonly #clients: Redis[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looked = 0; // when
  #closing = false;
  #answers = true; // as far as is known, Redis does

  constructor(connection: Connection, options: ConsumeOptions, perform: (claim: Claim) => Awaitable<Outcome>) {
    this.#connection = connection;
    this.#options = options;
    this.#perform = perform;
  }

  /** Serves until `stopping` is set; cancelled, it hands back what runs. */
  serve(): Awaitable<void> {
    return this.#serve(this);
  }

  readonly #serve = coroutine(function* serve(this: void, self: Consumer): CoroutineBody<void> {
    try {
      yield* taskGroup(function* claims(group) {
        self.#group = group;
        self.#open();
        yield* self.#options.stopping.wait();
        yield* self.#drained(self);
      });
    } finally {
      yield* self.#close(self);
    }
  });

  /** Claims nothing more, and waits until the outcomes of what runs are recorded; not for long when Redis is away. */
  readonly #drained = coroutine(function* drain(this: void, self: Consumer): CoroutineBody<void> {
    let drained = false;
    const over = (): void => {
      drained = true;
    };
    const pausing = self.#worker?.pause().then(over, over);
    for (let idle = 0; !drained && idle < CLOSING; idle = self.#running.size > 0 ? 0 : idle + LOOK)
      yield* moveOnAfter(LOOK, fromPromise(pausing ?? Promise.resolve()));
    self.#answers = drained;
  });

  #open(): void {
    const { drivers, queueName, prefix, keep, trouble } = this.#connection;
    const { concurrency, lease } = this.#options;
    this.#worker = new drivers.bullmq.Worker<JobPayload, StoredResult>(
      queueName,
      (job, token) => this.#process(job, token ?? ""),
      {
        connection: this.#client(),
        prefix,
        concurrency,
        lockDuration: lease,
        skipLockRenewal: true, // BullMQ's timer outlives a worker that closes while Redis is away; see #lookLater
        stalledInterval: Math.max(500, Math.round(lease / 3)),
        maxStalledCount: STALLS,
        removeOnComplete: { age: Math.ceil(keep / 1_000) },
        runRetryDelay: RETRY,
        settings: { backoffStrategy: retryPause },
      },
    );
    this.#worker.on("error", (error) => {
      if (
        !this.#closing &&
        !/could not renew lock|Missing lock|Lock mismatch|not in the active state/.test(error.message)
      )
        trouble("the worker is interrupted; it goes on soon", error);
    });
    this.#subscribe();
    this.#lookLater();
  }

  /** The connection of BullMQ's worker. Its copies are remembered: BullMQ does not close them while Redis is away. */
  #client(): Redis {
    const client = new this.#connection.drivers.Redis(optionsOf(this.#connection.place, true));
    const duplicate = client.duplicate.bind(client);
    client.duplicate = (options) => this.#owned(duplicate(options));
    return this.#owned(client);
  }

  #owned(client: Redis): Redis {
    client.on("error", () => {}); // the worker tells of it
    this.#clients.push(client);
    return client;
  }

  #interrupt(id: string, why: "cancelled" | "lost"): void {
    const interrupted = this.#running.get(id)?.interrupted;
    if (interrupted !== undefined && !interrupted.done) interrupted.setResult(why);
  }

  /** Hears whose end is wanted. */
  #subscribe(): void {
    // It may have nothing to hear for days: its silence says nothing.
    const { socketTimeout: _, ...settings } = optionsOf(this.#connection.place, true);
    const subscriber = this.#owned(new this.#connection.drivers.Redis(settings));
    subscriber.on("message", (_channel, id) => this.#interrupt(id, "cancelled"));
    subscriber.subscribe(cancelChannel(this.#connection)).catch(() => {});
  }

  /** Renews leases, and looks whose end is wanted among those that run, in case the message was lost. */
  #lookLater(): void {
    this.#timer = setTimeout(
      async () => {
        const claims = [...this.#running.values()];
        // Each fails alone, and is looked at again; what a lost connection can't renew in time is found out by the next renewal.
        await Promise.allSettled([this.#lookForMarks(claims), ...claims.map((claim) => this.#renew(claim))]);
        if (!this.#closing) this.#lookLater();
      },
      Math.min(BETWEEN_LOOKS, this.#options.lease / 4),
    );
  }

  async #lookForMarks(claims: readonly JobClaim[]): Promise<void> {
    if (claims.length === 0 || performance.now() - this.#looked < BETWEEN_LOOKS) return;
    this.#looked = performance.now();
    const marks = await this.#connection.redis.mget(claims.map(({ id }) => keyOf(this.#connection, "cancel", id)));
    for (const [index, { id }] of claims.entries()) if (marks[index] !== null) this.#interrupt(id, "cancelled");
  }

  async #renew(claim: JobClaim): Promise<void> {
    const { lease } = this.#options;
    const now = performance.now();
    if (now - claim.renewed < lease / 3) return;
    claim.renewed = now;
    const held = await claim.job.extendLock(claim.token, lease);
    if (held !== 1 && this.#running.get(claim.id) === claim) this.#interrupt(claim.id, "lost");
  }

  /** Called by BullMQ: performs a claim on the loop. What it gives, or throws, is how BullMQ is told the outcome. */
  #process(job: ClaimedJob, token: string): Promise<StoredResult> {
    return new Promise((resolve, reject) => {
      const group = this.#group as TaskGroup;
      try {
        group.createTask(this.#claimed(this, job, token, resolve, reject), { name: job.name });
      } catch {
        // The group has ended: the worker closes. Its lease runs out, or is handed back below.
        this.#record(job, token, { kind: "handed-back", after: 0 }).then(resolve, reject);
      }
    });
  }

  readonly #claimed = coroutine(function* performClaim(
    this: void,
    self: Consumer,
    job: ClaimedJob,
    token: string,
    resolve: (value: StoredResult) => void,
    reject: (error: unknown) => void,
  ): CoroutineBody<void> {
    let outcome: Outcome = { kind: "handed-back", after: 0 };
    const claim = new JobClaim(job, token, self.#loop.createFuture(), self.#connection);
    self.#running.set(claim.id, claim);
    try {
      const again = job.attemptsStarted > 1;
      if (again && (yield* fromPromise(self.#marked(claim.id)))) outcome = { kind: "cancelled" };
      else outcome = yield* self.#perform(claim);
      if (outcome.kind === "retry" && (yield* fromPromise(self.#marked(claim.id)))) outcome = { kind: "cancelled" };
    } finally {
      self.#running.delete(claim.id);
      if (outcome.kind === "completed" && outcome.value.length < LARGE) resolve(outcome.value);
      else self.#record(job, token, outcome, claim).then(resolve, reject);
    }
  });

  /** Whether somebody has asked for the job's end. */
  async #marked(id: string): Promise<boolean> {
    try {
      return (await this.#connection.redis.exists(keyOf(this.#connection, "cancel", id))) === 1;
    } catch {
      return false; // the next look tells
    }
  }

  async #record(job: ClaimedJob, token: string, outcome: Outcome, claim?: Claim): Promise<StoredResult> {
    const { UnrecoverableError, WaitingError, DelayedError } = this.#connection.drivers.bullmq;
    if (outcome.kind === "completed") return await this.#stored(job, outcome.value);
    if (outcome.kind === "cancelled") return null;
    Object.assign(job.opts, RETRYING);
    if (outcome.kind === "retry") throw new RetriedFailure(outcome.error, outcome.after);
    if (outcome.kind === "dead") {
      const failure = new UnrecoverableError(outcome.error);
      delete failure.stack;
      throw failure;
    }
    const lost = claim?.interrupted.done && !claim.interrupted.cancelled && claim.interrupted.result() === "lost";
    try {
      if (!lost && outcome.after === 0) await job.moveToWait(token);
      else if (!lost) await job.moveToDelayed(Date.now() + outcome.after, token);
    } catch (error) {
      this.#connection.trouble(`the job ${job.id} could not be handed back; others run it when its lease ends`, error);
    }
    throw outcome.after === 0 ? new WaitingError() : new DelayedError();
  }

  /** A large result stands apart. */
  async #stored(job: ClaimedJob, value: string): Promise<StoredResult> {
    const keep = job.opts.removeOnComplete;
    const age = typeof keep === "object" && "age" in keep ? keep.age * 1_000 : this.#connection.keep;
    await this.#connection.redis.set(keyOf(this.#connection, "result", job.id as string), value, "PX", Math.ceil(age));
    return { stored: true };
  }

  readonly #close = coroutine(function* close(this: void, self: Consumer): CoroutineBody<void> {
    self.#closing = true;
    clearTimeout(self.#timer);
    const settled = (): void => {};
    // When Redis does not answer: what it would have been told, it finds out when the leases end.
    const closed = self.#worker?.close().then(settled, settled);
    yield* moveOnAfter(self.#answers ? CLOSING : LOOK, fromPromise(closed ?? Promise.resolve()));
    for (const client of self.#clients) client.disconnect();
  });
}
