/** What lies over the lanes: ends, the critical path, who woke whom, advice, the selection. */
import { CANCELLED, ERROR } from "brigade/trace";
import { firstAbove } from "../model/track.ts";
import { ROW_HEIGHT, scaleOf, TOP, xOf, yOf } from "./geometry.ts";
import type { Scene, Wake, Work } from "./scene.ts";

const MOST_WAKES = 300;
const SPOT = 16; // pixels from one badge to the next, at least

export function drawOverlay(
  context: CanvasRenderingContext2D,
  scene: Scene,
  from: number,
  to: number,
  work: Work,
): void {
  const { geometry } = scene;
  context.save();
  context.beginPath();
  context.rect(geometry.gutter, TOP, geometry.width - geometry.gutter, geometry.height - TOP);
  context.clip();
  drawRange(context, scene, work);
  drawEnds(context, scene, from, to, work);
  drawCritical(context, scene, work);
  drawSelection(context, scene, work);
  for (const wake of scene.wakes.slice(0, MOST_WAKES)) drawWake(context, scene, wake, work);
  drawSpots(context, scene, from, to, work);
  context.restore();
}

function drawRange(context: CanvasRenderingContext2D, { range, geometry, theme }: Scene, work: Work): void {
  if (range === undefined) return;
  const left = xOf(range.from, geometry);
  const right = xOf(range.to, geometry);
  context.globalAlpha = 0.14;
  context.fillStyle = theme.css.running;
  context.fillRect(left, 0, Math.max(1, right - left), geometry.height);
  context.globalAlpha = 1;
  work.shapes += 1;
}

/** A task that failed or was cancelled says so where it ends. */
function drawEnds(context: CanvasRenderingContext2D, scene: Scene, from: number, to: number, work: Work): void {
  const { rows, opened, geometry, theme } = scene;
  const { outcome, ended } = opened.timeline;
  for (let row = from; row < to; row++) {
    const key = rows.key[row] as number;
    if (key < 0 || rows.folded[row] === 1) continue;
    const how = outcome[key];
    if (how !== ERROR && how !== CANCELLED) continue;
    const x = xOf(ended[key] as number, geometry);
    if (x < geometry.gutter - 8 || x > geometry.width + 8) continue;
    const middle = yOf(row, geometry) + ROW_HEIGHT / 2;
    context.strokeStyle = how === ERROR ? theme.css.blocked : theme.css.quiet;
    context.lineWidth = 2;
    context.beginPath();
    if (how === ERROR) {
      context.moveTo(x + 2, middle - 4);
      context.lineTo(x + 10, middle + 4);
      context.moveTo(x + 10, middle - 4);
      context.lineTo(x + 2, middle + 4);
    } else {
      context.moveTo(x + 2, middle - 5);
      context.lineTo(x + 2, middle + 5);
      context.moveTo(x + 2, middle);
      context.lineTo(x + 9, middle);
    }
    context.stroke();
    work.shapes += 1;
  }
}

/** A line below the bars, and where it goes from task to task a line down or up; at most one of each for a pixel. */
function drawCritical(context: CanvasRenderingContext2D, { critical, rows, geometry, theme }: Scene, work: Work): void {
  if (critical === undefined) return;
  const { task, start, end } = critical;
  const pixel = scaleOf(geometry);
  context.strokeStyle = theme.css.critical;
  context.lineWidth = 2.5;
  context.lineJoin = "round";
  context.beginPath();
  let segment = firstAbove(end, geometry.window.from);
  let isFirst = true;
  while (segment < task.length && (start[segment] as number) < geometry.window.to) {
    const row = rows.rowOfTask[task[segment] as number] as number; // −1 where no task is on the path
    const y = yOf(row, geometry) + ROW_HEIGHT - 1.5;
    const left = xOf(start[segment] as number, geometry);
    const right = xOf(end[segment] as number, geometry);
    if (row >= 0) {
      if (isFirst) context.moveTo(left, y);
      else context.lineTo(left, y);
      context.lineTo(right, y);
    }
    isFirst = row < 0;
    work.touched += 1;
    // What ends within the same pixel is passed over.
    segment = firstAbove(end, (end[segment] as number) + pixel, segment + 1);
  }
  context.stroke();
  work.shapes += 1;
}

