/** The bars of a timeline as lines of a terminal, with their axis and what the signs mean. */
import { formatCount, formatDuration } from "../fetch/summary/format.ts";
import type { Paint } from "../fetch/summary/paint.ts";
import type { Cell } from "./bars.ts";
import { cut, padded } from "./cells.ts";
import type { Row } from "./groups.ts";

export interface Screen {
  readonly width: number;
  readonly unicode: boolean;
  readonly paint: Paint;
}

type Style = Parameters<Paint>[0];

/** Told apart by their signs, and where there are colours by those too. */
const signs: Readonly<Record<Cell, readonly [unicode: string, ascii: string, style: Style]>> = {
  waiting: ["█", "=", "blue"],
  running: ["▓", "#", "green"],
  ready: ["░", ".", "yellow"],
  nothing: [" ", " ", "reset"],
};

const narrowestBar = 10;
const deepestIndent = 8;

/** `2.0 s`, `48 ms`: what stands behind a bar. */
export function barTime(milliseconds: number): string {
  return milliseconds >= 999.5 && milliseconds < 59_950
    ? `${(milliseconds / 1_000).toFixed(1)} s`
    : formatDuration(milliseconds);
}

function labelOf({ group: { name, tasks, depth } }: Row): string {
  const count = tasks === 1 ? "" : ` ×${formatCount(tasks)}`;
  return `${"  ".repeat(Math.min(depth, deepestIndent))}${name}${count}:`;
}

/** How many columns names, bars and times take. */
export interface Layout {
  readonly names: number;
  readonly bars: number;
}

export function layoutOf(rows: readonly Row[], width: number): Layout {
  const widest = Math.max(...rows.map((row) => cut(labelOf(row), width).width), 0);
  const names = Math.min(widest, Math.max(8, Math.floor(width * 0.35)));
  const times = Math.max(...rows.map(({ group }) => timeOf(group).length), 0);
  return { names, bars: Math.max(narrowestBar, width - names - times - 2) };
}

const timeOf = ({ start, end }: Row["group"]): string => `(${barTime(end - start)})`;

export function barLine(row: Row, cells: readonly Cell[], { names }: Layout, { unicode, paint }: Screen): string {
  const end = cells.findLastIndex((cell) => cell !== "nothing") + 1;
  let bar = "";
  for (let at = 0; at < end; ) {
    const cell = cells[at] as Cell;
    let to = at;
    while (to < end && cells[to] === cell) to++;
    const [sign, ascii, style] = signs[cell];
    const text = (unicode ? sign : ascii).repeat(to - at);
    bar += cell === "nothing" ? text : paint(style, text);
    at = to;
  }
  return `${padded(inAscii(labelOf(row), unicode), names, unicode)} ${bar} ${paint("dim", timeOf(row.group))}`;
}

function inAscii(label: string, unicode: boolean): string {
  return unicode ? label : label.replace("×", "x");
}

export function hiddenLine(count: number, depth: number, { unicode, paint }: Screen): string {
  const indent = "  ".repeat(Math.min(depth, deepestIndent));
  return paint("dim", `${indent}${unicode ? "…" : "..."} and ${formatCount(count)} more`);
}

/** Times at round places, as far apart as their texts need. */
export function axisLine(
  { from, to }: { readonly from: number; readonly to: number },
  { names, bars }: Layout,
): string {
  const room = 12;
  const step = roundStep(((to - from) * room) / bars);
  let line = "";
  for (let time = Math.ceil(from / step) * step; time <= to && step > 0; time += step) {
    const at = Math.round(((time - from) / (to - from)) * bars);
    const text = time === 0 ? "0" : formatDuration(Number(time.toPrecision(12)));
    if (at < line.length + 1 && line !== "") continue;
    if (at + text.length > bars) break;
    line = line.padEnd(at) + text;
  }
  return `${" ".repeat(names + 1)}${line}`;
}

/** The next of 1, 2, 5, 10, 20, 50 … */
function roundStep(least: number): number {
  if (!(least > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((one) => one * power >= least * (1 - 1e-9)) as number;
  return factor * power;
}

export function legendLine({ unicode, paint }: Screen): string {
  const words = { waiting: "waits", running: "runs", ready: "is ready" } as const;
  return Object.entries(words)
    .map(([cell, word]) => {
      const [sign, ascii, style] = signs[cell as Cell];
      return `${paint(style, unicode ? sign : ascii)} ${word}`;
    })
    .join("   ");
}
