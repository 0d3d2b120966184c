/** Draws lanes of bars, and the time above them. */
import type { PageBar, Part } from "./model.ts";
import type { Viewport } from "./viewport.ts";

export class Painter {
  readonly axisHeight = 26;
  laneHeight = 12;
  readonly #canvas: HTMLCanvasElement;
  readonly #view: Viewport;
  #colors = new Map<string, string>();
  #height = 1;

  constructor(canvas: HTMLCanvasElement, view: Viewport) {
    this.#canvas = canvas;
    this.#view = view;
  }

  /** The colours of the page, light or dark. */
  readColors(): void {
    const style = getComputedStyle(document.documentElement);
    const names = ["waiting", "retries", "connect", "response", "body", "failed", "grid", "quiet", "text", "surface"];
    this.#colors = new Map(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }

  resize(lanes: number): void {
    const { clientWidth, clientHeight } = this.#canvas;
    const ratio = globalThis.devicePixelRatio || 1;
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    this.#canvas.getContext("2d")?.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#height = clientHeight;
    this.#view.width = Math.max(1, clientWidth);
    const room = clientHeight - this.axisHeight;
    this.laneHeight = Math.max(4, Math.min(24, Math.floor(room / Math.max(1, lanes))));
    this.#view.mostScroll = Math.max(0, lanes * this.laneHeight - room);
    this.#view.scrollBy(0);
  }

  draw(lanes: readonly (readonly PageBar[])[], withWaiting: boolean, selected: PageBar | undefined): void {
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    context.clearRect(0, 0, this.#view.width, this.#height);
    this.#drawGrid(context);
    const bars = this.#visible(lanes, withWaiting);
    context.save();
    context.beginPath();
    context.rect(0, this.axisHeight, this.#view.width, this.#height);
    context.clip();
    for (const matches of [false, true]) {
      const shown = bars.filter((bar) => bar.matches === matches);
      this.#drawParts(context, shown, withWaiting, matches ? 1 : 0.13);
    }
    if (selected) this.#drawFrame(context, selected);
    context.restore();
  }

  /** The bar at a place of the canvas. A thin one is found from two pixels beside it. */
  barAt(lanes: readonly (readonly PageBar[])[], withWaiting: boolean, x: number, y: number): PageBar | undefined {
    if (y < this.axisHeight) return undefined;
    const lane = lanes[Math.floor((y - this.axisHeight + this.#view.scroll) / this.laneHeight)];
    let nearest: PageBar | undefined;
    let distance = 3;
    for (const bar of lane ?? []) {
      const left = this.#view.x(withWaiting ? bar.began : bar.start);
      const away = Math.max(left - x, x - this.#view.x(bar.end), 0);
      if (away >= distance) continue;
      nearest = bar;
      distance = away;
    }
    return nearest;
  }

  top(bar: PageBar): number {
    return this.axisHeight + bar.lane * this.laneHeight - this.#view.scroll;
  }

  #color(name: string): string {
    return this.#colors.get(name) ?? "gray";
  }

  #visible(lanes: readonly (readonly PageBar[])[], withWaiting: boolean): PageBar[] {
    const { from, to, scroll } = this.#view;
    const first = Math.floor(scroll / this.laneHeight);
    const last = Math.ceil((scroll + this.#height) / this.laneHeight);
    const inSight = (bar: PageBar): boolean => bar.end >= from && (withWaiting ? bar.began : bar.start) <= to;
    return lanes.slice(first, last).flatMap((lane) => lane.filter(inSight));
  }

  /** One colour after the other: changing it for each bar costs more than all the rest. */
  #drawParts(context: CanvasRenderingContext2D, bars: readonly PageBar[], withWaiting: boolean, alpha: number): void {
    const parts: readonly Part[] = ["waiting", "retries", "connect", "response", "body"];
    const strength: Record<Part, number> = { waiting: 0, retries: 0.4, connect: 0.6, response: 1, body: 0.8 };
    for (const failed of [false, true]) {
      const chosen = bars.filter((bar) => (bar.error !== "") === failed);
      for (const part of parts) {
        const red = failed && part !== "waiting";
        if (part === "waiting" && !withWaiting) continue;
        context.fillStyle = this.#color(red ? "failed" : part);
        context.globalAlpha = alpha * (red ? strength[part] : 1);
        for (const bar of chosen) if (bar.parts[part] > 0) this.#drawPart(context, bar, part, parts);
      }
      context.globalAlpha = alpha;
      for (const bar of chosen) this.#drawThin(context, bar, failed);
    }
    context.globalAlpha = 1;
  }

  #drawPart(context: CanvasRenderingContext2D, bar: PageBar, part: Part, parts: readonly Part[]): void {
    let begin = bar.began;
    for (const earlier of parts.slice(0, parts.indexOf(part))) begin += bar.parts[earlier];
    const left = Math.max(-1, this.#view.x(begin));
    const right = Math.min(this.#view.width + 1, this.#view.x(begin + bar.parts[part]));
    if (right - left < 0.2) return;
    const inset = part === "waiting" ? Math.floor(this.laneHeight / 3) : 0;
    context.fillRect(left, this.top(bar) + inset, right - left, this.laneHeight - 1 - 2 * inset);
  }

  /** However short it was, it is seen; and one gets an edge where it ends. */
  #drawThin(context: CanvasRenderingContext2D, bar: PageBar, failed: boolean): void {
    const left = this.#view.x(bar.start);
    const right = this.#view.x(bar.end);
    if (right - left < 1) {
      context.fillStyle = this.#color(failed ? "failed" : "response");
      context.fillRect(left, this.top(bar), 1, this.laneHeight - 1);
    } else if (right - left > 6) {
      context.fillStyle = this.#color("surface");
      context.fillRect(right - 1, this.top(bar), 1, this.laneHeight - 1);
    }
  }

  #drawFrame(context: CanvasRenderingContext2D, bar: PageBar): void {
    context.strokeStyle = this.#color("text");
    context.lineWidth = 2;
    const left = this.#view.x(bar.start);
    const width = Math.max(2, this.#view.x(bar.end) - left);
    context.strokeRect(left - 1, this.top(bar) - 1, width + 2, this.laneHeight + 1);
  }

  #drawGrid(context: CanvasRenderingContext2D): void {
    const { from, to, width } = this.#view;
    const step = this.#step((to - from) / Math.max(2, width / 110));
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      const x = Math.round(this.#view.x(time)) + 0.5;
      context.fillStyle = this.#color("grid");
      context.fillRect(x - 0.5, this.axisHeight - 6, 1, this.#height);
      context.fillStyle = this.#color("quiet");
      const label = this.#label(time, step);
      const wide = context.measureText(label).width;
      context.fillText(label, Math.max(2, Math.min(width - wide - 2, x - wide / 2)), 10);
    }
  }

  /** 1, 2 or 5 of a power of ten; of minutes and hours, what clocks have. */
  #step(atLeast: number): number {
    const large = [60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000];
    if (atLeast > 50_000) return large.find((step) => step >= atLeast) ?? Math.ceil(atLeast / 86_400_000) * 86_400_000;
    const power = 10 ** Math.floor(Math.log10(atLeast));
    return ([1, 2, 5, 10].find((of) => of * power >= atLeast) ?? 10) * power;
  }

  #label(time: number, step: number): string {
    if (this.#view.end < 1_000) return `${time.toFixed(Math.max(0, -Math.floor(Math.log10(step))))} ms`;
    if (step < 60_000 && this.#view.to < 120_000) {
      return `${(time / 1_000).toFixed(Math.max(0, -Math.floor(Math.log10(step / 1_000))))} s`;
    }
    const seconds = (time / 1_000) % 60;
    const minutes = Math.floor(time / 60_000) % 60;
    const digits = Math.max(0, -Math.floor(Math.log10(step / 1_000)));
    const clock = `${String(minutes).padStart(2, "0")}:${seconds.toFixed(digits).padStart(digits > 0 ? digits + 3 : 2, "0")}`;
    return time < 3_600_000 && this.#view.end < 3_600_000 ? clock : `${Math.floor(time / 3_600_000)}:${clock}`;
  }
}
