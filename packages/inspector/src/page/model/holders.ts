/** Who holds something that tasks share, at a moment of the trace. */
import { ACQUIRED, RELEASED, type Timeline } from "brigade/trace";

const MOST = 50;

/** Tasks by row, the longest holder first; only what the trace saw being acquired. */
export function holdersOf(timeline: Timeline, resource: number, time: number): number[] {
  const { trace } = timeline;
  const held = new Map<number, number>();
  for (let i = 0; i < trace.count; i++) {
    const type = trace.type[i];
    if ((type !== ACQUIRED && type !== RELEASED) || trace.a[i] !== resource) continue;
    if ((trace.time[i] as number) > time) break;
    const task = trace.task[i] as number;
    const permits = (held.get(task) ?? 0) + (type === ACQUIRED ? 1 : -1);
    if (permits > 0) held.set(task, permits);
    else held.delete(task);
  }
  return [...held.keys()]
    .slice(0, MOST)
    .map((id) => timeline.taskWithId(id))
    .filter((task) => task !== 0);
}
