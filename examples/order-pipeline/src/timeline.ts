/** Bars of time for one order: a row for each API, to a scale that all the timelines of a run have in common. */
import { styleText } from "node:util";
import { type ApiName, type Attempt, apiNames } from "./apis.ts";
import type { Enriched } from "./enrich.ts";
import type { Measured } from "./pipeline.ts";

const color: Record<ApiName, "cyan" | "magenta" | "yellow"> = {
  pricing: "cyan",
  shipping: "magenta",
  inventory: "yellow",
};

/** One order as it went in each of the ways, in milliseconds from its first request on. */
export interface Timeline {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly end: number;
}
export interface Row {
  readonly api: ApiName;
  readonly bars: readonly Attempt[];
}

/** The same order in every way: the one that took neither long nor short in the first. */
export function timelinesOf(ways: readonly Measured[]): {
  readonly orderId: string;
  readonly timelines: readonly Timeline[];
} {
  const byDuration = ways[0]?.enriched.toSorted((a, b) => duration(a) - duration(b)) ?? [];
  const orderId = byDuration[Math.floor(byDuration.length / 2)]?.order.id ?? "";
  return { orderId, timelines: ways.flatMap((way) => timelineOf(way, orderId) ?? []) };
}

function timelineOf({ title, enriched }: Measured, orderId: string): Timeline | undefined {
  const one = enriched.find(({ order }) => order.id === orderId);
  if (!one) return undefined;
  const { start, end } = spanOf(one);
  const rows = apiNames.map((api) => ({
    api,
    bars: one.answers[api].attempts.map((bar) => ({ ...bar, start: bar.start - start, end: bar.end - start })),
  }));
  return { title, rows, end: end - start };
}

/** From the first request of an order to its last answer. */
export function spanOf({ answers }: Enriched): { readonly start: number; readonly end: number } {
  const attempts = apiNames.flatMap((api) => answers[api].attempts);
  return { start: Math.min(...attempts.map(({ start }) => start)), end: Math.max(...attempts.map(({ end }) => end)) };
}

/** How long a call took, all its attempts included. */
export function lengthOf({ bars }: Row): number {
  return (bars.at(-1)?.end ?? 0) - (bars[0]?.start ?? 0);
}

/** The lines to print; `width` columns stand for `scale` milliseconds. */
export function drawTimeline({ title, rows, end }: Timeline, scale: number, width: number): readonly string[] {
  const column = (milliseconds: number) => Math.round((milliseconds / scale) * width);
  const drawn = rows.map((row) => {
    let line = "";
    let at = 0;
    for (const bar of row.bars) {
      const from = Math.max(at, column(bar.start));
      const to = Math.max(from + 1, column(bar.end));
      const block = bar.failure === undefined ? "█" : "░";
      line += " ".repeat(from - at) + styleText(color[row.api], block.repeat(to - from));
      at = to;
    }
    return `  ${row.api.padEnd(9)} ${line} ${Math.round(lengthOf(row))} ms`;
  });
  return [`${title}: ${styleText("bold", `${Math.round(end)} ms`)}`, ...drawn];
}

function duration(enriched: Enriched): number {
  const { start, end } = spanOf(enriched);
  return end - start;
}
