/** Tasks that run the same coroutine for the same kind of parent, summed up: what a picture shows in one line. */
import { READY, RUNNING } from "./columns.ts";
import type { Timeline } from "./timeline.ts";

/** Siblings, and cousins of the same descent, that run the same coroutine. */
export interface TaskGroup {
  /** The task's name where there is one task; else the name of the coroutine. */
  readonly name: string;
  /** Which of `groups` their makers are in; −1 for roots. */
  readonly parent: number;
  readonly depth: number;
  readonly tasks: number;
  /** The first of them. */
  readonly first: number;
  /** From the first creation to the last end. */
  readonly start: number;
  readonly end: number;
  /** Milliseconds, summed over the tasks; `running` is real time. */
  readonly running: number;
  readonly waiting: number;
  readonly ready: number;
  /** How many have failed, and how many are open. */
  readonly errors: number;
  readonly open: number;
}

type Growing = { -readonly [K in keyof TaskGroup]: TaskGroup[K] } & { readonly children: number[] };

export interface Groups {
  /** Each stands after its parent and before the parent's next sibling, in the order of creation. */
  readonly groups: TaskGroup[];
  /** By task, an index of `groups`; that of row 0 is −1. */
  readonly groupOf: Int32Array;
}

export function groupsOf(timeline: Timeline): Groups {
  const groups: Growing[] = [];
  const groupOf = new Int32Array(timeline.taskCount + 1).fill(-1);
  const byKey = new Map<string, number>();
  for (let task = 1; task <= timeline.taskCount; task++) {
    const parent = groupOf[timeline.parent[task] as number] as number;
    const coroutine = timeline.rootCoroutine[task] as number;
    // A task of which only the given name is known is like others of that name.
    const key = `${parent} ${coroutine === 0 ? `named ${timeline.givenName[task]}` : coroutine}`;
    let group = byKey.get(key);
    if (group === undefined) {
      byKey.set(key, (group = groups.length));
      groups.push(begun(timeline, task, parent, (groups[parent]?.depth ?? -1) + 1));
      groups[parent]?.children.push(group);
    }
    groupOf[task] = group;
    add(timeline, groups[group] as Growing, task);
  }
  const { ordered, place } = inOrder(groups);
  return { groups: ordered, groupOf: groupOf.map((group) => (group < 0 ? -1 : (place[group] as number))) };
}

function begun(timeline: Timeline, task: number, parent: number, depth: number): Growing {
  const sums = { tasks: 0, start: Infinity, end: -Infinity, running: 0, waiting: 0, ready: 0, errors: 0, open: 0 };
  return { name: timeline.name(task), parent, depth, first: task, ...sums, children: [] };
}

function add(timeline: Timeline, group: Growing, task: number): void {
  const { spanState, spanStart, spanEnd } = timeline;
  group.tasks++;
  if (group.tasks === 2) group.name = timeline.coroutine(group.first) || group.name;
  group.start = Math.min(group.start, Math.max(timeline.start, timeline.created[task] as number));
  group.end = Math.max(group.end, Math.min(timeline.end, timeline.ended[task] as number));
  if (timeline.outcome[task] === 2) group.errors++;
  if (timeline.ended[task] === Infinity) group.open++;
  const [from, to] = timeline.spansOf(task);
  for (let span = from; span < to; span++) {
    const length = (spanEnd[span] as number) - (spanStart[span] as number);
    if (spanState[span] === RUNNING) group.running += timeline.virtual ? timeline.ran(span) : length;
    else if (spanState[span] === READY) group.ready += length;
    else group.waiting += length;
  }
}

/** The groups in the order of their tree, and by the place where they stood, where they stand. */
function inOrder(groups: readonly Growing[]): { ordered: TaskGroup[]; place: Int32Array } {
  const ordered: TaskGroup[] = [];
  const place = new Int32Array(groups.length);
  const waiting: number[] = []; // a tree of tasks may be deeper than the JavaScript stack
  for (const [index, { parent }] of groups.entries()) if (parent < 0) waiting.push(index);
  waiting.reverse();
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const { children, ...group } = groups[index] as Growing;
    place[index] = ordered.length;
    ordered.push({ ...group, parent: group.parent < 0 ? -1 : (place[group.parent] as number) });
    for (let child = children.length - 1; child >= 0; child--) waiting.push(children[child] as number);
  }
  return { ordered, place };
}
