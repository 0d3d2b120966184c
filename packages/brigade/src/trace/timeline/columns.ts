/** Tasks and spans of a trace as columns: plain typed arrays, so that a worker can build them and hand them over. */

/** A task runs a step. */
export const RUNNING = 1;
/** A task waits for something: see `Timeline.waitsFor` and `Timeline.place`. */
export const WAITING = 2;
/** A task could go on, and waits for the loop alone. */
export const READY = 3;

/** What a task does during a span. */
export type SpanState = 1 | 2 | 3;

/**
 * What `timelineOf` makes of a trace. A task is a row, and rows count from 1 in the order in which tasks were made; 0 is no
 * task. In a full trace the row is the id that the recorder gave; `id` tells it otherwise. Times are milliseconds on the
 * loop's clock.
 */
export interface TimelineColumns {
  /** Earliest and latest time of the trace. */
  readonly start: number;
  readonly end: number;
  /** The clock was a virtual one: steps take none of its time, and `Timeline.ran` tells the real one. */
  readonly virtual: boolean;

  /** How many tasks there are: rows 1 to `taskCount`. The columns of tasks have a row 0, which is empty. */
  readonly taskCount: number;
  /** The recorder's id of the task. */
  readonly id: Uint32Array;
  /** The row of the task that made it; 0: a root. Always less than the task's own. */
  readonly parent: Uint32Array;
  /** −Infinity where the trace begins later. */
  readonly created: Float64Array;
  /** When its last step ended; Infinity where it has not ended. */
  readonly ended: Float64Array;
  /** `VALUE`, `ERROR` or `CANCELLED`; 0 where it has not ended. */
  readonly outcome: Uint8Array;
  /** Strings: its given name, its root coroutine, the message of its error. 0 where there is none. */
  readonly givenName: Uint32Array;
  readonly rootCoroutine: Uint32Array;
  readonly message: Uint32Array;
  /** The number of a task without a name: of "Task-7", 7. */
  readonly number: Uint32Array;
  /** Whom it asked first to end: the row, 0 for code outside tasks; and when, NaN where nobody did. */
  readonly cancelledBy: Uint32Array;
  readonly cancelledAt: Float64Array;
  /** The children of task `t` stand in `childTask` from `childFrom[t]` up to `childFrom[t + 1]`; those of 0 are the roots. */
  readonly childFrom: Uint32Array;
  readonly childTask: Uint32Array;

  /** How many spans there are. Those of task `t` stand from `spanFrom[t]` up to `spanFrom[t + 1]`, in the order of time. */
  readonly spanCount: number;
  readonly spanFrom: Uint32Array;
  readonly spanTask: Uint32Array;
  readonly spanStart: Float64Array;
  /** The last span of a task that has not ended goes on to `end`: see `Timeline.isOpen`. */
  readonly spanEnd: Float64Array;
  readonly spanState: Uint8Array;
  /** Where a WAITING or READY task stands; for RUNNING, the place that the step led to, 0 when it ended the task. A valid row of `trace.places`. */
  readonly spanPlace: Uint32Array;
  /** For WAITING and READY, the task that woke or made it; 0: a timer, the host, code outside tasks, or nobody yet. */
  readonly spanBy: Uint32Array;
  /**
   * One more than the index of an event, 0 for none: for RUNNING its STEP; for WAITING the WAITS that says for what; for
   * READY the WOKEN, CREATED or STEP that it began with.
   */
  readonly spanEvent: Uint32Array;
}

/** What is known of tasks without their spans. */
export type TaskColumns = Pick<
  TimelineColumns,
  | "parent"
  | "created"
  | "ended"
  | "outcome"
  | "givenName"
  | "rootCoroutine"
  | "message"
  | "number"
  | "cancelledBy"
  | "cancelledAt"
  | "childFrom"
  | "childTask"
>;
