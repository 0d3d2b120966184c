/** Listens to what happens to jobs: one stream of events for all who watch, and a look now and then at those it has not heard of. */
import type { QueueEvents } from "bullmq";
import type { JobListener } from "../../engine/engine.ts";
import { type Connection, endOf, type JobRecord, progressOf, readRecords, type StoredResult } from "./connection.ts";
import { optionsOf } from "./place.ts";

const BETWEEN_LOOKS = 5_000; // ms; events that a broken connection has lost are made up for by that
const RETRY = 500; // ms
const MOST_LOOKED_AT = 1_000; // jobs in one look: those that have been watched for long take turns
const MOST_EXPECTED = 100_000; // ids

interface Watched {
  readonly id: string;
  readonly listener: JobListener;
  progress: string | undefined; // the last that the listener has heard
  closed: boolean;
}

export class Watcher {
  readonly #connection: Connection;
  readonly #watched = new Map<string, Set<Watched>>();
  readonly #fresh: Watched[] = []; // nobody has looked how they are
  /** Added while the events were heard, and nothing has been heard of since: there is nothing to look at. */
  readonly #expected = new Set<string>();
  #events: QueueEvents | undefined;
  #listening: Promise<void> | undefined;
  #heard = false; // the events
  #looking = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The job is about to be added: its events are heard from the first, if any are. */
  expect(id: string): void {
    if (this.#heard && this.#expected.size < MOST_EXPECTED) this.#expected.add(id);
  }

  watch(id: string, listener: JobListener): () => void {
    const watched: Watched = { id, listener, progress: undefined, closed: false };
    const others = this.#watched.get(id);
    if (others === undefined) this.#watched.set(id, new Set([watched]));
    else others.add(watched);
    if (this.#expected.delete(id)) this.#lookLater(BETWEEN_LOOKS);
    else {
      this.#fresh.push(watched);
      if (!this.#looking) void this.#lookAtFresh();
    }
    return () => this.#forget(watched);
  }

  #forget(watched: Watched): void {
    watched.closed = true;
    const all = this.#watched.get(watched.id);
    if (all?.delete(watched) && all.size === 0) this.#watched.delete(watched.id);
    if (this.#watched.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Looks at all who have come in this turn, in one message, once the events are heard. */
  async #lookAtFresh(): Promise<void> {
    this.#looking = true;
    try {
      await (this.#listening ??= this.#listen());
      while (this.#fresh.length > 0 && !this.#closed)
        await this.#look(this.#fresh.splice(0).filter(({ closed }) => !closed));
    } catch (error) {
      this.#listening = this.#events === undefined ? undefined : this.#listening;
      this.#connection.trouble("the jobs that are awaited can't be looked at; it is tried again", error);
    } finally {
      this.#looking = false;
    }
    this.#lookLater(this.#events === undefined || this.#fresh.length > 0 ? RETRY : BETWEEN_LOOKS);
  }

  #lookLater(pause: number): void {
    if (this.#closed || this.#watched.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#looking) return;
      this.#fresh.length = 0;
      for (const id of [...this.#watched.keys()].slice(0, MOST_LOOKED_AT)) {
        const all = this.#watched.get(id) as Set<Watched>;
        this.#watched.delete(id); // the others are before it the next time
        this.#watched.set(id, all);
        this.#fresh.push(...all);
      }
      void this.#lookAtFresh();
    }, pause);
  }

  async #look(watched: readonly Watched[]): Promise<void> {
    let records: JobRecord[];
    try {
      records = await readRecords(
        this.#connection,
        watched.map(({ id }) => id),
      );
    } catch (error) {
      this.#fresh.push(...watched.filter(({ closed }) => !closed));
      throw error;
    }
    for (const [index, one] of watched.entries()) {
      const { known, end, progress } = records[index] as JobRecord;
      if (progress !== undefined && progress !== one.progress) this.#progressed(one, progress);
      if (end !== undefined || !known) this.#ended(one, end);
    }
  }

  #progressed(one: Watched, value: string): void {
    if (one.closed) return;
    one.progress = value;
    one.listener.progress(value);
  }

  #ended(one: Watched, end: Parameters<JobListener["ended"]>[0]): void {
    if (one.closed) return;
    this.#forget(one);
    one.listener.ended(end);
  }

  #all(id: string): Watched[] {
    return [...(this.#watched.get(id) ?? [])];
  }

  /** Begins after the last event there is: what happens from now on is heard. */
  async #listen(): Promise<void> {
    const { drivers, place, queueName, prefix, queue, redis, trouble } = this.#connection;
    const [last] = await redis.xrevrange(queue.toKey("events"), "+", "-", "COUNT", 1);
    if (this.#closed) return;
    const events = (this.#events = new drivers.bullmq.QueueEvents(queueName, {
      connection: optionsOf(place, true),
      prefix,
      lastEventId: last?.[0] ?? "0-0",
    }));
    events.on("error", (error) => {
      if (!this.#closed) trouble("the events of the queue are interrupted; they are heard again soon", error);
    });
    // The stream is read from a point that lies behind: what comes from now on is heard.
    this.#heard = true;
    events.on("progress", ({ jobId, data }) => {
      this.#expected.delete(jobId);
      const value = progressOf(data);
      if (value !== undefined) for (const one of this.#all(jobId)) this.#progressed(one, value);
    });
    events.on("completed", ({ jobId, returnvalue }) => this.#completed(jobId, returnvalue as unknown as StoredResult));
    events.on("failed", ({ jobId, failedReason }) => {
      this.#expected.delete(jobId);
      for (const one of this.#all(jobId)) this.#ended(one, { kind: "dead", error: failedReason });
    });
    events.on("removed", ({ jobId }) => {
      this.#expected.delete(jobId);
      this.#lookAgain(jobId);
    });
  }

  #completed(id: string, stored: StoredResult): void {
    this.#expected.delete(id);
    const all = this.#all(id);
    if (all.length === 0) return;
    if (typeof stored === "string") for (const one of all) this.#ended(one, { kind: "completed", value: stored });
    else
      endOf(this.#connection, id, stored).then(
        (end) => {
          for (const one of all) this.#ended(one, end);
        },
        () => this.#lookAgain(id),
      );
  }

  #lookAgain(id: string): void {
    this.#fresh.push(...this.#all(id));
    if (this.#fresh.length > 0 && !this.#looking) void this.#lookAtFresh();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const all of this.#watched.values()) for (const one of all) one.closed = true;
    this.#watched.clear();
    await this.#events?.close().catch(() => {});
  }
}
