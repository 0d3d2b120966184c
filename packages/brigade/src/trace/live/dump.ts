/** Every live task as text, one after the other: what is held is one task's lines, of however many. */
import type { FrameInfo } from "../../types.ts";
import type { WaitsFor } from "./protocol.ts";
import { type LiveTask, type Program, resourceName } from "./program.ts";

const MOST_HOLDERS = 5; // that are named

// C0, DEL, C1, the ends of lines, and what turns the direction of writing round: names are the program's, and move no cursor.
// oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]+/g;

/** The text on one line, without what would move a cursor or change colours. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, " ");
}

/** A piece for each task. Gives how many there were. */
export function* dumpOf(program: Program): Generator<string, number> {
  let count = 0;
  const holders = program.holderNames();
  for (const task of program.tasks()) {
    count++;
    yield `${describeTask(program, task, holders).join("\n")}\n\n`;
  }
  return count;
}

/** What it does, then its frames, innermost first. */
export function describeTask(program: Program, task: LiveTask, holders: ReadonlyMap<number, string>): string[] {
  const { task: id, name } = program.ref(task);
  const age = program.age(task);
  const known = [
    `number ${id}`,
    ...(program.parent(task) === 0 ? [] : [`made by task ${program.parent(task)}`]),
    ...(age === undefined ? [] : [`${seconds(age)} old`]),
    ...(task.cancelRequested ? ["asked to end"] : []),
  ];
  const lines = [
    `task "${name}" (${known.join(", ")}) ${activity(program, task, holders)}`,
    ...program.frames(task, true).map(frameLine),
  ];
  return lines.map(printable);
}

function activity(program: Program, task: LiveTask, names: ReadonlyMap<number, string>): string {
  const since = program.since(task);
  const time = since === undefined ? "" : ` ${seconds(since)}`;
  const waitsFor = program.waitsFor(task);
  if (waitsFor === undefined) return `${task.progress}${time}`;
  const subject = waitsFor.resource && program.subject(task);
  const holders = subject ? program.holders(subject) : [];
  const named = holders.slice(0, MOST_HOLDERS).map((id) => `${names.get(id) ?? "a task that has ended"} (${id})`);
  const held = named.length === 0 ? "" : `, held by ${named.join(", ")}`;
  const more = holders.length > named.length ? ` and ${holders.length - named.length} more` : "";
  return `waiting${time} for ${waitText(waitsFor)}${held}${more}`;
}

/** `task "fetch" (7)`, `Queue.get of queue jobs`, `sleep 5 ms`. */
function waitText({ kind, label, on, resource }: WaitsFor): string {
  if (on) return `task "${on.name}" (${on.task})`;
  if (resource) return `${kind} of ${resourceName(resource)}`;
  return label === undefined ? kind : `${kind} ${label}`;
}

function frameLine({ name, file, line, column }: FrameInfo): string {
  return `    at ${name}${file === undefined ? "" : ` (${file}:${line}:${column})`}`;
}

/** "1.5 s" */
export function seconds(milliseconds: number): string {
  if (milliseconds < 1_000) return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
  return `${(milliseconds / 1_000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`;
}
