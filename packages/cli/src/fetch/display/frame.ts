/** One picture of a run: lines that fit the terminal's width and height. */
import { formatBytes, formatCount, formatDuration, formatRate } from "../summary/format.ts";
import type { Paint, Style } from "../summary/paint.ts";
import { hostTable } from "./host-table.ts";
import type { Line } from "./live-region.ts";
import type { RunState } from "./state.ts";

export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
  /** Whether the terminal has more than ASCII. */
  readonly unicode: boolean;
}

interface Piece {
  readonly text: string;
  readonly style?: Style;
}

/** Host lines that fit below the two lines of the whole run, with a blank line, a head, and one that says how many more. */
export function hostRows(rows: number): number {
  return Math.max(0, Math.min(mostHosts, rows - 1 - 5));
}

const mostHosts = 12;
const widestBar = 40;
const gap = "  ";

export function frame(state: RunState, options: FrameOptions): Line[] {
  const columns = Math.max(1, options.columns - 1); // a full last column makes some terminals wrap
  const lines = [progressLine(state, columns, options), countsLine(state, columns, options)];
  if (state.hosts.length > 0) lines.push({ text: "", width: 0 }, ...hostTable(state, columns, options.paint));
  return lines.slice(0, Math.max(0, options.rows - 1));
}

function progressLine(state: RunState, columns: number, { paint, unicode }: FrameOptions): Line {
  const { total, done, elapsed, remaining } = state;
  const pieces: Piece[] = [];
  if (total === undefined) pieces.push({ text: `${formatCount(done)} done`, style: "bold" });
  else {
    pieces.push({ text: `${percent(done, total)} %`, style: "bold" });
    pieces.push({ text: `${formatCount(done)} of ${formatCount(total)}` });
  }
  pieces.push({ text: seconds(elapsed), style: "dim" });
  if (total !== undefined) pieces.push({ text: remaining === undefined ? "" : `${seconds(remaining)} left` });
  const line = fitted(pieces, columns, paint);
  const room = Math.min(widestBar, columns - line.width - gap.length);
  if (total === undefined || room < 8) return line;
  const [full, empty] = unicode ? ["━", "─"] : ["#", "-"];
  const filled = Math.floor((room * Math.min(done, total)) / Math.max(1, total));
  const bar = paint("cyan", full.repeat(filled)) + paint("dim", empty.repeat(room - filled));
  return { text: `${bar}${gap}${line.text}`, width: room + gap.length + line.width };
}

/** Fractions of a second would only flicker. */
function seconds(milliseconds: number): string {
  const whole = Math.round(milliseconds / 1_000);
  return whole < 10 ? `${whole} s` : formatDuration(whole * 1_000);
}

/** 100 only when everything is done. */
function percent(done: number, total: number): number {
  return total === 0 ? 100 : Math.min(100, Math.floor((100 * done) / total));
}

function countsLine(state: RunState, columns: number, { paint }: FrameOptions): Line {
  const { inFlight, waiting, failed, rate, times, bytes } = state;
  const pieces: Piece[] = [
    { text: `${formatCount(inFlight)} in flight` },
    { text: `${formatCount(failed)} failed`, style: failed > 0 ? "red" : "dim" },
    { text: formatRate(rate), style: "cyan" },
  ];
  if (times) pieces.push({ text: `p50 ${formatDuration(times.p50)}` }, { text: `p99 ${formatDuration(times.p99)}` });
  pieces.push({ text: formatBytes(bytes), style: "dim" });
  if (waiting > 0) pieces.push({ text: `${formatCount(waiting)} waiting`, style: "dim" });
  return fitted(pieces, columns, paint);
}

/** As many pieces as there is room for; the first one is cut if it alone is too long. */
function fitted(pieces: readonly Piece[], columns: number, paint: Paint): Line {
  let text = "";
  let width = 0;
  for (const { text: words, style } of pieces) {
    if (words === "") continue;
    const shown = width === 0 ? words.slice(0, columns) : gap + words;
    if (width + shown.length > columns) break;
    text += style === undefined ? shown : paint(style, shown);
    width += shown.length;
  }
  return { text, width };
}

/** The same in one line of plain words, for a log. */
export function logLine(state: RunState): string {
  const { total, done, failed, inFlight, rate, times, bytes, elapsed, remaining } = state;
  const parts = [
    total === undefined
      ? `${formatCount(done)} done`
      : `${formatCount(done)} of ${formatCount(total)} done (${percent(done, total)} %)`,
    `${formatCount(failed)} failed`,
    `${formatCount(inFlight)} in flight`,
    formatRate(rate),
  ];
  if (times) parts.push(`p50 ${formatDuration(times.p50)}`, `p99 ${formatDuration(times.p99)}`);
  parts.push(formatBytes(bytes), seconds(elapsed));
  if (remaining !== undefined) parts.push(`${seconds(remaining)} left`);
  return parts.join(", ");
}
