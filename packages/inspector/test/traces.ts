/** Traces for tests, written event by event. */
import {
  A_RESOURCE,
  ACQUIRED,
  CLOCK,
  CREATED,
  DONE,
  type EventType,
  NAMED,
  type Place,
  readTrace,
  type Resource,
  STEP,
  TICKS,
  type Timeline,
  timelineOf,
  TraceWriter,
  VALUE,
  WAITS,
  WOKEN,
} from "brigade/trace";
import { type OpenedTrace, prepared } from "../src/page/open/opened.ts";

/** Writes what a loop would: times in milliseconds. */
export class Story {
  readonly #parts: Uint8Array[] = [];
  readonly writer: TraceWriter;
  #tasks = 0;

  constructor() {
    this.writer = new TraceWriter((bytes) => this.#parts.push(bytes), { startedAt: 0, program: "story.ts" });
    this.event(CLOCK, 0, 0, 0, 0);
  }

  event(type: EventType, time: number, task: number, a: number, b: number): void {
    this.writer.event(type, time, task, a, b);
  }

  task(time: number, coroutine: string, { name = "", parent = 0 }: { name?: string; parent?: number } = {}): number {
    const task = ++this.#tasks;
    this.event(CREATED, time, task, parent, this.writer.string(coroutine));
    this.event(NAMED, time, task, this.writer.string(name), name === "" ? task : 0);
    return task;
  }

  place(kind: string, label?: string, frames: Place["frames"] = []): number {
    return this.writer.place({ kind, frames, exact: true, ...(label === undefined ? {} : { label }) });
  }

  resource(resource: Resource): number {
    return this.writer.resource(resource);
  }

  /** A step of `took` milliseconds from `time` on, after which the task waits at `place`; 0 where it ends. */
  step(time: number, task: number, took: number, place: number): void {
    if (place === 0) this.event(DONE, time + took, task, VALUE, 0);
    this.event(STEP, time, task, took * TICKS, place);
  }

  woken(time: number, task: number, by = 0): void {
    this.event(WOKEN, time, task, by, 0);
  }

  waitsFor(time: number, task: number, resource: number): void {
    this.event(WAITS, time, task, resource, A_RESOURCE);
  }

  acquired(time: number, task: number, resource: number): void {
    this.event(ACQUIRED, time, task, resource, 0);
  }

  bytes({ ends = true }: { ends?: boolean } = {}): Uint8Array<ArrayBuffer> {
    if (ends) this.writer.close();
    else this.writer.flush();
    return new Uint8Array(Buffer.concat(this.#parts));
  }

  timeline(): Timeline {
    return timelineOf(readTrace(this.bytes()));
  }

  opened(): OpenedTrace {
    return prepared(readTrace(this.bytes()));
  }
}

/** `main` with so many tasks that run the same coroutine, each `steps` steps of 0.004 ms between waits. */
export function crowd(tasks: number, steps: number): Story {
  const story = new Story();
  const gathers = story.place("gather");
  const sleeps = story.place("sleep", "1 ms", [{ name: "worker", file: "/app/crowd.ts", line: 7 }]);
  const main = story.task(0, "main", { name: "main" });
  const workers = Array.from({ length: tasks }, () => story.task(0, "worker", { parent: main }));
  story.step(0, main, 0.004, gathers);
  let time = 0.01;
  for (let turn = 0; turn < steps; turn++) {
    for (const worker of workers) {
      if (turn > 0) story.woken(time - 0.002, worker, main);
      story.step(time, worker, 0.004, turn === steps - 1 ? 0 : sleeps);
      time += 0.01;
    }
  }
  story.woken(time, main, workers.at(-1));
  story.step(time, main, 0.01, 0);
  return story;
}

/** Main, two workers of which one waits for the other's lock, and a step of 80 ms. */
export function shop(words = "orders"): Story {
  const story = new Story();
  const lock = story.resource({ kind: "Lock", name: words });
  const frame = (name: string, line: number) => [{ name, file: "/app/src/shop.ts", line, column: 3 }];
  const gathers = story.place("gather", "2 awaitables", frame("main", 30));
  const sleeps = story.place("sleep", words, frame("sell", 12));
  const acquires = story.place("Lock.acquire", words, frame("sell", 11));
  const main = story.task(0, "main", { name: "main" });
  const first = story.task(0.5, "sell", { name: words, parent: main });
  const second = story.task(0.6, "sell", { parent: main });
  story.step(0, main, 1, gathers);
  story.acquired(1, first, lock);
  story.step(1, first, 1, sleeps);
  story.waitsFor(3, second, lock);
  story.step(2, second, 1, acquires);
  story.woken(100, first);
  story.step(100, first, 80, 0);
  story.woken(170, second, first);
  story.acquired(181, second, lock);
  story.step(181, second, 2, 0);
  story.woken(182, main, second);
  story.step(184, main, 1, 0);
  return story;
}
