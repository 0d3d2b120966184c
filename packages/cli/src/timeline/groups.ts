/**
 * The tasks of a trace as a tree that fits a screen: each task a row of its own where its siblings of one kind are few, one
 * row for all of them where they are many, and for what those make again.
 */
import type { Timeline } from "brigade/trace";

/** How many siblings of one kind are shown one by one. */
const few = 8;

export interface Group {
  readonly name: string;
  /** How deep it stands; roots at 0. */
  readonly depth: number;
  /** Numbers of groups. */
  readonly children: number[];
  tasks: number;
  /** From the creation of its first task to the end of its last. */
  start: number;
  end: number;
  /** The lives of its tasks together. */
  time: number;
}

export interface Groups {
  /** The first holds the roots, and is none itself. */
  readonly list: readonly Group[];
  /** The number of each task's group. */
  readonly of: Uint32Array;
}

/** `called`: only tasks of this name or coroutine, and what they made. */
export function groupsOf(timeline: Timeline, called?: string): Groups {
  return new Grouping(timeline, called).groups();
}

class Grouping {
  readonly #timeline: Timeline;
  readonly #called: string | undefined;
  readonly #roots: readonly number[] | Uint32Array;
  readonly #kinds: Uint32Array; // of each task
  readonly #kindNames: string[] = [];
  readonly #list: Group[] = [newGroup("", -1)];
  readonly #of: Uint32Array;
  readonly #merged: (Map<number, number> | undefined)[] = []; // of each group, by kind: its groups of many
  readonly #counts = new Map<number, Map<number, number>>(); // of tasks that have a row of their own: their children by kind

  constructor(timeline: Timeline, called: string | undefined) {
    this.#timeline = timeline;
    this.#called = called;
    this.#of = new Uint32Array(timeline.taskCount + 1);
    this.#kinds = this.#kindsOf();
    this.#roots = called === undefined ? timeline.children(0) : this.#topmost();
  }

  /** The tasks that are called so, without those that another of them made. */
  #topmost(): readonly number[] {
    const { taskCount, parent } = this.#timeline;
    const isBelow = new Uint8Array(taskCount + 1);
    const roots: number[] = [];
    for (let task = 1; task <= taskCount; task++) {
      isBelow[task] = isBelow[parent[task] as number] as number;
      if (isBelow[task] === 1 || !this.#isCalled(task)) continue;
      isBelow[task] = 1;
      roots.push(task);
    }
    return roots;
  }

