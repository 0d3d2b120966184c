/** What can be said of a program that has come to its end, or to a stop: as text, for whoever finds it later. */
import { readTrace, type Trace } from "../format/reader.ts";
import {
  ACQUIRED,
  CANCEL,
  CANCELLED,
  CREATED,
  DONE,
  ERROR,
  GOT,
  PUT,
  RELEASED,
  REPORT,
  STEP,
  WOKEN,
} from "../format/schema.ts";
import { describeTask, printable, seconds } from "./dump.ts";
import { atOnce, type Program } from "./program.ts";
import type { WaitCycle } from "./protocol.ts";

const MOST_TASKS = 1_000; // that are told of in full
const MOST_EVENTS = 50;
const LONGEST_LINE = 300; // of an event: the message of a deadlock's report has many lines

/** `reason` says why it is written: "an error that nobody caught". */
export function* postMortemOf(program: Program, reason: string): Generator<string, void> {
  const said = reason.split("\n").map(printable).join("\n");
  yield `brigade post-mortem, ${new Date().toISOString()}\n${said}\n\n`;
  const cycles = atOnce(program.cycles());
  if (cycles.length > 0) yield `${cycles.flatMap(describeCycle).map(printable).join("\n")}\n\n`;
  const holders = program.holderNames();
  let tasks = 0;
  for (const task of program.tasks()) {
    if (tasks++ < MOST_TASKS) yield `${describeTask(program, task, holders).join("\n")}\n\n`;
  }
  if (tasks > MOST_TASKS) yield `and ${tasks - MOST_TASKS} more tasks\n\n`;
  if (tasks === 0) yield "no task is left: all have ended\n\n";
  if (program.recorder === undefined) return;
  const lines = lastEvents(readTrace(program.recorder.bytes()));
  yield `the last ${lines.length} events, the latest last:\n${lines.map((line) => `  ${shortened(printable(line))}\n`).join("")}`;
}

function shortened(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

/** The circle, and who can never be woken because of it. */
function describeCycle({ text, stuck, others }: WaitCycle): string[] {
  const lines = [`waits-for cycle: ${text}`];
  if (others === 0) return lines;
  const named = stuck.slice(0, 20).map(({ task, name }) => `${name} (${task})`);
  const more = others > named.length ? ` and ${others - named.length} more` : "";
  lines.push(`  because of it these can never be woken either: ${named.join(", ")}${more}`);
  return lines;
}

/** The events that mean something without a picture, with the time before the last one. */
function lastEvents(trace: Trace): string[] {
  const lines: string[] = [];
  const names = taskNames(trace);
  const last = trace.time[trace.count - 1] ?? 0;
  for (let i = trace.count - 1; i >= 0 && lines.length < MOST_EVENTS; i--) {
    const text = eventText(trace, i, (task) => names.get(task) ?? (task === 0 ? "the host" : `task ${task}`));
    if (text !== undefined)
      lines.push(`${`-${seconds(Math.max(0, last - (trace.time[i] as number)))}`.padStart(9)}  ${text}`);
  }
  return lines.reverse();
}

function taskNames({ count, type, task, a, b, strings }: Trace): Map<number, string> {
  const names = new Map<number, string>();
  for (let i = 0; i + 1 < count; i++) {
    if (type[i] !== CREATED) continue;
    const given = strings[a[i + 1] as number];
    names.set(task[i] as number, `"${given || `Task-${b[i + 1]}`}" (${task[i]})`);
  }
  return names;
}

function eventText(trace: Trace, i: number, nameOf: (task: number) => string): string | undefined {
  const [a, b] = [trace.a[i] as number, trace.b[i] as number];
  const who = nameOf(trace.task[i] as number);
  const resource = (): string => {
    const { kind = "resource", name } = trace.resources[a] ?? {};
    return name === undefined ? `${kind} ${a}` : `${kind} \`${name}\``;
  };
  const error = b === 0 ? "" : `: ${trace.strings[b]}`;
  switch (trace.type[i]) {
    case CREATED:
      return `${nameOf(a)} made ${who}`;
    case STEP:
      return b === 0 ? `${who} took its last step` : `${who} began to wait: ${waitOf(trace, b)}`;
    case WOKEN:
      return `${who} was woken by ${nameOf(a)}`;
    case DONE:
      return `${who} ${a === ERROR ? `failed${error}` : a === CANCELLED ? "ended cancelled" : "ended"}`;
    case CANCEL:
      return `${who} was asked to end by ${nameOf(a)}`;
    case ACQUIRED:
      return `${who} acquired ${resource()}`;
    case RELEASED:
      return `${who} released ${resource()}`;
    case PUT:
      return `${who} put an item into ${resource()}`;
    case GOT:
      return `${who} took an item from ${resource()}`;
    case REPORT:
      return `report ${trace.strings[a]}${error}`;
    default:
      return undefined;
  }
}

function waitOf({ places }: Trace, id: number): string {
  const { kind = "?", label, frames = [] } = places[id] ?? {};
  const at = frames.find(({ file }) => file !== undefined) ?? frames[0];
  const line = at?.file === undefined ? "" : ` (${at.file}:${at.line})`;
  return `${kind}${label === undefined ? "" : ` "${label}"`}${at === undefined ? "" : ` in ${at.name}${line}`}`;
}
