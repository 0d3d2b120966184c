/**
 * The task tree, a window of it at a time: who watches sees some tens of rows, of a program that may have a hundred thousand
 * tasks. What is kept of each while the window is made are a few numbers; the lines are read of those that are shown.
 */
import { TaskImpl } from "../../task/task.ts";
import { groupName, lookName, Looks, rootName } from "./alike.ts";
import { MOST_ROWS, type TaskPage, type TaskQuery, type TaskRow, type WaitsFor } from "./protocol.ts";
import { type LiveTask, type Program, TASKS_PER_SLICE } from "./program.ts";

const SMALLEST_GROUP = 4; // fewer are shown one by one
const ROOT = -1;
const NONE: readonly number[] = [];

/** Siblings that look alike, by their places in the list. */
interface Group {
  readonly key: string;
  readonly members: readonly number[];
  readonly open: boolean;
}

/** Gives rows from `offset` on, at most `limit`. Between its steps the program has a turn. */
export function* taskPage(program: Program, query: TaskQuery = {}): Generator<undefined, TaskPage> {
  const picture = new Picture(program, query);
  yield* picture.look();
  return yield* picture.page();
}

class Picture {
  readonly #program: Program;
  readonly #query: TaskQuery;
  readonly #toggled: ReadonlySet<string>;
  readonly #tasks: LiveTask[] = [];
  readonly #ids: number[] = [];
  readonly #children = new Map<number, number[]>(); // by the place of the parent
  readonly #looks = new Looks();
  readonly #looksOf: number[] = []; // by place, where they are grouped by that
  #depth = 0; // of the row that was gone to last
  #shown: Uint8Array | undefined; // by place, 1: passes the filter, or something below it does
  readonly #subjects = new Set<object>(); // that somebody waits for
  #held: ReadonlyMap<number, readonly object[]> = new Map();

  constructor(program: Program, query: TaskQuery) {
    this.#program = program;
    this.#query = query;
    this.#toggled = new Set(query.toggled);
  }