function drawSelection(context: CanvasRenderingContext2D, scene: Scene, work: Work): void {
  const { selected, rows, opened, geometry, theme } = scene;
  if (selected === undefined || selected.span < 0) return;
  const { timeline } = opened;
  const row = rows.rowOfTask[timeline.spanTask[selected.span] as number] as number;
  const left = Math.max(geometry.gutter - 5, xOf(timeline.spanStart[selected.span] as number, geometry));
  const right = Math.min(geometry.width + 5, xOf(timeline.spanEnd[selected.span] as number, geometry));
  context.strokeStyle = theme.css.text;
  context.lineWidth = 1.5;
  context.beginPath();
  context.roundRect(left - 1, yOf(row, geometry) + 1.5, Math.max(3, right - left + 2), ROW_HEIGHT - 3, 3);
  context.stroke();
  work.shapes += 1;
}

function drawWake(context: CanvasRenderingContext2D, { rows, geometry, theme }: Scene, wake: Wake, work: Work): void {
  const from = rows.rowOfTask[wake.from] as number;
  const to = rows.rowOfTask[wake.to] as number;
  if (from === to) return;
  const x = xOf(wake.time, geometry);
  const begin = yOf(from, geometry) + ROW_HEIGHT / 2;
  const end = yOf(to, geometry) + ROW_HEIGHT / 2 + (from < to ? -6 : 6);
  const bend = Math.min(14, Math.abs(end - begin) / 3);
  context.strokeStyle = theme.css.text;
  context.fillStyle = theme.css.text;
  context.lineWidth = 1.25;
  context.beginPath();
  context.moveTo(x, begin);
  context.bezierCurveTo(x + bend, begin, x + bend, end, x, end);
  context.stroke();
  const point = from < to ? 5 : -5;
  context.beginPath();
  context.moveTo(x, end + point);
  context.lineTo(x - 3.5, end - point / 3);
  context.lineTo(x + 4.5, end - point / 3);
  context.fill();
  context.beginPath();
  context.arc(x, begin, 2.5, 0, Math.PI * 2);
  context.fill();
  work.shapes += 3;
}

/** Numbered as in the list of advice where it is worst, dots elsewhere; of several within a few pixels, the first. */
function drawSpots(context: CanvasRenderingContext2D, scene: Scene, from: number, to: number, work: Work): void {
  const { spots, rows, geometry, theme } = scene;
  const taken = new Set<string>();
  context.font = `600 10px ${theme.font}`;
  context.textAlign = "center";
  for (const { advice, task, time, isMain } of spots) {
    const row = rows.rowOfTask[task] as number;
    if (row < from || row >= to) continue;
    let x = Math.max(xOf(time, geometry), geometry.gutter + 9);
    if (time < geometry.window.from - 20 * scaleOf(geometry) || x > geometry.width) continue;
    const place = (): string => `${row}:${Math.round(x / SPOT)}`;
    while (isMain && taken.has(place())) x += SPOT;
    if (taken.has(place())) continue;
    taken.add(place());
    const y = yOf(row, geometry);
    if (isMain) drawSpot(context, { x, y: y + 7 }, String(advice + 1), scene);
    else drawDot(context, { x, y: y + 4 }, scene);
    work.shapes += 2;
  }
  context.textAlign = "start";
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function drawDot(context: CanvasRenderingContext2D, { x, y }: Point, { theme }: Scene): void {
  context.fillStyle = theme.css.advice;
  context.beginPath();
  context.arc(x, y, 2.5, 0, Math.PI * 2);
  context.fill();
}

function drawSpot(context: CanvasRenderingContext2D, { x, y }: Point, text: string, { theme }: Scene): void {
  context.fillStyle = theme.css.advice;
  context.strokeStyle = theme.css.surface;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, y, 7, 0, Math.PI * 2);
  context.fill();
  context.stroke();
  context.fillStyle = "#ffffff";
  context.fillText(text, x, y + 0.5);
}
