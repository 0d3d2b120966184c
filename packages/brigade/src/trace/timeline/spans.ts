/**
 * The spans of tasks: what each did between two events that tell of it. Events are first put in order by task, so that what is
 * known of a task are a few variables, and its spans are written one after the other.
 */
import type { Trace } from "../format/reader.ts";
import { CANCEL, CREATED, STEP, TICKS, WAITS } from "../format/schema.ts";
import { READY, RUNNING, type SpanState, type TaskColumns, type TimelineColumns, WAITING } from "./columns.ts";
import { EventsByTask } from "./by-task.ts";
import type { Rows } from "./rows.ts";
import type { Survey } from "./survey.ts";
import { rowsIn } from "./tables.ts";

type SpanColumns = Pick<
  TimelineColumns,
  "spanCount" | "spanFrom" | "spanTask" | "spanStart" | "spanEnd" | "spanState" | "spanPlace" | "spanBy" | "spanEvent"
>;

/** Sets `ended` of tasks to the end of their last step. */
export function spansFrom(trace: Trace, rows: Rows, tasks: TaskColumns, surveyed: Survey): SpanColumns {
  const walk = new Walk(trace, rows, tasks, surveyed);
  const spanFrom = new Uint32Array(rows.count + 2);
  for (let row = 1; row <= rows.count; row++) {
    spanFrom[row] = walk.count;
    walk.task(row);
  }
  spanFrom[rows.count + 1] = walk.count;
  return { spanFrom, ...walk.columns() };
}

// What is known of a task up to the event that the walk has reached.
const UNSEEN = 0; // the trace has not told of it, or an older part did
const MADE = 1; // it has not run
const STANDS = 2; // its last step led to a place
const OVER = 3; // its last step was the last

/** Goes along the events of one task after the other. */
class Walk {
  count = 0;
  readonly #events: EventsByTask;
  readonly #rows: Rows;
  readonly #tasks: TaskColumns;
  readonly #survey: Survey;
  readonly #places: number;
  readonly #task: Uint32Array;
  readonly #start: Float64Array;
  readonly #end: Float64Array;
  readonly #state: Uint8Array;
  readonly #place: Uint32Array;
  readonly #by: Uint32Array;
  readonly #event: Uint32Array;
  // Of the task that the walk is at. Events are one more than their index; 0: none.
  #row = 0;
  #phase = UNSEEN;
  #since = 0; // when it was made, or its last step ended
  #last = 0; // its CREATED or its last STEP
  #stands = 0; // the place that its last step led to
  #woken = 0; // the WOKEN after that; a CANCEL where no WOKEN has come
  #wokenAt = 0;
  #wokenBy = 0; // an id
  #isCancel = false; // `#woken` is a CANCEL
  #madeRoom = 0; // the task whose end let it be made: of a gather with a limit
  #waits = 0; // the WAITS that tells what it waits for now
  #nextWaits = 0; // the one that tells what it will wait for after the step that runs

  constructor(trace: Trace, rows: Rows, tasks: TaskColumns, surveyed: Survey) {
    this.#events = new EventsByTask(trace, rows);
    this.#rows = rows;
    this.#tasks = tasks;
    this.#survey = surveyed;
    this.#places = rowsIn(trace.places);
    // A step makes one span, and so does what came before it, unless it is a wait that ended before.
    const most = 3 * surveyed.steps + 2 * rows.count;
    this.#task = new Uint32Array(most);
    this.#start = new Float64Array(most);
    this.#end = new Float64Array(most);
    this.#state = new Uint8Array(most);
    this.#place = new Uint32Array(most);
    this.#by = new Uint32Array(most);
    this.#event = new Uint32Array(most);
  }

  /** Writes the spans of a task. To be called for one row after the other. */
  task(row: number): void {
    const events = this.#events;
    this.#row = row;
    this.#phase = UNSEEN;
    this.#since = this.#survey.start;
    this.#last = this.#stands = this.#woken = this.#waits = this.#nextWaits = this.#madeRoom = 0;
    const [from, to] = events.of(row);
    for (let at = from; at < to; at++) {
      const slot = events.slot(at);
      const kind = events.type(slot);
      if (kind === STEP) this.#step(slot);
      else if (kind === WAITS) this.#nextWaits = events.index(slot) + 1;
      else if (kind === CREATED) this.#created(slot);
      else this.#wake(slot, kind === CANCEL);
    }
    this.#rest();
  }

