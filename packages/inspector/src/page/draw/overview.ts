/** The whole program in a strip: how many tasks there are, what keeps the loop busy, where it is blocked, and the window. */
import { Bins } from "../model/bins.ts";
import { fitting, type Window } from "../model/viewport.ts";
import { firstAbove } from "../model/track.ts";
import type { OpenedTrace } from "../open/opened.ts";
import type { Theme } from "./theme.ts";

export interface OverviewScene {
  readonly opened: OpenedTrace;
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
  readonly gutter: number;
  readonly window: Window;
  readonly threshold: number;
}

export class OverviewPainter {
  readonly #context: CanvasRenderingContext2D;
  #picture: { readonly of: Omit<OverviewScene, "window">; readonly canvas: OffscreenCanvas } | undefined;

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
  }

  paint(scene: OverviewScene): void {
    const { width, height, ratio, theme, gutter, window, opened } = scene;
    const context = this.#context;
    const whole = fitting(opened.timeline.start, opened.timeline.end);
    const x = (time: number): number => gutter + ((time - whole.from) / (whole.to - whole.from)) * (width - gutter);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#whole(scene), 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const left = x(window.from);
    const right = Math.max(x(window.to), left + 3);
    context.globalAlpha = 0.62;
    context.fillStyle = theme.css.surface;
    context.fillRect(gutter, 0, left - gutter, height);
    context.fillRect(right, 0, width - right, height);
    context.globalAlpha = 1;
    context.strokeStyle = theme.css.quiet;
    context.lineWidth = 1;
    context.strokeRect(left + 0.5, 0.5, right - left - 1, height - 1);
  }

  /** Drawn once for each size and theme. */
  #whole(scene: OverviewScene): OffscreenCanvas {
    const known = this.#picture;
    const same =
      known !== undefined &&
      (["opened", "theme", "width", "height", "ratio", "gutter", "threshold"] as const).every(
        (name) => known.of[name] === scene[name],
      );
    if (same) return known.canvas;
    const canvas = new OffscreenCanvas(
      Math.max(1, Math.round(scene.width * scene.ratio)),
      Math.max(1, Math.round(scene.height * scene.ratio)),
    );
    const context = canvas.getContext("2d");
    if (context !== null) drawWhole(context, scene);
    this.#picture = { of: scene, canvas };
    return canvas;
  }
}

function drawWhole(context: OffscreenCanvasRenderingContext2D, scene: OverviewScene): void {
  const { opened, theme, width, height, ratio, gutter, threshold } = scene;
  const { start, end } = opened.timeline;
  const whole = fitting(start, end);
  const columns = Math.max(1, Math.round(width - gutter));
  const scale = (whole.to - whole.from) / columns;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = theme.css.surface;
  context.fillRect(0, 0, width, height);
  const alive = aliveIn(opened, columns, whole.from, scale);
  const most = alive.reduce((greatest, tasks) => Math.max(greatest, tasks), 1);
  const bins = new Bins(columns);
  bins.fill(opened.steps, 0, opened.steps.start.length, whole.from, scale);
  for (let x = 0; x < columns; x++) {
    const tasks = ((alive[x] as number) / most) * (height - 8);
    context.fillStyle = theme.css.waiting;
    context.fillRect(gutter + x, height - tasks, 1, tasks);
    const busy = Math.sqrt(bins.running[x] as number) * (height - 8);
    if (busy === 0) continue;
    context.fillStyle = (bins.longest[x] as number) >= threshold ? theme.css.blocked : theme.css.running;
    context.fillRect(gutter + x, height - busy, 1, busy);
  }
  context.fillStyle = theme.css.quiet;
  context.font = `11px ${theme.font}`;
  context.textBaseline = "middle";
  context.fillText(`at most ${most.toLocaleString("en-US")} tasks`, 10, height / 2);
}

/** How many tasks there are in the middle of each column. */
function aliveIn({ timeline, orders }: OpenedTrace, columns: number, from: number, scale: number): Uint32Array {
  const created = Float64Array.from(orders.created, (task) => timeline.created[task] as number);
  const ended = Float64Array.from(orders.ended, (task) => timeline.ended[task] as number);
  return Uint32Array.from({ length: columns }, (_, column) => {
    const time = from + (column + 0.5) * scale;
    return firstAbove(created, time) - firstAbove(ended, time);
  });
}
