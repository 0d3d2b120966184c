/** One picture of a program as lines that fit the terminal. Names come from the program: nothing in them moves the cursor. */
import type { FrameInfo } from "brigade";
import type { ResourceRef, TaskRow, WaitsFor } from "brigade/trace";
import type { Paint, Style } from "../fetch/summary/paint.ts";
import { formatBytes, formatCount, formatDuration, formatRate } from "../fetch/summary/format.ts";
import { cut, padded } from "../timeline/cells.ts";
import type { TopState } from "./state.ts";

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
  /** Whether the terminal has more than ASCII. */
  readonly unicode: boolean;
}

const headLines = 4; // two of the program, what is shown, the titles of the columns
const mostDetails = 8;

/** How many lines the details of the selected row take; the rest is for rows. */
function detailLines(rows: number): number {
  return Math.max(0, Math.min(mostDetails, Math.floor((rows - headLines - 1) / 3)));
}

/** How many rows of tasks fit. */
export function rowsThatFit(rows: number): number {
  return Math.max(1, rows - headLines - detailLines(rows) - 1);
}

export function frame(state: TopState, screen: Screen, now: number): string[] {
  const details = detailLines(screen.rows);
  const lines = [
    ...programLines(state, screen, now),
    shownLine(state, screen),
    titles(screen),
    ...taskLines(state, screen),
  ];
  const until = headLines + rowsThatFit(screen.rows);
  while (lines.length < until) lines.push("");
  lines.push(...detailsOf(state.selected, details, screen), helpLine(state, screen));
  return lines.slice(0, screen.rows);
}

/** The same without a terminal: as many rows as came, and no more than there is to say. */
export function plainFrame(state: TopState, screen: Screen, now: number): string[] {
  const lines = [...programLines(state, screen, now), "", titles(screen)];
  for (const row of state.picture?.page.rows ?? []) lines.push(taskLine(row, screen, ""));
  const { page, cycles = [] } = state.picture ?? {};
  const more = (page?.total ?? 0) - (page?.rows.length ?? 0);
  if (more > 0) lines.push(`and ${formatCount(more)} more rows`);
  return [...lines, ...cycles.map(({ text }) => cut(`waits-for cycle: ${text}`, Infinity).text)];
}

function programLines(state: TopState, screen: Screen, now: number): string[] {
  const { hello, name, picture, before, contact } = state;
  const up = formatDuration(Math.max(0, now - hello.started));
  const first = line([[name, "bold"], [hello.title], [hello.runtime, "dim"], [`up ${up}`, "dim"]], screen);
  if (contact.state === "ended") return [first, screen.paint("red", "it has ended: this is what it was like last")];
  if (contact.state === "busy") {
    const busy = formatDuration(Math.max(0, now - contact.since));
    return [
      first,
      screen.paint("red", cut(`busy for ${busy}: its thread runs something and does not answer`, screen.columns).text),
    ];
  }
  if (picture === undefined) return [first, ""];
  const { stats } = picture;
  const rate = (of: "steps" | "created" | "busy"): number | undefined =>
    before && stats.at > before.at ? ((stats[of] - before[of]) * 1_000) / (stats.at - before.at) : undefined;
  const [steps, made, busy] = [rate("steps"), rate("created"), rate("busy")];
  return [
    first,
    line(
      [
        [`${formatCount(stats.tasks)} tasks`, "bold"],
        [`${formatCount(stats.waiting)} wait`],
        [`${formatCount(stats.ready + stats.running)} ready`, stats.ready > 0 ? "green" : "dim"],
        [steps === undefined ? "" : `${formatRate(steps)} steps`, "cyan"],
        [made === undefined ? "" : `${formatRate(made)} made`],
        [`lag ${formatDuration(stats.lag)}`, stats.lag > 100 ? "red" : "dim"],
        [
          busy === undefined ? "" : `${Math.min(100, Math.round(busy / 10))} % busy`,
          busy !== undefined && busy > 900 ? "red" : "dim",
        ],
        [`heap ${formatBytes(stats.heap)}`, "dim"],
      ],
      screen,
    ),
  ];
}

