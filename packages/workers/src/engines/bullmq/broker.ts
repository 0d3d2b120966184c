/** A queue on Redis, kept by BullMQ: the calls of the port. */
import { type Awaitable, type CoroutineBody, coroutine, type Stream, stream } from "brigade";
import type { BulkJobOptions } from "bullmq";
import type {
  AddedJob,
  Broker,
  Claim,
  ConsumeOptions,
  DeadJob,
  JobCounts,
  JobListener,
  JobPayload,
  JobState,
  JobStatus,
  NewJob,
  NewSchedule,
  Outcome,
  Rate,
  ScheduleStatus,
  Slot,
} from "../../engine/engine.ts";
import { ask, cancelChannel, type Connection, keyOf, readRecords } from "./connection.ts";
import { Consumer } from "./consumer.ts";
import { DEFAULT_KEEP } from "../../engine/defaults.ts";
import { nameOf } from "./place.ts";
import { takeTurn } from "./turns.ts";
import type { Watcher } from "./watcher.ts";

const PIECE = 2_000; // jobs in one message: Redis serves nobody else for some 50 ms
const MIDDLE = 1_001; // BullMQ's priorities are from 1, the smaller first

type Repeat = { readonly pattern: string; readonly tz: string } | { readonly every: number };

export class BullmqBroker implements Broker {
  readonly place: string;
  readonly #connection: Connection;
  readonly #watcher: Watcher;

  constructor(connection: Connection, watcher: Watcher) {
    this.place = nameOf(connection.place);
    this.#connection = connection;
    this.#watcher = watcher;
  }

