/** Where on the lanes' canvas what is. CSS pixels. */
import type { Window } from "../model/viewport.ts";

export const AXIS_HEIGHT = 26;
export const LOOP_HEIGHT = 24;
/** Rows begin here. */
export const TOP: number = AXIS_HEIGHT + LOOP_HEIGHT;
export const ROW_HEIGHT = 22;
export const INDENT = 13;

export interface Geometry {
  readonly width: number;
  readonly height: number;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  /** How wide the names at the left are. */
  readonly gutter: number;
  readonly scrollTop: number;
  readonly window: Window;
  /** When the program began: the axis counts from there. */
  readonly origin: number;
}

export function xOf(time: number, { width, gutter, window }: Geometry): number {
  return gutter + ((time - window.from) / (window.to - window.from)) * (width - gutter);
}

export function timeAt(x: number, { width, gutter, window }: Geometry): number {
  return window.from + ((x - gutter) / (width - gutter)) * (window.to - window.from);
}

/** The upper edge of a row. */
export function yOf(row: number, { scrollTop }: Geometry): number {
  return TOP + row * ROW_HEIGHT - scrollTop;
}

export function rowAt(y: number, { scrollTop }: Geometry): number {
  return Math.floor((y - TOP + scrollTop) / ROW_HEIGHT);
}

/** The rows that can be seen: from the first up to the second. */
export function visibleRows(count: number, geometry: Geometry): [from: number, to: number] {
  const from = Math.max(0, Math.floor(geometry.scrollTop / ROW_HEIGHT));
  const to = Math.min(count, Math.ceil((geometry.scrollTop + geometry.height - TOP) / ROW_HEIGHT));
  return [from, Math.max(from, to)];
}

/** Milliseconds in a CSS pixel. */
export function scaleOf({ width, gutter, window }: Geometry): number {
  return (window.to - window.from) / Math.max(1, width - gutter);
}

export function gutterOf(width: number): number {
  return width < 700 ? Math.round(width * 0.32) : 230;
}