/** As many pieces as there is room for. */
function line(pieces: readonly (readonly [text: string, style?: Style])[], { columns, paint }: Screen): string {
  let text = "";
  let width = 0;
  for (const [words, style] of pieces) {
    if (words === "") continue;
    const gap = width === 0 ? 0 : 2;
    const fitted = cut(words, columns - width - gap);
    if (width > 0 && fitted.width < Math.min(4, words.length)) break;
    text += " ".repeat(gap) + (style === undefined ? fitted.text : paint(style, fitted.text));
    width += gap + fitted.width;
  }
  return text;
}

function shownLine(state: TopState, screen: Screen): string {
  const { cycles = [] } = state.picture ?? {};
  const [cycle] = cycles;
  if (state.typing) return line([[`filter: ${state.filter}${screen.unicode ? "▏" : "_"}`, "yellow"]], screen);
  const pieces: [string, Style?][] = [];
  if (state.paused) pieces.push(["paused", "yellow"]);
  if (state.sort !== "tree") pieces.push([`by ${sortNames[state.sort]}`, "yellow"]);
  if (state.filter !== "") pieces.push([`filter: ${state.filter}`, "yellow"]);
  if (cycle) pieces.push([`waits-for cycle: ${cycle.text}`, "red"]);
  if (cycles.length > 1) pieces.push([`and ${cycles.length - 1} more`, "red"]);
  return line(pieces, screen);
}

const sortNames = { tree: "tree", since: "how long they have waited", age: "age", name: "name" } as const;

/** Columns of the terminal that each part takes; 0: there is no room for it. */
interface Widths {
  readonly name: number;
  readonly state: number;
  readonly since: number;
  readonly age: number;
  readonly waits: number;
  readonly at: number;
}

const timeWidth = 11;

/** Where the terminal is narrow, age goes first, then the place, since when, what is waited for, and the state. */
function widthsOf(columns: number): Widths {
  const state = columns >= 24 ? 8 : 0;
  const since = columns >= 50 ? timeWidth : 0;
  const age = columns >= 100 ? timeWidth : 0;
  const rest = columns - state - since - age;
  if (columns < 36) return { name: rest, state, since, age, waits: 0, at: 0 };
  const name = Math.floor(rest * 0.36);
  const at = columns >= 70 ? Math.floor(rest * 0.3) : 0;
  return { name, state, since, age, waits: rest - name - at, at };
}

function titles({ columns, paint, unicode }: Screen): string {
  const widths = widthsOf(columns);
  const time = (title: string, width: number): string =>
    title
      .padStart(width - 2)
      .padEnd(width)
      .slice(0, width);
  const words =
    cell("TASK", widths.name, unicode) +
    cell("STATE", widths.state, unicode) +
    time("SINCE", widths.since) +
    time("AGE", widths.age) +
    cell("WAITS FOR", widths.waits, unicode) +
    cell("AT", widths.at, unicode);
  return paint("dim", words.trimEnd());
}

/** The text in so many columns, the last one blank. */
function cell(text: string, columns: number, unicode: boolean): string {
  return columns === 0 ? "" : `${padded(text, columns - 1, unicode)} `;
}

function taskLines(state: TopState, screen: Screen): string[] {
  const { page } = state.picture ?? {};
  if (page === undefined) return [];
  const lines: string[] = [];
  for (let row = state.first; row < Math.min(state.first + rowsThatFit(screen.rows), page.total); row++) {
    const task = page.rows[row - page.offset];
    // Rows that were scrolled to and have not come yet.
    lines.push(
      task === undefined
        ? screen.paint("dim", screen.unicode ? "…" : "...")
        : taskLine(task, screen, row === state.cursor ? ">" : " "),
    );
  }
  return lines;
}

