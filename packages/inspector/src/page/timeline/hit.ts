/** What of the lanes is at a point of the canvas. */
import { RUNNING } from "brigade/trace";
import { type Geometry, rowAt, scaleOf, timeAt, TOP } from "../draw/geometry.ts";
import type { Selection } from "../draw/scene.ts";
import { firstAbove } from "../model/track.ts";
import type { TimelineState } from "./state.ts";

const REACH = 3; // pixels: a narrow step can be hit beside itself
const MOST_LOOKED = 200;

export function hit(state: TimelineState, x: number, y: number, geometry: Geometry): Selection | undefined {
  if (y < TOP) return undefined;
  const rows = state.rows.value;
  const row = rowAt(y, geometry);
  const key = rows.key[row];
  if (key === undefined) return undefined;
  if (x < geometry.gutter) return { key, span: -1 };
  const time = timeAt(x, geometry);
  const reach = REACH * scaleOf(geometry);
  if (rows.folded[row] === 1) return { key, span: -1 };
  return { key, span: key > 0 ? spanNear(state, key, time, reach) : -1 };
}

/** The longest step that is within reach; otherwise what the task does at that time. */
function spanNear({ opened: { timeline } }: TimelineState, task: number, time: number, reach: number): number {
  const [first, last] = timeline.spansOf(task);
  let best = -1;
  let longest = -1;
  let span = firstAbove(timeline.spanEnd, time - reach, first, last);
  for (let looked = 0; span < last && looked < MOST_LOOKED; span++, looked++) {
    const start = timeline.spanStart[span] as number;
    if (start > time + reach) break;
    const took = (timeline.spanEnd[span] as number) - start;
    if (timeline.spanState[span] !== RUNNING || took <= longest) continue;
    best = span;
    longest = took;
  }
  const here = timeline.spanAt(task, time);
  // Where a step is as wide as the reach, what is right under the pointer counts.
  if (here >= 0 && (best < 0 || (longest >= reach && here !== best && !contains(timeline, best, time)))) return here;
  return best < 0 ? here : best;
}

function contains(timeline: TimelineState["opened"]["timeline"], span: number, time: number): boolean {
  return (timeline.spanStart[span] as number) <= time && time <= (timeline.spanEnd[span] as number);
}