  #created(slot: number): void {
    if (this.#phase !== UNSEEN) return;
    this.#phase = MADE;
    this.#since = this.#events.time(slot);
    this.#last = this.#events.index(slot) + 1;
  }

  #wake(slot: number, isCancel: boolean): void {
    if (this.#phase === MADE && !isCancel) this.#madeRoom = this.#rows.rowOf(this.#events.a(slot));
    if (this.#phase !== STANDS && (this.#phase !== UNSEEN || isCancel)) return;
    if (this.#woken !== 0 && (isCancel || !this.#isCancel)) return;
    this.#woken = this.#events.index(slot) + 1;
    this.#wokenAt = this.#events.time(slot);
    this.#wokenBy = this.#events.a(slot);
    this.#isCancel = isCancel;
  }

  #step(slot: number): void {
    const events = this.#events;
    const event = events.index(slot) + 1;
    const began = events.time(slot);
    const start = this.#phase === UNSEEN ? began : Math.max(began, this.#since);
    const end = this.#survey.virtual ? start : Math.max(start, began + events.a(slot) / TICKS);
    const place = events.b(slot);
    this.#gap(start, event);
    this.#stands = place < this.#places ? place : 0;
    this.#write(RUNNING, start, end, 0, event);
    this.#since = end;
    this.#last = event;
    this.#woken = 0;
    this.#waits = this.#nextWaits;
    this.#nextWaits = 0;
    this.#phase = place === 0 ? OVER : STANDS;
    if (place === 0) this.#tasks.ended[this.#row] = end;
  }

  /** What the task did from its last step, or its creation, until it went on in the step of this event. */
  #gap(until: number, event: number): void {
    if (this.#woken !== 0) {
      const at = Math.min(until, Math.max(this.#since, this.#wokenAt));
      const by = this.#rows.rowOf(this.#wokenBy);
      this.#write(WAITING, this.#since, at, by, this.#waits);
      this.#write(READY, at, until, by, this.#woken);
    } else if (this.#phase === MADE) {
      this.#write(READY, this.#since, until, this.#madeRoom || (this.#tasks.parent[this.#row] as number), this.#last);
    } else if (this.#phase !== UNSEEN) {
      this.#stand(this.#isLostBetween(this.#last, event) ? WAITING : READY, until); // what woke it may be missing
    }
  }

  /** It stood where its last step led to, and nobody woke it. */
  #stand(state: SpanState, until: number): void {
    this.#write(state, this.#since, until, 0, state === WAITING ? this.#waits : this.#last);
  }

  /** The spans in which the trace ends for the task. */
  #rest(): void {
    const { ended } = this.#tasks;
    const until = Math.max(this.#since, Math.min(ended[this.#row] as number, this.#survey.end));
    if (ended[this.#row] !== Infinity) ended[this.#row] = until;
    if (this.#phase === OVER) return;
    if (this.#phase === STANDS && this.#woken === 0) this.#stand(WAITING, until);
    else this.#gap(until, Infinity);
  }

  #isLostBetween(from: number, to: number): boolean {
    let low = 0;
    let high = this.#survey.lost.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#survey.lost[middle] as number) < from) low = middle + 1;
      else high = middle;
    }
    return low < this.#survey.lost.length && (this.#survey.lost[low] as number) < to;
  }

  #write(state: SpanState, start: number, end: number, by: number, event: number): void {
    const span = this.count++;
    this.#task[span] = this.#row;
    this.#state[span] = state;
    this.#start[span] = start;
    this.#end[span] = end;
    this.#place[span] = this.#stands;
    this.#by[span] = by;
    this.#event[span] = event;
  }

  columns(): Omit<SpanColumns, "spanFrom"> {
    const { count } = this;
    return {
      spanCount: count,
      spanTask: this.#task.subarray(0, count),
      spanStart: this.#start.subarray(0, count),
      spanEnd: this.#end.subarray(0, count),
      spanState: this.#state.subarray(0, count),
      spanPlace: this.#place.subarray(0, count),
      spanBy: this.#by.subarray(0, count),
      spanEvent: this.#event.subarray(0, count),
    };
  }
}
