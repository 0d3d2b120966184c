/** The critical path: the chain of steps and waits that made the program take as long as it took. */
import { READY, RUNNING, type SpanState, WAITING } from "./columns.ts";
import type { Timeline } from "./timeline.ts";

/** A part of the critical path. */
export interface PathSegment {
  /** 0: nothing that the trace tells of. */
  readonly task: number;
  readonly start: number;
  readonly end: number;
  /** WAITING: for something that no task of the trace brought about, such as a timer or the network. */
  readonly state: SpanState;
  readonly place: number;
  /** The span that it is a part of; −1 for none. */
  readonly span: number;
}

/** Segments in the order of time, as columns: each begins where the one before ends. */
export interface CriticalPath extends Iterable<PathSegment> {
  readonly length: number;
  readonly task: Uint32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly state: Uint8Array;
  readonly place: Uint32Array;
  readonly span: Int32Array;
}

/**
 * Goes back from the end of `task`; without it, from the task that ends last of those that the first root made. Where a
 * task was woken by another, the path goes on with that one at that moment; a wait that no task ended belongs to the path
 * itself. The segments cover the time from the start of the trace to that end, without gap or overlap. Only RUNNING segments
 * may have no length.
 *
 * @example
 * ```ts
 * import { gather, run, sleep } from "brigade";
 * import { criticalPath, readTrace, recorder, timelineOf } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(gather([sleep("5ms"), sleep("20ms")]), { observer });
 * const timeline = timelineOf(readTrace(observer.bytes()));
 * for (const { task, start, end, place } of criticalPath(timeline)) {
 *   console.log(timeline.name(task), end - start, timeline.place(place).kind);
 * }
 * ```
 */
export function criticalPath(timeline: Timeline, options: { readonly task?: number } = {}): CriticalPath {
  const walk = new WalkBack(timeline);
  walk.from(options.task ?? lastTask(timeline));
  return walk.path();
}

/** The task that ends last of those that the first root made, or of all where the trace tells nothing of these. */
function lastTask(timeline: Timeline): number {
  const { taskCount, parent, ended, end, spanFrom } = timeline;
  const inTree = new Uint8Array(taskCount + 1);
  let last = 0;
  for (let task = 1; task <= taskCount; task++) {
    if (task !== 1 && inTree[parent[task] as number] === 0) continue;
    inTree[task] = 1;
    if (spanFrom[task] === spanFrom[task + 1]) continue;
    if (last === 0 || Math.min(ended[task] as number, end) > Math.min(ended[last] as number, end)) last = task;
  }
  if (last !== 0) return last;
  for (let task = 1; task <= taskCount; task++) {
    if (spanFrom[task] === spanFrom[task + 1]) continue;
    if (last === 0 || (ended[task] as number) > (ended[last] as number)) last = task;
  }
  return last;
}

class WalkBack {
  readonly #timeline: Timeline;
  // The last segment first:
  readonly #tasks: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #states: number[] = [];
  readonly #places: number[] = [];
  readonly #spans: number[] = [];
  #until = 0; // where the next segment ends
  #before = Infinity; // the event over which the path came to its task: it never goes on by a later one

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  from(task: number): void {
    const timeline = this.#timeline;
    const [first, end] = timeline.spansOf(task);
    this.#until = Math.min(timeline.ended[task] ?? Infinity, timeline.end);
    let span = end > first ? end - 1 : -1;
    while (span >= 0) {
      this.#addSpan(span);
      span = this.#previous(span);
    }
    if (this.#until > timeline.start) this.#add(0, timeline.start, WAITING, 0, -1);
  }

  /** The span that led to this one; −1 where none is known. */
  #previous(span: number): number {
    const { spanTask, spanState, spanBy, spanEvent, spanFrom, spanEnd } = this.#timeline;
    const task = spanTask[span] as number;
    const event = spanEvent[span] as number;
    const by = spanBy[span] as number;
    const before = span > (spanFrom[task] as number) ? span - 1 : -1;
    if (spanState[span] !== READY || by === 0 || event >= this.#before) return before;
    const waker = this.#timeline.stepOf(by, event - 1);
    if (waker < 0) return before;
    this.#before = event;
    if (this.#until > (spanEnd[waker] as number)) {
      // What the waker left to the loop; or, before a wait, that it had ended before the task could be told.
      const state = before < 0 ? READY : WAITING;
      this.#add(task, spanEnd[waker] as number, state, this.#timeline.spanPlace[span] as number, before);
    }
    return waker;
  }

  #addSpan(span: number): void {
    const { spanTask, spanState, spanStart, spanPlace } = this.#timeline;
    const state = spanState[span] as SpanState;
    const start = spanStart[span] as number;
    if (start >= this.#until && state !== RUNNING) return;
    this.#add(spanTask[span] as number, Math.min(start, this.#until), state, spanPlace[span] as number, span);
  }

  #add(task: number, start: number, state: SpanState, place: number, span: number): void {
    this.#tasks.push(task);
    this.#starts.push(start);
    this.#ends.push(this.#until);
    this.#states.push(state);
    this.#places.push(place);
    this.#spans.push(span);
    this.#until = start;
  }

  path(): CriticalPath {
    return new Segments({
      task: Uint32Array.from(this.#tasks.reverse()),
      start: Float64Array.from(this.#starts.reverse()),
      end: Float64Array.from(this.#ends.reverse()),
      state: Uint8Array.from(this.#states.reverse()),
      place: Uint32Array.from(this.#places.reverse()),
      span: Int32Array.from(this.#spans.reverse()),
    });
  }
}

type PathColumns = Pick<CriticalPath, "task" | "start" | "end" | "state" | "place" | "span">;

class Segments implements CriticalPath {
  readonly length: number;
  readonly task: Uint32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly state: Uint8Array;
  readonly place: Uint32Array;
  readonly span: Int32Array;

  constructor(columns: PathColumns) {
    this.length = columns.task.length;
    this.task = columns.task;
    this.start = columns.start;
    this.end = columns.end;
    this.state = columns.state;
    this.place = columns.place;
    this.span = columns.span;
  }

  *[Symbol.iterator](): Generator<PathSegment, void> {
    for (let i = 0; i < this.length; i++) {
      yield {
        task: this.task[i] as number,
        start: this.start[i] as number,
        end: this.end[i] as number,
        state: this.state[i] as SpanState,
        place: this.place[i] as number,
        span: this.span[i] as number,
      };
    }
  }
}