  #isCalled(task: number): boolean {
    return this.#timeline.name(task) === this.#called || this.#timeline.coroutine(task) === this.#called;
  }

  groups(): Groups {
    const { taskCount, parent, created, ended, start, end } = this.#timeline;
    const isRoot = new Uint8Array(taskCount + 1);
    for (const task of this.#roots) isRoot[task] = 1;
    for (let task = 1; task <= taskCount; task++) {
      const maker = isRoot[task] === 1 ? 0 : (parent[task] as number);
      if (maker === 0 && isRoot[task] === 0) continue;
      if (maker > 0 && this.#of[maker] === 0) continue;
      const number = this.#isAlone(maker)
        ? this.#amongFew(task, maker)
        : this.#amongMany(task, this.#of[maker] as number);
      const group = this.#list[number] as Group;
      const from = Math.max(start, created[task] as number);
      const to = Math.min(end, ended[task] as number);
      group.tasks++;
      group.start = Math.min(group.start, from);
      group.end = Math.max(group.end, to);
      group.time += to - from;
      this.#of[task] = number;
    }
    return { list: this.#list, of: this.#of };
  }

  /** Whether what the task makes can be told apart by who made it. */
  #isAlone(maker: number): boolean {
    return maker === 0 || this.#counts.has(maker);
  }

  #amongFew(task: number, maker: number): number {
    const counts = this.#counts.get(maker) ?? this.#countChildren(maker);
    const kind = this.#kinds[task] as number;
    const siblings = counts.get(kind) as number;
    const above = this.#of[maker] as number;
    if (siblings > few) return this.#amongMany(task, above);
    this.#countChildren(task);
    return this.#add(above, this.#ownName(task, siblings > 1));
  }

  #amongMany(task: number, above: number): number {
    const kind = this.#kinds[task] as number;
    const merged = (this.#merged[above] ??= new Map<number, number>());
    let number = merged.get(kind);
    if (number === undefined) merged.set(kind, (number = this.#add(above, this.#kindNames[kind] as string)));
    return number;
  }

  #add(above: number, name: string): number {
    const parent = this.#list[above] as Group;
    const number = this.#list.push(newGroup(name, parent.depth + 1)) - 1;
    parent.children.push(number);
    return number;
  }

  #countChildren(maker: number): Map<number, number> {
    const counts = new Map<number, number>();
    for (const child of maker === 0 ? this.#roots : this.#timeline.children(maker)) {
      const kind = this.#kinds[child] as number;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    this.#counts.set(maker, counts);
    return counts;
  }

  /** A task is called by its name, or by its coroutine: what tells them apart is its number. */
  #ownName(task: number, hasTwins: boolean): string {
    const { givenName, number } = this.#timeline;
    if (givenName[task] !== 0) return this.#timeline.name(task);
    const coroutine = this.#timeline.coroutine(task);
    if (coroutine === "") return this.#timeline.name(task);
    return hasTwins && number[task] !== 0 ? `${coroutine} #${number[task]}` : coroutine;
  }

  /** Tasks are of one kind when their names, or without one their coroutines, differ in numbers alone. */
  #kindsOf(): Uint32Array {
    const { taskCount, givenName, rootCoroutine, trace } = this.#timeline;
    const kinds = new Uint32Array(taskCount + 1);
    const byString = new Map<number, number>();
    const byText = new Map<string, number>();
    for (let task = 1; task <= taskCount; task++) {
      const string = (givenName[task] || rootCoroutine[task]) ?? 0;
      let kind = byString.get(string);
      if (kind === undefined) {
        const text = (trace.strings[string] ?? "").replaceAll(/\d+/g, "#") || "task";
        kind = byText.get(text);
        if (kind === undefined) byText.set(text, (kind = this.#kindNames.push(text) - 1));
        byString.set(string, kind);
      }
      kinds[task] = kind;
    }
    return kinds;
  }
}

function newGroup(name: string, depth: number): Group {
  return { name, depth, children: [], tasks: 0, start: Infinity, end: -Infinity, time: 0 };
}

export interface Row {
  readonly number: number;
  readonly group: Group;
  /** Groups below it that are not shown. */
  readonly hidden: number;
}

export interface Choice {
  readonly rows: number;
  readonly depth: number;
  readonly from: number;
  readonly to: number;
}

/** The root and the groups to show, in the order of the tree: where there is no room for all, those whose tasks lived longest. */
export function rowsToShow({ list }: Groups, { rows, depth, from, to }: Choice): readonly Row[] {
  const childrenOf = (number: number): readonly number[] =>
    (list[number] as Group).children.filter((child) => {
      const { start, end } = list[child] as Group;
      return end >= from && start <= to;
    });
  const shown = chosen(list, { childrenOf, rows, deepest: depth - 1 });
  const result: Row[] = [];
  const stack = [0];
  for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
    const children = childrenOf(number);
    const visible = children.filter((child) => shown.has(child));
    result.push({ number, group: list[number] as Group, hidden: children.length - visible.length });
    for (const child of visible.toReversed()) stack.push(child);
  }
  return result;
}

interface Search {
  readonly childrenOf: (number: number) => readonly number[];
  readonly rows: number;
  readonly deepest: number;
}

/** From the roots downwards, the longest-lived first. */
function chosen(list: readonly Group[], { childrenOf, rows, deepest }: Search): ReadonlySet<number> {
  const shown = new Set<number>();
  const byTime = (a: number, b: number): number => (list[b] as Group).time - (list[a] as Group).time;
  let level = [...childrenOf(0)].sort(byTime);
  while (level.length > 0 && shown.size < rows) {
    const taken = level.slice(0, rows - shown.size);
    for (const number of taken) shown.add(number);
    const next = taken.filter((number) => (list[number] as Group).depth < deepest).flatMap(childrenOf);
    level = next.sort(byTime);
  }
  return shown;
}
