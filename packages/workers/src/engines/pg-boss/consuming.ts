/** Serves a queue: claims as many jobs as there are free places, renews their leases, and watches over those of workers that died. */
import {
  type Awaitable,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  type Event,
  Event as Signal,
  getRunningLoop,
  moveOnAfter,
  type SettableFuture,
  shield,
  sleep,
  taskGroup,
  type TaskGroup,
} from "brigade";
import type { JobWithMetadata } from "pg-boss";
import type { Claim, ConsumeOptions, Interruption, NewJob, Outcome } from "../../engine/engine.ts";
import { CANCELLED, PROGRESSED, type Announcer } from "./announcer.ts";
import { claimingDatabase, expireLeases, type OtherDatabase, renewLeases } from "./leases.ts";
import { type Link, settled } from "./link.ts";
import { deathsOf, errorOf, type JobData, type JobRow, packed, payloadOf, SCHEMA } from "./records.ts";
import { keepSchedules } from "./schedules.ts";
import { type Attempt, Settling } from "./settling.ts";

/** How late a job is seen at worst when its notification was lost, in ms. */
const LOOK_EVERY = 1_000;
/** Renewals in one lease: two may be lost. */
const RENEWALS = 4;
/** How long what runs has to be handed back when the worker is cancelled, in ms. */
const HANDING_BACK = 5_000;

/** Between two looks for leases that are over, at most, in ms. */
const LONGEST_LOOK = 5_000;
export const SUPERVISE_SECONDS = 60;

const FORGET_NOTES = `DELETE FROM ${SCHEMA}.brigade_note n WHERE n.queue = $1
  AND NOT EXISTS (SELECT FROM ${SCHEMA}.job j WHERE j.name = n.queue AND j.id = n.id)`;

type Fetched = Pick<JobWithMetadata<JobData>, "id" | "data" | "retryCount" | "priority">;

interface Held extends Attempt {
  readonly interrupted: SettableFuture<Interruption>;
}

type Add = (jobs: readonly NewJob[]) => Coroutine<unknown>;
type Perform = (claim: Claim) => Awaitable<Outcome>;

export class Consumer {
  readonly #link: Link;
  readonly #announcer: Announcer;
  readonly #settling: Settling;
  readonly #lease: number;
  /** Claims with a lease. */
  readonly #claims: OtherDatabase;
  readonly #add: Add;
  readonly #held = new Map<string, Held>();
  /** Set when there may be something to claim: a new job, a free place, the end. */
  readonly #change = new Signal();
  /** A claim on its way, and then until its jobs have started. */
  #fetching: Promise<readonly Fetched[]> | undefined;

  constructor(link: Link, announcer: Announcer, lease: number, add: Add) {
    this.#add = add;
    this.#link = link;
    this.#announcer = announcer;
    this.#settling = new Settling(link, announcer);
    this.#lease = lease;
    this.#claims = claimingDatabase(link, lease);
  }

  /** There may be new jobs. */
  wake(): void {
    this.#change.set();
  }

  /** A notification of the queue. */
  hear(word: string): void {
    if (word.startsWith(CANCELLED)) this.#interrupt(this.#held.get(word.slice(1)), "cancelled");
  }

