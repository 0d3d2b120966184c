/** Runs the pipeline on the example's orders and draws what it measured: docs/images/timeline.svg. */
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "brigade";
import { readOrders } from "./orders.ts";
import { JsonLines } from "./output.ts";
import { type Measured, pipeline } from "./pipeline.ts";
import { count, seconds } from "./report.ts";
import { type Timeline, lengthOf, spanOf, timelinesOf } from "./timeline.ts";

const width = 820;
const margin = 24;
const plotLeft = 116;
const plotRight = width - 92;
const barHeight = 14;
const rowHeight = 22;
const panelHeight = 112;
const laneHeight = 3;
const gridStep = 50;

/** Milliseconds to pixels. */
type Scale = (milliseconds: number) => number;

const style = `
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; }
  .card { fill: #ffffff; stroke: #d0d7de; }
  .title { font-weight: 600; }
  .quiet { fill: #656d76; }
  .grid { stroke: #d0d7de; stroke-dasharray: 2 4; }
  .pricing { fill: #0891b2; }
  .shipping { fill: #c026a3; }
  .inventory { fill: #d97706; }
  .failed { opacity: 0.35; }
  .lane { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .card { fill: #0d1117; stroke: #30363d; }
    .quiet { fill: #9198a1; }
    .grid { stroke: #30363d; }
    .pricing { fill: #22b8d6; }
    .shipping { fill: #e45cc8; }
    .inventory { fill: #f0a13a; }
    .lane { fill: #57606a; }
  }`;

/** A panel for each way, one below the other, to one scale of time. Below the last, all orders in flight. */
function draw(ways: readonly Measured[]): string {
  const { orderId, timelines } = timelinesOf(ways);
  const scale = Math.max(...timelines.map(({ end }) => end));
  const x = (milliseconds: number) => plotLeft + (milliseconds / scale) * (plotRight - plotLeft);
  const parts: string[] = [];
  let y = margin;
  ways.forEach((way, index) => {
    const timeline = timelines[index];
    if (!timeline) return;
    parts.push(...panel(way, timeline, y, x));
    y += panelHeight;
  });
  const last = ways.at(-1);
  const one = last?.enriched.find(({ order }) => order.id === orderId);
  if (last && one) {
    const lanes = lanesOf(last, spanOf(one).start, scale);
    y -= 20;
    parts.push(text(margin, y + 11, count(lanes.length, "order"), "quiet"), text(margin, y + 28, "in flight", "quiet"));
    parts.push(...lanes.flatMap((lane, row) => drawLane(lane, y + row * laneHeight, x)));
    y += lanes.length * laneHeight + 12;
  }
  const grid = gridLines(scale, y, x);
  const height = y + margin + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>One order in the three ways: ${ways.map((way) => way.title).join("; ")}</title>`,
    `<style>${style}\n</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" />`,
    ...grid,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function panel(way: Measured, { rows, end }: Timeline, top: number, x: Scale): readonly string[] {
  const result = `${count(way.enriched.length, "order")} in ${seconds(way.milliseconds)}`;
  const parts = [
    text(margin, top + 12, `${way.title}: ${Math.round(end)} ms`, "title"),
    text(width - margin, top + 12, result, "quiet", "end"),
  ];
  rows.forEach((row, index) => {
    const y = top + 24 + index * rowHeight;
    parts.push(text(margin, y + barHeight - 2, row.api, "quiet"));
    for (const bar of row.bars) {
      const look = bar.failure === undefined ? row.api : `${row.api} failed`;
      parts.push(rectangle(x(bar.start), y, x(bar.end) - x(bar.start), barHeight, look));
    }
    const milliseconds = `${Math.round(lengthOf(row))} ms`;
    parts.push(text(x(row.bars.at(-1)?.end ?? 0) + 8, y + barHeight - 2, milliseconds, "value"));
  });
  return parts;
}

interface Stay {
  readonly start: number;
  readonly end: number;
}
type Lane = readonly Stay[];

/** The orders in flight in a window of time, those that took each other's place in one lane. */
function lanesOf({ enriched }: Measured, from: number, length: number): readonly Lane[] {
  const stays = enriched.map(spanOf).map(({ start, end }) => ({ start: start - from, end: end - from }));
  const lanes: Stay[][] = [];
  for (const stay of stays.toSorted((a, b) => a.start - b.start)) {
    if (stay.end < 0 || stay.start > length) continue;
    const free = lanes.find((lane) => lane.every(({ end }) => end <= stay.start));
    if (free) free.push(stay);
    else lanes.push([stay]);
  }
  return lanes;
}

function drawLane(lane: Lane, y: number, x: Scale): readonly string[] {
  return lane.flatMap(({ start, end }) => {
    const left = Math.max(x(start), plotLeft);
    const length = Math.min(x(end), plotRight) - left - 1;
    return length > 0 ? rectangle(left, y, length, laneHeight - 1, "lane") : [];
  });
}

function gridLines(scale: number, bottom: number, x: Scale): readonly string[] {
  const steps = Array.from({ length: Math.floor(scale / gridStep) + 1 }, (_, index) => index * gridStep);
  return steps.flatMap((step) => [
    `<line class="grid" x1="${round(x(step))}" x2="${round(x(step))}" y1="${margin + 22}" y2="${bottom}" />`,
    text(x(step), bottom + 14, step === 0 ? "0" : `${step} ms`, "quiet", "middle"),
  ]);
}

function text(x: number, y: number, content: string, look: string, anchor = "start"): string {
  return `<text class="${look}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${content}</text>`;
}

function rectangle(x: number, y: number, width: number, height: number, look: string): string {
  return `<rect class="${look}" x="${round(x)}" y="${y}" width="${round(width)}" height="${height}" rx="1.5" />`;
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

const orders = await readOrders(fileURLToPath(new URL("../orders.csv", import.meta.url)));
const output = await JsonLines.create(join(tmpdir(), "brigade-picture.jsonl"));
const ways = await run(pipeline({ orders, compare: 20, output, terminal: process.stderr }), { handleSignals: true });
const picture = fileURLToPath(new URL("../../../docs/images/timeline.svg", import.meta.url));
await writeFile(picture, draw(ways));
console.log("docs/images/timeline.svg drawn");