function taskLine(row: TaskRow, { columns, paint, unicode }: Screen, mark: string): string {
  const widths = widthsOf(columns);
  const time = (value: number | undefined, width: number): string =>
    width === 0 ? "" : (value === undefined ? "-" : formatDuration(value)).padStart(width - 2).padEnd(width);
  const style = row.cancelling ? "yellow" : row.state === "waiting" ? undefined : "green";
  const state = cell(row.cancelling ? "ending" : row.state, widths.state, unicode);
  const text =
    cell(labelOf(row, widths.name, unicode, mark), widths.name, unicode) +
    (style === undefined ? state : paint(style, state)) +
    time(row.since, widths.since) +
    time(row.age, widths.age) +
    cell(waitText(row.waitsFor), widths.waits, unicode) +
    cell(placeText(row.frames), widths.at, unicode);
  return mark === ">" ? paint("inverse", text.trimEnd()) : text.trimEnd();
}

function labelOf(
  { name, depth, count, children, open }: TaskRow,
  width: number,
  unicode: boolean,
  mark: string,
): string {
  const sign = children === 0 ? " " : unicode ? (open ? "▾" : "▸") : open ? "-" : "+";
  const times = count === 1 ? "" : ` ${unicode ? "×" : "x"}${formatCount(count)}`;
  return `${mark}${" ".repeat(Math.min(depth, Math.floor(width / 3)))}${sign} ${name}${times}`;
}

/** "Lock.acquire `db`", "task "fetch"", "sleep 5 ms" */
function waitText(waitsFor: WaitsFor | undefined): string {
  if (waitsFor === undefined) return "";
  const { kind, label, on, resource } = waitsFor;
  if (on) return `task "${on.name}"`;
  if (resource?.name !== undefined) return `${kind} \`${resource.name}\``;
  return label === undefined ? kind : `${kind} ${label}`;
}

/** "worker main.ts:34", of the innermost frame whose line is known. */
function placeText(frames: readonly FrameInfo[]): string {
  const at = frames.find(({ file }) => file !== undefined) ?? frames[0];
  if (at === undefined) return "";
  const file = at.file?.slice(at.file.lastIndexOf("/") + 1);
  return file === undefined ? at.name : `${file}:${at.line} ${at.name}`;
}

function detailsOf(row: TaskRow | undefined, lines: number, screen: Screen): string[] {
  if (lines === 0) return [];
  if (row === undefined) return Array.from({ length: lines }, () => "");
  const { columns, unicode, paint } = screen;
  const holds = row.holds.length === 0 ? "" : `, holds ${row.holds.map(resourceText).join(", ")}`;
  const who =
    row.count === 1
      ? `number ${row.task}`
      : `${formatCount(row.count)} tasks that look alike; the first is ${row.task}`;
  const all = [
    `${row.name}: ${who}, made of ${row.root}${holds}`,
    ...row.frames.map(
      ({ name, file, line, column }) => `  at ${name}${file === undefined ? "" : ` (${file}:${line}:${column})`}`,
    ),
  ];
  const shown = all.length <= lines ? all : [...all.slice(0, lines - 1), `  and ${all.length - lines + 1} more frames`];
  const cells = shown.map((text) => paint("dim", cut(text, columns, unicode).text));
  while (cells.length < lines) cells.push("");
  return cells;
}

function resourceText({ kind, name, resource }: ResourceRef): string {
  return name === undefined ? `${kind} ${resource}` : `${kind} \`${name}\``;
}

function helpLine(state: TopState, screen: Screen): string {
  const arrows = screen.unicode ? "↑↓" : "j k";
  const help = state.typing
    ? "enter keeps the filter  escape clears it"
    : `${arrows} move  enter fold  / filter  s sort  p ${state.paused ? "go on" : "pause"}  q quit`;
  const where = state.total === 0 ? "" : `  ${formatCount(state.cursor + 1)} of ${formatCount(state.total)}`;
  return screen.paint("dim", cut(help + where, screen.columns, screen.unicode).text);
}
