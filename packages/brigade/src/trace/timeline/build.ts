/** Makes the tasks and spans of a trace, in a few walks over its events: ten million take about a second. */
import type { Trace } from "../format/reader.ts";
import { CANCEL, CREATED, DONE, NAMED, STEP } from "../format/schema.ts";
import type { TaskColumns } from "./columns.ts";
import { type Rows, rowsOf } from "./rows.ts";
import { spansFrom } from "./spans.ts";
import { survey } from "./survey.ts";
import { Timeline } from "./timeline.ts";

/**
 * The tasks of the trace and what each did when. A trace that begins in the middle, as a flight recorder's does, has tasks
 * of which the beginning is not known; one that is broken off ends there. Needs memory in proportion to the events,
 * whatever numbers stand in them.
 *
 * @example
 * ```ts
 * import { createTask, run, sleep } from "brigade";
 * import { readTrace, recorder, timelineOf } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(function* () {
 *   const other = createTask(sleep("5ms"), { name: "other" });
 *   yield* other;
 * }, { observer });
 * const timeline = timelineOf(readTrace(observer.bytes()));
 * console.log([...timeline.children(1)].map((task) => timeline.name(task)));
 * ```
 */
export function timelineOf(trace: Trace): Timeline {
  const surveyed = survey(trace);
  if (!surveyed.finite) return timelineOf(withFiniteTimes(trace));
  const rows = rowsOf(trace, surveyed.highestId);
  const tasks = tasksFrom(trace, rows);
  const spans = spansFrom(trace, rows, tasks, surveyed);
  const { start, end, virtual } = surveyed;
  return new Timeline(trace, { start, end, virtual, taskCount: rows.count, id: rows.ids, ...tasks, ...spans });
}

/** A foreign file may hold times that are no numbers: each becomes the time before it. */
function withFiniteTimes(trace: Trace): Trace {
  let last = trace.time.find(Number.isFinite) ?? 0;
  const time = trace.time.map((at) => (last = Number.isFinite(at) ? at : last));
  return { ...trace, time };
}

function tasksFrom(trace: Trace, rows: Rows): TaskColumns {
  const { count, type, time, task, a, b } = trace;
  const size = rows.count + 1;
  const parent = new Uint32Array(size);
  const created = new Float64Array(size).fill(-Infinity);
  const ended = new Float64Array(size).fill(Infinity);
  const outcome = new Uint8Array(size);
  const givenName = new Uint32Array(size);
  const rootCoroutine = new Uint32Array(size);
  const message = new Uint32Array(size);
  const number = new Uint32Array(size);
  const cancelledBy = new Uint32Array(size);
  const cancelledAt = new Float64Array(size).fill(NaN);
  for (let i = 0; i < count; i++) {
    const kind = type[i];
    if (kind === STEP || (kind !== CREATED && kind !== NAMED && kind !== DONE && kind !== CANCEL)) continue;
    const row = rows.rowOf(task[i] as number);
    if (row === 0) continue;
    if (kind === CREATED) {
      const maker = rows.rowOf(a[i] as number);
      parent[row] = maker < row ? maker : 0; // made later than its child: no file of ours says so
      created[row] = time[i] as number;
      rootCoroutine[row] = b[i] as number;
    } else if (kind === NAMED) {
      givenName[row] = a[i] as number;
      number[row] = b[i] as number;
    } else if (kind === DONE) {
      outcome[row] = a[i] as number;
      message[row] = b[i] as number;
      ended[row] = time[i] as number;
    } else if (Number.isNaN(cancelledAt[row])) {
      cancelledBy[row] = rows.rowOf(a[i] as number);
      cancelledAt[row] = time[i] as number;
    }
  }
  const known = { parent, created, ended, outcome, givenName, rootCoroutine, message, number };
  return { ...known, cancelledBy, cancelledAt, ...childrenFrom(parent) };
}

/** Tasks sorted by their parent, each parent's in the order of creation. */
function childrenFrom(parent: Uint32Array): Pick<TaskColumns, "childFrom" | "childTask"> {
  const size = parent.length;
  const childFrom = new Uint32Array(size + 1);
  for (let task = 1; task < size; task++) (childFrom[(parent[task] as number) + 1] as number)++;
  for (let task = 0; task < size; task++) (childFrom[task + 1] as number) += childFrom[task] as number;
  const next = childFrom.slice();
  const childTask = new Uint32Array(size - 1);
  for (let task = 1; task < size; task++) childTask[(next[parent[task] as number] as number)++] = task;
  return { childFrom, childTask };
}
