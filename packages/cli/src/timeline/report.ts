/** What stands around the bars: what the trace is of, where its tasks waited longest, which steps blocked the loop, and what the program's time was made of. */
import { relative } from "node:path";
import {
  criticalPath,
  lineOf,
  type LongRun,
  type Place,
  placeText,
  RUNNING,
  type Timeline,
  type Totals,
  WAITING,
} from "brigade/trace";
import { formatCount, formatDuration } from "../fetch/summary/format.ts";
import { cut, wrapped } from "./cells.ts";
import { barTime, type Screen } from "./chart.ts";

/** Who waits for other tasks waits for what those wait for. */
const forTasks: ReadonlySet<string> = new Set(["task", "gather", "race", "wait", "taskGroup"]);

const mostRows = 5;
const mostColumns = 40; // of a name in a sentence
const leastShare = 0.005; // of the program's time: less is not worth a line
const blocking = 50; // ms: half of what `debug` reports

export function headLines(timeline: Timeline, totals: Totals, name: string, screen: Screen): string[] {
  const { trace, virtual, taskCount } = timeline;
  const wall = timeline.end - timeline.start;
  const facts = [
    ...(typeof trace.meta.program === "string" ? [cut(trace.meta.program, screen.width).text] : []),
    `${barTime(wall)}${virtual ? " of virtual time" : ""}`,
    counted(taskCount, "task"),
    counted(totals.steps, "step"),
  ];
  const share = virtual || wall === 0 ? "" : ` (${percent(totals.busy, wall)})`;
  const lines = [
    `${screen.paint("bold", cut(name, screen.width).text)}: ${facts.join(", ")}`,
    `The loop was busy for ${formatDuration(totals.busy)}${share}. ${kindsText(totals)}`,
  ];
  if (trace.lost > 0)
    lines.push(`It begins in the middle, or has gaps: ${counted(trace.lost, "event")} are not in it.`);
  if (trace.end === "open") lines.push("It has no end: the program was ended in the middle, or runs still.");
  return lines.flatMap((line) => wrapped(line, screen.width));
}

function kindsText({ byKind }: Totals): string {
  const kinds = byKind.filter(({ kind }) => !forTasks.has(kind));
  const all = kinds.reduce((sum, { total }) => sum + total, 0);
  if (all === 0) return "Its tasks waited for nothing but each other.";
  const shares = kinds.slice(0, 3).map(({ kind, total }) => `${cut(kind, mostColumns).text} ${percent(total, all)}`);
  return `Of the waiting: ${shares.join(", ")}.`;
}

