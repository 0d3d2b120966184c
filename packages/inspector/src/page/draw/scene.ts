/** What a frame of the lanes shows: everything that its painters look at. */
import type { CriticalPath } from "brigade/trace";
import type { FoldedLanes } from "../model/folded.ts";
import type { RowKey, Rows } from "../model/rows.ts";
import type { Spot } from "../model/spots.ts";
import type { OpenedTrace } from "../open/opened.ts";
import type { Geometry } from "./geometry.ts";
import type { Theme } from "./theme.ts";

/** A row, and the span in it, −1 for none. */
export interface Selection {
  readonly key: RowKey;
  readonly span: number;
}

/** Who woke whom: at `time`, the one task the other. */
export interface Wake {
  readonly time: number;
  readonly from: number;
  readonly to: number;
}

export interface Scene {
  readonly opened: OpenedTrace;
  readonly rows: Rows;
  readonly folded: FoldedLanes;
  readonly geometry: Geometry;
  readonly theme: Theme;
  readonly selected: Selection | undefined;
  readonly hovered: Selection | undefined;
  readonly wakes: readonly Wake[];
  readonly critical: CriticalPath | undefined;
  readonly spots: readonly Spot[];
  /** Tasks that the search found. */
  readonly found: ReadonlySet<number>;
  /** Milliseconds: steps that take as long are shown as blocking. */
  readonly threshold: number;
  /** The part of time that is marked. */
  readonly range: { readonly from: number; readonly to: number } | undefined;
}

/** How much there was to do for a frame. */
export interface Work {
  /** Columns of lanes. */
  columns: number;
  /** Spans, and blocks of them, that were looked at. */
  touched: number;
  /** Shapes, pictures and texts that were drawn. */
  shapes: number;
}