  /** Takes down who there is, and whose child it is. */
  *look(): Generator<undefined, void> {
    const program = this.#program;
    const waiters = new Map<LiveTask, number>(); // by the task that is waited for
    const parents: number[] = [];
    for (const task of program.tasks()) {
      const place = this.#tasks.push(task) - 1;
      this.#ids.push(program.id(task));
      parents.push(program.parent(task));
      if (this.#grouped) this.#looksOf.push(this.#looks.of(task));
      const subject = program.subject(task);
      if (subject instanceof TaskImpl) {
        if (!waiters.has(subject)) waiters.set(subject, place);
      } else if (subject !== undefined) this.#subjects.add(subject);
      if (this.#tasks.length % TASKS_PER_SLICE === 0) yield;
    }
    this.#held = program.held(this.#subjects);
    const places = this.#placesOf(new Set(parents));
    for (const [place, task] of this.#tasks.entries()) {
      if (place % TASKS_PER_SLICE === 0) yield;
      const known = this.#flat ? ROOT : (places.get(parents[place] as number) ?? waiters.get(task) ?? ROOT);
      const parent = known < place ? known : ROOT; // tasks that wait for one another would be nobody's children
      const siblings = this.#children.get(parent);
      if (siblings) siblings.push(place);
      else this.#children.set(parent, [place]);
    }
    yield* this.#filter();
  }

  /** Where the tasks of these numbers stand: most have no children, and a table of all would cost more than the rest. */
  #placesOf(ids: ReadonlySet<number>): Map<number, number> {
    const places = new Map<number, number>();
    for (const [place, id] of this.#ids.entries()) if (ids.has(id)) places.set(id, place);
    return places;
  }

  get #grouped(): boolean {
    return !this.#flat && this.#query.group !== false;
  }

  get #flat(): boolean {
    return (this.#query.sort ?? "tree") !== "tree";
  }

  *#filter(): Generator<undefined, void> {
    const filter = this.#query.filter?.toLowerCase() ?? "";
    if (filter === "") return;
    const shown = new Uint8Array(this.#tasks.length);
    const parents = new Map<number, number>();
    for (const [parent, places] of this.#children) for (const place of places) parents.set(place, parent);
    for (const [place, task] of this.#tasks.entries()) {
      if (place % TASKS_PER_SLICE === 0) yield;
      if (!this.#text(task).includes(filter)) continue;
      for (let at = place; at !== ROOT && shown[at] === 0; at = parents.get(at) ?? ROOT) shown[at] = 1;
    }
    this.#shown = shown;
  }

  #text(task: LiveTask): string {
    const words = [task.name];
    for (let frame = task.top; frame; frame = frame.parent) words.push(frame.name);
    if (task.progress === "waiting") words.push(task.awaiting?.kind ?? "", task.awaiting?.label ?? "");
    return words.join("\n").toLowerCase();
  }

  /** The rows of the window, and how many there are in all. */
  *page(): Generator<undefined, TaskPage> {
    const { offset = 0, limit = 100 } = this.#query;
    const until = offset + Math.min(limit, MOST_ROWS);
    const rows: TaskRow[] = [];
    let total = 0;
    for (const entry of this.#flat ? this.#sorted() : this.#entries()) {
      if (total >= offset && total < until) {
        rows.push(typeof entry === "number" ? this.#single(entry) : this.#group(entry));
        yield;
      }
      if (++total % TASKS_PER_SLICE === 0) yield;
    }
    return { at: Date.now(), tasks: this.#tasks.length, total, offset, rows };
  }

  #sorted(): number[] {
    const program = this.#program;
    const { sort } = this.#query;
    const places = [...this.#visible(ROOT)];
    if (sort === "name") {
      const names = this.#tasks.map((task) => task.name);
      const { compare } = new Intl.Collator("en", { numeric: true });
      places.sort((a, b) => compare(names[a] as string, names[b] as string));
    } else {
      const times = this.#tasks.map((task) => (sort === "age" ? program.age(task) : program.since(task)) ?? Infinity);
      places.sort((a, b) => (times[a] === times[b] ? a - b : (times[b] as number) - (times[a] as number)));
    }
    return places;
  }

  #visible(parent: number): readonly number[] {
    const places = this.#children.get(parent) ?? NONE;
    return this.#shown ? places.filter((place) => this.#shown?.[place] === 1) : places;
  }

  /** The tree from the top down. A stack, not a recursion: tasks may be each other's children to any depth. */
  *#entries(): Generator<number | Group, void> {
    const levels: Iterator<number | Group>[] = [this.#level(ROOT)];
    while (levels.length > 0) {
      const { value: entry, done } = (levels.at(-1) as Iterator<number | Group>).next();
      if (done) {
        levels.pop();
        continue;
      }
      this.#depth = levels.length - 1;
      yield entry;
      if (typeof entry !== "number") {
        if (entry.open) levels.push(entry.members.values());
      } else if (this.#children.has(entry) && this.#isOpen(entry)) levels.push(this.#level(entry));
    }
  }

  #isOpen(place: number): boolean {
    return this.#toggled.size === 0 || !this.#toggled.has(this.#key(place));
  }

  #key(place: number): string {
    return `t${this.#ids[place]}`;
  }

  /** The children of a task: those that look alike as one. */
  #level(parent: number): Iterator<number | Group> {
    const places = this.#visible(parent);
    if (!this.#grouped || places.length < SMALLEST_GROUP) return places.values();
    const groups = new Map<number, number[]>();
    for (const place of places) {
      const looks = this.#looksOf[place] as number;
      const group = groups.get(looks);
      if (group) group.push(place);
      else groups.set(looks, [place]);
    }
    const level: (number | Group)[] = [];
    for (const members of groups.values()) {
      if (members.length < SMALLEST_GROUP) for (const place of members) level.push(place);
      else level.push(this.#groupOf(parent, members));
    }
    return level.values();
  }

  #groupOf(parent: number, members: readonly number[]): Group {
    const looks = lookName(this.#tasks[members[0] as number] as LiveTask);
    const key = `g${parent === ROOT ? 0 : this.#ids[parent]}:${looks}`;
    return { key, members, open: this.#toggled.has(key) };
  }

  #group({ key, members, open }: Group): TaskRow {
    const tasks = members.map((place) => this.#tasks[place] as LiveTask);
    return {
      ...this.#row(tasks),
      key,
      children: members.length,
      open,
      name: groupName(tasks[0] as LiveTask),
      holds: [],
    };
  }

  #single(place: number): TaskRow {
    const task = this.#tasks[place] as LiveTask;
    const children = this.#flat ? 0 : this.#visible(place).length;
    const holds = (this.#held.get(this.#ids[place] as number) ?? []).map((subject) => this.#program.resource(subject));
    return { ...this.#row([task]), key: this.#key(place), children, open: this.#isOpen(place), name: task.name, holds };
  }

  #row(tasks: readonly LiveTask[]): Omit<TaskRow, "key" | "children" | "open" | "name" | "holds"> {
    const program = this.#program;
    const [first] = tasks as readonly [LiveTask];
    const age = program.age(first); // they stand in the order in which they were made
    const since = longestSince(program, tasks);
    const waitsFor = common(program, tasks);
    return {
      task: program.id(first),
      count: tasks.length,
      depth: this.#depth,
      root: rootName(first),
      state: program.state(first),
      cancelling: first.cancelRequested,
      ...(age === undefined ? {} : { age }),
      ...(since === undefined ? {} : { since }),
      ...(waitsFor === undefined ? {} : { waitsFor }),
      frames: program.frames(first, this.#query.lines ?? true),
    };
  }
}

/** What they wait for, as far as it is the same for all. */
function common(program: Program, tasks: readonly LiveTask[]): WaitsFor | undefined {
  const [first] = tasks as readonly [LiveTask];
  const waitsFor = program.waitsFor(first);
  if (waitsFor === undefined) return undefined;
  const { label, subject } = first.awaiting ?? {};
  const same = tasks.every(({ awaiting }) => awaiting?.label === label && awaiting?.subject === subject);
  return same ? waitsFor : { kind: waitsFor.kind };
}

/** The longest of what is known; undefined where nothing is. */
function longestSince(program: Program, tasks: readonly LiveTask[]): number | undefined {
  let longest: number | undefined;
  for (const task of tasks) {
    const since = program.since(task);
    if (since !== undefined && (longest === undefined || since > longest)) longest = since;
  }
  return longest;
}
