/** Numbers, places and names in sentences of advice. */
import type { Trace } from "../format/reader.ts";
import type { Resource } from "../format/schema.ts";

/** "182 ms", "1.5 s": milliseconds as a reader wants them. */
export function duration(ms: number): string {
  if (ms >= 60_000) return `${rounded(ms / 60_000)} min`;
  if (ms >= 1_000) return `${rounded(ms / 1_000)} s`;
  return `${rounded(ms)} ms`;
}

/** Three digits that count. */
function rounded(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(value >= 10 ? 3 : 2)));
}

/** "300 calls", "one call". */
export function count(number: number, one: string, many: string): string {
  return number === 1 ? `one ${one}` : `${number.toLocaleString("en")} ${many}`;
}

/** "main.ts:12": short, for a sentence; the whole path stands beside it. */
export function shortPlace(file: string, line: number): string {
  return `${file.replace(/^.*[\\/]/, "")}:${line}`;
}

/** The innermost line of the program at which tasks wait in this place, if somebody has read it. */
export function lineOfPlace({ places }: Trace, place: number): { file: string; line: number } | undefined {
  for (const { file, line } of places[place]?.frames ?? []) {
    if (file !== undefined && line !== undefined) return { file, line };
  }
  return undefined;
}

/** `semaphore "api" of 3`, `queue of 5`. */
export function resourceWords({ kind, name, capacity }: Resource): string {
  const what = kind === "gather" ? "the limit of gather" : kind;
  const called = name === undefined ? what : `${what} \`${name}\``;
  return capacity === undefined || kind === "Lock" ? called : `${called} of ${capacity}`;
}

/** The middle of the values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
