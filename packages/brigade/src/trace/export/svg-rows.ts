/** Which tasks share a row of a picture. */
import { groupsOf, type TaskGroup } from "../timeline/groups.ts";
import type { Timeline } from "../timeline/timeline.ts";

export interface Row {
  readonly label: string;
  readonly depth: number;
  readonly tasks: readonly number[];
}

/** A row per task where there are few; else a row per group of tasks; and where these are too many, the rest in the last row. */
export function rowsOf(timeline: Timeline, most: number): Row[] {
  if (timeline.taskCount <= most) return taskRows(timeline);
  const { groups, groupOf } = groupsOf(timeline);
  const rows = groups.map((group) => ({ label: labelOf(group), depth: group.depth, tasks: [] as number[] }));
  for (let task = 1; task <= timeline.taskCount; task++) rows[groupOf[task] as number]?.tasks.push(task);
  if (rows.length <= most) return rows;
  const rest = rows.slice(most - 1);
  const tasks = rest.flatMap((row) => row.tasks);
  return [...rows.slice(0, most - 1), { label: `${rest.length} more groups, ${tasks.length} tasks`, depth: 0, tasks }];
}

function taskRows(timeline: Timeline): Row[] {
  const depths = new Uint32Array(timeline.taskCount + 1);
  return Array.from(timeline.inTreeOrder(), (task) => {
    const parent = timeline.parent[task] as number;
    const depth = parent === 0 ? 0 : (depths[parent] as number) + 1;
    depths[task] = depth;
    return { label: timeline.name(task), depth, tasks: [task] };
  });
}

function labelOf({ name, tasks }: TaskGroup): string {
  return tasks === 1 ? name : `${name} × ${tasks}`;
}
