/** How the page writes numbers, states and places. */
import { type Place, placeText, type Resource, resourceText, type Timeline } from "brigade/trace";

/** `45 µs`, `1.2 ms`, `182 ms`, `2.04 s`, `3 min 5 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds === 0) return "0 ms";
  if (milliseconds < 0.0995) return `${Number((milliseconds * 1_000).toFixed(1))} µs`;
  if (milliseconds < 9.95) return `${Number(milliseconds.toFixed(2))} ms`;
  if (milliseconds < 999.5) return `${Number(milliseconds.toFixed(1))} ms`;
  if (milliseconds < 59_950) return `${Number((milliseconds / 1_000).toFixed(2))} s`;
  const seconds = Math.round(milliseconds / 1_000);
  const [size, unit, smaller, smallerUnit] = unitsOf(seconds);
  const small = Math.floor((seconds % size) / smaller);
  return `${count(Math.floor(seconds / size))} ${unit}${small === 0 ? "" : ` ${small} ${smallerUnit}`}`;
}

function unitsOf(seconds: number): readonly [number, string, number, string] {
  if (seconds < 3_600) return [60, "min", 1, "s"];
  if (seconds < 86_400) return [3_600, "h", 60, "min"];
  return [86_400, "d", 3_600, "h"];
}

/** A time on an axis whose marks are `step` apart: no more digits than tell one mark from the next. */
export function axisTime(milliseconds: number, step: number): string {
  if (Math.abs(milliseconds) < step / 2) return "0";
  if (step >= 60_000) return duration(Math.round(milliseconds / step) * step);
  const [size, unit] =
    step >= 1_000 || Math.abs(milliseconds) >= 10_000 ? [1_000, "s"] : step < 0.001 ? [0.001, "µs"] : [1, "ms"];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return `${(milliseconds / size).toFixed(Math.min(digits, 7))} ${unit}`;
}

/** `12,345`. */
export function count(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}

/** `1 task`, `2 tasks`. */
export function counted(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? "" : "s"}`;
}

/** `9.8 MB`. */
export function bytes(number: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = number;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${unit > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit] ?? ""}`;
}

/** `12.5 %`. */
export function percent(share: number): string {
  const number = share * 100;
  return `${number > 0 && number < 9.95 ? Number(number.toFixed(1)) : Math.round(number)} %`;
}

/** Where a task waits: "sleep 5 ms"; "a turn of the loop" for a bare yield, which has no place. */
export function placeWords(place: Place): string {
  const text = placeText(place);
  return text === "" ? "unknown" : text;
}

export function resourceWords(resource: Resource): string {
  return resourceText(resource);
}

/** Its last part or two: what tells files apart in a list. */
function shortFile(file: string): string {
  const path = file.replace(/^file:\/\//, "");
  const parts = path.split(/[/\\]/).filter((part) => part !== "");
  return parts.slice(-2).join("/");
}

/** `main.ts:12`. */
export function position({ file, line }: { readonly file?: string; readonly line?: number }): string | undefined {
  if (file === undefined) return undefined;
  return line === undefined ? shortFile(file) : `${shortFile(file)}:${line}`;
}

const outcomes = ["has not ended", "ended", "failed", "was cancelled"] as const;

export function outcomeWords(timeline: Timeline, task: number): string {
  return outcomes[timeline.outcome[task] ?? 0] ?? "ended";
}
