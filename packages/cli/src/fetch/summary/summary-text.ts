/** The summary for people: what came, what failed and why, how long it took, and how long it would have taken. */
import { cut } from "../meter/kept-text.ts";
import { formatBytes, formatCount, formatDuration, formatRate } from "./format.ts";
import { type Paint, painter, type Style } from "./paint.ts";
import { printable } from "./printable.ts";
import type { Summary } from "./summary.ts";

export interface SummaryTextOptions {
  readonly colors: boolean;
  /** The width that lines are cut to. Default: 100. */
  readonly columns?: number;
}

/** HTTPStatusError is told by its statuses. */
const toldByStatus = "HTTPStatusError";
const mostErrors = 12;

export function summaryText(summary: Summary, options: SummaryTextOptions): string {
  const paint = painter(options.colors);
  const columns = Math.max(40, options.columns ?? 100);
  const rows = [...statusRows(summary, paint), ...errorRows(summary, paint, columns), ...timeRows(summary, paint)];
  return `${[headline(summary, paint), ...rows.map((row) => `  ${row}`)].join("\n")}\n`;
}

function headline(summary: Summary, paint: Paint): string {
  const { done, succeeded, failed, total, skipped, unfinished, interrupted } = summary;
  const counts = [paint(succeeded > 0 ? "green" : "dim", `${formatCount(succeeded)} succeeded`)];
  if (failed > 0) counts.push(paint("red", `${formatCount(failed)} failed`));
  if (skipped > 0) counts.push(`${formatCount(skipped)} skipped`);
  if (unfinished > 0) counts.push(paint("yellow", `${formatCount(unfinished)} unfinished`));
  const all = total !== null && total !== done ? ` of ${formatCount(total)} URLs` : "";
  const end = interrupted ? paint("yellow", ", interrupted after") : " in";
  return `${counts.join(", ")}${all}${end} ${paint("bold", formatDuration(summary.wallTime))}`;
}

function statusRows({ statuses }: Summary, paint: Paint): string[] {
  const counts = Object.entries(statuses);
  if (counts.length === 0) return [];
  const shown = counts.map(([status, count]) => `${paint(statusStyle(Number(status)), status)} ${formatCount(count)}`);
  return [`${label("status", paint)}${shown.join("   ")}`];
}

function statusStyle(status: number): Style {
  if (status >= 500) return "red";
  if (status >= 400) return "yellow";
  return status >= 300 ? "cyan" : "green";
}

function errorRows({ errors }: Summary, paint: Paint, columns: number): string[] {
  const told = Object.entries(errors).filter(([name]) => name !== toldByStatus);
  const shown = told.slice(0, mostErrors);
  const nameWidth = Math.max(0, ...shown.map(([name]) => printable(name).length));
  const countWidth = Math.max(0, ...shown.map(([, { count }]) => formatCount(count).length));
  const rows = shown.map(([name, { count, example }], index) => {
    const start = `${printable(name).padEnd(nameWidth)} ${formatCount(count).padStart(countWidth)}`;
    const room = Math.max(20, columns - labelWidth - 2 - start.length - 4);
    const message = cut(printable(example.message), room - 1);
    return `${label(index === 0 ? "errors" : "", paint)}${paint("red", start)}  ${paint("dim", message)}`;
  });
  if (told.length > shown.length) rows.push(`${label("", paint)}and ${told.length - shown.length} more classes`);
  return rows;
}

function timeRows(summary: Summary, paint: Paint): string[] {
  const { times, done, retried, attempts, wallTime, oneAtATime } = summary;
  if (done === 0) return [];
  const volume = [formatBytes(summary.bytes), formatRate(summary.rate)];
  if (retried > 0)
    volume.push(`${formatCount(attempts)} attempts, ${formatCount(retried)} ${retried === 1 ? "URL" : "URLs"} retried`);
  const rows = [`${label("volume", paint)}${volume.join("   ")}`];
  if (times === null) return rows;
  const shown = (["p50", "p90", "p99", "max"] as const).map(
    (name) => `${paint("dim", name)} ${formatDuration(times[name])}`,
  );
  rows.push(`${label("times", paint)}${shown.join("   ")}`);
  const longer = wallTime > 0 ? oneAtATime / wallTime : 0;
  if (done > 1 && longer >= 1.05) {
    const factor = `${longer < 9.95 ? longer.toFixed(1) : formatCount(longer)} × longer`;
    rows.push(`${label("", paint)}one at a time it would have taken ${formatDuration(oneAtATime)} (${factor})`);
  }
  return rows;
}

const labelWidth = 8;

function label(text: string, paint: Paint): string {
  return paint("dim", text.padEnd(labelWidth));
}
