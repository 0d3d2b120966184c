/** The tasks of a trace as OpenTelemetry spans, through the `@opentelemetry/api` that the program has. */
import { CANCELLED, ERROR } from "../format/schema.ts";
import type { Trace } from "../format/reader.ts";
import { READY, RUNNING, WAITING } from "../timeline/columns.ts";
import { lineOf, placeText, resourceText } from "../timeline/tables.ts";
import type { Timeline } from "../timeline/timeline.ts";
import { type Activations, activationsOf } from "./activations.ts";
import { timelineFor } from "./pieces.ts";

/** Seconds since 1970, and nanoseconds. */
type HrTime = [seconds: number, nanoseconds: number];

type Attributes = Record<string, string | number | boolean>;

interface OtelSpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** A span of `@opentelemetry/api`, as far as it is used here. */
interface OtelSpan {
  spanContext(): OtelSpanContext;
  setStatus(status: { code: number; message?: string }): unknown;
  addEvent(name: string, attributes: Attributes, time: HrTime): unknown;
  addLink(link: { context: OtelSpanContext; attributes?: Attributes }): unknown;
  end(time: HrTime): void;
}

interface OtelTracer<Context, Span> {
  startSpan(name: string, options: { startTime: HrTime; attributes: Attributes }, context?: Context): Span;
}

/** What is used of `import * as api from "@opentelemetry/api"`. */
export interface OtelApi<Context, Span> {
  readonly ROOT_CONTEXT: Context;
  readonly SpanStatusCode: { readonly ERROR: number };
  readonly trace: {
    getTracer(name: string): OtelTracer<Context, Span>;
    setSpan(context: Context, span: Span): Context;
  };
}

export interface OtelOptions<Context, Span> {
  /** Makes the spans; the global tracer "brigade" unless given. */
  readonly tracer?: OtelTracer<Context, Span>;
  /** Whose span is the parent of the root tasks; they are roots of traces of their own unless given. */
  readonly parent?: Context;
  /** Adds a span for each call of a coroutine below its caller's, as far as a full trace tells: calls that were suspended. */
  readonly frames?: boolean;
  /** Adds a span for each wait, below the call that waits if there is a span of it, else below its task's. */
  readonly waits?: boolean;
  /** Adds an event to a task's span whenever it is woken: true unless given. */
  readonly wakeups?: boolean;
  /** Links the span of a task to those of the tasks that woke it. */
  readonly links?: boolean;
}

/**
 * Makes a span for each task, whose parent is the span of the task that made it, and gives the number of all spans. A
 * span begins when its task was made and ends with its last step; that of a task that has not ended ends where the trace
 * does, with the attribute `brigade.open`. A failed task has the status ERROR and its message; a cancelled one the attribute
 * `brigade.outcome`. Times are those of the recording; with a virtual clock, they begin when recording began.
 *
 * @example
 * ```ts
 * import * as api from "@opentelemetry/api";
 * import { run, sleep } from "brigade";
 * import { readTrace, recorder, toOpenTelemetry } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(sleep("5ms"), { observer });
 * console.log(toOpenTelemetry(readTrace(observer.bytes()), api, { waits: true }));
 * ```
 */
export function toOpenTelemetry<Context, Span extends OtelSpan>(
  source: Trace | Timeline,
  api: OtelApi<Context, Span>,
  options: OtelOptions<Context, Span> = {},
): number {
  const exporter = new Exporter(timelineFor(source), api, options);
  exporter.start();
  return exporter.finish();
}

class Exporter<Context, Span extends OtelSpan> {
  readonly #timeline: Timeline;
  readonly #api: OtelApi<Context, Span>;
  readonly #options: OtelOptions<Context, Span>;
  readonly #tracer: OtelTracer<Context, Span>;
  readonly #spans: Span[] = []; // by task
  readonly #contexts: Context[] = []; // by task; of 0, that of the roots
  readonly #activations: Activations | undefined;
  readonly #calls: Context[] = []; // by activation
  #count = 0;

  constructor(timeline: Timeline, api: OtelApi<Context, Span>, options: OtelOptions<Context, Span>) {
    this.#timeline = timeline;
    this.#api = api;
    this.#options = options;
    this.#tracer = options.tracer ?? api.trace.getTracer("brigade");
    this.#contexts[0] = options.parent ?? api.ROOT_CONTEXT;
    this.#activations = (options.frames ?? false) ? activationsOf(timeline) : undefined;
  }

