/** A timeline as a picture that stands on its own. */
import { ERROR } from "../format/schema.ts";
import type { Trace } from "../format/reader.ts";
import { READY, RUNNING, type SpanState, WAITING } from "../timeline/columns.ts";
import { criticalPath } from "../timeline/path.ts";
import { lineOf, placeText } from "../timeline/tables.ts";
import { type Timeline, stateName } from "../timeline/timeline.ts";
import { timelineFor } from "./pieces.ts";
import { type Row, rowsOf } from "./svg-rows.ts";
import { durationText, fitted, markup, steps } from "./svg-text.ts";

export interface SvgOptions {
  /** The title above the picture; the program's name unless given. */
  readonly title?: string;
  /** Width in pixels, from 400: 1,200 unless given. */
  readonly width?: number;
  /** Most rows: 60 unless given. Where there are more tasks, those that run the same coroutine share a row. */
  readonly rows?: number;
  /** Whether the critical path is marked: true unless given. */
  readonly criticalPath?: boolean;
}

/** Pixels of a character, about: no font can be measured here. */
const LETTER = 6.6;
const ROW = 18;
const BAR = 12;
const TOP = 62; // title, legend, axis
const MARGIN = 12;

/** A state during a number of pixels. */
interface Run {
  readonly state: SpanState;
  readonly from: number;
  readonly to: number;
  /** The span that took the most of it; −1 in a row of several tasks. */
  readonly span: number;
}

/**
 * The timeline as one SVG image: a row per task in the order of the task tree, with its steps, waits and times of being ready,
 * an axis, and the critical path as a line below the bars. Light or dark as the reader's system is. It has no script, refers to
 * nothing outside itself, and its size depends on rows and width alone. `RangeError` for a width or number of rows that is none.
 *
 * @example
 * ```ts
 * import { gather, run, sleep } from "brigade";
 * import { readTrace, recorder, toSvg } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(gather([sleep("5ms"), sleep("20ms")]), { observer });
 * console.log([...toSvg(readTrace(observer.bytes()), { title: "Two sleeps" })].join("").length > 0);
 * ```
 */
export function* toSvg(source: Trace | Timeline, options: SvgOptions = {}): Generator<string, void> {
  const { width = 1_200, rows: most = 60 } = options;
  if (!(Number.isFinite(width) && width >= 400))
    throw new RangeError(`a picture is at least 400 pixels wide, not ${width}`);
  if (!(Number.isInteger(most) && most >= 1)) throw new RangeError(`a picture has at least 1 row, not ${most}`);
  const timeline = timelineFor(source);
  const rows = rowsOf(timeline, most);
  const picture = new Picture(timeline, rows, width);
  const title = options.title ?? titleOf(timeline);
  yield picture.head(title);
  for (const [index, row] of rows.entries()) yield picture.row(row, index);
  if (options.criticalPath ?? true) yield picture.path();
  yield "</svg>\n";
}

function titleOf({ trace }: Timeline): string {
  const { program } = trace.meta;
  return typeof program === "string" ? program : "Brigade timeline";
}

class Picture {
  readonly #timeline: Timeline;
  readonly #rows: readonly Row[];
  readonly #width: number;
  readonly #left: number;
  readonly #columns: number; // pixels that bars are drawn in
  readonly #scale: number; // pixels per millisecond

