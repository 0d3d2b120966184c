/**
 * A trace of any length, as a program writes it that crawls with many workers at once: each worker starts a task for each item, and a task
 * waits in turn for a permit, for a timer and for a queue.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import {
  A_RESOURCE,
  ACQUIRED,
  CREATED,
  DONE,
  FRAME,
  NAMED,
  type Place,
  RELEASED,
  STACK,
  STEP,
  TraceWriter,
  VALUE,
  WAITS,
  WOKEN,
} from "brigade/trace";

const WORKERS = 1_000;
/** Waits of one task, one after another. */
const WAITS_OF_TASK = 12;
/** The loop always has work: milliseconds from the beginning of one step to that of the next, and how much of them it runs. */
const STEP_EVERY = 0.01;
const TICKS_OF_STEP = 80;

const MAIN = 1;

interface Names {
  readonly item: number;
  readonly places: readonly number[];
  readonly joins: number;
  readonly permits: number;
}

/** One worker, and where the task is that it has started. */
interface Worker {
  readonly task: number;
  item: number;
  /** Of the task's root coroutine. */
  activation: number;
  turn: number;
}

function placeAt(kind: string, label: string, line: number): Place {
  const frames = [
    { name: "page", file: "/crawler/src/page.ts", line, column: 5 },
    { name: "item", file: "/crawler/src/item.ts", line: 12, column: 3 },
  ];
  return { kind, label, frames, exact: true };
}

class Crawl {
  readonly #writer: TraceWriter;
  readonly #names: Names;
  readonly #workers: readonly Worker[];
  #tasks = 0;
  #activations = 0;
  #steps = 0;
  events = 0;

  constructor(writer: TraceWriter) {
    this.#writer = writer;
    this.#names = {
      item: writer.string("item"),
      places: [placeAt("semaphore", "", 20), placeAt("sleep", "5 ms", 31), placeAt("queue", "put", 44)].map((place) =>
        writer.place(place),
      ),
      joins: writer.place({ kind: "task", frames: [{ name: "worker" }], exact: false }),
      permits: writer.resource({ kind: "Semaphore", name: "api", capacity: WORKERS / 2 }),
    };
    this.#create(0, writer.string("main"), 0);
    const waits = writer.place({ kind: "gather", frames: [{ name: "main" }], exact: false });
    const worker = writer.string("worker");
    this.#workers = Array.from({ length: WORKERS }, (_, i) => {
      const task = this.#create(MAIN, worker, writer.string(`worker ${i + 1}`));
      return { task, item: 0, activation: 0, turn: 0 };
    });
    this.#step(MAIN, waits);
    for (const each of this.#workers) this.#begin(each);
  }

  get #now(): number {
    return this.#steps * STEP_EVERY;
  }

  #event(...event: Parameters<TraceWriter["event"]>): void {
    this.#writer.event(...event);
    this.events++;
  }

  #create(parent: number, root: number, name: number): number {
    const task = ++this.#tasks;
    this.#event(CREATED, this.#now, task, parent, root);
    this.#event(NAMED, this.#now, task, name, name === 0 ? task : 0);
    return task;
  }

  #step(task: number, place: number): void {
    this.#event(STEP, this.#now, task, TICKS_OF_STEP, place);
    this.#steps++;
  }

  #frame(task: number, caller: number): number {
    const activation = ++this.#activations;
    this.#event(FRAME, this.#now, task, activation, caller);
    return activation;
  }

  #begin(worker: Worker): void {
    worker.item = this.#create(worker.task, this.#names.item, 0);
    worker.turn = 0;
    this.#step(worker.task, this.#names.joins);
  }

  /** The next step of the worker's task; after its last one, the worker starts another. */
  #advance(worker: Worker): void {
    const { places, permits } = this.#names;
    const task = worker.item;
    const wait = worker.turn % places.length;
    if (worker.turn === 0) worker.activation = this.#frame(task, 0);
    else this.#event(WOKEN, this.#now, task, wait === 1 ? worker.task : 0, 0);
    if (wait === 1) this.#event(ACQUIRED, this.#now, task, permits, 0);
    if (wait === 2) this.#event(RELEASED, this.#now, task, permits, 0);
    if (worker.turn === WAITS_OF_TASK) return this.#finish(worker);
    this.#event(STACK, this.#now, task, this.#frame(task, worker.activation), 2);
    if (wait === 0) this.#event(WAITS, this.#now, task, permits, A_RESOURCE);
    this.#step(task, places[wait] ?? 0);
    worker.turn++;
  }

  #finish(worker: Worker): void {
    this.#event(DONE, this.#now, worker.item, VALUE, 0);
    this.#step(worker.item, 0);
    this.#event(WOKEN, this.#now, worker.task, worker.item, 0);
    this.#begin(worker);
  }

  until(events: number): void {
    for (let i = 0; this.events < events; i++) {
      const worker = this.#workers[i % WORKERS];
      if (worker !== undefined) this.#advance(worker);
    }
  }
}

/** Writes a trace of at least so many events. */
export function writeSyntheticTrace(path: string, events: number): void {
  const file = openSync(path, "w");
  try {
    const writer = new TraceWriter(
      (bytes) => {
        for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      },
      { startedAt: Date.UTC(2026, 0, 1), program: "crawler" },
    );
    new Crawl(writer).until(events);
    writer.close();
  } finally {
    closeSync(file);
  }
}