function percent(part: number, whole: number): string {
  const share = (100 * part) / whole;
  return share > 0 && share < 1 ? "<1 %" : `${Math.round(share)} %`;
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`;
}

/** A line and the columns that tell numbers, right-aligned. */
interface TableRow {
  readonly numbers: readonly string[];
  readonly text: string;
}

function table(head: TableRow, rows: readonly TableRow[], { width, unicode, paint }: Screen): string[] {
  const widths = head.numbers.map((title, column) =>
    Math.max(title.length, ...rows.map(({ numbers }) => (numbers[column] ?? "").length)),
  );
  const line = ({ numbers, text }: TableRow): string => {
    const start = numbers.map((number, column) => number.padStart(widths[column] as number)).join("  ");
    return `  ${start}  ${cut(text, Math.max(10, width - start.length - 4), unicode).text}`.trimEnd();
  };
  return [paint("dim", line(head)), ...rows.map(line)];
}

interface Waits {
  readonly place: Place;
  /** Undefined where they differ. */
  readonly label: string | undefined;
  readonly count: number;
  readonly total: number;
  readonly longest: number;
}

/** Where tasks waited, those waits left out that are for other tasks. */
export function waitLines(timeline: Timeline, totals: Totals, screen: Screen): string[] {
  const waits = waitsByLine(timeline, totals).slice(0, mostRows);
  if (waits.length === 0) return [];
  const rows = waits.map(({ place, label, count, total, longest }) => ({
    numbers: [barTime(total), formatCount(count), barTime(longest)],
    text: placeIn(label === place.label ? place : withoutLabel(place)),
  }));
  const head = { numbers: ["in all", "times", "longest"], text: "for what and where" };
  return ["", screen.paint("bold", "Tasks waited"), ...table(head, rows, screen)];
}

/** Waits of one kind at one line are told as one, whatever they were labelled. */
function waitsByLine(timeline: Timeline, { byPlace }: Totals): Waits[] {
  const lines = new Map<string, Waits>();
  for (const { place: number, count, total, longest } of byPlace) {
    const place = timeline.place(number);
    if (forTasks.has(place.kind)) continue;
    const key = `${place.kind} ${whereOf(place)}`;
    const sum = lines.get(key);
    lines.set(key, {
      place,
      label: sum === undefined || sum.label === place.label ? place.label : undefined,
      count: count + (sum?.count ?? 0),
      total: total + (sum?.total ?? 0),
      longest: Math.max(longest, sum?.longest ?? 0),
    });
  }
  return [...lines.values()].sort((a, b) => b.total - a.total);
}

/** Steps during which nothing else could run. */
export function blockLines(timeline: Timeline, { longest }: Totals, screen: Screen): string[] {
  const blocks = longest.filter(({ duration }) => duration >= blocking).slice(0, mostRows);
  if (blocks.length === 0) return [];
  const rows = blocks.map((run) => ({
    numbers: [barTime(run.duration), barTime(run.start - timeline.start)],
    text: stepIn(timeline, run),
  }));
  const head = { numbers: ["for", "at"], text: "in the step" };
  return ["", screen.paint("bold", "The loop was blocked"), ...table(head, rows, screen)];
}

function stepIn(timeline: Timeline, { task, from, to }: LongRun): string {
  if (task === 0) return "of a callback";
  const place = (number: number): string => (number === 0 ? "" : whereOf(timeline.place(number)));
  const [began, ended] = [place(from), place(to)];
  const between = [began === "" ? "from its beginning" : `from ${began}`, ended === "" ? "to its end" : `to ${ended}`];
  return `of ${timeline.name(task)}, ${between.join(" ")}`;
}

/** The chain of steps and waits that took as long as the program, summed up by place. */
export function pathLines(timeline: Timeline, screen: Screen): string[] {
  const wall = timeline.end - timeline.start;
  const { length, task, start, end, state, place } = criticalPath(timeline);
  const sums = new Map<string, number>();
  const texts = new Map<number, string>(); // what is told of each place
  for (let i = 0; i < length; i++) {
    const time = (end[i] as number) - (start[i] as number);
    if (time <= 0) continue;
    const text = partText(
      timeline,
      { state: state[i] as number, task: task[i] as number, place: place[i] as number },
      texts,
    );
    sums.set(text, (sums.get(text) ?? 0) + time);
  }
  const all = [...sums].sort((a, b) => b[1] - a[1]);
  const parts = all.filter(([, time]) => time >= wall * leastShare).slice(0, mostRows);
  if (parts.length === 0 || wall === 0) return [];
  const rows = parts.map(([text, time]) => ({ numbers: [barTime(time), percent(time, wall)], text }));
  const title = `Its ${barTime(wall)} were made of`;
  return ["", screen.paint("bold", title), ...table({ numbers: ["", ""], text: "" }, rows, screen).slice(1)];
}

interface Part {
  readonly state: number;
  readonly task: number;
  readonly place: number;
}

function partText(timeline: Timeline, { state, task, place }: Part, texts: Map<number, string>): string {
  if (task === 0) return "what the trace does not tell of";
  if (state === RUNNING) return `steps of ${timeline.coroutine(task) || timeline.name(task)}`;
  if (state !== WAITING) return "being ready while other tasks ran";
  let text = texts.get(place);
  if (text === undefined) texts.set(place, (text = placeIn(timeline.place(place))));
  return text;
}

/** `sleep 5 ms in fetchOrder (main.ts:12:3)`. */
function placeIn(place: Place): string {
  const what = placeText(place).trim() || "something unknown";
  const where = whereOf(place);
  return where === "" ? what : `${what} in ${where}`;
}

function withoutLabel({ kind, frames, exact }: Place): Place {
  return { kind, frames, exact };
}

function whereOf(place: Place): string {
  const frame = lineOf(place) ?? place.frames[0];
  if (frame === undefined) return "";
  const { name, file, line, column } = frame;
  if (file === undefined || line === undefined) return name;
  const at = `${nearPath(file)}:${line}${column === undefined ? "" : `:${column}`}`;
  return name === "" ? at : `${name} (${at})`;
}

/** From the working folder, where it is below it. */
function nearPath(file: string): string {
  const near = relative(process.cwd(), file);
  return near === "" || near.startsWith("..") ? file : near;
}
