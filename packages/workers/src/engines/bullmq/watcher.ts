/** Listens to what happens to jobs: one stream of events for all who watch, and a look now and then at those it has not heard of. */
import type { JobListener } from "../../engine/engine.ts";
import { type Connection, endOf, type JobRecord, progressOf, readRecords, type StoredResult } from "./connection.ts";
import { QueueEventStream } from "./events.ts";

const BETWEEN_LOOKS = 5_000; // ms; events that a broken connection has lost are made up for by that
const RETRY = 500; // ms
const MOST_LOOKED_AT = 1_000; // jobs in one look: those that have been watched for long take turns
const MOST_EXPECTED = 100_000; // ids

class Watched {
  readonly id: string;
  readonly listener: JobListener;
  progress: string | undefined = undefined; // the last that the listener has heard
  closed = false;
  next: Watched | undefined; // of the same job

  constructor(id: string, listener: JobListener, next: Watched | undefined) {
    this.id = id;
    this.listener = listener;
    this.next = next;
  }
}

export class Watcher {
  readonly #connection: Connection;
  readonly #watched = new Map<string, Watched>(); // the first of each job
  #fresh: Watched[] = []; // nobody has looked how they are
  /** Added while the events were heard, and nothing has been heard of since: there is nothing to look at. */
  readonly #expected = new Set<string>();
  #events: QueueEventStream | undefined;
  #listening: Promise<void> | undefined;
  #looking = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The job is about to be added: its events are heard from the first, if any are. */
  expect(id: string): void {
    if (this.#events !== undefined && this.#expected.size < MOST_EXPECTED) this.#expected.add(id);
  }

  watch(id: string, listener: JobListener): () => void {
    const watched = new Watched(id, listener, this.#watched.get(id));
    this.#watched.set(id, watched);
    if (this.#expected.delete(id)) this.#lookLater(BETWEEN_LOOKS);
    else {
      this.#fresh.push(watched);
      if (!this.#looking) void this.#lookAtFresh();
    }
    return () => this.#forget(watched);
  }

  #forget(watched: Watched): void {
    if (watched.closed) return;
    watched.closed = true;
    const first = this.#watched.get(watched.id);
    if (first === watched) {
      if (watched.next === undefined) this.#watched.delete(watched.id);
      else this.#watched.set(watched.id, watched.next);
    } else for (let one = first; one !== undefined; one = one.next) if (one.next === watched) one.next = watched.next;
    if (this.#watched.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Looks at all who have come in this turn, in one message, once the events are heard. */
  async #lookAtFresh(): Promise<void> {
    this.#looking = true;
    try {
      await (this.#listening ??= this.#listen());
      while (this.#fresh.length > 0 && !this.#closed) {
        const fresh = this.#fresh;
        this.#fresh = [];
        await this.#look(fresh.filter(({ closed }) => !closed));
      }
    } catch (error) {
      if (this.#events === undefined) this.#listening = undefined;
      if (!this.#closed)
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
      this.#fresh = [];
      for (const [id, first] of [...this.#watched].slice(0, MOST_LOOKED_AT)) {
        this.#watched.delete(id); // the others are before it the next time
        this.#watched.set(id, first);
        for (let one: Watched | undefined = first; one !== undefined; one = one.next) this.#fresh.push(one);
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
      this.#fresh.push(...watched);
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

  #each(id: string, call: (one: Watched) => void): void {
    for (let one = this.#watched.get(id); one !== undefined; ) {
      const { next } = one;
      call(one);
      one = next;
    }
  }

  /** Begins after the last event there is: what happens from now on is heard. */
  async #listen(): Promise<void> {
    const { queue, redis } = this.#connection;
    const [last] = await redis.xrevrange(queue.toKey("events"), "+", "-", "COUNT", 1);
    if (this.#closed) return;
    this.#events = new QueueEventStream(this.#connection, last?.[0] ?? "0-0", {
      progress: (id, json) => {
        this.#expected.delete(id);
        const value = progressOf(JSON.parse(json));
        if (value !== undefined) this.#each(id, (one) => this.#progressed(one, value));
      },
      completed: (id, json) => this.#completed(id, json),
      failed: (id, error) => {
        this.#expected.delete(id);
        this.#each(id, (one) => this.#ended(one, { kind: "dead", error }));
      },
      removed: (id) => {
        this.#expected.delete(id);
        this.#lookAgain(id);
      },
    });
  }

  #completed(id: string, json: string): void {
    if (!this.#watched.has(id)) {
      this.#expected.delete(id);
      return;
    }
    const stored = JSON.parse(json) as StoredResult;
    if (typeof stored === "string") this.#each(id, (one) => this.#ended(one, { kind: "completed", value: stored }));
    else
      endOf(this.#connection, id, stored).then(
        (end) => this.#each(id, (one) => this.#ended(one, end)),
        () => this.#lookAgain(id),
      );
  }

  #lookAgain(id: string): void {
    this.#each(id, (one) => this.#fresh.push(one));
    if (this.#fresh.length > 0 && !this.#looking) void this.#lookAtFresh();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const id of this.#watched.keys())
      this.#each(id, (one) => {
        one.closed = true;
      });
    this.#watched.clear();
    this.#events?.close();
  }
}
