/** Advice as text for a terminal: what to change, where, to what, and what that saves. */
import { relative } from "node:path";
import type { Advice, AdviceReport } from "brigade/trace";
import { painter, type Paint } from "../fetch/summary/paint.ts";
import { printable } from "../fetch/summary/printable.ts";
import { wrapped } from "./wrap.ts";

export interface Screen {
  readonly width: number;
  readonly colors: boolean;
}

/** The whole report. What comes from the program's source and names is made harmless for a terminal. */
export function adviceText(report: AdviceReport, { width, colors }: Screen): string {
  const paint = painter(colors);
  const room = Math.max(40, Math.min(width, 120));
  const changes = report.advice.filter(({ kind }) => kind !== "critical-path");
  const lines = changes.flatMap((advice, index) => [...adviceLines(advice, index + 1, room, paint), ""]);
  if (changes.length === 0) lines.push(nothingLine(report), "");
  lines.push(
    ...sumLines(report, changes, room),
    ...pathLines(report, room, paint),
    ...assumptionLines(report, room, paint),
  );
  return `${lines.join("\n")}\n`;
}

function adviceLines(advice: Advice, number: number, room: number, paint: Paint): string[] {
  const { title, details, code } = advice;
  const head = wrapped(printable(title), room - 4).map(
    (line, index) => `${index === 0 ? `${number}.`.padEnd(4) : "    "}${paint("bold", line)}`,
  );
  const lines = [...head];
  const at = placeOf(advice);
  if (at !== undefined) lines.push(`    ${paint("cyan", at)}`);
  if (code !== undefined) {
    lines.push("", ...codeLines(code).map((line) => `      ${paint("green", line)}`), "");
    if (advice.imports !== undefined && advice.imports.length > 0) {
      lines.push(`    import { ${advice.imports.join(", ")} } from "brigade";`);
    }
  }
  for (const detail of details) {
    lines.push(
      ...wrapped(printable(detail), room - 6).map((line, index) =>
        paint("dim", `${index === 0 ? "    - " : "      "}${line}`),
      ),
    );
  }
  return lines;
}

/** A path that a terminal makes a link of: from here, where that is shorter. */
function placeOf({ file, line, endLine, code }: Advice): string | undefined {
  if (file === undefined) return undefined;
  const near = relative(process.cwd(), file);
  const path = near !== "" && near.length < file.length ? near : file;
  const last = code !== undefined && endLine !== undefined && endLine !== line ? ` (to line ${endLine})` : "";
  return `${printable(path)}:${line ?? 1}${last}`;
}

/** Without the spaces that all lines begin with. */
function codeLines(code: string): string[] {
  const lines = code.split(/\r?\n/).map((line) => line.replaceAll("\t", "  "));
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const least = Math.min(...indents);
  return lines.map((line) => printable(line.slice(least)));
}

function nothingLine({ recorded }: AdviceReport): string {
  return `no advice: nothing that the replay tried would save enough of the ${milliseconds(recorded)} to be worth a change.`;
}

function sumLines({ recorded, replayed, together }: AdviceReport, changes: readonly Advice[], room: number): string[] {
  if (changes.length === 0) return [];
  const saved = replayed - together;
  if (saved < 0.5) return [];
  return [
    ...wrapped(
      `All of it together: the program took ${milliseconds(recorded)} and would take ${milliseconds(recorded - saved)}, which is ${milliseconds(saved)} less.`,
      room,
    ),
    "",
  ];
}

function pathLines({ advice, criticalPath }: AdviceReport, room: number, paint: Paint): string[] {
  if (criticalPath.length === 0) return [];
  const [longest] = advice.filter(({ kind }) => kind === "critical-path");
  return [
    paint("bold", "What decides how long it takes (the critical path)"),
    ...criticalPath.flatMap((part) => wrapped(printable(part), room - 4).map((line) => `    ${line}`)),
    ...(longest === undefined
      ? []
      : wrapped(printable(longest.title), room - 4).map((line) => paint("dim", `    ${line}`))),
    "",
  ];
}

function assumptionLines({ assumptions }: AdviceReport, room: number, paint: Paint): string[] {
  return assumptions.flatMap((one) =>
    wrapped(printable(one), room - 2).map((line, index) => paint("dim", `${index === 0 ? "- " : "  "}${line}`)),
  );
}

function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms >= 1_000 ? `${(ms / 1_000).toFixed(2)} s` : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