  constructor(timeline: Timeline, rows: readonly Row[], width: number) {
    this.#timeline = timeline;
    this.#rows = rows;
    this.#width = width;
    this.#left = Math.round(Math.min(width * 0.3, Math.max(80, ...rows.map(labelWidth))));
    this.#columns = Math.floor(width - this.#left - MARGIN);
    this.#scale = this.#columns / Math.max(timeline.end - timeline.start, Number.MIN_VALUE);
    if (!Number.isFinite(this.#scale)) this.#scale = 0;
  }

  head(title: string): string {
    const { start, end, taskCount, trace } = this.#timeline;
    const height = TOP + this.#rows.length * ROW + MARGIN;
    const sums = `${durationText(end - start)}, ${taskCount} ${taskCount === 1 ? "task" : "tasks"}`;
    const state = trace.end === "complete" ? "" : trace.end === "open" ? ", still open" : ", broken off";
    const lines = [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${this.#width}" height="${height}" viewBox="0 0 ${this.#width} ${height}" role="img">`,
      `<title>${markup(title)}</title><desc>${markup(`When each task ran and waited: ${sums}${state}.`)}</desc>`,
      STYLE,
      `<rect class="page" width="100%" height="100%"/>`,
      `<text class="title" x="${MARGIN}" y="20">${markup(fitted(title, this.#width - 2 * MARGIN, 8.5))}</text>`,
      `<text class="quiet" x="${MARGIN}" y="38">${markup(`${sums}${state}`)}</text>`,
      this.#legend(),
      this.#axis(height - MARGIN),
    ];
    return `${lines.join("\n")}\n`;
  }

  #legend(): string {
    const entries = [
      ["running", "running"],
      ["ready", "ready"],
      ["waiting", "waiting"],
      ["path", "critical path"],
    ] as const;
    const step = 96;
    const first = this.#width - MARGIN - entries.length * step;
    const parts = entries.map(([name, text], index) => {
      const x = first + index * step;
      const key =
        name === "path"
          ? `<rect class="path" x="${x}" y="33" width="12" height="2"/>`
          : `<rect class="${name}" x="${x}" y="28" width="12" height="${BAR - 2}"/>`;
      return `${key}<text class="quiet" x="${x + 16}" y="38">${text}</text>`;
    });
    return parts.join("");
  }

  #axis(bottom: number): string {
    const { start, end } = this.#timeline;
    const parts: string[] = [];
    for (const at of steps(end - start, this.#columns / 90)) {
      const x = this.#left + at * this.#scale;
      parts.push(`<path class="grid" d="M${round(x)} ${TOP - 6}V${bottom}"/>`);
      const anchor = x > this.#width - 40 ? ` text-anchor="end"` : "";
      parts.push(`<text class="quiet" x="${round(x)}" y="${TOP - 9}"${anchor}>${durationText(at)}</text>`);
    }
    return parts.join("");
  }

  row(row: Row, index: number): string {
    const y = TOP + index * ROW;
    const x = MARGIN + indentOf(row);
    const failed = row.tasks.some((task) => this.#timeline.outcome[task] === ERROR);
    const label = fitted(row.label, this.#left - x - 8, LETTER);
    const parts = [
      `<text class="${failed ? "label failed" : "label"}" x="${x}" y="${y + BAR}">${markup(label)}<title>${markup(row.label)}</title></text>`,
    ];
    for (const { state, from, to, span } of this.#runs(row)) {
      const at = `x="${this.#left + from}" y="${y + 2}" width="${to - from}" height="${BAR}"`;
      const title = span < 0 ? "" : `<title>${markup(this.#spanText(span))}</title>`;
      parts.push(`<rect class="${stateName(state)}" ${at}${title === "" ? "/>" : `>${title}</rect>`}`);
    }
    return `${parts.join("")}\n`;
  }

  /** What is seen in each pixel, neighbours that look alike together. A step is seen however short it is. */
  #runs({ tasks }: Row): Run[] {
    const shares = new Float64Array(this.#columns * 4); // by pixel and state
    const spans = new Int32Array(this.#columns).fill(-1);
    const longest = new Float64Array(this.#columns);
    for (const task of tasks) this.#share(task, { shares, spans, longest });
    const runs: Run[] = [];
    for (let pixel = 0; pixel < this.#columns; pixel++) {
      const state = seen(shares.subarray(pixel * 4, pixel * 4 + 4));
      if (state === undefined) continue;
      const span = tasks.length === 1 ? (spans[pixel] as number) : -1;
      const last = runs.at(-1);
      if (last?.to === pixel && last.state === state && last.span === span)
        runs[runs.length - 1] = { ...last, to: pixel + 1 };
      else runs.push({ state, from: pixel, to: pixel + 1, span });
    }
    return runs;
  }

  #share(task: number, into: { shares: Float64Array; spans: Int32Array; longest: Float64Array }): void {
    const { spanState, spanStart, spanEnd, start } = this.#timeline;
    const [begin, end] = this.#timeline.spansOf(task);
    for (let span = begin; span < end; span++) {
      const from = ((spanStart[span] as number) - start) * this.#scale;
      const to = ((spanEnd[span] as number) - start) * this.#scale;
      const state = spanState[span] as number;
      const first = Math.min(this.#columns - 1, Math.floor(from));
      const last = Math.min(this.#columns - 1, Math.max(first, Math.ceil(to) - 1));
      for (let pixel = first; pixel <= last; pixel++) {
        const share = Math.min(to, pixel + 1) - Math.max(from, pixel) + (state === RUNNING ? 1e-9 : 0);
        if (share <= 0) continue;
        (into.shares[pixel * 4 + state] as number) += share;
        const weight = share + (state === RUNNING ? 2 : 0); // the span that is told of is of the state that is seen
        if (weight <= (into.longest[pixel] as number)) continue;
        into.longest[pixel] = weight;
        into.spans[pixel] = span;
      }
    }
  }

  #spanText(span: number): string {
    const { spanState, spanStart, spanEnd, spanPlace, spanTask, start } = this.#timeline;
    const [from, to] = [(spanStart[span] as number) - start, (spanEnd[span] as number) - start];
    const place = this.#timeline.place(spanPlace[span] as number);
    const frame = lineOf(place);
    const state = spanState[span] as number;
    const where = state === WAITING && place.kind !== "" ? `: ${placeText(place)}` : "";
    const line = state === WAITING && frame ? `, ${frame.file}:${frame.line}` : "";
    const length = durationText(state === RUNNING ? this.#timeline.ran(span) : to - from);
    const name = this.#timeline.name(spanTask[span] as number);
    return `${name}: ${stateName(state)} ${length} from ${durationText(from)}${where}${line}`;
  }

  path(): string {
    const rowOf = new Map<number, number>();
    for (const [index, { tasks }] of this.#rows.entries()) for (const task of tasks) rowOf.set(task, index);
    const seen = this.#rows.map(() => new Uint8Array(this.#columns));
    for (const { task, start, end } of criticalPath(this.#timeline)) {
      const row = seen[rowOf.get(task) ?? -1];
      if (row === undefined || end === start) continue;
      const from = Math.floor((start - this.#timeline.start) * this.#scale);
      row.fill(1, from, Math.max(from + 1, Math.floor((end - this.#timeline.start) * this.#scale)));
    }
    const parts: string[] = [];
    for (const [index, row] of seen.entries()) {
      for (let from = row.indexOf(1); from >= 0; ) {
        const found = row.indexOf(0, from);
        const to = found < 0 ? row.length : found;
        const at = `x="${this.#left + from}" y="${TOP + index * ROW + BAR + 3}" width="${to - from}" height="2"`;
        parts.push(`<rect class="path" ${at}/>`);
        from = row.indexOf(1, to);
      }
    }
    return `<g>${parts.join("")}</g>\n`;
  }
}

function indentOf({ depth }: Row): number {
  return Math.min(depth, 8) * 10;
}

function labelWidth(row: Row): number {
  return MARGIN + indentOf(row) + row.label.length * LETTER + 12;
}

/** Of the shares of a pixel, by state: a step if there is one, else what took the most of it. */
function seen(shares: Float64Array): SpanState | undefined {
  if ((shares[RUNNING] as number) > 0) return RUNNING;
  const [waiting, ready] = [shares[WAITING] as number, shares[READY] as number];
  if (waiting === 0 && ready === 0) return undefined;
  return ready > waiting ? READY : WAITING;
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

const STYLE: string = `<style>
.page{fill:#fff}text{font:11px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}.quiet{fill:#59636e}
.failed{fill:#b3261e}.grid{stroke:#d8dee4;fill:none}.running{fill:#1a7f5a}.ready{fill:#d9a514}.waiting{fill:#b9d4f1}.path{fill:#c2410c}
@media (prefers-color-scheme:dark){.page{fill:#16191d}text{fill:#e6e8ea}.quiet{fill:#9aa4ae}.failed{fill:#ff8a80}.grid{stroke:#30363d}
.running{fill:#3fcf94}.ready{fill:#e3b341}.waiting{fill:#2f4d6e}.path{fill:#ff8a4c}}
</style>`;
