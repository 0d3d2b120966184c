/**
 * Lanes as lines of pixels: each is drawn one pixel high, all are handed to the canvas at once, and the canvas stretches each
 * to its lane. So a frame costs what its columns cost, and not what its rectangles would.
 */
import type { Bins } from "../model/bins.ts";
import type { Theme } from "./theme.ts";

const THIN = 6; // height of the band that says "waits"
const LEAST_OPACITY = 70; // of 255: what takes a thousandth of a pixel's time is seen

export interface Band {
  readonly y: number;
  readonly height: number;
}

export class Strips {
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #image: ImageData;
  readonly #pixels: Uint32Array;
  readonly #bands: Band[] = [];
  readonly #width: number;

  /** `width` columns, for up to `lanes` lanes. */
  constructor(width: number, lanes: number) {
    const lines = Math.max(1, lanes * 2);
    const context = new OffscreenCanvas(width, lines).getContext("2d");
    if (context === null) throw new Error("this browser has no canvas to draw the lanes on");
    this.#context = context;
    this.#image = new ImageData(width, lines);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#width = width;
  }

  /** Forgets the lanes of the frame before. */
  begin(): void {
    this.#bands.length = 0;
    this.#pixels.fill(0);
  }

  /** Adds a lane whose bar stands in this band. Steps of `threshold` milliseconds and longer are shown as blocking. */
  add(bins: Bins, band: Band, theme: Theme, threshold: number): void {
    const line = this.#bands.length * 2 * this.#width;
    this.#bands.push(band);
    const { waiting, running, ready, blocked } = theme.packed;
    for (let x = 0; x < this.#width; x++) {
      const waits = bins.waiting[x] as number;
      if (waits > 0) this.#pixels[line + x] = opaque(waiting, 110 + 145 * waits);
      const runs = bins.running[x] as number;
      const stands = bins.ready[x] as number;
      if (runs === 0 && stands === 0) continue;
      const color = runs === 0 || stands > runs * 3 ? ready : running;
      const blocks = runs > 0 && (bins.longest[x] as number) >= threshold;
      const opacity = LEAST_OPACITY + (255 - LEAST_OPACITY) * Math.sqrt(Math.min(1, runs + stands));
      this.#pixels[line + this.#width + x] = blocks ? opaque(blocked, 255) : opaque(color, opacity);
    }
  }

  /** Draws the lanes, the first column at `x`. Gives how many pictures that were. */
  draw(onto: CanvasRenderingContext2D, x: number, width: number): number {
    const lines = this.#bands.length * 2;
    if (lines === 0) return 0;
    this.#context.putImageData(this.#image, 0, 0, 0, 0, this.#width, lines);
    onto.imageSmoothingEnabled = false;
    const from = this.#context.canvas;
    for (const [lane, { y, height }] of this.#bands.entries()) {
      const thin = y + (height - THIN) / 2;
      onto.drawImage(from, 0, lane * 2, this.#width, 1, x, thin, width, THIN);
      onto.drawImage(from, 0, lane * 2 + 1, this.#width, 1, x, y, width, height);
    }
    return lines;
  }
}

function opaque(color: number, opacity: number): number {
  return ((opacity << 24) | color) >>> 0;
}
