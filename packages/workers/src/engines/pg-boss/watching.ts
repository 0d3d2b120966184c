/** Those who wait for jobs: they are told by notifications, and by a look at the jobs every now and then, for notifications get lost. */
import { type CoroutineBody, coroutine, createTask, Event, moveOnAfter, type Task } from "brigade";
import type { JobListener } from "../../engine/engine.ts";
import { ENDED, PROGRESSED } from "./announcer.ts";
import type { Link } from "./link.ts";
import { endOf, type JobRow, statusOf } from "./records.ts";

/** How late the end of a job is seen at worst when its notification was lost, in ms. */
const LOOK_EVERY = 2_000;

interface Watch {
  readonly listener: JobListener;
  /** The last progress that it has been told. */
  told: string | undefined;
}

export class Watching {
  readonly #link: Link;
  readonly #watches = new Map<string, Set<Watch>>();
  #wanted = new Set<string>();
  readonly #change = new Event();
  #looking: Task<never> | undefined;

  constructor(link: Link) {
    this.#link = link;
  }

  watch(id: string, listener: JobListener): () => void {
    const watch: Watch = { listener, told: undefined };
    const all = this.#watches.get(id) ?? new Set();
    this.#watches.set(id, all.add(watch));
    this.#look(id);
    this.#looking ??= createTask(this.#serve(), { name: "jobs that are waited for" });
    return () => {
      if (all.delete(watch) && all.size === 0 && this.#watches.get(id) === all) this.#watches.delete(id);
    };
  }

  /** A notification of the queue. */
  hear(word: string): void {
    const kind = word.slice(0, 1);
    const id = word.slice(1);
    if ((kind === ENDED || kind === PROGRESSED) && this.#watches.has(id)) this.#look(id);
  }

  /** Notifications may have been missed. */
  lookAtAll(): void {
    for (const id of this.#watches.keys()) this.#look(id);
  }

  close(): void {
    this.#looking?.cancel();
  }

  #look(id: string): void {
    this.#wanted.add(id);
    this.#change.set();
  }

  readonly #serve = coroutine(function* serve(this: Watching): CoroutineBody<never> {
    for (;;) {
      if (this.#watches.size === 0) yield* this.#change.wait();
      else if (!this.#change.isSet && !(yield* moveOnAfter(LOOK_EVERY, this.#change.wait()))) this.lookAtAll();
      this.#change.clear();
      const ids = [...this.#wanted];
      this.#wanted = new Set();
      if (ids.length === 0) continue;
      try {
        const jobs = yield* this.#link.jobs("j.id = ANY($2::uuid[])", [ids]);
        const known = new Map(jobs.filter((job) => !job.forgotten).map((job) => [job.id, job]));
        for (const id of ids) this.#tell(id, known.get(id));
      } catch (error) {
        this.#link.trouble("can't look at the jobs that are waited for", error);
      }
    }
  });

  #tell(id: string, job: JobRow | undefined): void {
    const watches = [...(this.#watches.get(id) ?? [])];
    const progress = job && statusOf(job).progress;
    for (const watch of watches)
      if (progress !== undefined && progress !== watch.told) {
        watch.told = progress;
        watch.listener.progress(progress);
      }
    const end = job && endOf(job);
    if (job !== undefined && end === undefined) return;
    this.#watches.delete(id);
    for (const watch of watches) watch.listener.ended(end);
  }
}
