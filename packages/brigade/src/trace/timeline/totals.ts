/** What a trace comes to: where its tasks waited, how long the loop was busy, which steps took long. */
import { CALLBACK, CANCELLED, ERROR, STEP, TICKS, VALUE } from "../format/schema.ts";
import { READY, WAITING } from "./columns.ts";
import { groupsOf, type TaskGroup } from "./groups.ts";
import type { Timeline } from "./timeline.ts";

/** Waits of one place, or of one kind. Tasks wait side by side: sums exceed the time that the program took. */
export interface WaitTotal {
  readonly count: number;
  readonly total: number;
  /** Of `total`, waits that no task of the trace ended: timers, the network, other hosts' work. */
  readonly outside: number;
  readonly longest: number;
  /** The span that was longest. */
  readonly span: number;
}

export interface PlaceTotal extends WaitTotal {
  readonly place: number;
}

export interface KindTotal extends WaitTotal {
  readonly kind: string;
}

/** A step, or a callback outside tasks, that took long. */
export interface LongRun {
  /** 0 for a callback. */
  readonly task: number;
  readonly start: number;
  /** Real milliseconds. */
  readonly duration: number;
  /** Where the task stood before the step, 0 for its first; the place of a callback. */
  readonly from: number;
  /** Where the step led to; 0: it ended the task. */
  readonly to: number;
  /** −1 for a callback. */
  readonly span: number;
}

export interface Totals {
  readonly start: number;
  readonly end: number;
  readonly tasks: {
    readonly count: number;
    readonly values: number;
    readonly errors: number;
    readonly cancelled: number;
    /** Not ended when the trace ends. */
    readonly open: number;
    /** Most that were there at once. */
    readonly mostAtOnce: number;
  };
  readonly steps: number;
  /** Real milliseconds in which the loop ran steps and long callbacks. */
  readonly busy: number;
  /** What tasks spent waiting, and what they spent ready while the loop ran others. */
  readonly waiting: number;
  readonly ready: number;
  readonly longestReady: number;
  /** The longest in total first. */
  readonly byPlace: readonly PlaceTotal[];
  readonly byKind: readonly KindTotal[];
  /** Steps and callbacks, the longest first: those of at least `slow`, at most `most`. */
  readonly longest: readonly LongRun[];
  readonly groups: readonly TaskGroup[];
}

export interface TotalsOptions {
  /** Milliseconds from which a step is one of `longest`: 0 unless given. */
  readonly slow?: number;
  /** How many of `longest` there are at most: 20 unless given. */
  readonly most?: number;
}

/**
 * Sums up a timeline. Takes time in proportion to its spans.
 *
 * @example
 * ```ts
 * import { gather, run, sleep } from "brigade";
 * import { readTrace, recorder, timelineOf, totals } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(gather([sleep("5ms"), sleep("20ms")]), { observer });
 * const timeline = timelineOf(readTrace(observer.bytes()));
 * for (const { kind, count, total } of totals(timeline).byKind) console.log(kind, count, total);
 * ```
 */
export function totals(timeline: Timeline, options: TotalsOptions = {}): Totals {
  const { slow = 0, most = 20 } = options;
  const waits = new WaitSums(timeline);
  const longest = new Longest(slow, most);
  const busy = runs(timeline, longest);
  return {
    start: timeline.start,
    end: timeline.end,
    tasks: taskTotals(timeline),
    ...busy,
    waiting: waits.waiting,
    ready: waits.ready,
    longestReady: waits.longestReady,
    byPlace: waits.byPlace(),
    byKind: waits.byKind(),
    longest: longest.found.map(({ event, duration }) => longRun(timeline, event, duration)),
    groups: groupsOf(timeline).groups,
  };
}

/** Sums over WAITING and READY spans. */
class WaitSums {
  waiting = 0;
  ready = 0;
  longestReady = 0;
  readonly #timeline: Timeline;
  // By place:
  readonly #count: Uint32Array;
  readonly #total: Float64Array;
  readonly #outside: Float64Array;
  readonly #longest: Float64Array;
  readonly #span: Uint32Array;

  constructor(timeline: Timeline) {
    const places = Math.max(1, timeline.placeCount);
    this.#timeline = timeline;
    this.#count = new Uint32Array(places);
    this.#total = new Float64Array(places);
    this.#outside = new Float64Array(places);
    this.#longest = new Float64Array(places).fill(-1);
    this.#span = new Uint32Array(places);
    const { spanCount, spanState, spanStart, spanEnd } = timeline;
    for (let span = 0; span < spanCount; span++) {
      const length = (spanEnd[span] as number) - (spanStart[span] as number);
      if (spanState[span] === WAITING) this.#add(span, length);
      else if (spanState[span] === READY) {
        this.ready += length;
        if (length > this.longestReady) this.longestReady = length;
      }
    }
  }

