/** The rows that are on the page: the task tree, without what is folded away. */
import type { Timeline } from "brigade/trace";
import type { Groups } from "./groups.ts";

/** What a row shows: a task is its own number, a group is minus its own. */
export type RowKey = number;

export interface Rows {
  readonly count: number;
  readonly key: Int32Array;
  readonly depth: Uint16Array;
  /** 1 where a row stands for what is below it as well, which has no row. */
  readonly folded: Uint8Array;
  /** The row of each task, or of what it is folded into. */
  readonly rowOfTask: Int32Array;
}

/** Tasks show what is below them, groups do not, unless they are among the `toggled`. */
export function isOpen(key: RowKey, toggled: ReadonlySet<RowKey>): boolean {
  return key > 0 !== toggled.has(key);
}

export function hasChildren(timeline: Timeline, key: RowKey): boolean {
  if (key < 0) return true;
  return timeline.childFrom[key] !== timeline.childFrom[key + 1];
}

export function rowsOf(timeline: Timeline, groups: Groups, toggled: ReadonlySet<RowKey>): Rows {
  const list = new RowList(timeline.taskCount);
  const rowOfTask = new Int32Array(timeline.taskCount + 1).fill(-1);
  const walk: Walk[] = [{ tasks: timeline.children(0), next: 0, depth: 0, isGroup: false }];
  for (let at = walk.at(-1); at !== undefined; at = walk.at(-1)) {
    const task = at.tasks[at.next++];
    if (task === undefined) {
      walk.pop();
      continue;
    }
    const group = at.isGroup ? 0 : (groups.of[task] as number);
    if (group !== 0) {
      const tasks = groups.member.subarray(groups.from[group], groups.from[group + 1]);
      if (tasks[0] !== task) continue; // the group has its row already
      const open = isOpen(-group, toggled);
      const row = list.add(-group, at.depth, !open);
      if (open) walk.push({ tasks, next: 0, depth: at.depth + 1, isGroup: true });
      else for (const member of tasks) rowOfTask[member] = row;
      continue;
    }
    const children = timeline.children(task);
    const open = children.length > 0 && isOpen(task, toggled);
    rowOfTask[task] = list.add(task, at.depth, children.length > 0 && !open);
    if (open) walk.push({ tasks: children, next: 0, depth: at.depth + 1, isGroup: false });
  }
  // A parent's number is less than its children's.
  for (let task = 1; task <= timeline.taskCount; task++) {
    if (rowOfTask[task] === -1) rowOfTask[task] = rowOfTask[timeline.parent[task] as number] as number;
  }
  return { ...list.rows(), rowOfTask };
}

interface Walk {
  readonly tasks: Uint32Array;
  next: number;
  readonly depth: number;
  /** They are members of one group, and not to be put into it again. */
  readonly isGroup: boolean;
}

class RowList {
  #count = 0;
  #key: Int32Array;
  #depth: Uint16Array;
  #folded: Uint8Array;

  constructor(most: number) {
    const room = Math.min(most + 16, 1_024);
    this.#key = new Int32Array(room);
    this.#depth = new Uint16Array(room);
    this.#folded = new Uint8Array(room);
  }

  add(key: RowKey, depth: number, folded: boolean): number {
    if (this.#count === this.#key.length) this.#grow();
    const row = this.#count++;
    this.#key[row] = key;
    this.#depth[row] = Math.min(depth, 0xffff);
    this.#folded[row] = folded ? 1 : 0;
    return row;
  }

  #grow(): void {
    const room = this.#key.length * 2;
    const key = new Int32Array(room);
    key.set(this.#key);
    const depth = new Uint16Array(room);
    depth.set(this.#depth);
    const folded = new Uint8Array(room);
    folded.set(this.#folded);
    this.#key = key;
    this.#depth = depth;
    this.#folded = folded;
  }

  rows(): Omit<Rows, "rowOfTask"> {
    const count = this.#count;
    return {
      count,
      key: this.#key.subarray(0, count),
      depth: this.#depth.subarray(0, count),
      folded: this.#folded.subarray(0, count),
    };
  }
}

/** Opens whatever hides the task's row. */
export function revealing(
  timeline: Timeline,
  groups: Groups,
  toggled: ReadonlySet<RowKey>,
  task: number,
): ReadonlySet<RowKey> {
  const opened = new Set(toggled);
  const open = (key: RowKey): void => {
    if (isOpen(key, opened)) return;
    if (key > 0) opened.delete(key);
    else opened.add(key);
  };
  for (let at = task; at !== 0; at = timeline.parent[at] as number) {
    const group = groups.of[at] as number;
    if (group !== 0) open(-group);
    const parent = timeline.parent[at] as number;
    if (parent !== 0) open(parent);
  }
  return opened;
}