  readonly serve: (options: ConsumeOptions, perform: Perform) => Coroutine<void> = coroutine(function* serve(
    this: Consumer,
    options: ConsumeOptions,
    perform: Perform,
  ): CoroutineBody<void> {
    yield* taskGroup((background) => this.#servingWith(background, options, perform));
  });

  *#servingWith(background: TaskGroup, options: ConsumeOptions, perform: Perform): CoroutineBody<void> {
    background.createTask(this.#renewing(), { name: "renewing leases" });
    background.createTask(this.#expiring(), { name: "looking for expired leases" });
    background.createTask(this.#supervising(), { name: "deleting old jobs" });
    background.createTask(keepSchedules(this.#link, this.#add), { name: "keeping schedules" });
    background.createTask(wakeWhen(options.stopping, this.#change), { name: "waiting for the end" });
    yield* taskGroup((jobs) => this.#claiming(jobs, options, perform));
    background.cancelChildren();
  }

  readonly #claiming = coroutine(function* claiming(
    this: Consumer,
    jobs: TaskGroup,
    options: ConsumeOptions,
    perform: Perform,
  ): CoroutineBody<void> {
    try {
      while (!options.stopping.isSet) {
        this.#change.clear();
        const free = options.concurrency - this.#held.size;
        const claimed = free > 0 ? yield* this.#fetch(free) : [];
        for (const job of claimed) this.#start(jobs, job, perform);
        this.#fetching = undefined;
        if (free > 0 && claimed.length === free) continue;
        const wait = this.#held.size < options.concurrency ? yield* this.#untilDue() : LOOK_EVERY;
        if (!this.#change.isSet && !options.stopping.isSet) yield* moveOnAfter(wait, this.#change.wait());
      }
    } finally {
      if (this.#fetching) yield* shield(moveOnAfter(HANDING_BACK, this.#returnUnstarted(this.#fetching)));
    }
  });

  readonly #fetch = coroutine(function* claim(this: Consumer, count: number): CoroutineBody<readonly Fetched[]> {
    try {
      const fetching = this.#link.boss.fetch<JobData>(this.#link.queue, {
        batchSize: count,
        includeMetadata: true,
        db: this.#claims,
      });
      this.#fetching = fetching;
      const got = yield* settled(fetching, "claim");
      return got.sort((a, b) => b.priority - a.priority || +a.createdOn - +b.createdOn || a.data.place - b.data.place);
    } catch (error) {
      this.#fetching = undefined;
      this.#link.trouble("can't claim jobs", error);
      yield* sleep(LOOK_EVERY);
      return [];
    }
  });

  /** What was being claimed when this worker was cancelled: nobody else would have it before its lease is over. */
  readonly #returnUnstarted = coroutine(function* returnUnstarted(
    this: Consumer,
    fetching: Promise<readonly Fetched[]>,
  ): CoroutineBody<void> {
    const claimed = yield* settled(
      fetching.catch(() => []),
      "claim",
    );
    for (const { id, retryCount, priority } of claimed) {
      const interrupted = getRunningLoop().createFuture<Interruption>();
      const begun = yield* this.#begin({ id, retryCount, priority, failures: 0, returns: 0, interrupted });
      if (begun) yield* this.#settling.settle(begun, { kind: "handed-back", after: 0 });
    }
  });

  /** In ms. Delayed jobs are not announced when they are due. */
  *#untilDue(): CoroutineBody<number> {
    const text = `SELECT extract(epoch FROM min(start_after) - now()) * 1000 AS wait FROM ${SCHEMA}.job
      WHERE name = $1 AND state < 'active' AND start_after < now() + interval '2 seconds'`;
    try {
      const wait = (yield* this.#link.sql(text, [this.#link.queue])).rows[0]?.["wait"];
      return wait === null || wait === undefined ? LOOK_EVERY : Math.min(LOOK_EVERY, Math.max(1, Number(wait)));
    } catch {
      return LOOK_EVERY; // the next claim tells of it
    }
  }

  #start(jobs: TaskGroup, job: Fetched, perform: Perform): void {
    const interrupted = getRunningLoop().createFuture<Interruption>();
    const { id, retryCount, priority } = job;
    const held: Held = { id, retryCount, priority, failures: 0, returns: 0, interrupted };
    this.#held.set(job.id, held);
    jobs.createTask(this.#attempt(held, job, perform), { name: `${payloadOf(job.data).task} ${job.id}` });
  }

  readonly #attempt = coroutine(function* attempt(
    this: Consumer,
    held: Held,
    job: Fetched,
    perform: Perform,
  ): CoroutineBody<void> {
    try {
      const begun = job.retryCount === 0 ? held : yield* this.#begin(held);
      if (begun === undefined) return;
      let outcome: Outcome = { kind: "handed-back", after: 0 };
      try {
        outcome = yield* perform(this.#claim(begun, job));
      } finally {
        yield* shield(moveOnAfter(outcome.kind === "handed-back" ? HANDING_BACK : Infinity, this.#end(begun, outcome)));
      }
    } catch (error) {
      this.#link.trouble(`the outcome of job ${held.id} is not recorded: it will run again`, error);
    } finally {
      this.#held.delete(held.id);
      this.#change.set();
    }
  });

  /** A job that did not start for the first time has a note, or its worker died. Undefined: there is nothing to perform. */
  *#begin(held: Held): CoroutineBody<(Held & { readonly deaths: number }) | undefined> {
    const row = (yield* this.#link.jobs("j.id = $2::uuid", [held.id]))[0];
    if (row === undefined || row.state !== "active" || row.attempt !== held.retryCount) return undefined;
    if (row.putBack) yield* this.#beginAnew(row);
    const returns = row.putBack ? row.attempt : row.returns;
    const begun = Object.assign(held, { failures: row.failures, returns, deaths: deathsOf(row) });
    if (row.dead) yield* this.#settling.buryAgain(begun, packed(errorOf(row)));
    else if (row.cancelled) yield* this.#settling.cancel(begun);
    else return begun;
    return undefined;
  }

  *#beginAnew(row: JobRow): CoroutineBody<void> {
    yield* this.#link.sql(
      `UPDATE ${SCHEMA}.brigade_note SET failures = 0, returns = $3, dead = false, put_back = false WHERE queue = $1 AND id = $2::uuid`,
      [this.#link.queue, row.id, row.attempt],
    );
  }

  #claim(held: Held & { readonly deaths?: number }, job: Fetched): Claim {
    const { id, failures, interrupted } = held;
    const progress = (value: string): Awaitable<void> => this.#progress(id, value);
    return { id, payload: payloadOf(job.data), failures, deaths: held.deaths ?? 0, interrupted, progress };
  }

  readonly #progress = coroutine(function* progress(this: Consumer, id: string, value: string): CoroutineBody<void> {
    try {
      yield* this.#link.sql(
        `INSERT INTO ${SCHEMA}.brigade_note (queue, id, progress) VALUES ($1, $2::uuid, $3)
         ON CONFLICT (queue, id) DO UPDATE SET progress = excluded.progress`,
        [this.#link.queue, id, packed(value)],
        0,
      );
      this.#announcer.say(PROGRESSED, id);
    } catch (error) {
      this.#link.trouble(`the progress of job ${id} is not recorded`, error);
    }
  });

  /** Once somebody has asked for the end of a job, it is not run again. */
  *#end(held: Held, outcome: Outcome): CoroutineBody<void> {
    const again = outcome.kind === "retry" || outcome.kind === "handed-back";
    const interrupted = held.interrupted.done && !held.interrupted.cancelled ? held.interrupted.result() : undefined;
    if (interrupted === "lost") return;
    yield* this.#settling.settle(held, again && interrupted === "cancelled" ? { kind: "cancelled" } : outcome);
  }

  readonly #renewing = coroutine(function* renewing(this: Consumer): CoroutineBody<void> {
    for (;;) {
      yield* sleep(this.#lease / RENEWALS);
      const held = [...this.#held.values()];
      if (held.length === 0) continue;
      try {
        yield* this.#renew(held);
      } catch (error) {
        this.#link.trouble("can't renew leases", error);
      }
    }
  });

  *#renew(held: readonly Held[]): CoroutineBody<void> {
    const { renewed, cancelled } = yield* renewLeases(this.#link, held);
    for (const one of held) {
      if (this.#held.get(one.id) !== one) continue;
      if (cancelled.has(one.id)) this.#interrupt(one, "cancelled");
      else if (!renewed.has(one.id)) this.#interrupt(one, "lost");
    }
  }

  #interrupt(held: Held | undefined, why: Interruption): void {
    if (held && !held.interrupted.done) held.interrupted.setResult(why);
  }

  readonly #expiring = coroutine(function* expiring(this: Consumer): CoroutineBody<void> {
    for (;;) {
      yield* sleep(Math.min(LONGEST_LOOK, this.#lease / RENEWALS));
      try {
        if ((yield* expireLeases(this.#link)) > 0) this.#change.set();
      } catch (error) {
        this.#link.trouble("can't look for expired leases", error);
      }
    }
  });

  /** Jobs that need not be kept any more are deleted. pg-boss lets one of all workers do it at a time. */
  readonly #supervising = coroutine(function* supervising(this: Consumer): CoroutineBody<void> {
    for (;;) {
      yield* sleep(SUPERVISE_SECONDS * 1_000);
      try {
        yield* this.#link.call(() => this.#link.boss.supervise(this.#link.queue));
        yield* this.#link.sql(FORGET_NOTES, [this.#link.queue]);
      } catch (error) {
        this.#link.trouble("can't delete old jobs", error);
      }
    }
  });
}

const wakeWhen = /* @__PURE__ */ coroutine(function* wakeWhen(event: Event, change: Signal): CoroutineBody<void> {
  yield* event.wait();
  change.set();
});
