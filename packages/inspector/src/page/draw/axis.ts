/** The axis of time, and the lines that go down from it. */
import { stepOfAxis } from "../model/viewport.ts";
import { axisTime } from "../words.ts";
import { AXIS_HEIGHT, type Geometry, xOf } from "./geometry.ts";
import type { Work } from "./scene.ts";
import type { Theme } from "./theme.ts";

const LABEL_ROOM = 96; // pixels from one label to the next, at least

function* marks(geometry: Geometry): Generator<{ x: number; time: number; step: number }, void> {
  const step = stepOfAxis(geometry.window, (geometry.width - geometry.gutter) / LABEL_ROOM);
  const { origin, window } = geometry;
  const first = Math.ceil((window.from - origin) / step);
  // By number: a step that is added again and again is no longer a round one in the end.
  for (let number = first; origin + number * step <= window.to; number++) {
    const time = number * step;
    yield { x: Math.round(xOf(origin + time, geometry)), time, step };
  }
}

export function drawGrid(context: CanvasRenderingContext2D, geometry: Geometry, theme: Theme, work: Work): void {
  context.fillStyle = theme.css.grid;
  for (const { x } of marks(geometry)) {
    context.fillRect(x, 0, 1, geometry.height);
    work.shapes += 1;
  }
}

export function drawAxis(context: CanvasRenderingContext2D, geometry: Geometry, theme: Theme, work: Work): void {
  context.fillStyle = theme.css.quiet;
  context.font = `11px ${theme.font}`;
  for (const { x, time, step } of marks(geometry)) {
    if (x < geometry.gutter) continue;
    context.fillRect(x, AXIS_HEIGHT - 6, 1, 6);
    work.shapes += 1;
    if (x + LABEL_ROOM / 2 > geometry.width) continue;
    context.fillText(axisTime(time, step), x + 5, AXIS_HEIGHT / 2);
    work.shapes += 1;
  }
  context.fillStyle = theme.css.edge;
  context.fillRect(0, AXIS_HEIGHT - 1, geometry.width, 1);
  work.shapes += 1;
}
