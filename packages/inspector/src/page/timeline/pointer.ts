/** What mouse, pen and fingers do to the lanes: drag moves, the wheel zooms, two fingers pinch, shift and drag marks a time. */
import { AXIS_HEIGHT, type Geometry, rowAt, scaleOf, timeAt } from "../draw/geometry.ts";
import { isOnTriangle } from "../draw/names.ts";
import { moved, zoomed } from "../model/viewport.ts";
import { hit } from "./hit.ts";
import type { TimelineState } from "./state.ts";

const A_CLICK = 4; // pixels: a press that moved no further is one

interface Finger {
  x: number;
  y: number;
}

interface Press {
  readonly x: number;
  readonly y: number;
  readonly at: number; // the time below the pointer
  readonly marks: boolean;
  isDrag: boolean;
}

export class Pointer {
  readonly #state: TimelineState;
  readonly #canvas: HTMLCanvasElement;
  readonly #scroller: HTMLElement;
  readonly #geometry: () => Geometry;
  readonly #listeners = new AbortController();
  readonly #fingers = new Map<number, Finger>();
  #press: Press | undefined;

  constructor(state: TimelineState, canvas: HTMLCanvasElement, scroller: HTMLElement, geometry: () => Geometry) {
    this.#state = state;
    this.#canvas = canvas;
    this.#scroller = scroller;
    this.#geometry = geometry;
    const { signal } = this.#listeners;
    canvas.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false, signal });
    canvas.addEventListener("pointerdown", (event) => this.#onDown(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.#onMove(event), { signal });
    canvas.addEventListener("pointerup", (event) => this.#onUp(event), { signal });
    canvas.addEventListener("pointercancel", (event) => this.#forget(event), { signal });
    canvas.addEventListener("pointerleave", () => this.#leave(), { signal });
    canvas.addEventListener("dblclick", (event) => this.#onDoubleClick(event), { signal });
  }

  close(): void {
    this.#listeners.abort();
  }

  #place(event: MouseEvent): { x: number; y: number } {
    const box = this.#canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #onWheel(event: WheelEvent): void {
    const geometry = this.#geometry();
    const { x } = this.#place(event);
    // Over the names, and with shift, the wheel scrolls as it does everywhere.
    if (x < geometry.gutter || (event.shiftKey && event.deltaX === 0)) {
      if (event.shiftKey) this.#scroller.scrollTop += event.deltaY;
      return;
    }
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && !event.shiftKey) {
      this.#state.show(moved(geometry.window, event.deltaX * scaleOf(geometry)));
      return;
    }
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    const strength = event.ctrlKey ? 0.01 : 0.0022; // a pinch on a touchpad comes as a wheel with ctrl, in small steps
    this.#state.show(zoomed(geometry.window, Math.exp(-event.deltaY * lines * strength), timeAt(x, geometry)));
  }

  #onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    const place = this.#place(event);
    this.#fingers.set(event.pointerId, place);
    this.#canvas.setPointerCapture(event.pointerId);
    const geometry = this.#geometry();
    const marks = (event.shiftKey || place.y < AXIS_HEIGHT) && place.x >= geometry.gutter;
    this.#press = { ...place, at: timeAt(place.x, geometry), marks, isDrag: false };
  }

  #onMove(event: PointerEvent): void {
    const place = this.#place(event);
    const before = this.#fingers.get(event.pointerId);
    const geometry = this.#geometry();
    if (before === undefined || this.#press === undefined) {
      this.#hover(place);
      return;
    }
    const press = this.#press;
    if (Math.hypot(place.x - press.x, place.y - press.y) > A_CLICK) press.isDrag = true;
    if (!press.isDrag) return;
    if (this.#fingers.size === 2) this.#pinch(event.pointerId, before, place, geometry);
    else if (press.marks) {
      const now = timeAt(place.x, geometry);
      this.#state.range.value = { from: Math.min(now, press.at), to: Math.max(now, press.at) };
    } else {
      this.#canvas.classList.add("dragged");
      if (press.x >= geometry.gutter) {
        this.#state.show(moved(geometry.window, (before.x - place.x) * scaleOf(geometry)));
      }
      this.#scroller.scrollTop += before.y - place.y;
    }
    this.#fingers.set(event.pointerId, place);
  }

  #pinch(id: number, before: Finger, now: Finger, geometry: Geometry): void {
    const other = [...this.#fingers].find(([finger]) => finger !== id)?.[1];
    if (other === undefined) return;
    const factor = Math.max(8, Math.abs(now.x - other.x)) / Math.max(8, Math.abs(before.x - other.x));
    this.#state.show(zoomed(geometry.window, factor, timeAt((before.x + other.x) / 2, geometry)));
  }

  #hover({ x, y }: Finger): void {
    const now = hit(this.#state, x, y, this.#geometry());
    const before = this.#state.hovered.value;
    if (now?.key === before?.key && now?.span === before?.span) return;
    this.#state.hovered.value = now;
  }

  #leave(): void {
    if (this.#fingers.size === 0) this.#state.hovered.value = undefined;
  }

  #onUp(event: PointerEvent): void {
    const press = this.#press;
    const place = this.#place(event);
    this.#forget(event);
    if (press === undefined || press.isDrag) return;
    const geometry = this.#geometry();
    const state = this.#state;
    state.range.value = undefined;
    const selection = hit(state, place.x, place.y, geometry);
    if (selection === undefined) return;
    const depth = state.rows.value.depth[rowAt(place.y, geometry)] ?? 0;
    if (place.x < geometry.gutter && isOnTriangle(place.x, depth)) state.toggle(selection.key);
    else state.select(selection);
  }

  #forget(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    this.#canvas.classList.remove("dragged");
    if (this.#fingers.size === 0) this.#press = undefined;
  }

  #onDoubleClick(event: MouseEvent): void {
    const { x, y } = this.#place(event);
    const selection = hit(this.#state, x, y, this.#geometry());
    if (selection === undefined) return;
    if (x < this.#geometry().gutter || selection.span < 0) this.#state.toggle(selection.key);
    else this.#state.zoomToSelection();
  }
}