  add(jobs: readonly NewJob[]): Awaitable<readonly AddedJob[]> {
    return ask(this.#connection, () => this.#add(jobs));
  }

  async #add(jobs: readonly NewJob[]): Promise<AddedJob[]> {
    const known = await this.#known(jobs.filter(({ payload }) => payload.key !== undefined));
    const fresh = jobs.filter(({ id }) => !known.has(id));
    const one = fresh[0];
    for (const { id } of fresh) this.#watcher.expect(id);
    if (fresh.length === 1 && one !== undefined)
      await this.#connection.queue.add(one.payload.task, one.payload, this.#optionsOf(one));
    else
      for (let from = 0; from < fresh.length; from += PIECE)
        await this.#connection.queue.addBulk(
          fresh
            .slice(from, from + PIECE)
            .map((job) => ({ name: job.payload.task, data: job.payload, opts: this.#optionsOf(job) })),
        );
    return jobs.map(({ id }) => ({ id, existed: known.has(id) }));
  }

  /** Those that are remembered. Ids that were not made of a key are new. */
  async #known(jobs: readonly NewJob[]): Promise<ReadonlySet<string>> {
    const ids = jobs.map(({ id }) => id);
    const records = ids.length === 0 ? [] : await readRecords(this.#connection, ids);
    return new Set(ids.filter((_id, index) => records[index]?.known));
  }

  #optionsOf({ id, priority, delay }: Pick<NewJob, "priority"> & Partial<NewJob>): BulkJobOptions {
    const { keep } = this.#connection;
    return {
      ...(id !== undefined && { jobId: id }),
      ...(delay !== undefined && delay > 0 && { delay }),
      priority: MIDDLE - priority,
      // The default is the workers' own: it need not travel with each job.
      ...(keep !== DEFAULT_KEEP && { removeOnComplete: { age: Math.ceil(keep / 1_000) } }),
    };
  }

  status(id: string): Awaitable<JobStatus | undefined> {
    return ask(this.#connection, () => this.#status(id));
  }

  async #status(id: string): Promise<JobStatus | undefined> {
    const [[record], state] = await Promise.all([
      readRecords(this.#connection, [id]),
      this.#connection.queue.getJobState(id),
    ]);
    if (record === undefined || !record.known) return undefined;
    const { end, progress, failures, deaths } = record;
    return { id, state: end?.kind ?? stateOf(state), failures, deaths, progress, end };
  }

  watch(id: string, listener: JobListener): () => void {
    return this.#watcher.watch(id, listener);
  }

  cancel(id: string): Awaitable<boolean> {
    return ask(this.#connection, () => this.#cancel(id));
  }

  async #cancel(id: string): Promise<boolean> {
    const { redis, queue, keep } = this.#connection;
    const record = await this.#status(id);
    if (record === undefined || record.end !== undefined) return false;
    // The mark comes first: a job that is claimed in this moment, or handed back, is found by it.
    await redis.set(keyOf(this.#connection, "cancel", id), "1", "PX", Math.max(1_000, Math.ceil(keep)));
    const removed = await queue.remove(id);
    if (removed === 0) await redis.publish(cancelChannel(this.#connection), id);
    return true;
  }

  consume(options: ConsumeOptions, perform: (claim: Claim) => Awaitable<Outcome>): Awaitable<void> {
    return consuming(this.#connection, options, perform);
  }

  takeSlot(name: string, rate: Rate, id: string, horizon: number): Awaitable<Slot> {
    return ask(this.#connection, () => takeTurn(this.#connection, name, rate, id, horizon));
  }

  deadLetters(): Stream<DeadJob> {
    return deadJobs(this.#connection);
  }

  putBack(ids: readonly string[] | "all"): Awaitable<number> {
    return ask(this.#connection, () => this.#eachDead(ids, (id) => this.#putBack(id)));
  }

  async #putBack(id: string): Promise<void> {
    const { redis, queue } = this.#connection;
    const job = await queue.getJob(id);
    await redis.del(keyOf(this.#connection, "cancel", id));
    await redis.hdel(queue.toKey(id), "stc"); // BullMQ forgets the failures, but not the deaths
    await job?.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
  }

  discard(ids: readonly string[] | "all"): Awaitable<number> {
    return ask(this.#connection, () =>
      this.#eachDead(ids, async (id) => void (await this.#connection.queue.remove(id))),
    );
  }

  async #eachDead(ids: readonly string[] | "all", call: (id: string) => Promise<void>): Promise<number> {
    const dead = await this.#connection.queue.getRanges(["failed"], 0, -1, true);
    const wanted = ids === "all" ? undefined : new Set(ids);
    const chosen = wanted === undefined ? dead : dead.filter((id) => wanted.has(id));
    for (let from = 0; from < chosen.length; from += PIECE)
      await Promise.all(chosen.slice(from, from + PIECE).map(call));
    return chosen.length;
  }

  schedule({ key, payload, priority, cron, every, tz }: NewSchedule): Awaitable<void> {
    const repeat: Repeat = cron === undefined ? { every: every as number } : { pattern: cron, tz };
    const template = { name: payload.task, data: payload, opts: this.#optionsOf({ priority }) };
    return ask(this.#connection, async () => {
      await this.#connection.queue.upsertJobScheduler(key, repeat, template);
    });
  }

  unschedule(key: string): Awaitable<boolean> {
    return ask(this.#connection, () => this.#connection.queue.removeJobScheduler(key));
  }

  schedules(): Awaitable<readonly ScheduleStatus[]> {
    return ask(this.#connection, async () => {
      const all = await this.#connection.queue.getJobSchedulers(0, -1, true);
      return all.map(({ key, pattern, every, tz, next, template }) => ({
        key,
        payload: template?.data as JobPayload,
        cron: pattern ?? undefined,
        every: every === undefined || every === null ? undefined : Number(every),
        tz: tz ?? "UTC",
        next: next ?? undefined,
      }));
    });
  }

  counts(): Awaitable<JobCounts> {
    return ask(this.#connection, async () => {
      const counts = await this.#connection.queue.getJobCounts("waiting", "prioritized", "delayed", "active", "failed");
      const { waiting = 0, prioritized = 0, delayed = 0, active = 0, failed = 0 } = counts;
      return { waiting: waiting + prioritized, delayed, running: active, dead: failed };
    });
  }
}

function stateOf(state: string): JobState {
  if (state === "active") return "running";
  return state === "delayed" ? "delayed" : "waiting";
}

const consuming = /* @__PURE__ */ coroutine(function* consume(
  connection: Connection,
  options: ConsumeOptions,
  perform: (claim: Claim) => Awaitable<Outcome>,
): CoroutineBody<void> {
  const consumer = new Consumer(connection, options, perform);
  yield* consumer.serve();
});

/** The ids are read first: letters that are put back while the others are read do not shift them. */
const deadJobs = /* @__PURE__ */ stream(function* deadJobs(connection: Connection) {
  const ids = yield* ask(connection, () => connection.queue.getRanges(["failed"], 0, -1, true));
  for (const id of ids) {
    const job = yield* ask(connection, () => connection.queue.getJob(id));
    if (job?.finishedOn === undefined || job.failedReason === undefined) continue;
    const { data: payload, failedReason: error, attemptsMade: failures, stalledCounter: deaths, finishedOn } = job;
    const dead: DeadJob = { id, payload, error, failures, deaths, failedAt: finishedOn };
    yield dead;
  }
});
