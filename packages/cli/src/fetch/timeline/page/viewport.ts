/** Which stretch of time and which lanes are in sight. Invariant: 0 ≤ from < to ≤ end. */
export class Viewport {
  readonly end: number;
  from = 0;
  to: number;
  width = 1;
  /** Pixels above the first lane in sight. */
  scroll = 0;
  mostScroll = 0;

  constructor(end: number) {
    this.end = Math.max(end, 0.1);
    this.to = this.end;
  }

  x(time: number): number {
    return ((time - this.from) / (this.to - this.from)) * this.width;
  }

  time(x: number): number {
    return this.from + (x / this.width) * (this.to - this.from);
  }

  /** A factor above 1 shows more detail; what is at `x` stays there. */
  zoom(factor: number, x: number): void {
    const shortest = Math.min(0.05, this.end);
    const length = Math.min(this.end, Math.max(shortest, (this.to - this.from) / factor));
    this.#show(this.time(x) - (x / this.width) * length, length);
  }

  pan(pixels: number): void {
    const length = this.to - this.from;
    this.#show(this.from + (pixels / this.width) * length, length);
  }

  scrollBy(pixels: number): void {
    this.scroll = Math.max(0, Math.min(this.mostScroll, this.scroll + pixels));
  }

  center(time: number): void {
    const length = this.to - this.from;
    this.#show(time - length / 2, length);
  }

  fit(): void {
    this.#show(0, this.end);
  }

  #show(from: number, length: number): void {
    this.from = Math.max(0, Math.min(this.end - length, from));
    this.to = Math.min(this.end, this.from + length);
  }
}
