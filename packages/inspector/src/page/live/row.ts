/** A row of the task table, whether it came from the running program or from its flight recorder. */
import { placeText, stateName, type TaskAt, type TaskRow, type Timeline } from "brigade/trace";
import { placeWords, resourceWords } from "../words.ts";

export interface LiveRow {
  readonly key: string;
  readonly depth: number;
  readonly children: number;
  readonly open: boolean;
  readonly count: number;
  readonly name: string;
  readonly root: string;
  readonly state: "running" | "ready" | "waiting";
  readonly cancelling: boolean;
  /** Milliseconds. */
  readonly age: number | undefined;
  readonly since: number | undefined;
  readonly waits: string;
  /** What the waited for is, where it is a task. */
  readonly on: { readonly key: string; readonly name: string } | undefined;
  readonly holds: string;
  readonly frames: TaskRow["frames"];
}

export function rowOf(row: TaskRow): LiveRow {
  const { waitsFor, holds } = row;
  const { key, depth, children, open, count, name, root, state, cancelling, age, since, frames } = row;
  return {
    ...{ key, depth, children, open, count, name, root, state, cancelling, age, since, frames },
    waits: waitsFor === undefined ? "" : placeText({ ...waitsFor, frames: [], exact: false }),
    on: waitsFor?.on === undefined ? undefined : { key: `t${waitsFor.on.task}`, name: waitsFor.on.name },
    holds: holds.map(resourceWords).join(", "),
  };
}

/** The tasks of a moment as a tree: below whoever made them, as far as that one was still there. */
export function rowsAt(
  timeline: Timeline,
  tasks: readonly TaskAt[],
  time: number,
  closed: ReadonlySet<string>,
): LiveRow[] {
  const here = new Map(tasks.map((task) => [task.task, task]));
  const below = new Map<number, TaskAt[]>();
  for (const task of tasks) {
    let parent = timeline.parent[task.task] as number;
    while (parent !== 0 && !here.has(parent)) parent = timeline.parent[parent] as number;
    const siblings = below.get(parent);
    if (siblings) siblings.push(task);
    else below.set(parent, [task]);
  }
  const rows: LiveRow[] = [];
  const walk = [{ tasks: below.get(0) ?? [], next: 0 }];
  for (let level = walk.at(-1); level !== undefined; level = walk.at(-1)) {
    const task = level.tasks[level.next++];
    if (task === undefined) {
      walk.pop();
      continue;
    }
    const children = below.get(task.task) ?? [];
    const key = `t${timeline.id[task.task] ?? 0}`;
    const open = !closed.has(key);
    rows.push(pastRow(timeline, task, { key, depth: walk.length - 1, children: children.length, open }, time));
    if (open && children.length > 0) walk.push({ tasks: children, next: 0 });
  }
  return rows;
}

function pastRow(
  timeline: Timeline,
  { task, name, state, place, since, holds, waitsFor }: TaskAt,
  position: Pick<LiveRow, "key" | "depth" | "children" | "open">,
  time: number,
): LiveRow {
  const created = timeline.created[task] as number;
  const on = waitsFor?.task;
  const where = timeline.place(place);
  return {
    ...position,
    count: 1,
    name,
    root: timeline.coroutine(task),
    state: stateName(state),
    cancelling: (timeline.cancelledAt[task] as number) <= time,
    age: created === -Infinity ? undefined : time - created,
    since: time - since,
    waits: state === 2 ? placeWords(where) : "",
    on: on === undefined ? undefined : { key: `t${timeline.id[on] ?? 0}`, name: timeline.name(on) },
    holds: holds.map((resource) => resourceWords(timeline.resource(resource))).join(", "),
    frames: where.frames,
  };
}
