/** The task tree as a table of which only the rows in view exist. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { count, duration, position } from "../words.ts";
import type { LiveRow } from "./row.ts";
import type { LiveState } from "./state.ts";

const ROW_HEIGHT = 27; // as the style sheet says
const BEYOND = 15; // rows that are fetched above and below those in view
const MOST_HEIGHT = 15_000_000; // pixels: browsers draw no element that is much higher
const DEEPEST = 14;

export function TaskTable({ state }: { readonly state: LiveState }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const { offset, total, rows } = state.rows.value;
  useEffect(() => (scroller.current === null ? undefined : follow(state, scroller.current)), [state]);
  const height = Math.min(total * ROW_HEIGHT, MOST_HEIGHT);
  return (
    <div
      class="rows"
      ref={scroller}
      tabIndex={0}
      role="treegrid"
      aria-label="Tasks"
      aria-rowcount={total}
      onKeyDown={(event) => {
        if (tableKey(state, event.key, scroller.current)) event.preventDefault();
      }}
    >
      <div class="row head" role="row">
        {["Task", "State", "Age", "For", "Waits for", "Where", "Holds"].map((name) => (
          <span key={name} role="columnheader">
            {name}
          </span>
        ))}
      </div>
      <div class="body" role="rowgroup" style={{ height: `${height}px` }}>
        <div style={{ transform: `translateY(${topOf(offset, total)}px)` }}>
          {rows.map((row, index) => (
            <TaskRowView key={row.key} state={state} row={row} number={offset + index} />
          ))}
        </div>
      </div>
    </div>
  );
}

/** Where a row stands, in pixels below the first. */
function topOf(row: number, total: number): number {
  const scale = Math.min(1, MOST_HEIGHT / Math.max(1, total * ROW_HEIGHT));
  return row * ROW_HEIGHT * scale;
}

/** Asks for the rows that come into view. */
function follow(state: LiveState, scroller: HTMLElement): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    const { total } = state.rows.value;
    const scale = Math.min(1, MOST_HEIGHT / Math.max(1, total * ROW_HEIGHT));
    const first = Math.max(0, Math.floor(scroller.scrollTop / scale / ROW_HEIGHT) - BEYOND);
    const limit = Math.ceil(scroller.clientHeight / ROW_HEIGHT) + BEYOND * 2;
    const { offset, limit: before } = state.window.value;
    if (first === offset && limit === before) return;
    state.window.value = { offset: first, limit };
    clearTimeout(timer);
    timer = setTimeout(() => state.refresh(), 60);
  };
  scroller.addEventListener("scroll", look, { passive: true });
  const sizes = new ResizeObserver(look);
  sizes.observe(scroller);
  return () => {
    clearTimeout(timer);
    sizes.disconnect();
    scroller.removeEventListener("scroll", look);
  };
}

function tableKey(state: LiveState, key: string, scroller: HTMLElement | null): boolean {
  const { rows, offset } = state.rows.value;
  const at = rows.findIndex((row) => row.key === state.selected.value);
  const row = rows[at];
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[key];
  if (by !== undefined) {
    const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (next === undefined || scroller === null) return true;
    state.select(next.key);
    bringIntoView(scroller, offset + rows.indexOf(next), state.rows.value.total);
    return true;
  }
  if (row === undefined) return false;
  const folds =
    (key === "ArrowLeft" && row.open) || (key === "ArrowRight" && !row.open) || key === "Enter" || key === " ";
  if (!folds) return false;
  if (row.children > 0) state.toggle(row.key);
  return true;
}

function bringIntoView(scroller: HTMLElement, row: number, total: number): void {
  const top = topOf(row, total);
  const room = scroller.clientHeight - 2 * ROW_HEIGHT; // below the head
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top > scroller.scrollTop + room - ROW_HEIGHT) scroller.scrollTop = top - room + ROW_HEIGHT;
}

interface RowProps {
  readonly state: LiveState;
  readonly row: LiveRow;
  readonly number: number;
}

function TaskRowView({ state, row, number }: RowProps): JSX.Element {
  const frame = row.frames[0];
  const where = frame === undefined ? "" : (position(row.frames.find(({ file }) => file !== undefined) ?? frame) ?? "");
  return (
    <div
      class="row"
      role="row"
      aria-level={row.depth + 1}
      aria-rowindex={number + 2}
      aria-selected={state.selected.value === row.key}
      {...(row.children > 0 ? { "aria-expanded": row.open } : {})}
      onClick={() => state.select(row.key)}
    >
      <span role="gridcell" class="name" style={{ paddingLeft: `${8 + Math.min(row.depth, DEEPEST) * 14}px` }}>
        <Fold state={state} row={row} />
        {row.name}
        {row.count > 1 && <small> × {count(row.count)}</small>}
        {row.root !== "" && row.root !== row.name && <small> {row.root}</small>}
      </span>
      <span role="gridcell">
        <i class={`swatch swatch-${row.state}`} /> {row.state}
        {row.cancelling && <small> ending</small>}
      </span>
      <span role="gridcell">{row.age === undefined ? "" : duration(row.age)}</span>
      <span role="gridcell">{row.since === undefined ? "" : duration(row.since)}</span>
      <span role="gridcell">
        {row.on === undefined ? row.waits : `${row.waits === "" ? "" : `${row.waits}: `}${row.on.name}`}
      </span>
      <span role="gridcell" title={frame?.file}>
        {frame?.name} <small>{where}</small>
      </span>
      <span role="gridcell">{row.holds}</span>
    </div>
  );
}

function Fold({ state, row }: Pick<RowProps, "state" | "row">): JSX.Element {
  if (row.children === 0) return <i class="fold" />;
  return (
    <button
      type="button"
      class="fold"
      tabIndex={-1}
      aria-label={row.open ? "Fold" : "Unfold"}
      onClick={(event) => {
        event.stopPropagation();
        state.toggle(row.key);
      }}
    >
      {row.open ? "▾" : "▸"}
    </button>
  );
}
