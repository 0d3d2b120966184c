/** A timeline as JSON, for other tools. */
import { CANCELLED, ERROR, VALUE } from "../format/schema.ts";
import type { Trace } from "../format/reader.ts";
import { type Timeline, stateName } from "../timeline/timeline.ts";
import { exact, json, Pieces, timelineFor } from "./pieces.ts";

/** What `toJson` writes; times are milliseconds on the loop's clock. */
export interface TimelineJson {
  readonly format: "brigade-timeline";
  readonly version: 1;
  /** As the trace says it of itself. */
  readonly meta: Trace["meta"];
  readonly clock: "real" | "virtual";
  readonly start: number;
  readonly end: number;
  /** Events that are missing. */
  readonly lost: number;
  /** "complete", "open" (the program was ended in the middle, or runs still), or where the trace is broken off. */
  readonly ending: string;
  /** `place` of a span is an index of this; the first is none. */
  readonly places: Trace["places"];
  /** `waitsFor.resource` is an index of this; the first is none. */
  readonly resources: Trace["resources"];
  readonly tasks: readonly TaskJson[];
}

export interface TaskJson {
  readonly id: number;
  readonly name: string;
  readonly coroutine: string;
  /** The id of the task that made it; 0: none. */
  readonly parent: number;
  /** null where the trace begins later. */
  readonly created: number | null;
  /** null where the trace ends before. */
  readonly ended: number | null;
  readonly outcome: "value" | "error" | "cancelled" | null;
  readonly error?: string;
  /** When it was first asked to end, and by which task; 0: code outside tasks. */
  readonly cancelled?: { readonly at: number; readonly by: number };
  /** Each begins where the one before ends. */
  readonly spans: readonly SpanJson[];
}

export interface SpanJson {
  readonly state: "running" | "waiting" | "ready";
  readonly start: number;
  readonly end: number;
  /** Of a step, where it led to; 0: it ended the task. */
  readonly place: number;
  /** Of a step, the real time that it took, where the clock is a virtual one. */
  readonly ran?: number;
  /** The task that woke or made it; 0: a timer, the host, code outside tasks. Not of steps. */
  readonly by?: number;
  readonly waitsFor?: { readonly task?: number; readonly resource?: number };
}

/**
 * The timeline as JSON (`TimelineJson`), in pieces of about 64 KiB, so that no trace is too long for a string. Tasks have
 * the recorder's ids. What it writes may stand inside a script element.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { readTrace, recorder, type TimelineJson, toJson } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(sleep("5ms"), { observer });
 * const { tasks } = JSON.parse([...toJson(readTrace(observer.bytes()))].join("")) as TimelineJson;
 * console.log(tasks.map(({ name }) => name));
 * ```
 */
export function* toJson(source: Trace | Timeline): Generator<string, void> {
  const timeline = timelineFor(source);
  const pieces = new Pieces();
  yield headOf(timeline);
  for (let task = 1; task <= timeline.taskCount; task++) {
    if (pieces.add(`${task === 1 ? "\n" : ",\n"}${taskHead(timeline, task)}`)) yield pieces.take();
    const [from, to] = timeline.spansOf(task);
    for (let span = from; span < to; span++) {
      if (pieces.add(`${span === from ? "" : ","}${json(spanJson(timeline, span))}`)) yield pieces.take();
    }
    pieces.add("]}");
  }
  pieces.add("\n]}\n");
  yield pieces.take();
}

function headOf(timeline: Timeline): string {
  const { trace, virtual, start, end } = timeline;
  const numbered = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
  const head: Omit<TimelineJson, "tasks"> = {
    format: "brigade-timeline",
    version: 1,
    meta: trace.meta,
    clock: virtual ? "virtual" : "real",
    start: exact(start),
    end: exact(end),
    lost: trace.lost,
    ending: typeof trace.end === "string" ? trace.end : trace.end.message,
    places: numbered(timeline.placeCount).map((place) => timeline.place(place)),
    resources: numbered(timeline.resourceCount).map((resource) => timeline.resource(resource)),
  };
  return `${json(head).slice(0, -1)},"tasks":[`;
}

const OUTCOMES: Readonly<Record<number, TaskJson["outcome"]>> = {
  [VALUE]: "value",
  [ERROR]: "error",
  [CANCELLED]: "cancelled",
};

function taskHead(timeline: Timeline, task: number): string {
  const { id, parent, created, ended, outcome, cancelledAt, cancelledBy } = timeline;
  const error = timeline.errorMessage(task);
  const at = cancelledAt[task] as number;
  const head: Omit<TaskJson, "spans"> = {
    id: id[task] as number,
    name: timeline.name(task),
    coroutine: timeline.coroutine(task),
    parent: id[parent[task] as number] as number,
    created: known(created[task] as number),
    ended: known(ended[task] as number),
    outcome: OUTCOMES[outcome[task] as number] ?? null,
    ...(error !== "" && { error }),
    ...(Number.isFinite(at) && { cancelled: { at: exact(at), by: id[cancelledBy[task] as number] as number } }),
  };
  return `${json(head).slice(0, -1)},"spans":[`;
}

function known(time: number): number | null {
  return Number.isFinite(time) ? exact(time) : null;
}

function spanJson(timeline: Timeline, span: number): SpanJson {
  const { id, spanState, spanStart, spanEnd, spanPlace, spanBy } = timeline;
  const state = stateName(spanState[span] as number);
  const waitsFor = timeline.waitsFor(span);
  return {
    state,
    start: exact(spanStart[span] as number),
    end: exact(spanEnd[span] as number),
    place: spanPlace[span] as number,
    ...(state === "running" && timeline.virtual && { ran: timeline.ran(span) }),
    ...(state !== "running" && { by: id[spanBy[span] as number] as number }),
    ...(waitsFor && { waitsFor: waitsFor.task === undefined ? waitsFor : { task: id[waitsFor.task] as number } }),
  };
}
