/** Draws a frame of the lanes. What a frame costs depends on the size of the picture, and not on the size of the trace. */
import { placeText, READY, RUNNING, type SpanState, WAITING } from "brigade/trace";
import { Bins } from "../model/bins.ts";
import { aliveAt } from "../model/folded.ts";
import { duration } from "../words.ts";
import { drawAxis, drawGrid } from "./axis.ts";
import { AXIS_HEIGHT, LOOP_HEIGHT, ROW_HEIGHT, scaleOf, timeAt, TOP, visibleRows, xOf, yOf } from "./geometry.ts";
import { drawNames } from "./names.ts";
import { drawOverlay } from "./overlay.ts";
import type { Scene, Work } from "./scene.ts";
import { Strips } from "./strips.ts";
import { fitted, widthOf } from "./text.ts";

const LEAST_LABEL = 46; // pixels: a narrower span has no room for words
const MOST_LANES = 400;

export class LanesPainter {
  readonly #context: CanvasRenderingContext2D;
  #bins = new Bins(1);
  #strips: Strips | undefined;

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
  }

  paint(scene: Scene): Work {
    const { geometry, theme } = scene;
    const { width, height, ratio, gutter } = geometry;
    const context = this.#context;
    const work: Work = { columns: 0, touched: 0, shapes: 0 };
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = theme.css.surface;
    context.fillRect(0, 0, width, height);
    context.font = `12px ${theme.font}`;
    context.textBaseline = "middle";
    if (width <= gutter) return work;
    this.#prepare(Math.round((width - gutter) * ratio));
    const [from, to] = visibleRows(scene.rows.count, geometry);
    context.save();
    context.beginPath();
    context.rect(0, TOP, width, height - TOP);
    context.clip();
    this.#backgrounds(scene, from, to, work);
    drawGrid(context, geometry, theme, work);
    this.#lanes(scene, from, Math.min(to, from + MOST_LANES), work);
    drawOverlay(context, scene, from, to, work);
    drawNames(context, scene, from, to, work);
    context.restore();
    this.#loop(scene, work);
    drawAxis(context, geometry, theme, work);
    work.touched += this.#bins.touched;
    return work;
  }

  #prepare(columns: number): void {
    if (this.#bins.width !== columns || this.#strips === undefined) {
      this.#bins = new Bins(columns);
      this.#strips = new Strips(columns, MOST_LANES);
    }
    this.#bins.touched = 0;
    this.#strips.begin();
  }

  #backgrounds({ rows, geometry, theme, selected, hovered }: Scene, from: number, to: number, work: Work): void {
    const context = this.#context;
    for (let row = from; row < to; row++) {
      const key = rows.key[row];
      const fill = key === selected?.key ? theme.css.chosen : key === hovered?.key ? theme.css.hover : undefined;
      if (fill === undefined) continue;
      context.fillStyle = fill;
      context.fillRect(0, yOf(row, geometry), geometry.width, ROW_HEIGHT);
      work.shapes += 1;
    }
  }

  #lanes(scene: Scene, from: number, to: number, work: Work): void {
    const { opened, rows, folded, geometry, theme, threshold } = scene;
    const strips = this.#strips as Strips;
    const bins = this.#bins;
    const scale = (geometry.window.to - geometry.window.from) / bins.width;
    const labelled: number[] = [];
    for (let row = from; row < to; row++) {
      const key = rows.key[row] as number;
      const y = yOf(row, geometry);
      if (rows.folded[row] === 1) {
        this.#profile(scene, row, work);
        bins.fill(
          folded.track,
          folded.from[row] as number,
          folded.from[row + 1] as number,
          geometry.window.from,
          scale,
        );
        strips.add(bins, { y: y + ROW_HEIGHT - 9, height: 6 }, theme, threshold);
      } else if (key > 0) {
        const [first, last] = opened.timeline.spansOf(key);
        bins.fill(opened.spans, first, last, geometry.window.from, scale);
        strips.add(bins, { y: y + 3, height: ROW_HEIGHT - 6 }, theme, threshold);
        labelled.push(row);
      }
      work.columns += bins.width;
    }
    work.shapes += strips.draw(this.#context, geometry.gutter, geometry.width - geometry.gutter);
    for (const row of labelled) this.#labels(scene, row, work);
  }

  /** How many tasks of a folded row there are, as a hill. */
  #profile({ rows, folded, geometry, theme }: Scene, row: number, work: Work): void {
    const context = this.#context;
    const most = folded.most[row] as number;
    if (most === 0 || rows.folded[row] !== 1) return;
    const bottom = yOf(row, geometry) + ROW_HEIGHT - 3;
    const room = ROW_HEIGHT - 6;
    context.beginPath();
    context.moveTo(geometry.gutter, bottom);
    let before = -1;
    for (let x = geometry.gutter; x < geometry.width; x++) {
      const alive = aliveAt(folded, row, timeAt(x + 0.5, geometry));
      work.touched += 1;
      if (alive === before) continue;
      if (before >= 0) context.lineTo(x, bottom - (before / most) * room);
      context.lineTo(x, bottom - (alive / most) * room);
      before = alive;
    }
    context.lineTo(geometry.width, bottom - (before / most) * room);
    context.lineTo(geometry.width, bottom);
    context.fillStyle = theme.css.waiting;
    context.globalAlpha = 0.55;
    context.fill();
    context.globalAlpha = 1;
    work.shapes += 1;
  }

  /** What is in the spans that are wide enough for words. Whichever is has one of the places that are looked at. */
  #labels(scene: Scene, row: number, work: Work): void {
    const { opened, rows, geometry } = scene;
    const { timeline } = opened;
    const least = LEAST_LABEL * scaleOf(geometry);
    let before = -1;
    for (let x = geometry.gutter + LEAST_LABEL / 4; x < geometry.width; x += LEAST_LABEL / 2) {
      const span = timeline.spanAt(rows.key[row] as number, timeAt(x, geometry));
      work.touched += 1;
      if (span < 0 || span === before) continue;
      before = span;
      if ((timeline.spanEnd[span] as number) - (timeline.spanStart[span] as number) >= least) {
        this.#spanLabel(scene, row, span);
        work.shapes += 1;
      }
    }
  }

  #spanLabel({ opened: { timeline }, geometry, theme }: Scene, row: number, span: number): void {
    const start = timeline.spanStart[span] as number;
    const end = timeline.spanEnd[span] as number;
    const left = Math.max(geometry.gutter, xOf(start, geometry));
    const right = Math.min(geometry.width, xOf(end, geometry));
    const state = timeline.spanState[span];
    const place = timeline.place(timeline.spanPlace[span] as number);
    const words = {
      [RUNNING]: [`runs ${duration(end - start)}`, duration(end - start)],
      [READY]: ["ready"],
      [WAITING]: [placeText(place), place.label ?? place.kind],
    }[state as SpanState];
    this.#label(words, {
      left,
      right,
      middle: yOf(row, geometry) + ROW_HEIGHT / 2,
      color: state === WAITING ? theme.css.text : theme.css.surface,
      veil: state === WAITING ? theme.css.surface : undefined,
      font: theme.font,
    });
  }

  /** The first of the words that there is room for; of the last as much as there is. */
  #label(words: readonly string[], at: Label): void {
    const context = this.#context;
    context.font = `11px ${at.font}`;
    const room = at.right - at.left - 12;
    const text = words.find((one) => fitted(context, one, room) === one) ?? words.at(-1) ?? "";
    const cut = fitted(context, text, room);
    if (cut === "") return;
    if (at.veil !== undefined) {
      context.globalAlpha = 0.82;
      context.fillStyle = at.veil;
      context.beginPath();
      context.roundRect(at.left + 4, at.middle - 7, widthOf(context, cut) + 6, 14, 3);
      context.fill();
      context.globalAlpha = 1;
    }
    context.fillStyle = at.color;
    context.fillText(cut, at.left + 7, at.middle + 0.5);
  }

  /** The whole loop in one lane: what keeps it busy, whichever task it is. */
  #loop({ opened, geometry, theme, threshold }: Scene, work: Work): void {
    const context = this.#context;
    const bins = this.#bins;
    const strips = this.#strips as Strips;
    context.fillStyle = theme.css.surface;
    context.fillRect(0, 0, geometry.width, TOP);
    strips.begin();
    const scale = (geometry.window.to - geometry.window.from) / bins.width;
    bins.fill(opened.steps, 0, opened.steps.start.length, geometry.window.from, scale);
    strips.add(bins, { y: AXIS_HEIGHT + 5, height: LOOP_HEIGHT - 9 }, theme, threshold);
    work.columns += bins.width;
    work.shapes += strips.draw(context, geometry.gutter, geometry.width - geometry.gutter);
    context.font = `12px ${theme.font}`;
    context.fillStyle = theme.css.quiet;
    context.fillText("event loop", 10, AXIS_HEIGHT + LOOP_HEIGHT / 2);
    context.fillStyle = theme.css.edge;
    context.fillRect(0, TOP - 1, geometry.width, 1);
    work.shapes += 3;
  }
}

interface Label {
  readonly left: number;
  readonly right: number;
  readonly middle: number;
  readonly color: string;
  /** Drawn behind the words. */
  readonly veil: string | undefined;
  readonly font: string;
}
