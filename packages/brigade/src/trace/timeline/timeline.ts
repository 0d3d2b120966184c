/** A trace as tasks and spans: who ran, waited and was ready when. */
import type { Trace } from "../format/reader.ts";
import { A_RESOURCE, A_TASK, type Place, type Resource, TICKS, WAITS } from "../format/schema.ts";
import { RUNNING, type TimelineColumns, WAITING } from "./columns.ts";
import { placeOf, resourceOf, rowsIn, textOf } from "./tables.ts";

/** What a task waits for, where the trace tells: a task, or something that tasks share. */
export interface WaitTarget {
  /** The row of a task. */
  readonly task?: number;
  /** The number of a resource. */
  readonly resource?: number;
}

/**
 * The tasks and spans of a trace. Made by `timelineOf`; from columns that a worker made, by `new Timeline(trace, columns)`.
 * A task is a row of `columns`, which counts from 1 in the order of creation; a span is a row too, and counts from 0.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { readTrace, recorder, timelineOf, WAITING } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(sleep("5ms"), { observer });
 * const timeline = timelineOf(readTrace(observer.bytes()));
 * for (let task = 1; task <= timeline.taskCount; task++) {
 *   const [from, to] = timeline.spansOf(task);
 *   for (let span = from; span < to; span++) {
 *     if (timeline.spanState[span] === WAITING) console.log(timeline.name(task), timeline.place(timeline.spanPlace[span] ?? 0).kind);
 *   }
 * }
 * ```
 */
export class Timeline implements TimelineColumns {
  readonly trace: Trace;
  /** All columns, as they may be handed to another thread. */
  readonly columns: TimelineColumns;
  readonly start: number;
  readonly end: number;
  readonly virtual: boolean;
  readonly taskCount: number;
  readonly id: Uint32Array;
  readonly parent: Uint32Array;
  readonly created: Float64Array;
  readonly ended: Float64Array;
  readonly outcome: Uint8Array;
  readonly givenName: Uint32Array;
  readonly rootCoroutine: Uint32Array;
  readonly message: Uint32Array;
  readonly number: Uint32Array;
  readonly cancelledBy: Uint32Array;
  readonly cancelledAt: Float64Array;
  readonly childFrom: Uint32Array;
  readonly childTask: Uint32Array;
  readonly spanCount: number;
  readonly spanFrom: Uint32Array;
  readonly spanTask: Uint32Array;
  readonly spanStart: Float64Array;
  readonly spanEnd: Float64Array;
  readonly spanState: Uint8Array;
  readonly spanPlace: Uint32Array;
  readonly spanBy: Uint32Array;
  readonly spanEvent: Uint32Array;

  constructor(trace: Trace, columns: TimelineColumns) {
    this.trace = trace;
    this.columns = columns;
    this.start = columns.start;
    this.end = columns.end;
    this.virtual = columns.virtual;
    this.taskCount = columns.taskCount;
    this.id = columns.id;
    this.parent = columns.parent;
    this.created = columns.created;
    this.ended = columns.ended;
    this.outcome = columns.outcome;
    this.givenName = columns.givenName;
    this.rootCoroutine = columns.rootCoroutine;
    this.message = columns.message;
    this.number = columns.number;
    this.cancelledBy = columns.cancelledBy;
    this.cancelledAt = columns.cancelledAt;
    this.childFrom = columns.childFrom;
    this.childTask = columns.childTask;
    this.spanCount = columns.spanCount;
    this.spanFrom = columns.spanFrom;
    this.spanTask = columns.spanTask;
    this.spanStart = columns.spanStart;
    this.spanEnd = columns.spanEnd;
    this.spanState = columns.spanState;
    this.spanPlace = columns.spanPlace;
    this.spanBy = columns.spanBy;
    this.spanEvent = columns.spanEvent;
  }

  /** What the task is called: the name it was given, "Task-7", or "task 17" where the trace begins too late to know. */
  name(task: number): string {
    const given = this.givenName[task] ?? 0;
    if (given !== 0) return textOf(this.trace, given);
    const number = this.number[task] ?? 0;
    return number === 0 ? `task ${this.id[task] ?? task}` : `Task-${number}`;
  }

  /** The name of the coroutine that the task runs; empty where the trace begins too late to know. */
  coroutine(task: number): string {
    return textOf(this.trace, this.rootCoroutine[task] ?? 0);
  }

