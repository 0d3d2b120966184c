/** Leads what pointer, wheel and keyboard do to what draws. */
import type { Card } from "./card.ts";
import type { Formats, PageBar, PageData } from "./model.ts";
import type { Overview } from "./overview.ts";
import type { packLanes } from "./pack-lanes.ts";
import type { Painter } from "./painter.ts";
import type { readBars } from "./read-bars.ts";
import type { Search } from "./search.ts";
import type { Viewport } from "./viewport.ts";

/** What the page is put together from. */
export interface PageParts {
  readonly readBars: typeof readBars;
  readonly packLanes: typeof packLanes;
  readonly Viewport: typeof Viewport;
  readonly Painter: typeof Painter;
  readonly Overview: typeof Overview;
  readonly Card: typeof Card;
  readonly Search: typeof Search;
  readonly formats: Formats;
}

export class Page {
  readonly #parts: PageParts;
  readonly #bars: PageBar[];
  readonly #view: Viewport;
  readonly #painter: Painter;
  readonly #overview: Overview;
  readonly #card: Card;
  readonly #search: Search;
  readonly #canvas: HTMLCanvasElement;
  #lanes: PageBar[][] = [];
  #withWaiting = false;
  #drag: { x: number; y: number; moved: boolean } | undefined;
  #frame = 0; // of requestAnimationFrame; 0: nothing is to be drawn

  constructor(data: PageData, parts: PageParts) {
    this.#parts = parts;
    this.#bars = parts.readBars(data);
    this.#canvas = this.#element("lanes") as HTMLCanvasElement;
    this.#view = new parts.Viewport(data.end);
    this.#painter = new parts.Painter(this.#canvas, this.#view);
    this.#overview = new parts.Overview(this.#element("overview") as HTMLCanvasElement, this.#view, this.#bars);
    this.#card = new parts.Card(this.#element("card"), parts.formats);
    this.#search = new parts.Search(this.#bars);
  }