  /** All spans of tasks, parents first; they have to be there before one can be linked to another. */
  start(): void {
    const { taskCount, parent, created, start } = this.#timeline;
    for (let task = 1; task <= taskCount; task++) {
      const context = this.#contexts[parent[task] as number] as Context;
      const startTime = this.#time(Math.max(start, created[task] as number));
      const options = { startTime, attributes: this.#attributes(task) };
      const span = this.#tracer.startSpan(this.#timeline.name(task), options, context);
      this.#spans[task] = span;
      this.#contexts[task] = this.#api.trace.setSpan(context, span);
    }
  }

  finish(): number {
    const { taskCount, outcome, ended, end } = this.#timeline;
    this.#frames();
    for (let task = 1; task <= taskCount; task++) {
      const span = this.#spans[task] as Span;
      if (this.#options.waits ?? false) this.#waits(task);
      if (this.#options.wakeups ?? true) this.#wakeups(task, span);
      if (this.#options.links ?? false) this.#links(task, span);
      if (outcome[task] === ERROR) {
        span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: this.#timeline.errorMessage(task) });
      }
      span.end(this.#time(Math.min(end, ended[task] as number)));
      this.#count++;
    }
    return this.#count;
  }

  #attributes(task: number): Attributes {
    const { id, outcome, ended } = this.#timeline;
    const coroutine = this.#timeline.coroutine(task);
    return {
      "brigade.task.id": id[task] as number,
      ...(coroutine !== "" && { "code.function.name": coroutine }),
      ...(outcome[task] === CANCELLED && { "brigade.outcome": "cancelled" }),
      ...(ended[task] === Infinity && { "brigade.open": true }),
    };
  }

  /** A task's span is that of its root coroutine. */
  #frames(): void {
    for (const [index, { task, caller, name, start, end }] of (this.#activations?.list ?? []).entries()) {
      const context = (caller < 0 ? this.#contexts[task] : this.#calls[caller]) as Context;
      this.#calls[index] = context;
      if (caller < 0) continue;
      const options = { startTime: this.#time(start), attributes: { "code.function.name": name } };
      const call = this.#tracer.startSpan(name || "coroutine", options, context);
      this.#calls[index] = this.#api.trace.setSpan(context, call);
      call.end(this.#time(end));
      this.#count++;
    }
  }

  /** Of whoever waits in the span: the call, if it has a span, else the task. */
  #contextOf(wait: number): Context | undefined {
    const { spanTask, spanEvent, spanState } = this.#timeline;
    const isKnown = spanTask[wait - 1] === spanTask[wait] && spanState[wait - 1] === RUNNING;
    const step = isKnown ? (spanEvent[wait - 1] as number) - 1 : -1;
    const innermost = (this.#activations?.innermost[step] ?? 0) - 1;
    return this.#calls[innermost] ?? this.#contexts[spanTask[wait] as number];
  }

  #waits(task: number): void {
    const { spanState, spanStart, spanEnd, spanPlace } = this.#timeline;
    const [from, to] = this.#timeline.spansOf(task);
    for (let span = from; span < to; span++) {
      if (spanState[span] !== WAITING) continue;
      const place = this.#timeline.place(spanPlace[span] as number);
      const frame = lineOf(place);
      const waitsFor = this.#timeline.waitsFor(span);
      const attributes: Attributes = {
        ...(frame && { "code.function.name": frame.name, "code.file.path": frame.file ?? "" }),
        ...(frame?.line !== undefined && { "code.line.number": frame.line }),
        ...(waitsFor?.task !== undefined && { "brigade.waits_for": this.#timeline.name(waitsFor.task) }),
        ...(waitsFor?.resource !== undefined && {
          "brigade.waits_for": resourceText(this.#timeline.resource(waitsFor.resource)),
        }),
      };
      const options = { startTime: this.#time(spanStart[span] as number), attributes };
      const wait = this.#tracer.startSpan(placeText(place) || "wait", options, this.#contextOf(span));
      wait.end(this.#time(spanEnd[span] as number));
      this.#count++;
    }
  }

  #wakeups(task: number, into: Span): void {
    const { spanState, spanStart, spanPlace } = this.#timeline;
    for (const { ready, by } of this.#wakes(task)) {
      if (spanState[ready - 1] !== WAITING) continue;
      const place = placeText(this.#timeline.place(spanPlace[ready] as number));
      const attributes = {
        ...(place !== "" && { "brigade.place": place }),
        ...(by !== 0 && { "brigade.by": this.#timeline.name(by) }),
      };
      into.addEvent("woken", attributes, this.#time(spanStart[ready] as number));
    }
  }

  #links(task: number, from: Span): void {
    const linked = new Set([task, this.#timeline.parent[task] as number, 0]);
    for (const { by } of this.#wakes(task)) {
      if (linked.has(by)) continue;
      linked.add(by);
      from.addLink({ context: (this.#spans[by] as Span).spanContext(), attributes: { "brigade.link": "woken by" } });
    }
  }

  /** The READY spans that follow a wait, and who ended it. */
  *#wakes(task: number): Generator<{ ready: number; by: number }, void> {
    const { spanState, spanBy } = this.#timeline;
    const [from, to] = this.#timeline.spansOf(task);
    for (let ready = from + 1; ready < to; ready++) {
      if (spanState[ready] === READY && spanState[ready - 1] !== RUNNING) yield { ready, by: spanBy[ready] as number };
    }
  }

  /** In ticks of 100 ns: what has been added up in milliseconds is not exact any more at this size. */
  #time(milliseconds: number): HrTime {
    const { trace, virtual, start } = this.#timeline;
    const began = Number.isFinite(trace.meta.startedAt) ? trace.meta.startedAt : 0;
    const since = Math.round((milliseconds - (virtual ? start : 0)) * 10_000);
    const whole = Math.floor(began);
    const ticks = Math.round((began - whole) * 10_000) + since;
    const seconds = Math.floor(whole / 1_000) + Math.floor(ticks / 10_000_000);
    const rest = (whole % 1_000) * 1_000_000 + (((ticks % 10_000_000) + 10_000_000) % 10_000_000) * 100;
    return [seconds + Math.floor(rest / 1_000_000_000), rest % 1_000_000_000];
  }
}
