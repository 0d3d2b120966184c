/** Traces that a test writes event by event, and timelines said in a line per task. */
import {
  CREATED,
  DONE,
  type EventType,
  NAMED,
  type Place,
  readTrace,
  RUNNING,
  STEP,
  stateName,
  TICKS,
  type Timeline,
  type Trace,
  TraceWriter,
  VALUE,
  WOKEN,
} from "brigade/trace";

/** Writes what tasks do; times are milliseconds. */
export class Script {
  readonly parts: Uint8Array[] = [];
  readonly writer: TraceWriter = new TraceWriter((bytes) => this.parts.push(bytes), { startedAt: 0 });
  readonly #places = new Map<string, number>();

  event(type: EventType, time: number, task: number, a = 0, b = 0): this {
    this.writer.event(type, time, task, a, b);
    return this;
  }

  created(time: number, task: number, parent: number, coroutine: string, name?: string): this {
    this.event(CREATED, time, task, parent, this.writer.string(coroutine));
    return this.event(NAMED, time, task, this.writer.string(name ?? ""), name === undefined ? task : 0);
  }

  /** A step that leads to a wait of this kind; without one, it ends the task. */
  step(start: number, end: number, task: number, kind?: string): this {
    return this.event(STEP, start, task, Math.round((end - start) * TICKS), kind === undefined ? 0 : this.place(kind));
  }

  woken(time: number, task: number, by = 0): this {
    return this.event(WOKEN, time, task, by);
  }

  done(time: number, task: number, how: number = VALUE, message = ""): this {
    return this.event(DONE, time, task, how, this.writer.string(message));
  }

  place(kind: string, place: Partial<Place> = {}): number {
    let number = this.#places.get(kind);
    if (number === undefined) {
      number = this.writer.place({ kind, frames: [], exact: false, ...place });
      this.#places.set(kind, number);
    }
    return number;
  }

  trace(): Trace {
    this.writer.close();
    return readTrace(new Uint8Array(Buffer.concat(this.parts)));
  }
}

/** "running 0-1 (sleep), waiting 1-5 (sleep) by fetch, …" */
export function told(timeline: Timeline, task: number): string {
  const [from, to] = timeline.spansOf(task);
  const parts: string[] = [];
  for (let span = from; span < to; span++) {
    const state = timeline.spanState[span] as number;
    const { kind } = timeline.place(timeline.spanPlace[span] as number);
    const by = timeline.spanBy[span] as number;
    const where = kind === "" ? "" : ` ${state === RUNNING ? "to" : "at"} ${kind}`;
    parts.push(
      `${stateName(state)} ${timeline.spanStart[span]}-${timeline.spanEnd[span]}${where}${by === 0 ? "" : ` by ${by}`}`,
    );
  }
  return parts.join(", ");
}