  #add(span: number, length: number): void {
    const place = this.#timeline.spanPlace[span] as number;
    this.waiting += length;
    (this.#count[place] as number)++;
    (this.#total[place] as number) += length;
    if (this.#timeline.spanBy[span] === 0) (this.#outside[place] as number) += length;
    if (length <= (this.#longest[place] as number)) return;
    this.#longest[place] = length;
    this.#span[place] = span;
  }

  byPlace(): PlaceTotal[] {
    const rows: PlaceTotal[] = [];
    for (let place = 0; place < this.#count.length; place++) {
      if (this.#count[place] === 0) continue;
      rows.push({
        place,
        count: this.#count[place] as number,
        total: this.#total[place] as number,
        outside: this.#outside[place] as number,
        longest: this.#longest[place] as number,
        span: this.#span[place] as number,
      });
    }
    return rows.sort((a, b) => b.total - a.total);
  }

  byKind(): KindTotal[] {
    const kinds = new Map<string, KindTotal>();
    for (const row of this.byPlace()) {
      const { kind } = this.#timeline.place(row.place);
      const sum = kinds.get(kind);
      const longer = sum === undefined || row.longest > sum.longest ? row : sum;
      kinds.set(kind, {
        kind,
        count: row.count + (sum?.count ?? 0),
        total: row.total + (sum?.total ?? 0),
        outside: row.outside + (sum?.outside ?? 0),
        longest: longer.longest,
        span: longer.span,
      });
    }
    return [...kinds.values()].sort((a, b) => b.total - a.total);
  }
}

/** Keeps the longest runs, the longest first. */
class Longest {
  readonly found: { readonly event: number; readonly duration: number }[] = [];
  readonly #most: number;
  #least: number; // what is shorter is not kept

  constructor(slow: number, most: number) {
    this.#least = slow;
    this.#most = most;
  }

  add(event: number, duration: number): void {
    if (duration < this.#least || this.#most === 0) return;
    const full = this.found.length === this.#most;
    if (full && duration <= (this.found.at(-1) as { duration: number }).duration) return;
    if (full) this.found.pop();
    let at = this.found.length;
    while (at > 0 && (this.found[at - 1] as { duration: number }).duration < duration) at--;
    this.found.splice(at, 0, { event, duration });
    if (this.found.length === this.#most) this.#least = (this.found.at(-1) as { duration: number }).duration;
  }
}

/**
 * Goes backwards: a step that ran inside another one (an eager task's) stands before it, and its time is that of the other
 * one already. A virtual clock does not tell one from the other.
 */
function runs({ trace, virtual }: Timeline, longest: Longest): { steps: number; busy: number } {
  const { count, type, time, a } = trace;
  let steps = 0;
  let busy = 0;
  let outer = Infinity; // when what was last counted began
  for (let i = count - 1; i >= 0; i--) {
    const kind = type[i];
    if (kind !== STEP && kind !== CALLBACK) continue;
    if (kind === STEP) steps++;
    const duration = (a[i] as number) / TICKS;
    longest.add(i, duration);
    if (!virtual && (time[i] as number) >= outer) continue;
    outer = time[i] as number;
    busy += duration;
  }
  return { steps, busy };
}

function longRun(timeline: Timeline, event: number, duration: number): LongRun {
  const { trace, spanEvent, spanPlace } = timeline;
  const start = trace.time[event] as number;
  if (trace.type[event] === CALLBACK) {
    return { task: 0, start, duration, from: trace.b[event] as number, to: 0, span: -1 };
  }
  const task = timeline.taskWithId(trace.task[event] as number);
  const [first, to] = timeline.spansOf(task);
  let span = first;
  while (span < to && spanEvent[span] !== event + 1) span++;
  const from = span > first ? (spanPlace[span - 1] as number) : 0;
  return { task, start, duration, from, to: spanPlace[span] ?? 0, span };
}

function taskTotals({ taskCount, created, ended, outcome, start, end }: Timeline): Totals["tasks"] {
  const counts = { [VALUE]: 0, [ERROR]: 0, [CANCELLED]: 0 };
  let open = 0;
  const begins = new Float64Array(taskCount);
  const ends = new Float64Array(taskCount);
  for (let task = 1; task <= taskCount; task++) {
    const how = outcome[task] as number;
    if (how === VALUE || how === ERROR || how === CANCELLED) counts[how]++;
    if (ended[task] === Infinity) open++;
    begins[task - 1] = Math.max(start, created[task] as number);
    ends[task - 1] = Math.min(end, ended[task] as number);
  }
  const mostAtOnce = mostOverlapping(begins.sort(), ends.sort());
  return {
    count: taskCount,
    values: counts[VALUE],
    errors: counts[ERROR],
    cancelled: counts[CANCELLED],
    open,
    mostAtOnce,
  };
}

function mostOverlapping(begins: Float64Array, ends: Float64Array): number {
  let most = 0;
  let over = 0;
  for (let i = 0; i < begins.length; i++) {
    while ((ends[over] as number) < (begins[i] as number)) over++;
    most = Math.max(most, i + 1 - over);
  }
  return most;
}
