/**
 * The tasks that fetch: as many as may be in flight, and more when some of them wait for a slow or limited host, so that it
 * does not keep connections from the others. When descriptors run out, fewer.
 */
import { type CoroutineBody, sleep, type TaskGroup, taskGroup } from "brigade";
import type { Client } from "brigade/http";
import { lacksDescriptor } from "./failure.ts";
import { type Fetcher, type Job, jobOf } from "./fetcher.ts";
import type { Intake } from "./input/intake.ts";
import type { Meter } from "./meter/meter.ts";
import type { FetchOptions } from "./options.ts";
import type { Order } from "./output/order.ts";
import type { Entry, Output } from "./output/output.ts";
import { FirstFailure } from "./stop.ts";
import type { FetchResult } from "./result.ts";

export interface CrewParts {
  readonly options: FetchOptions;
  readonly client: Client;
  readonly intake: Intake;
  readonly fetcher: Fetcher;
  readonly output: Output;
  /** undefined: lines go out as they are there. */
  readonly order: Order | undefined;
  readonly meter: Meter;
  /** Told of every result. */
  readonly record: (result: FetchResult) => void;
}

/** A job, and its place in the order. */
interface Turn {
  readonly job: Job;
  readonly place: number;
  /** How often it failed for want of a descriptor when nobody else was at work. */
  readonly alone: number;
}

const lookEvery = 10; // milliseconds between looks whether more are needed
const mostWorkers = 1_000;
const leastAhead = 64;
const mostAlone = 5;
const descriptorWait = 200; // milliseconds

/** How many URLs may be begun and not ended. */
export function windowOf(concurrency: number): number {
  return Math.max(concurrency, Math.min(Math.max(leastAhead, 4 * concurrency), mostWorkers));
}

export class Crew {
  readonly #parts: CrewParts;
  readonly #again: Turn[] = []; // to be done once more, before anything new
  readonly #most: number;
  #target: number; // how many should be in flight
  #workers = 0;
  #surplus = 0; // how many may leave
  #starving = 0; // how many wait for the input

  constructor(parts: CrewParts) {
    this.#parts = parts;
    this.#target = parts.options.concurrency;
    this.#most = windowOf(parts.options.concurrency);
  }

  /** Fetches everything. */
  *run(): CoroutineBody<void> {
    yield* taskGroup((group) => this.#govern(group));
  }

  *#govern(group: TaskGroup): CoroutineBody<void> {
    const { client, intake } = this.#parts;
    let freeBefore = 0;
    this.#hire(group, this.#target);
    while (!intake.ended) {
      yield* sleep(lookEvery);
      const free = this.#target - client.inFlight;
      // One look may fall between the end of a request and the start of the next.
      this.#surplus = free <= 0 ? this.#workers - this.#target : 0;
      const idle = this.#starving > 0 || intake.ended;
      if (!idle) this.#hire(group, Math.min(free, freeBefore, this.#most - this.#workers));
      freeBefore = free;
    }
  }

  #hire(group: TaskGroup, count: number): void {
    for (let i = 0; i < count; i++) {
      this.#workers++;
      group.createTask(this.#work());
    }
  }

  *#work(): CoroutineBody<void> {
    const { output, order } = this.#parts;
    for (;;) {
      if (this.#surplus > 0 && this.#workers > this.#target) break;
      if (order?.crowded) yield* order.room();
      const turn = this.#again.pop() ?? this.#takeNow() ?? (yield* this.#take());
      if (turn === undefined) break;
      const entry = yield* this.#parts.fetcher.fetch(turn.job);
      if (lacksDescriptor(entry.result.error?.code) && this.#postpones(turn)) {
        if (this.#workers > 1) break;
        yield* sleep(descriptorWait);
      } else this.#finish(turn, entry);
      if (output.crowded) yield* output.room();
    }
    this.#workers--;
    if (this.#surplus > 0) this.#surplus--;
  }

  #takeNow(): Turn | undefined {
    const item = this.#parts.intake.takeNow();
    return item && this.#begin(jobOf(item));
  }

  *#take(): CoroutineBody<Turn | undefined> {
    this.#starving++;
    try {
      const item = yield* this.#parts.intake.next();
      return item && this.#begin(jobOf(item));
    } finally {
      this.#starving--;
    }
  }

  /** In the order of the input: nothing is waited for between the taking of a job and this. */
  #begin(job: Job): Turn {
    this.#parts.meter.started(job.index, job.url, job.host);
    return { job, place: this.#parts.order?.begin() ?? 0, alone: 0 };
  }

  /** Whether a URL that got no descriptor is tried again, by fewer at once. */
  #postpones(turn: Turn): boolean {
    const alone = this.#workers === 1 ? turn.alone + 1 : 0;
    if (alone > mostAlone) return false;
    this.#again.push({ ...turn, alone });
    const target = Math.max(1, Math.min(this.#target, this.#workers - 1));
    if (target < this.#target) {
      this.#target = target;
      this.#parts.meter.notice(
        `no file descriptor is left: going on with ${target} at once (raise \`ulimit -n\` for more)`,
      );
    }
    return true;
  }

  #finish({ job, place }: Turn, entry: Entry): void {
    const { options, output, order, meter, record } = this.#parts;
    const { result } = entry;
    meter.finished(result);
    record(result);
    if (order) order.add(place, entry);
    else output.add(entry);
    if (options.failFast && result.error) throw new FirstFailure(job.url, result.error.message);
  }
}
