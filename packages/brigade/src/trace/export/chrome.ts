/** A timeline in the Trace Event Format, which Perfetto's UI (ui.perfetto.dev) and chrome://tracing open. */
import { CALLBACK, CANCEL, ERROR, REPORT, TICKS } from "../format/schema.ts";
import type { Trace } from "../format/reader.ts";
import { READY, RUNNING, WAITING } from "../timeline/columns.ts";
import { lineOf, placeText, resourceText, textOf } from "../timeline/tables.ts";
import { type Timeline, stateName } from "../timeline/timeline.ts";
import { countersOf } from "./counters.ts";
import { exact, json, Pieces, timelineFor } from "./pieces.ts";

/** Callbacks outside tasks have a track of their own; those of tasks are their rows. */
const HOST_TRACK = 0;

interface TraceEvent {
  readonly ph: "M" | "X" | "s" | "f" | "i" | "C";
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: number;
  readonly bp?: "e";
  readonly s?: "t" | "p";
  readonly args?: Readonly<Record<string, unknown>>;
}

/**
 * The timeline as Chrome's trace events, in pieces of about 64 KiB of JSON: a track per task, in the order of the task tree;
 * a slice per step, wait and time of being ready, with place, file and line; an arrow from who woke a task to its next
 * step; counters of the tasks that are there and that are ready; what was reported, cancelled or failed as instants.
 * With a virtual clock a step is a slice without length, and its argument `ran` says how long it really took.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { readTrace, recorder, toChromeTrace } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(sleep("5ms"), { observer });
 * const { traceEvents } = JSON.parse([...toChromeTrace(readTrace(observer.bytes()))].join("")) as { traceEvents: object[] };
 * console.log(traceEvents.length > 0);
 * ```
 */
export function* toChromeTrace(source: Trace | Timeline): Generator<string, void> {
  const timeline = timelineFor(source);
  const pieces = new Pieces();
  const { meta, lost } = timeline.trace;
  pieces.add(`{"displayTimeUnit":"ms","otherData":${json({ ...meta, lost })},"traceEvents":[`);
  let first = true;
  for (const event of new Exporter(timeline).events()) {
    if (pieces.add(`${first ? "\n" : ",\n"}${json(event)}`)) yield pieces.take();
    first = false;
  }
  pieces.add("\n]}\n");
  yield pieces.take();
}

class Exporter {
  readonly #timeline: Timeline;
  readonly #pid: number;
  #flows = 0;

  constructor(timeline: Timeline) {
    const { pid } = timeline.trace.meta;
    this.#timeline = timeline;
    this.#pid = typeof pid === "number" && Number.isInteger(pid) ? pid : 1;
  }

  *events(): Generator<TraceEvent, void> {
    yield* this.#tracks();
    for (let task = 1; task <= this.#timeline.taskCount; task++) {
      const [from, to] = this.#timeline.spansOf(task);
      for (let span = from; span < to; span++) yield* this.#span(span);
    }
    yield* this.#instants();
    yield* this.#counters();
  }

  *#counters(): Generator<TraceEvent, void> {
    const last = { tasks: -1, ready: -1 };
    for (const point of countersOf(this.#timeline)) {
      for (const name of ["tasks", "ready"] as const) {
        if (point[name] === last[name]) continue;
        last[name] = point[name];
        yield { ...this.#at("C", name, HOST_TRACK, point.time), args: { [name]: point[name] } };
      }
    }
  }

  /** Names and order. */
  *#tracks(): Generator<TraceEvent, void> {
    const { program } = this.#timeline.trace.meta;
    const name = typeof program === "string" ? program : "brigade";
    yield this.#meta("process_name", HOST_TRACK, { name });
    yield this.#meta("thread_name", HOST_TRACK, { name: "outside tasks" });
    yield this.#meta("thread_sort_index", HOST_TRACK, { sort_index: 0 });
    let order = 0;
    for (const task of this.#timeline.inTreeOrder()) {
      yield this.#meta("thread_name", task, { name: this.#timeline.name(task) });
      yield this.#meta("thread_sort_index", task, { sort_index: ++order });
    }
  }

