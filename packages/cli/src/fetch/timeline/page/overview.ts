/** The whole run in a strip: how much was in flight, where it failed, and which part is in sight. */
import type { PageBar } from "./model.ts";
import type { Viewport } from "./viewport.ts";

export class Overview {
  readonly #canvas: HTMLCanvasElement;
  readonly #view: Viewport;
  readonly #bars: readonly PageBar[];

  constructor(canvas: HTMLCanvasElement, view: Viewport, bars: readonly PageBar[]) {
    this.#canvas = canvas;
    this.#view = view;
    this.#bars = bars;
  }

  /** The time at a place of the strip. */
  time(x: number): number {
    return (x / Math.max(1, this.#canvas.clientWidth)) * this.#view.end;
  }

  draw(): void {
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const ratio = globalThis.devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(`--${name}`);
    this.#drawInFlight(context, width, height, color("response"));
    this.#drawFailures(context, width, color("failed"));
    this.#drawWindow(context, width, height, color("text"), color("veil"));
  }

  #drawInFlight(context: CanvasRenderingContext2D, width: number, height: number, color: string): void {
    const bins = Math.max(1, Math.floor(width / 2));
    const inFlight = this.#inFlight(bins);
    const most = Math.max(0.001, ...inFlight);
    context.fillStyle = color;
    context.globalAlpha = 0.55;
    context.beginPath();
    context.moveTo(0, height);
    inFlight.forEach((count, bin) => {
      const y = height - (count / most) * (height - 10);
      context.lineTo((bin / bins) * width, y);
      context.lineTo(((bin + 1) / bins) * width, y);
    });
    context.lineTo(width, height);
    context.fill();
    context.globalAlpha = 1;
  }

  /** The mean of requests in flight in each bin. */
  #inFlight(bins: number): number[] {
    const change = new Float64Array(bins + 2);
    const counts = new Float64Array(bins + 1);
    const scale = bins / this.#view.end;
    for (const { start, end } of this.#bars) {
      const first = Math.min(bins - 1, start * scale);
      const last = Math.min(bins, end * scale);
      const [from, to] = [Math.floor(first), Math.floor(last)];
      const add = (bin: number, share: number): void => void (counts[bin] = (counts[bin] ?? 0) + share);
      if (from === to) add(from, last - first);
      else {
        add(from, from + 1 - first);
        add(to, last - to);
        change[from + 1] = (change[from + 1] ?? 0) + 1;
        change[to] = (change[to] ?? 0) - 1;
      }
    }
    let whole = 0;
    return Array.from({ length: bins }, (_, bin) => {
      whole += change[bin] ?? 0;
      return whole + (counts[bin] ?? 0);
    });
  }

  #drawFailures(context: CanvasRenderingContext2D, width: number, color: string): void {
    context.fillStyle = color;
    for (const { error, end } of this.#bars) {
      if (error !== "") context.fillRect(Math.min(width - 2, (end / this.#view.end) * width - 1), 0, 2, 6);
    }
  }

  #drawWindow(context: CanvasRenderingContext2D, width: number, height: number, edge: string, veil: string): void {
    const { from, to, end } = this.#view;
    if (to - from >= end) return;
    const [left, right] = [(from / end) * width, (to / end) * width];
    context.fillStyle = veil;
    context.fillRect(0, 0, left, height);
    context.fillRect(right, 0, width - right, height);
    context.strokeStyle = edge;
    context.lineWidth = 1;
    context.strokeRect(left + 0.5, 0.5, Math.max(2, right - left - 1), height - 1);
  }
}
