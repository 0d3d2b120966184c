/** A queue in pg-boss, whatever PostgreSQL it is on. */
import { type Awaitable, type Coroutine, type CoroutineBody, coroutine, gather, type Stream } from "brigade";
import type {
  AddedJob,
  Broker,
  Claim,
  ConsumeOptions,
  DeadJob,
  JobCounts,
  JobListener,
  JobStatus,
  NewJob,
  NewSchedule,
  Outcome,
  Rate,
  ScheduleStatus,
  Slot,
} from "../../engine/engine.ts";
import { Announcer, CANCELLED, ENDED } from "./announcer.ts";
import { Consumer } from "./consuming.ts";
import { deadLetters, discard, putBack } from "./dead-letters.ts";
import type { Link } from "./link.ts";
import { carried, DEAD, SCHEMA, statusOf } from "./records.ts";
import { listSchedules, putSchedule, removeSchedule } from "./schedules.ts";
import { priorityOf } from "./settling.ts";
import { takeTurn } from "./turns.ts";
import { Watching } from "./watching.ts";

const PAGE = 1_000;
/** pg-boss gives up what it has not run for long, or what runs for long, and counts its retries: all that is ours to decide. */
const FOR_EVER_SECONDS = 1_000_000_000;
const NO_LIMIT = 1_000_000_000;

export class BossBroker implements Broker {
  readonly place: string;
  readonly #link: Link;
  readonly #keepSeconds: number;
  readonly #announcer: Announcer;
  readonly #watching: Watching;
  readonly #consumers = new Set<Consumer>();

  constructor(link: Link, keepSeconds: number) {
    this.place = link.database.place;
    this.#link = link;
    this.#keepSeconds = keepSeconds;
    this.#announcer = new Announcer(link);
    this.#watching = new Watching(link);
  }

  /** A notification of ours. */
  hear(word: string): void {
    this.#watching.hear(word);
    for (const consumer of this.#consumers) consumer.hear(word);
  }

  /** There may be new jobs. */
  wake(): void {
    for (const consumer of this.#consumers) consumer.wake();
  }

  /** Notifications may have been missed. */
  lookAround(): void {
    this.#watching.lookAtAll();
    this.wake();
  }

  async close(): Promise<void> {
    this.#watching.close();
    await this.#announcer.sent();
  }

  readonly add: (jobs: readonly NewJob[]) => Coroutine<readonly AddedJob[]> = coroutine(function* add(
    this: BossBroker,
    jobs: readonly NewJob[],
  ): CoroutineBody<readonly AddedJob[]> {
    const added: AddedJob[] = [];
    for (let from = 0; from < jobs.length; from += PAGE) {
      const page = new Map(jobs.slice(from, from + PAGE).map((job) => [job.id, job]));
      const fresh = new Set(yield* this.#insert([...page.values()]));
      const rest = [...page.keys()].filter((id) => !fresh.has(id));
      const again = rest.length > 0 ? yield* this.#forget(rest) : [];
      for (const id of yield* this.#insert(again.map((id) => page.get(id) as NewJob))) fresh.add(id);
      for (const { id } of jobs.slice(from, from + PAGE)) added.push({ id, existed: !fresh.delete(id) });
    }
    return added;
  });

  /** Gives the ids of those that were not there. An insertion that is repeated after a lost connection finds its own jobs. */
  readonly #insert = coroutine(function* insert(
    this: BossBroker,
    jobs: readonly NewJob[],
  ): CoroutineBody<readonly string[]> {
    if (jobs.length === 0) return [];
    const rows = jobs.map(({ id, payload, priority, delay }, place) => ({
      id,
      data: { payload: carried(payload), place },
      priority: priorityOf(priority),
      ...(delay > 0 ? { startAfter: `${Math.round(delay)} milliseconds` } : undefined),
      retryLimit: NO_LIMIT,
      retryDelay: 1,
      expireInSeconds: FOR_EVER_SECONDS,
      retentionSeconds: FOR_EVER_SECONDS,
      deleteAfterSeconds: this.#keepSeconds,
    }));
    let tries = 0;
    const ids = yield* this.#link.call(() => {
      tries++;
      return this.#link.boss.insert(this.#link.queue, rows, { returnId: true });
    });
    return tries > 1 ? rows.map(({ id }) => id) : (ids ?? []);
  });

