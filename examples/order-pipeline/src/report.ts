/** What is printed at the end: one order in the three ways, what failed and why, and how long each way took. */
import { styleText } from "node:util";
import { type Answer, apiNames } from "./apis.ts";
import type { Enriched } from "./enrich.ts";
import type { Measured } from "./pipeline.ts";
import { drawTimeline, timelinesOf } from "./timeline.ts";

const timelineWidth = 50;
const ordersNamed = 12;

export function timelineReport(ways: readonly Measured[]): string {
  const { orderId, timelines } = timelinesOf(ways);
  const scale = Math.max(...timelines.map(({ end }) => end));
  const drawn = timelines.map((timeline) => drawTimeline(timeline, scale, timelineWidth).join("\n"));
  return [heading(`One order, ${orderId}, in the three ways`), ...drawn].join("\n");
}

interface Failure {
  readonly what: string;
  readonly orderId: string;
  /** The last attempt failed too: the order carries a fallback. */
  readonly final: boolean;
}

/** What failed in vain, order by order, and then what was answered when it was asked again. */
export function failureReport(enriched: readonly Enriched[]): string {
  const failures = enriched.flatMap(failuresOf);
  const lines = [heading("What failed")];
  for (const [what, failed] of byFrequency(failures.filter(({ final }) => final))) {
    const named = failed.slice(0, ordersNamed).map(({ orderId }) => orderId);
    const more = failed.length - named.length;
    lines.push(`${what} ${count(failed.length, "order")}: ${named.join(", ")}${more > 0 ? `, and ${more} more` : ""}`);
  }
  lines.push(
    lines.length === 1 ? "  Nothing." : "  A default stands in its place, and the reason in the order's `problems`.",
  );

  const answeredLater = byFrequency(failures.filter(({ final }) => !final));
  if (answeredLater.length > 0) lines.push(heading("What failed, and was answered when asked again"));
  for (const [what, failed] of answeredLater) lines.push(`${what} ${count(failed.length, "call")}`);
  return lines.join("\n");
}

function failuresOf({ order, answers }: Enriched): readonly Failure[] {
  return apiNames.flatMap((api): Failure[] => {
    const { problem, attempts }: Answer<object> = answers[api];
    const failed = attempts.flatMap(({ failure }) => failure ?? []);
    const final = problem !== undefined;
    const causes = final ? [`${problem}, ${attempts.length} attempts`] : failed;
    return causes.map((cause) => ({ what: `  ${api.padEnd(10)} ${cause.padEnd(32)}`, orderId: order.id, final }));
  });
}

function byFrequency(failures: readonly Failure[]): readonly [what: string, failures: readonly Failure[]][] {
  const groups = Map.groupBy(failures, ({ what }) => what);
  return [...groups].toSorted(([, one], [, other]) => other.length - one.length);
}

export function summary(ways: readonly Measured[]): string {
  const lines = [heading("How long it took")];
  const longest = Math.max(...ways.map(perOrder));
  for (const way of ways) {
    const each = perOrder(way);
    const bar = styleText("cyan", "█".repeat(Math.max(1, Math.round((30 * each) / longest))));
    lines.push(`${measuredLine(way)}  ${bar} ${each.toFixed(each < 10 ? 1 : 0)} ms an order`);
  }
  const [first] = ways;
  const last = ways.at(-1);
  if (first && last) {
    const projected = perOrder(first) * last.enriched.length;
    const times = Math.round(perOrder(first) / perOrder(last));
    lines.push(
      `  One await after another, ${count(last.enriched.length, "order")} would take about ${seconds(projected)}: ` +
        styleText("bold", `${times} times as long as all at once.`),
    );
  }
  return lines.join("\n");
}

export function measuredLine({ title, enriched, milliseconds }: Measured): string {
  return `  ${title.padEnd(26)} ${count(enriched.length, "order").padStart(10)} ${seconds(milliseconds).padStart(8)}`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function heading(text: string): string {
  return `\n${styleText("bold", text)}`;
}

/** The average, in milliseconds. */
function perOrder({ enriched, milliseconds }: Measured): number {
  return milliseconds / enriched.length;
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}
