/** The lanes: a canvas that is drawn anew for each frame in which anything has changed, and what is done to it. */
import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Geometry, gutterOf, ROW_HEIGHT, TOP, yOf } from "../draw/geometry.ts";
import { LanesPainter } from "../draw/lanes.ts";
import { type Theme, themeOf } from "../draw/theme.ts";
import { theme } from "../look.ts";
import { Pointer } from "./pointer.ts";
import type { TimelineState } from "./state.ts";
import { laneKey } from "./keys.ts";

export function Lanes({ state }: { readonly state: TimelineState }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const spacer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (scroller.current === null || canvas.current === null || spacer.current === null) return undefined;
    const view = new LanesView(state, scroller.current, canvas.current, spacer.current);
    return () => {
      view.close();
    };
  }, [state]);
  const { timeline } = state.opened;
  return (
    <div class="lanes" ref={scroller}>
      <canvas
        id="lanes"
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label={`Timeline of ${timeline.taskCount} tasks. Arrows up and down go from task to task, left and right move in time, plus and minus zoom, T shows a table.`}
        aria-describedby="said"
        onKeyDown={(event) => {
          if (laneKey(state, event)) event.preventDefault();
        }}
      />
      <div ref={spacer} class="spacer" />
    </div>
  );
}

/** What belongs to one canvas on the page. */
class LanesView {
  readonly #state: TimelineState;
  readonly #scroller: HTMLDivElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #spacer: HTMLDivElement;
  readonly #painter: LanesPainter;
  readonly #ends: (() => void)[] = [];
  #theme: Theme;
  #frame = 0; // of the browser, 0: none is asked for
  #drawn = 0;

  constructor(state: TimelineState, scroller: HTMLDivElement, canvas: HTMLCanvasElement, spacer: HTMLDivElement) {
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("this browser has no canvas to draw the lanes on");
    this.#state = state;
    this.#scroller = scroller;
    this.#canvas = canvas;
    this.#spacer = spacer;
    this.#painter = new LanesPainter(context);
    this.#theme = themeOf(scroller);
    const sizes = new ResizeObserver(() => {
      this.#draw();
    });
    sizes.observe(scroller);
    const onScroll = (): void => {
      this.#ask();
    };
    scroller.addEventListener("scroll", onScroll, { passive: true });
    const pointer = new Pointer(state, canvas, scroller, () => this.geometry());
    this.#ends.push(
      () => {
        sizes.disconnect();
      },
      () => {
        scroller.removeEventListener("scroll", onScroll);
      },
      () => {
        pointer.close();
      },
      effect(() => {
        void theme.value;
        this.#theme = themeOf(scroller);
        this.#ask();
      }),
      effect(() => {
        this.#watch();
        this.#ask();
      }),
      effect(() => {
        this.#bringIntoView(state.wantedRow.value);
      }),
    );
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    for (const end of this.#ends) end();
  }

  geometry(): Geometry {
    const width = this.#scroller.clientWidth;
    return {
      width,
      height: this.#scroller.clientHeight,
      ratio: Math.min(2, devicePixelRatio),
      gutter: gutterOf(width),
      scrollTop: this.#scroller.scrollTop,
      window: this.#state.window.value,
      origin: this.#state.opened.timeline.start,
    };
  }

  /** Whatever a frame depends on. */
  #watch(): void {
    const state = this.#state;
    const { height } = this.geometry();
    this.#spacer.style.height = `${Math.max(0, TOP + state.rows.value.count * ROW_HEIGHT - height)}px`;
    const watched = [state.window, state.folded, state.selected, state.hovered, state.range, state.foundSet];
    for (const one of [...watched, state.critical, state.spots, state.threshold]) void one.value;
  }

  #bringIntoView(row: number): void {
    if (row < 0) return;
    const geometry = this.geometry();
    const y = yOf(row, geometry);
    if (y < TOP + ROW_HEIGHT) this.#scroller.scrollTop += y - TOP - ROW_HEIGHT;
    else if (y > geometry.height - 3 * ROW_HEIGHT) this.#scroller.scrollTop += y - geometry.height + 3 * ROW_HEIGHT;
    this.#state.wantedRow.value = -1;
  }

  #ask(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const geometry = this.geometry();
    const canvas = this.#canvas;
    const [width, height] = [geometry.width * geometry.ratio, geometry.height * geometry.ratio].map(Math.round);
    if (width === undefined || height === undefined || width === 0 || height === 0) return;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      canvas.style.width = `${geometry.width}px`;
      canvas.style.height = `${geometry.height}px`;
    }
    const state = this.#state;
    const began = performance.now();
    const work = this.#painter.paint({
      opened: state.opened,
      rows: state.rows.value,
      folded: state.folded.value,
      geometry,
      theme: this.#theme,
      selected: state.selected.value,
      hovered: state.hovered.value,
      wakes: state.wakes(),
      critical: state.critical.value,
      spots: state.spots.value,
      found: state.foundSet.value,
      threshold: state.threshold.value,
      range: state.range.value,
    });
    this.#drawn += 1;
    if (this.#drawn === 1) performance.mark("timeline-drawn");
    // What a frame took can be read off the element.
    canvas.dataset["drawn"] = String(this.#drawn);
    canvas.dataset["work"] = `${work.columns} ${work.touched} ${work.shapes}`;
    canvas.dataset["took"] = (performance.now() - began).toFixed(3);
  }
}