  /** Makes room for those that pg-boss has not deleted yet, though it is time. Gives their ids. */
  readonly #forget = coroutine(function* forget(
    this: BossBroker,
    ids: readonly string[],
  ): CoroutineBody<readonly string[]> {
    const over = yield* this.#link.jobs("j.id = ANY($2::uuid[]) AND j.state >= 'completed'", [ids]);
    const old = over.filter((job) => job.forgotten).map((job) => job.id);
    if (old.length > 0) {
      yield* this.#link.call(() => this.#link.boss.deleteJob(this.#link.queue, old));
      const notes = `DELETE FROM ${SCHEMA}.brigade_note WHERE queue = $1 AND id = ANY($2::uuid[])`;
      yield* this.#link.sql(notes, [this.#link.queue, old]);
    }
    return old;
  });

  readonly status: (id: string) => Coroutine<JobStatus | undefined> = coroutine(function* status(
    this: BossBroker,
    id: string,
  ): CoroutineBody<JobStatus | undefined> {
    const job = (yield* this.#link.jobs("j.id = $2::uuid", [id]))[0];
    return job === undefined || job.forgotten ? undefined : statusOf(job);
  });

  watch(id: string, listener: JobListener): () => void {
    return this.#watching.watch(id, listener);
  }

  /** The note first, so that a worker that claims the job meanwhile, or runs it again, sees it. */
  readonly cancel: (id: string) => Coroutine<boolean> = coroutine(function* cancel(
    this: BossBroker,
    id: string,
  ): CoroutineBody<boolean> {
    const asked = yield* this.#link.sql(
      `INSERT INTO ${SCHEMA}.brigade_note AS n (queue, id, cancelled)
       SELECT name, id, true FROM ${SCHEMA}.job WHERE name = $1 AND id = $2::uuid AND state < 'completed'
       ON CONFLICT (queue, id) DO UPDATE SET cancelled = true, dead = n.dead AND NOT n.put_back
       RETURNING (SELECT state FROM ${SCHEMA}.job WHERE name = $1 AND id = $2::uuid) AS state`,
      [this.#link.queue, id],
    );
    const state = asked.rows[0]?.["state"];
    if (state === undefined) return false;
    if (state === "active") this.#announcer.say(CANCELLED, id);
    else {
      yield* this.#link.call(() => this.#link.boss.cancel(this.#link.queue, id));
      this.#announcer.say(ENDED, id);
      this.#announcer.say(CANCELLED, id); // somebody may have claimed it in between
    }
    return true;
  });

  readonly consume: (options: ConsumeOptions, perform: (claim: Claim) => Awaitable<Outcome>) => Coroutine<void> =
    coroutine(function* consume(
      this: BossBroker,
      options: ConsumeOptions,
      perform: (claim: Claim) => Awaitable<Outcome>,
    ): CoroutineBody<void> {
      const consumer = new Consumer(this.#link, this.#announcer, options.lease, (jobs) => this.add(jobs));
      this.#consumers.add(consumer);
      try {
        yield* consumer.serve(options, perform);
      } finally {
        this.#consumers.delete(consumer);
      }
    });

  takeSlot(name: string, rate: Rate, id: string, horizon: number): Awaitable<Slot> {
    return takeTurn(this.#link, name, rate, id, horizon);
  }

  deadLetters(): Stream<DeadJob> {
    return deadLetters(this.#link);
  }

  putBack(ids: readonly string[] | "all"): Awaitable<number> {
    return putBack(this.#link, ids, this.#keepSeconds);
  }

  discard(ids: readonly string[] | "all"): Awaitable<number> {
    return discard(this.#link, ids);
  }

  schedule(schedule: NewSchedule): Awaitable<void> {
    return putSchedule(this.#link, schedule);
  }

  unschedule(key: string): Awaitable<boolean> {
    return removeSchedule(this.#link, key);
  }

  schedules(): Awaitable<readonly ScheduleStatus[]> {
    return listSchedules(this.#link);
  }

  readonly counts: () => Coroutine<JobCounts> = coroutine(function* counts(this: BossBroker): CoroutineBody<JobCounts> {
    const due = `state < 'active' AND start_after <= now()`;
    const [jobs, dead] = yield* gather([
      this.#link.sql(
        `SELECT count(*) FILTER (WHERE ${due}) AS waiting, count(*) FILTER (WHERE start_after > now() AND state < 'active') AS delayed,
           count(*) FILTER (WHERE state = 'active') AS running
         FROM ${SCHEMA}.job WHERE name = $1 AND state <= 'active'`,
        [this.#link.queue],
      ),
      this.#link.sql(
        `SELECT count(*) AS dead FROM ${SCHEMA}.job j JOIN ${SCHEMA}.brigade_note n ON n.queue = j.name AND n.id = j.id
         WHERE j.name = $1 AND ${DEAD}`,
        [this.#link.queue],
      ),
    ]);
    const [row, deadRow] = [jobs.rows[0] ?? {}, dead.rows[0] ?? {}];
    const count = (value: unknown): number => Number(value ?? 0);
    return {
      waiting: count(row["waiting"]),
      delayed: count(row["delayed"]),
      running: count(row["running"]),
      dead: count(deadRow["dead"]),
    };
  });
}
