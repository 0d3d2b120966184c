/** A trace, ready to be drawn; and the form in which a worker hands it to the page. */
import { type Trace, Timeline, timelineOf, type TimelineColumns, TraceError } from "brigade/trace";
import { type Groups, groupsOf } from "../model/groups.ts";
import { type Orders, ordersOf } from "../model/orders.ts";
import { type Level, type Track, trackOf } from "../model/track.ts";

export interface OpenedTrace {
  readonly timeline: Timeline;
  readonly orders: Orders;
  readonly groups: Groups;
  /** All spans, task by task, as in the timeline. */
  readonly spans: Track;
  /** All steps, in the order of time. */
  readonly steps: Track;
}

/** What survives being handed from thread to thread: columns and plain objects. */
export interface Parcel {
  readonly trace: Omit<Trace, "end">;
  readonly end: "complete" | "open" | { readonly message: string; readonly offset: number };
  readonly columns: TimelineColumns;
  readonly orders: Orders;
  readonly groups: Groups;
  readonly spanLevels: readonly Level[];
  readonly steps: Track;
}

export function prepared(trace: Trace): OpenedTrace {
  const timeline = timelineOf(trace);
  const orders = ordersOf(timeline);
  const start = new Float64Array(orders.steps.length);
  const end = new Float64Array(orders.steps.length);
  const { spanStart, spanEnd } = timeline;
  for (let at = 0; at < start.length; at++) {
    const span = orders.steps[at] as number;
    start[at] = spanStart[span] as number;
    end[at] = spanEnd[span] as number;
  }
  return {
    timeline,
    orders,
    groups: groupsOf(timeline),
    spans: trackOf(timeline.spanStart, timeline.spanEnd, timeline.spanState),
    steps: trackOf(start, end, undefined),
  };
}

export function packed({ timeline, orders, groups, spans, steps }: OpenedTrace): Parcel {
  const { end, ...trace } = timeline.trace;
  return {
    trace,
    end: end instanceof TraceError ? { message: end.message, offset: end.offset } : end,
    columns: timeline.columns,
    orders,
    groups,
    spanLevels: spans.levels,
    steps,
  };
}

export function unpacked({ trace, end, columns, orders, groups, spanLevels, steps }: Parcel): OpenedTrace {
  const ending = typeof end === "string" ? end : new TraceError(end.message, end.offset);
  const timeline = new Timeline({ ...trace, end: ending }, columns);
  const spans = { start: timeline.spanStart, end: timeline.spanEnd, state: timeline.spanState, levels: spanLevels };
  return { timeline, orders, groups, spans, steps };
}

/** The memory behind the parcel's columns, which changes hands without a copy. */
export function memoryOf(parcel: Parcel): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const look = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
    } else if (typeof value === "object" && value !== null) {
      for (const part of Object.values(value)) look(part);
    }
  };
  const { strings: _strings, places: _places, resources: _resources, meta: _meta, ...columns } = parcel.trace;
  for (const part of [columns, parcel.columns, parcel.orders, parcel.groups, parcel.spanLevels, parcel.steps])
    look(part);
  return [...found];
}
