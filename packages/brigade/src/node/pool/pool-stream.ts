/** The items of a generator that runs in a worker, as a stream: made ahead of their reader, as far as its credit goes. */
import { Fifo } from "../../kernel/fifo.ts";
import { type Stream, stream } from "../../flow/stream.ts";
import { runningTaskLoop } from "../../task/event-loop.ts";
import { Reply } from "../../border/reply.ts";
import type { WorkerPool } from "./worker-pool.ts";
import type { Work, WorkRunner } from "./work.ts";

class StreamWork implements Work {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly credit: number;
  worker: WorkRunner | undefined = undefined;
  deaths = 0;
  previous: Work | undefined = undefined;
  following: Work | undefined = undefined;
  moved = false;
  #state: "open" | "closing" | "over" = "open";
  #failure: { readonly error: unknown } | undefined; // told once everything before it was read
  #given = false; // something of it was seen
  #taken = 0; // items that were read since the worker was last told
  #wait: Reply<void> | undefined; // of whoever waits for an item, or for the end
  readonly #items = new Fifo<unknown>();

  constructor(name: string, args: readonly unknown[], credit: number) {
    this.name = name;
    this.args = args;
    this.credit = credit;
  }

  get repeatable(): boolean {
    return !this.moved && !this.#given && this.#state === "open";
  }

  /** Whether there is an item to be read. */
  get ready(): boolean {
    return this.#items.size > 0;
  }

  get over(): boolean {
    return this.#state === "over";
  }

  take(): unknown {
    if (++this.#taken * 2 >= this.credit) {
      this.worker?.pull(this.#taken);
      this.#taken = 0;
    }
    return this.#items.shift();
  }

  /** Until there is an item, or it is over. */
  waits(pool: WorkerPool): Reply<void> {
    this.#wait = new Reply<void>("item from a worker", `${this.name} of pool ${pool.name}`);
    if (this.#state === "over") this.#wait.succeed();
    return this.#wait;
  }

  /** What it failed with is thrown once. */
  check(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  /** Nobody reads it any more. */
  close(pool: WorkerPool): void {
    while (this.#items.size > 0) this.#items.shift();
    this.#failure = undefined;
    if (this.#state !== "open") return;
    this.#state = "closing";
    pool.cancelStream(this, "the stream was closed");
  }

  gave(): void {}

  gaveItem(item: unknown): void {
    if (this.#state !== "open") return;
    this.#given = true;
    this.#items.push(item);
    this.#wait?.succeed();
  }

  ended(): void {
    this.#end();
  }

  failed(error: unknown, answers: boolean): void {
    if (!answers || this.#state !== "closing") this.#failure ??= { error };
    this.#end();
  }

  dropped(error: Error): void {
    if (this.#state !== "open") return;
    this.#failure = { error };
    this.#state = "closing";
    if (this.worker === undefined) this.#end();
    else this.worker.closeStream(error.message);
  }

  #end(): void {
    this.#state = "over";
    this.#wait?.succeed();
  }
}

/** The stream of what the function gives. Its call begins with the first read. */
export function streamOf(pool: WorkerPool, name: string, args: readonly unknown[]): Stream<unknown> {
  return itemsOf(pool, new StreamWork(name, args, pool.settings.ahead));
}

const itemsOf = /* @__PURE__ */ stream(function* poolStream(
  pool: WorkerPool,
  work: StreamWork,
): Generator<unknown, void, unknown> {
  pool.submit(work, runningTaskLoop());
  try {
    for (;;) {
      while (!work.ready && !work.over) yield* work.waits(pool);
      if (!work.ready) return work.check();
      yield work.take();
    }
  } finally {
    work.close(pool);
    while (!work.over) yield* work.waits(pool);
    work.check();
  }
});
