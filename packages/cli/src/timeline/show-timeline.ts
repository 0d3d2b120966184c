/** `brigade timeline`: a trace as bars in the terminal, or as files; and the exit code. */
import { basename } from "node:path";
import { type Timeline, timelineOf, totals, type Trace } from "brigade/trace";
import { hasUnicode } from "../fetch/display/unicode.ts";
import { painter } from "../fetch/summary/paint.ts";
import { printable } from "../fetch/summary/printable.ts";
import { barsOf, type Window } from "./bars.ts";
import { axisLine, barLine, hiddenLine, layoutOf, legendLine, type Screen } from "./chart.ts";
import { groupsOf, type Row, rowsToShow } from "./groups.ts";
import { openTrace } from "./open-trace.ts";
import { type TimelineOptions, wantsFiles } from "./options.ts";
import { blockLines, headLines, pathLines, waitLines } from "./report.ts";
import { TraceRefusal } from "./trace-refusal.ts";

const brokenOff = 1;
const refused = 2;

export async function showTimeline(options: TimelineOptions): Promise<number> {
  try {
    const opened = openTrace(options.file);
    const { trace } = opened;
    if (wantsFiles(options)) await (await import("./write-files.ts")).writeFiles(opened, options);
    else process.stdout.write(`${timelineText(trace, options).join("\n")}\n`);
    if (typeof trace.end === "string") return 0;
    console.error(`brigade timeline: ${printable(trace.end.message)}: what stands before it is shown`);
    return brokenOff;
  } catch (error) {
    if (!(error instanceof TraceRefusal)) throw error;
    console.error(`brigade timeline: ${error.message}`);
    return refused;
  }
}

export type Picture = Pick<TimelineOptions, "depth" | "rows" | "task" | "from" | "to" | "width" | "colors"> & {
  readonly file: string;
  readonly unicode?: boolean;
};

/** The picture, line by line. Throws a TraceRefusal where there is nothing to show. */
export function timelineText(trace: Trace, picture: Picture): readonly string[] {
  const timeline = timelineOf(trace);
  const screen: Screen = {
    width: picture.width - 1, // a full last column makes some terminals wrap
    unicode: picture.unicode ?? hasUnicode(),
    paint: painter(picture.colors),
  };
  const sums = totals(timeline, { most: 5 });
  const head = headLines(timeline, sums, basename(picture.file), screen);
  if (timeline.taskCount === 0) return [...head, "There are no tasks in it."];
  return [
    ...head,
    "",
    ...chartLines(timeline, picture, screen),
    "",
    legendLine(screen),
    ...waitLines(timeline, sums, screen),
    ...blockLines(timeline, sums, screen),
    ...pathLines(timeline, screen),
  ];
}

function chartLines(timeline: Timeline, picture: Picture, screen: Screen): readonly string[] {
  const { start } = timeline;
  const window = windowOf(timeline, picture);
  const groups = groupsOf(timeline, picture.task);
  const [root, ...rows] = rowsToShow(groups, { ...picture, ...window });
  if (rows.length === 0) throw new TraceRefusal(nothingToShow(picture));
  const layout = layoutOf(rows, screen.width);
  const rowOfGroup = new Int32Array(groups.list.length).fill(-1);
  for (const [index, { number }] of rows.entries()) rowOfGroup[number] = index;
  const rowOf = Int32Array.from(groups.of, (group) => rowOfGroup[group] as number);
  const bars = barsOf(timeline, rowOf, window, { rows: rows.length, columns: layout.bars });
  const lines = rows.map((row, index) => barLine(row, bars[index] ?? [], layout, screen));
  const hidden = (row: Row): string[] =>
    row.hidden === 0 ? [] : [hiddenLine(row.hidden, row.group.depth + 1, screen)];
  return [
    axisLine({ from: window.from - start, to: window.to - start }, layout),
    ...withHidden(rows, lines, hidden),
    ...hidden(root as Row),
  ];
}

/** Below the last of its descendants each group says how many it has that are not shown. */
function withHidden(rows: readonly Row[], lines: readonly string[], hidden: (row: Row) => string[]): string[] {
  const result: string[] = [];
  const open: Row[] = [];
  for (const [index, row] of rows.entries()) {
    while (open.length > 0 && (open.at(-1) as Row).group.depth >= row.group.depth)
      result.push(...hidden(open.pop() as Row));
    result.push(lines[index] as string);
    open.push(row);
  }
  return [...result, ...open.reverse().flatMap(hidden)];
}

function windowOf({ start, end }: Timeline, { from, to }: Picture): Window {
  const window = { from: start + (from ?? 0), to: Math.min(end, to === undefined ? end : start + to) };
  if (window.from > end) throw new TraceRefusal("--from is after the end of the trace: take an earlier time");
  return window;
}

function nothingToShow({ task }: Picture): string {
  if (task === undefined) return "no task lived between --from and --to: take others";
  return `there is no task ${JSON.stringify(printable(task))}, nor a coroutine of that name, in that time`;
}
