/** Siblings that run the same coroutine, taken together: what a list of a hundred thousand tasks is folded by. */
import type { Timeline } from "brigade/trace";

/** So many siblings of one coroutine make a group. */
const LEAST = 6;

/** Groups count from 1. */
export interface Groups {
  readonly count: number;
  /** The group of a task; 0 for none. */
  readonly of: Uint32Array;
  /** The task whose children they are; 0: roots. */
  readonly parent: Uint32Array;
  /** The coroutine that they run, a string of the trace. */
  readonly coroutine: Uint32Array;
  /** The members of group `g` stand in `member` from `from[g]` up to `from[g + 1]`. */
  readonly from: Uint32Array;
  readonly member: Uint32Array;
}

export function groupsOf(timeline: Timeline): Groups {
  const { taskCount, childFrom, childTask, rootCoroutine } = timeline;
  const of = new Uint32Array(taskCount + 1);
  const parents: number[] = [0];
  const coroutines: number[] = [0];
  const members: number[][] = [[]];
  const byCoroutine = new Map<number, number[]>();
  for (let parent = 0; parent <= taskCount; parent++) {
    const first = childFrom[parent] as number;
    const last = childFrom[parent + 1] as number;
    if (last - first < LEAST) continue;
    byCoroutine.clear();
    for (let i = first; i < last; i++) {
      const task = childTask[i] as number;
      const coroutine = rootCoroutine[task] as number;
      const alike = byCoroutine.get(coroutine);
      if (alike) alike.push(task);
      else byCoroutine.set(coroutine, [task]);
    }
    for (const [coroutine, alike] of byCoroutine) {
      if (alike.length < LEAST) continue;
      for (const task of alike) of[task] = parents.length;
      parents.push(parent);
      coroutines.push(coroutine);
      members.push(alike);
    }
  }
  return { count: parents.length - 1, of, ...columnsOf(parents, coroutines, members) };
}

type Columns = Pick<Groups, "parent" | "coroutine" | "from" | "member">;

function columnsOf(parents: readonly number[], coroutines: readonly number[], members: readonly number[][]): Columns {
  const from = new Uint32Array(parents.length + 1);
  for (const [group, { length }] of members.entries()) from[group + 1] = (from[group] as number) + length;
  const member = new Uint32Array(from.at(-1) ?? 0);
  for (const [group, tasks] of members.entries()) member.set(tasks, from[group]);
  return { parent: Uint32Array.from(parents), coroutine: Uint32Array.from(coroutines), from, member };
}
