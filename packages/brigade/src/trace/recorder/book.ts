/** Who is who: the tasks that a recorder knows, their numbers in the trace, and what it writes of their beginning and end. */
import type { Loop } from "../../kernel/loop.ts";
import type { Frame } from "../../task/frame.ts";
import type { TaskImpl } from "../../task/task.ts";
import { CANCELLED, CREATED, DONE, ERROR, NAMED, VALUE } from "../format/schema.ts";
import type { EventLog } from "./event-log.ts";
import { endedAs, idOfEnded, isEnded, makerOf, TaskTable } from "./notes.ts";
import { Path } from "./paths.ts";

export type AnyTask = TaskImpl<unknown>;

export class TaskBook {
  readonly table: TaskTable = new TaskTable();
  /** The path that no coroutine is on. */
  readonly root: Path = new Path("", undefined);
  /** How many tasks were written down, which is the number of the last one. */
  created = 0;
  readonly #owner: object; // whose book it is, for loops
  readonly #log: EventLog;
  readonly #recent: (loop: Loop) => number; // a time not long ago, on the loop's clock
  readonly #others = new WeakMap<AnyTask, number>(); // what tasks keep whose loop has another note keeper

  constructor(owner: object, log: EventLog, recent: (loop: Loop) => number) {
    this.#owner = owner;
    this.#log = log;
    this.#recent = recent;
  }

  /** What the task keeps: see notes.ts. */
  kept(task: AnyTask): number {
    return task.loop.noteKeeper === this.#owner ? task.notes : (this.#others.get(task) ?? -1);
  }

  keep(task: AnyTask, kept: number): void {
    if (task.loop.noteKeeper === this.#owner) task.notes = kept;
    else this.#others.set(task, kept);
  }

  /** The task's number in the trace. */
  id(task: AnyTask): number {
    const kept = this.kept(task);
    if (isEnded(kept)) return idOfEnded(kept);
    const row = kept >= 0 ? kept : this.begin(task, kept);
    const id = this.table.id(row);
    if (kept < 0 && task.done) this.end(task, row); // nobody had heard of it
    return id;
  }

  /** The row of a task that lives. */
  row(task: AnyTask): number {
    const kept = this.kept(task);
    return kept >= 0 ? kept : this.begin(task, kept);
  }

  /** Tells of a task that was made, or that nobody has told of yet. Gives its row. */
  begin(task: AnyTask, kept: number): number {
    const log = this.#log;
    const parent = makerOf(kept);
    const id = ++this.created;
    const time = this.#recent(task.loop);
    const root = rootOf(task);
    const path = root ? this.root.callee(root.ledger.definition) : this.root;
    const row = this.table.take(id, parent, time, log.written, path);
    this.keep(task, row);
    log.write(CREATED, time, id, parent, path.nameIn(log.tables));
    const name = task.givenName;
    if (typeof name === "number") log.write(NAMED, time, id, 0, name);
    else log.write(NAMED, time, id, log.tables.string(name), 0);
    return row;
  }

  /** Tells that the task has ended, and how. */
  end(task: AnyTask, row: number): void {
    const id = this.table.id(row);
    const outcome = task.failed ? ERROR : task.cancelled ? CANCELLED : VALUE;
    const text = task.failed ? this.#log.tables.string(messageOf(task.failure)) : 0;
    this.#log.write(DONE, this.#recent(task.loop), id, outcome, text);
    this.table.give(row);
    this.keep(task, endedAs(id));
  }
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
}

function rootOf(task: AnyTask): Frame | undefined {
  let root: Frame | undefined = task.top;
  while (root?.parent) root = root.parent;
  return root;
}
