/** A program as it stood at a moment of its trace. */
import { ACQUIRED, RELEASED } from "../format/schema.ts";
import type { WaitCycle } from "../live/protocol.ts";
import { waitCycles } from "../live/cycles.ts";
import { type SpanState, WAITING } from "./columns.ts";
import { resourceText } from "./tables.ts";
import type { Timeline, WaitTarget } from "./timeline.ts";

/** A task that had not ended. */
export interface TaskAt {
  readonly task: number;
  readonly name: string;
  readonly state: SpanState;
  readonly place: number;
  /** When the state began. */
  readonly since: number;
  readonly span: number;
  /** What it waits for, where the trace tells. */
  readonly waitsFor?: WaitTarget;
  /** Resources that it had acquired and not given back. */
  readonly holds: readonly number[];
}

export interface Moment {
  readonly time: number;
  /** In the order of their creation. */
  readonly tasks: readonly TaskAt[];
  /** How many of the permits that tasks hold are each resource's; by the number of the resource. */
  readonly held: ReadonlyMap<number, number>;
}

const NONE: readonly number[] = [];

/**
 * The tasks that were there at `time`, in milliseconds on the trace's clock: what each did, where, since when, for what it waited
 * and what it held. Where a virtual clock stood still for several steps, as it was after the last of them. What a task
 * acquired before the trace begins is not known.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { readTrace, recorder, stateAt, timelineOf } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(sleep("20ms"), { observer });
 * const timeline = timelineOf(readTrace(observer.bytes()));
 * for (const { name, place } of stateAt(timeline, timeline.start + 10).tasks) console.log(name, timeline.place(place).kind);
 * ```
 */
export function stateAt(timeline: Timeline, time: number): Moment {
  const { held, holds } = holdings(timeline, time);
  const tasks: TaskAt[] = [];
  for (let task = 1; task <= timeline.taskCount; task++) {
    const span = timeline.spanAt(task, time);
    if (span < 0) continue;
    const state = timeline.spanState[span] as SpanState;
    const waitsFor = state === WAITING ? timeline.waitsFor(span) : undefined;
    tasks.push({
      task,
      name: timeline.name(task),
      state,
      place: timeline.spanPlace[span] as number,
      since: timeline.spanStart[span] as number,
      span,
      ...(waitsFor && { waitsFor }),
      holds: holds.get(task) ?? NONE,
    });
  }
  return { time, tasks, held };
}

/**
 * Circles of tasks that wait for one another at this moment; see `waitCycles`. Tasks are rows of the timeline.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { cyclesOf, readTrace, recorder, stateAt, timelineOf } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(sleep("20ms"), { observer });
 * const timeline = timelineOf(readTrace(observer.bytes()));
 * for (const { text } of cyclesOf(timeline, stateAt(timeline, timeline.end))) console.log(text);
 * ```
 */
export function cyclesOf(timeline: Timeline, moment: Moment): WaitCycle[] {
  const tasks = moment.tasks.map(({ task, name, holds, waitsFor }) => ({
    id: task,
    name,
    holds,
    ...(waitsFor && { waitsFor }),
  }));
  return waitCycles(tasks, (resource) => resourceText(timeline.resource(resource)));
}

/** Who holds what: a permit that another task gives back than the one that took it is taken off whoever took it first. */
function holdings(timeline: Timeline, until: number): { held: Map<number, number>; holds: Map<number, number[]> } {
  const { count, type, time, task, a } = timeline.trace;
  const holders = new Map<number, number[]>(); // by resource
  for (let i = 0; i < count; i++) {
    const kind = type[i];
    if ((kind !== ACQUIRED && kind !== RELEASED) || (time[i] as number) > until) continue;
    const resource = a[i] as number;
    const who = timeline.taskWithId(task[i] as number);
    const list = holders.get(resource) ?? [];
    if (kind === ACQUIRED) list.push(who);
    else list.splice(Math.max(0, list.indexOf(who)), 1);
    holders.set(resource, list);
  }
  const held = new Map<number, number>();
  const holds = new Map<number, number[]>();
  for (const [resource, list] of holders) {
    if (list.length > 0) held.set(resource, list.length);
    for (const who of list) holds.set(who, [...(holds.get(who) ?? []), resource]);
  }
  return { held, holds };
}
