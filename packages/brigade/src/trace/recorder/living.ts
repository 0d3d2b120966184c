/** What a flight recorder knows of tasks that live, and what its ring no longer tells: as events that stand before the ring's. */
import type { Loop } from "../../kernel/loop.ts";
import type { TaskHome } from "../../task/home.ts";
import { TaskImpl } from "../../task/task.ts";
import { Columns } from "../format/columns.ts";
import {
  A_RESOURCE,
  A_TASK,
  ACQUIRED,
  CLOCK,
  CREATED,
  type EventType,
  LOST,
  NAMED,
  STEP,
  WAITS,
} from "../format/schema.ts";
import type { TaskBook } from "./book.ts";
import type { Resources } from "./resources.ts";
import type { Ring } from "./ring.ts";

/** What is used of a flight recorder. */
interface Recorded {
  readonly log: Ring;
  readonly book: TaskBook;
  readonly resources: Resources;
  readonly loops: ReadonlySet<Loop>;
}

type Row = readonly [EventType, number, number, number, number];

/** The chunks of those events. */
export function livingTasks(recorder: Recorded): Uint8Array[] {
  const rows: Row[] = [];
  const told = new Set<number>();
  const { log } = recorder;
  for (const loop of recorder.loops) {
    for (const one of (loop as TaskHome).unfinished()) {
      if (!(one instanceof TaskImpl)) continue;
      const task = recorder.book.row(one);
      if (!log.holds(recorder.book.table.birth(task))) rows.push(...birth(recorder, one, task));
      rows.push(...lastStep(recorder, one, task, told));
    }
  }
  rows.sort((a, b) => a[1] - b[1]);
  for (const loop of recorder.loops) rows.unshift([CLOCK, rows[0]?.[1] ?? log.oldest, 0, loop.virtual ? 1 : 0, 0]);
  if (log.overwritten > 0) rows.unshift([LOST, rows[0]?.[1] ?? log.oldest, 0, log.overwritten, 0]);
  const columns = new Columns(rows.length);
  for (const [index, [type, time, task, a, b]] of rows.entries()) {
    columns.type[index] = type;
    columns.time[index] = time;
    columns.task[index] = task;
    columns.a[index] = a;
    columns.b[index] = b;
  }
  return [...columns.chunks(0, rows.length)];
}

function birth({ log, book: { table: tasks } }: Recorded, task: TaskImpl<unknown>, row: number): Row[] {
  const { id, parent, created } = tasks.facts(row);
  const name = task.givenName;
  const named = typeof name === "string";
  return [
    [CREATED, created, id, parent, tasks.root(row)?.nameIn(log.tables) ?? 0],
    [NAMED, created, id, named ? log.tables.string(name) : 0, named ? 0 : name],
  ];
}

/** `told`: the holdings that there are rows for. */
function lastStep(recorder: Recorded, task: TaskImpl<unknown>, row: number, told: Set<number>): Row[] {
  const { log, resources } = recorder;
  const tasks = recorder.book.table;
  const { id, since, place } = tasks.facts(row);
  const step = tasks.step(row);
  const rows: Row[] = [];
  const subject = task.progress === "waiting" ? task.awaiting?.subject : undefined;
  if (subject !== undefined && !log.holds(step - 1)) {
    // What it waits for stands right before the step in which the wait began.
    const isTask = subject instanceof TaskImpl;
    rows.push([
      WAITS,
      since,
      id,
      isTask ? recorder.book.id(subject) : resources.number(subject),
      isTask ? A_TASK : A_RESOURCE,
    ]);
  }
  if (subject !== undefined && !(subject instanceof TaskImpl)) {
    for (const holding of resources.holdings(subject)) {
      if (log.holds(holding.event) || told.has(holding.event)) continue;
      told.add(holding.event);
      rows.push([ACQUIRED, holding.time, holding.task, resources.number(subject), 0]);
    }
  }
  return log.holds(step) || place === 0 ? rows : [...rows, [STEP, since, id, 0, place]];
}