  *#span(span: number): Generator<TraceEvent, void> {
    const { spanTask, spanState, spanStart, spanEnd, spanPlace } = this.#timeline;
    const task = spanTask[span] as number;
    const start = spanStart[span] as number;
    const state = spanState[span] as number;
    const place = this.#timeline.place(spanPlace[span] as number);
    yield {
      ...this.#at("X", (state === WAITING && placeText(place)) || stateName(state), task, start),
      dur: microseconds((spanEnd[span] as number) - start),
      cat: stateName(state),
      args: this.#about(span),
    };
    if (state === RUNNING) yield* this.#wokenBy(span);
  }

  /** The arrow that ends at this step. It begins in the waker's step: the recorder's times are not exact enough to say so. */
  *#wokenBy(step: number): Generator<TraceEvent, void> {
    const { spanTask, spanState, spanStart, spanEnd, spanBy, spanEvent, spanFrom } = this.#timeline;
    const task = spanTask[step] as number;
    const ready = step - 1;
    if (ready < (spanFrom[task] as number) || spanState[ready] !== READY) return;
    const by = spanBy[ready] as number;
    const from = by === 0 ? -1 : this.#timeline.stepOf(by, (spanEvent[ready] as number) - 1);
    if (from < 0) return;
    const [first, last] = [spanStart[from] as number, spanEnd[from] as number];
    const time = Math.max(first, Math.min(last, spanStart[ready] as number));
    const id = ++this.#flows;
    yield { ...this.#at("s", "woken", by, time), cat: "woken", id };
    yield { ...this.#at("f", "woken", task, spanStart[step] as number), cat: "woken", id, bp: "e" };
  }

  #about(span: number): Readonly<Record<string, unknown>> {
    const { spanState, spanPlace, spanBy } = this.#timeline;
    const place = this.#timeline.place(spanPlace[span] as number);
    const frame = lineOf(place);
    const by = spanState[span] === RUNNING ? 0 : (spanBy[span] as number);
    const waitsFor = this.#timeline.waitsFor(span);
    return {
      ...(place.kind !== "" && { place: placeText(place) }),
      ...(place.frames.length > 0 && { frames: place.frames.map(({ name }) => name).join(" < ") }),
      ...(frame && { file: frame.file, line: frame.line }),
      ...(by !== 0 && { by: this.#timeline.name(by) }),
      ...(waitsFor?.task !== undefined && { for: this.#timeline.name(waitsFor.task) }),
      ...(waitsFor?.resource !== undefined && { for: resourceText(this.#timeline.resource(waitsFor.resource)) }),
      ...(spanState[span] === RUNNING && this.#timeline.virtual && { ran: `${this.#timeline.ran(span)} ms` }),
    };
  }

  *#instants(): Generator<TraceEvent, void> {
    const { trace, taskCount, outcome, ended } = this.#timeline;
    for (let i = 0; i < trace.count; i++) {
      const type = trace.type[i];
      if (type !== REPORT && type !== CANCEL && type !== CALLBACK) continue;
      const [time, a, b] = [trace.time[i] as number, trace.a[i] as number, trace.b[i] as number];
      const task = this.#timeline.taskWithId(trace.task[i] as number);
      if (type === CANCEL) yield { ...this.#at("i", "asked to end", task, time), s: "t" };
      else if (type === CALLBACK) {
        const name = placeText(this.#timeline.place(b)) || "callback";
        yield { ...this.#at("X", name, HOST_TRACK, time), dur: microseconds(a / TICKS), cat: "callback" };
      } else {
        const args = { message: textOf(trace, b) };
        yield { ...this.#at("i", textOf(trace, a) || "report", task, time), s: task === 0 ? "p" : "t", args };
      }
    }
    for (let task = 1; task <= taskCount; task++) {
      if (outcome[task] !== ERROR) continue;
      const args = { message: this.#timeline.errorMessage(task) };
      yield { ...this.#at("i", "failed", task, ended[task] as number), s: "t", args };
    }
  }

  #meta(name: string, tid: number, args: TraceEvent["args"]): TraceEvent {
    return { ph: "M", name, pid: this.#pid, tid, ...(args && { args }) };
  }

  #at(ph: TraceEvent["ph"], name: string, tid: number, time: number): TraceEvent {
    return { ph, name, pid: this.#pid, tid, ts: microseconds(time) };
  }
}

function microseconds(milliseconds: number): number {
  return Math.round(exact(milliseconds) * TICKS) / (TICKS / 1_000);
}
