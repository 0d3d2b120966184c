/** The names at the left of the lanes: the task tree. */
import { hasChildren } from "../model/rows.ts";
import { count } from "../words.ts";
import { INDENT, ROW_HEIGHT, yOf } from "./geometry.ts";
import type { Scene, Work } from "./scene.ts";
import { fitted } from "./text.ts";

const DEEPEST = 12; // a level below it is not indented further: the name keeps its room

/** Where the triangle of a row stands, and its name begins. */
function indentOf(depth: number): number {
  return 8 + Math.min(depth, DEEPEST) * INDENT;
}

export function drawNames(context: CanvasRenderingContext2D, scene: Scene, from: number, to: number, work: Work): void {
  const { geometry, theme, rows, found } = scene;
  const { gutter, height } = geometry;
  context.fillStyle = theme.css.surface;
  context.fillRect(0, 0, gutter, height);
  context.font = `12px ${theme.font}`;
  for (let row = from; row < to; row++) {
    const key = rows.key[row] as number;
    const y = yOf(row, geometry);
    const middle = y + ROW_HEIGHT / 2;
    const background =
      key === scene.selected?.key ? theme.css.chosen : key === scene.hovered?.key ? theme.css.hover : undefined;
    if (background !== undefined) {
      context.fillStyle = background;
      context.fillRect(0, y, gutter, ROW_HEIGHT);
    }
    if (key > 0 && found.has(key)) {
      context.fillStyle = theme.css.match;
      context.fillRect(0, y + 3, 4, ROW_HEIGHT - 6);
    }
    const x = indentOf(rows.depth[row] as number);
    if (hasChildren(scene.opened.timeline, key)) triangle(context, scene, x, middle, rows.folded[row] === 1);
    name(context, scene, key, x + 14, middle);
    work.shapes += 3;
  }
  context.fillStyle = theme.css.edge;
  context.fillRect(gutter - 1, 0, 1, height);
}

function triangle(
  context: CanvasRenderingContext2D,
  { theme }: Scene,
  x: number,
  middle: number,
  isFolded: boolean,
): void {
  context.fillStyle = theme.css.quiet;
  context.beginPath();
  if (isFolded) {
    context.moveTo(x + 2, middle - 4);
    context.lineTo(x + 8, middle);
    context.lineTo(x + 2, middle + 4);
  } else {
    context.moveTo(x, middle - 3);
    context.lineTo(x + 9, middle - 3);
    context.lineTo(x + 4.5, middle + 3);
  }
  context.fill();
}

function name(context: CanvasRenderingContext2D, scene: Scene, key: number, x: number, middle: number): void {
  const { theme, geometry } = scene;
  const [strong, faint] = key > 0 ? taskName(scene, key) : groupName(scene, -key);
  const room = geometry.gutter - x - 10;
  const first = fitted(context, strong, room);
  context.fillStyle = theme.css.text;
  context.fillText(first, x, middle);
  if (first !== strong || faint === "") return;
  const left = context.measureText(first).width + 7;
  context.fillStyle = theme.css.quiet;
  context.fillText(fitted(context, faint, room - left), x + left, middle);
}

function taskName({ opened: { timeline }, rows }: Scene, task: number): [string, string] {
  const coroutine = timeline.coroutine(task);
  const title = timeline.name(task);
  const below = timeline.childFrom[task + 1] as number;
  const hidden =
    rows.folded[rows.rowOfTask[task] as number] === 1 ? ` +${count(below - (timeline.childFrom[task] as number))}` : "";
  return [title, (coroutine === title ? "" : coroutine) + hidden];
}

function groupName({ opened: { timeline, groups } }: Scene, group: number): [string, string] {
  const members = (groups.from[group + 1] as number) - (groups.from[group] as number);
  const first = groups.member[groups.from[group] as number] as number;
  const coroutine = timeline.coroutine(first);
  return [coroutine === "" ? "tasks" : coroutine, `× ${count(members)}`];
}

/** Whether a press at this x of a row's name is one on its triangle. */
export function isOnTriangle(x: number, depth: number): boolean {
  const left = indentOf(depth);
  return x >= left - 5 && x <= left + 14;
}
