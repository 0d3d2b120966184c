/** What a trace says, in a few lines: where tasks waited, what made the program take that long, and what to change. */
import { basename } from "node:path";
import {
  advise,
  criticalPath,
  lineOf,
  placeText,
  type SpanState,
  stateName,
  type Timeline,
  timelineOf,
  totals,
  type Trace,
  WAITING,
} from "brigade/trace";

const mostRows = 3;

export function report(trace: Trace): string {
  const timeline = timelineOf(trace);
  const { tasks, steps } = totals(timeline);
  const lines = [
    `${tasks.count} tasks, ${steps} steps, ${milliseconds(timeline.end - timeline.start)}`,
    "",
    "waits, in all:",
  ];
  lines.push(...rowsOf(waitsByLine(timeline)), "", "the critical path:", ...rowsOf(pathByLine(timeline)));
  lines.push("", "advice:");
  const changes = advise(trace).filter(({ kind }) => kind !== "critical-path");
  for (const { title } of changes) lines.push(`  ${title}`);
  return lines.join("\n");
}

/** Milliseconds by what they were spent on. */
type Sums = Map<string, number>;

function rowsOf(sums: Sums): string[] {
  const rows = [...sums].sort(([, one], [, other]) => other - one).slice(0, mostRows);
  return rows.map(([what, total]) => `  ${milliseconds(total).padStart(8)} ${what}`);
}

/** What waits for other tasks is left out: those have rows of their own. Several places may be at one line. */
function waitsByLine(timeline: Timeline): Sums {
  const sums: Sums = new Map();
  for (const { place, total } of totals(timeline).byPlace) {
    const { kind } = timeline.place(place);
    if (kind === "gather") continue;
    const what = whereOf(timeline, place, WAITING);
    sums.set(what, (sums.get(what) ?? 0) + total);
  }
  return sums;
}

function pathByLine(timeline: Timeline): Sums {
  const sums: Sums = new Map();
  for (const { start, end, place, state } of criticalPath(timeline)) {
    const what = whereOf(timeline, place, state);
    sums.set(what, (sums.get(what) ?? 0) + end - start);
  }
  return sums;
}

function whereOf(timeline: Timeline, number: number, state: SpanState): string {
  const place = timeline.place(number);
  const frame = lineOf(place);
  const what = state === WAITING ? placeText(place) : stateName(state);
  return frame === undefined ? what : `${what} in ${frame.name} (${basename(frame.file ?? "")}:${frame.line})`;
}

function milliseconds(time: number): string {
  return `${time.toFixed(0)} ms`;
}