  /** The message of the error that the task ended with; empty where there is none. */
  errorMessage(task: number): string {
    return textOf(this.trace, this.message[task] ?? 0);
  }

  /** The task with this id of the recorder; 0 where there is none. */
  taskWithId(id: number): number {
    let low = 1;
    let high = this.taskCount;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.id[middle] as number;
      if (found === id) return middle;
      if (found < id) low = middle + 1;
      else high = middle - 1;
    }
    return 0;
  }

  /** The tasks that the task made, in that order; of 0, the roots. */
  children(task: number): Uint32Array {
    return this.childTask.subarray(this.childFrom[task], this.childFrom[task + 1]);
  }

  /** All tasks, each after the one that made it and before that one's next child. */
  *inTreeOrder(): Generator<number, void> {
    const waiting = [...this.children(0)].reverse(); // a tree of tasks may be deeper than the JavaScript stack
    for (let task = waiting.pop(); task !== undefined; task = waiting.pop()) {
      yield task;
      for (let child = (this.childFrom[task + 1] as number) - 1; child >= (this.childFrom[task] as number); child--) {
        waiting.push(this.childTask[child] as number);
      }
    }
  }

  /** The spans of the task: from the first up to the second. */
  spansOf(task: number): [from: number, to: number] {
    return [this.spanFrom[task] ?? 0, this.spanFrom[task + 1] ?? 0];
  }

  /** The span that the task is in at this time, the last one where several begin then; −1 where it is not there. */
  spanAt(task: number, time: number): number {
    const [from, to] = this.spansOf(task);
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.spanStart[middle] as number) <= time) low = middle + 1;
      else high = middle;
    }
    const span = low - 1;
    if (span < from) return -1;
    return time < (this.spanEnd[span] as number) || this.isOpen(span) ? span : -1;
  }

  /**
   * The span of the step in which the task brought about event `index` of the trace; of its last step before where that
   * happened between two: what a task leaves to the loop, such as starting the children of `gather`. −1 where it has none.
   */
  stepOf(task: number, index: number): number {
    const { spanState, spanEvent, spanStart } = this;
    const [from, to] = this.spansOf(task);
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      let step = middle;
      while (step < high && spanState[step] !== RUNNING) step++;
      if (step < high && (spanEvent[step] as number) <= index + 1) low = step + 1;
      else high = middle;
    }
    let next = low;
    while (next < to && spanState[next] !== RUNNING) next++;
    if (next < to && (spanStart[next] as number) <= (this.trace.time[index] as number)) return next;
    let last = low - 1;
    while (last >= from && spanState[last] !== RUNNING) last--;
    if (last >= from) return last;
    return next < to ? next : -1;
  }

  /** Whether the trace ends during this span. */
  isOpen(span: number): boolean {
    const task = this.spanTask[span] as number;
    return span + 1 === this.spanFrom[task + 1] && this.ended[task] === Infinity;
  }

  /** How long the step of a RUNNING span ran, in real milliseconds: with a virtual clock the span itself has no length. */
  ran(span: number): number {
    if (this.spanState[span] !== RUNNING) return 0;
    return (this.trace.a[(this.spanEvent[span] as number) - 1] ?? 0) / TICKS;
  }

  /** What the task waits for in a WAITING span; undefined where that is no task and nothing that tasks share. */
  waitsFor(span: number): WaitTarget | undefined {
    const event = (this.spanEvent[span] ?? 0) - 1;
    if (this.trace.type[event] !== WAITS) return undefined;
    const what = this.trace.a[event] ?? 0;
    if (this.trace.b[event] === A_RESOURCE) return { resource: what };
    if (this.trace.b[event] !== A_TASK) return undefined;
    const task = this.taskWithId(what);
    return task === 0 ? undefined : { task };
  }

  /** How many places and resources the trace has, with 0, which is none. A foreign file may number them as it likes. */
  get placeCount(): number {
    return rowsIn(this.trace.places);
  }

  get resourceCount(): number {
    return rowsIn(this.trace.resources);
  }

  /** The place with this number; one without kind and frames where there is none. */
  place(number: number): Place {
    return placeOf(this.trace, number);
  }

  /** The resource with this number; one of kind "resource" where there is none. */
  resource(number: number): Resource {
    return resourceOf(this.trace, number);
  }
}

/** How a state is written. */
export function stateName(state: number): "running" | "waiting" | "ready" {
  return state === RUNNING ? "running" : state === WAITING ? "waiting" : "ready";
}