  start(): void {
    this.#lanes = this.#parts.packLanes(this.#bars, this.#withWaiting);
    this.#painter.readColors();
    this.#listenToPointer();
    this.#listenToOverview();
    this.#listenToTools();
    document.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#resized()).observe(this.#canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#painter.readColors();
      this.#redraw();
    });
    this.#resized();
  }

  #element(id: string): HTMLElement {
    const element = document.getElementById(id);
    if (element === null) throw new Error(`the page has no element "${id}"`);
    return element;
  }

  /** Draws at once: resizing has cleared the canvas, and the next frame would show it empty. */
  #resized(): void {
    this.#painter.resize(this.#lanes.length);
    this.#draw();
  }

  #redraw(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#painter.draw(this.#lanes, this.#withWaiting, this.#card.pinned);
    this.#overview.draw();
    this.#canvas.dataset["drawn"] = String(this.#lanes.length);
  }

  #barAt(event: MouseEvent): PageBar | undefined {
    return this.#painter.barAt(this.#lanes, this.#withWaiting, event.offsetX, event.offsetY);
  }

  #listenToPointer(): void {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#drag = { x: event.clientX, y: event.clientY, moved: false };
    });
    canvas.addEventListener("pointermove", (event) => this.#moved(event));
    canvas.addEventListener("pointerup", (event) => {
      if (this.#drag?.moved === false) this.#pin(this.#barAt(event), event.clientX, event.clientY);
      this.#drag = undefined;
    });
    canvas.addEventListener("pointerleave", () => {
      if (this.#card.pinned === undefined) this.#card.hide();
    });
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        if (event.shiftKey) this.#view.scrollBy(event.deltaY || event.deltaX);
        else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.#view.pan(event.deltaX);
        else this.#view.zoom(Math.exp(-event.deltaY / 400), event.offsetX);
        this.#redraw();
      },
      { passive: false },
    );
    canvas.addEventListener("dblclick", (event) => this.#zoom(3, event.offsetX));
  }

  #moved(event: PointerEvent): void {
    if (this.#drag) {
      const { x, y } = this.#drag;
      if (!this.#drag.moved && Math.hypot(event.clientX - x, event.clientY - y) < 4) return;
      this.#view.pan(x - event.clientX);
      this.#view.scrollBy(y - event.clientY);
      this.#drag = { x: event.clientX, y: event.clientY, moved: true };
      this.#redraw();
      return;
    }
    if (this.#card.pinned) return;
    const bar = this.#barAt(event);
    this.#canvas.style.cursor = bar ? "pointer" : "grab";
    if (bar) this.#card.show(bar, event.clientX, event.clientY);
    else this.#card.hide();
  }

  #pin(bar: PageBar | undefined, x: number, y: number): void {
    this.#card.pin(bar);
    if (bar) this.#card.show(bar, x, y);
    this.#redraw();
  }

  #listenToOverview(): void {
    const overview = this.#element("overview");
    const center = (event: PointerEvent): void => {
      if (event.buttons === 0) return;
      this.#view.center(this.#overview.time(event.offsetX));
      this.#redraw();
    };
    overview.addEventListener("pointerdown", (event) => {
      overview.setPointerCapture(event.pointerId);
      center(event);
    });
    overview.addEventListener("pointermove", center);
  }

  #listenToTools(): void {
    this.#element("in").addEventListener("click", () => this.#zoom(2));
    this.#element("out").addEventListener("click", () => this.#zoom(0.5));
    this.#element("fit").addEventListener("click", () => this.#fit());
    const waiting = this.#element("with-waiting") as HTMLInputElement;
    this.#withWaiting = waiting.checked; // browsers keep what was checked before a reload
    waiting.addEventListener("change", () => {
      this.#withWaiting = waiting.checked;
      this.#lanes = this.#parts.packLanes(this.#bars, this.#withWaiting);
      this.#resized();
    });
    this.#lanes = this.#parts.packLanes(this.#bars, this.#withWaiting);
    const search = this.#element("search") as HTMLInputElement;
    search.addEventListener("input", () => this.#find(search.value));
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#next(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") search.blur();
    });
    if (search.value !== "") this.#find(search.value);
  }

  #zoom(factor: number, x = this.#view.width / 2): void {
    this.#view.zoom(factor, x);
    this.#redraw();
  }

  #fit(): void {
    this.#view.fit();
    this.#redraw();
  }

  #find(text: string): void {
    const count = this.#search.find(text);
    const found = count === 1 ? "1 match" : `${this.#parts.formats.count(count ?? 0)} matches`;
    this.#element("matches").textContent = count === undefined ? "" : found;
    this.#pin(undefined, 0, 0);
  }

  /** Brings the next match into sight and tells about it. */
  #next(step: 1 | -1): void {
    const bar = this.#search.next(step);
    if (bar === undefined) return;
    this.#view.center((bar.start + bar.end) / 2);
    this.#view.scrollBy(this.#painter.top(bar) - this.#canvas.clientHeight / 2);
    const { left, top } = this.#canvas.getBoundingClientRect();
    this.#pin(bar, left + this.#view.x(bar.end), top + this.#painter.top(bar));
  }

  #key(event: KeyboardEvent): void {
    if (event.target instanceof HTMLInputElement && event.target.type === "search") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const quarter = this.#view.width / 4;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.#view.pan(-quarter),
      ArrowRight: () => this.#view.pan(quarter),
      ArrowUp: () => this.#view.scrollBy(-60),
      ArrowDown: () => this.#view.scrollBy(60),
      "+": () => this.#view.zoom(1.6, this.#view.width / 2),
      "=": () => this.#view.zoom(1.6, this.#view.width / 2),
      "-": () => this.#view.zoom(1 / 1.6, this.#view.width / 2),
      "0": () => this.#view.fit(),
      "/": () => this.#element("search").focus(),
      Escape: () => this.#pin(undefined, 0, 0),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
    this.#redraw();
  }
}
