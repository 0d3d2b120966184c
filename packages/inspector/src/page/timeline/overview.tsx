/** The strip above the lanes: the whole program; dragging in it moves the window. */
import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { gutterOf } from "../draw/geometry.ts";
import { OverviewPainter } from "../draw/overview.ts";
import { themeOf } from "../draw/theme.ts";
import { theme } from "../look.ts";
import { fitting, type Window } from "../model/viewport.ts";
import type { TimelineState } from "./state.ts";

export function Overview({ state }: { readonly state: TimelineState }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => (canvas.current === null ? undefined : attach(state, canvas.current)), [state]);
  return (
    <canvas
      id="overview"
      ref={canvas}
      role="img"
      aria-label="The whole program: how many tasks there are, and what keeps the loop busy"
    />
  );
}

function attach(state: TimelineState, canvas: HTMLCanvasElement): () => void {
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) return () => {};
  const painter = new OverviewPainter(context);
  let colors = themeOf(canvas);
  let frame = 0;
  const draw = (): void => {
    frame = 0;
    const { clientWidth: width, clientHeight: height } = canvas;
    const ratio = Math.min(2, devicePixelRatio);
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    if (width === 0 || height === 0) return;
    painter.paint({
      opened: state.opened,
      theme: colors,
      width,
      height,
      ratio,
      gutter: gutterOf(width),
      window: state.window.value,
      threshold: state.threshold.value,
    });
  };
  const ask = (): void => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  const sizes = new ResizeObserver(ask);
  sizes.observe(canvas);
  const stopWatching = effect(() => {
    void theme.value;
    void state.window.value;
    void state.threshold.value;
    colors = themeChanged(canvas, colors);
    ask();
  });
  const stopDragging = drags(state, canvas);
  return () => {
    cancelAnimationFrame(frame);
    sizes.disconnect();
    stopWatching();
    stopDragging();
  };
}

/** The same object while the colours are the same: the picture of the whole is drawn anew for another. */
function themeChanged(canvas: HTMLCanvasElement, before: ReturnType<typeof themeOf>): ReturnType<typeof themeOf> {
  const now = themeOf(canvas);
  return now.css.surface === before.css.surface ? before : now;
}

/** Inside the window a drag moves it; outside, it draws a new one. */
function drags(state: TimelineState, canvas: HTMLCanvasElement): () => void {
  const listeners = new AbortController();
  const { signal } = listeners;
  const { start, end } = state.opened.timeline;
  const whole = fitting(start, end);
  const timeAt = (event: PointerEvent): number => {
    const gutter = gutterOf(canvas.clientWidth);
    const x = event.clientX - canvas.getBoundingClientRect().left;
    return whole.from + ((x - gutter) / Math.max(1, canvas.clientWidth - gutter)) * (whole.to - whole.from);
  };
  let press: { readonly at: number; readonly window: Window; readonly moves: boolean } | undefined;
  canvas.addEventListener(
    "pointerdown",
    (event) => {
      canvas.setPointerCapture(event.pointerId);
      const at = timeAt(event);
      const window = state.window.value;
      const isPart = window.to - window.from < (whole.to - whole.from) * 0.98;
      press = { at, window, moves: isPart && at >= window.from && at <= window.to };
    },
    { signal },
  );
  canvas.addEventListener(
    "pointermove",
    (event) => {
      if (press === undefined) return;
      const now = timeAt(event);
      const by = now - press.at;
      if (press.moves) state.show({ from: press.window.from + by, to: press.window.to + by });
      else if (by !== 0) state.show({ from: Math.min(now, press.at), to: Math.max(now, press.at) });
    },
    { signal },
  );
  const stop = (): void => {
    press = undefined;
  };
  canvas.addEventListener("pointerup", stop, { signal });
  canvas.addEventListener("pointercancel", stop, { signal });
  return () => {
    listeners.abort();
  };
}
