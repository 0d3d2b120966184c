/** The picture of a run: one HTML file that needs nothing else, and may load nothing else. */
import { createHash } from "node:crypto";
import { formatBytes, formatCount, formatDuration, formatRate } from "../summary/format.ts";
import type { Summary } from "../summary/summary.ts";
import { Card } from "./page/card.ts";
import type { PageData, PageRow } from "./page/model.ts";
import { Overview } from "./page/overview.ts";
import { packLanes } from "./page/pack-lanes.ts";
import { Page, type PageParts } from "./page/page.ts";
import { Painter } from "./page/painter.ts";
import { readBars } from "./page/read-bars.ts";
import { Search } from "./page/search.ts";
import { Viewport } from "./page/viewport.ts";
import { style } from "./style.ts";
import type { Bar, Timeline } from "./timeline.ts";

export function timelineHtml(timeline: Timeline, summary: Summary): string {
  const bars = timeline.bars();
  const end = bars.reduce((latest, bar) => Math.max(latest, endOf(bar)), 0);
  const data: PageData = { end: rounded(end), rows: bars.map(rowOf) };
  const title = `${plural(summary.done, "URL")} in ${formatDuration(summary.wallTime)}`;
  const policy = `default-src 'none'; style-src ${allowed(style)}; script-src ${allowed(script)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>brigade fetch: ${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>brigade fetch<small>${escaped(title)}</small></h1>
${numbers(summary)}
</header>
${tools(bars)}
<main class="frame">
<canvas id="overview" aria-label="Requests in flight over the whole run"></canvas>
<canvas id="lanes" tabindex="0" role="img" aria-label="${escaped(`Timeline of ${plural(bars.length, "request")}`)}"></canvas>
</main>
<footer><span id="kept">${escaped(keptOf(timeline, bars.length))}</span>
<span>wheel zooms, drag moves, click pins; <kbd>←</kbd> <kbd>→</kbd> <kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd> fits, <kbd>/</kbd> searches, <kbd>Enter</kbd> next</span></footer>
<div id="card" role="status" hidden></div>
<script type="application/json" id="data">${jsonInHtml(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** The source of the page's parts: none of them uses anything outside itself but the browser. */
const sources: Record<Exclude<keyof PageParts, "formats">, unknown> = {
  readBars,
  packLanes,
  Viewport,
  Painter,
  Overview,
  Card,
  Search,
};
const formats = { duration: formatDuration, bytes: formatBytes, count: formatCount };

const script = `"use strict";
const formats = { ${list(formats)} };
const parts = { ${list(sources)}, formats };
new (${String(Page)})(JSON.parse(document.getElementById("data").textContent), parts).start();
`;

function list(named: Readonly<Record<string, unknown>>): string {
  return Object.entries(named)
    .map(([name, source]) => `${name}: ${String(source)}`)
    .join(",\n");
}

/** The page runs this script and takes this style, and no other. */
function allowed(source: string): string {
  return `'sha256-${createHash("sha256").update(source).digest("base64")}'`;
}

function numbers(summary: Summary): string {
  const { times, wallTime, oneAtATime } = summary;
  const longer = wallTime > 0 ? oneAtATime / wallTime : 0;
  const factor = longer >= 1.05 ? `${longer < 9.95 ? longer.toFixed(1) : formatCount(longer)} × longer` : "";
  const tiles = [
    tile("succeeded", formatCount(summary.succeeded)),
    tile("failed", formatCount(summary.failed), "", summary.failed > 0 ? "bad" : ""),
    tile("rate", formatRate(summary.rate)),
    ...(times === null
      ? []
      : [
          tile("p50", formatDuration(times.p50)),
          tile("p90", formatDuration(times.p90)),
          tile("p99", formatDuration(times.p99)),
        ]),
    tile("bodies", formatBytes(summary.bytes)),
    tile("wall time", formatDuration(wallTime)),
    tile("one at a time", formatDuration(oneAtATime), factor),
  ];
  return `<dl class="numbers">${tiles.join("")}</dl>`;
}

function tile(name: string, value: string, more = "", look = ""): string {
  const small = more === "" ? "" : ` <small>${escaped(more)}</small>`;
  return `<div class="${look}"><dt>${escaped(name)}</dt><dd>${escaped(value)}${small}</dd></div>`;
}

function tools(bars: readonly Bar[]): string {
  const parts = bars.some(({ retries }) => retries > 0)
    ? (["retries", "connect", "response", "body", "failed"] as const)
    : (["connect", "response", "body", "failed"] as const);
  const names = {
    retries: "earlier attempts",
    connect: "connect",
    response: "response",
    body: "body",
    failed: "failed",
  } as const;
  const legend = parts.map((part) => `<li><i class="swatch ${part}"></i>${names[part]}</li>`).join("");
  return `<div class="tools">
<ul class="legend">${legend}<li><label><input type="checkbox" id="with-waiting" autocomplete="off"><i class="swatch waiting"></i>waiting for limits</label></li></ul>
<span class="space"></span>
<span class="seek"><output id="matches"></output><input id="search" type="search" placeholder="URL, status or error" aria-label="Search" autocomplete="off"></span>
<span class="zoom"><button id="out" title="Zoom out">−</button><button id="in" title="Zoom in">+</button><button id="fit">Fit</button></span>
</div>`;
}

function keptOf(timeline: Timeline, bars: number): string {
  if (bars === timeline.seen) return `every request is drawn: ${formatCount(bars)}`;
  const failed =
    timeline.everyFailed === 1
      ? "all that failed"
      : `one in ${formatCount(timeline.everyFailed)} of the ${formatCount(timeline.failed)} that failed`;
  const extra = timeline.failed > 0 ? `, the slowest, and ${failed}` : " and the slowest";
  const kept = timeline.every === 1 ? "All" : `One in ${formatCount(timeline.every)}`;
  return `${formatCount(bars)} of ${formatCount(timeline.seen)} requests are drawn: ${kept.toLowerCase()}${extra}`;
}

function rowOf(bar: Bar): PageRow {
  return [
    bar.url,
    bar.host,
    bar.status ?? 0,
    bar.error?.class ?? "",
    bar.error?.message ?? "",
    bar.attempts,
    bar.bytes,
    rounded(bar.began),
    rounded(bar.waiting),
    rounded(bar.retries),
    rounded(bar.connect),
    rounded(bar.response),
    rounded(bar.body),
  ];
}

function endOf(bar: Bar): number {
  return bar.began + bar.waiting + bar.retries + bar.connect + bar.response + bar.body;
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Nothing in the data ends the element that it stands in. */
function jsonInHtml(data: unknown): string {
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
