/** A line every few seconds: how far, how fast, how long still. */
const EVERY = 5000; // ms

export class Progress {
  readonly #total: number;
  readonly #begun = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #before: number;
  #ran = 0;
  #mismatches = 0;

  /** `before` programs have been run earlier. */
  constructor(before: number, total: number) {
    this.#before = before;
    this.#total = total;
    this.#timer = setInterval(() => console.log(this.#line()), EVERY);
  }

  add(programs: number, mismatches: number): void {
    this.#ran += programs;
    this.#mismatches = mismatches;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  summary(): string {
    return `${this.#ran} in ${duration(performance.now() - this.#begun)}, ${Math.round(this.#perMinute())} a minute`;
  }

  #perMinute(): number {
    return (this.#ran / (performance.now() - this.#begun)) * 60_000;
  }

  #line(): string {
    const done = this.#before + this.#ran;
    const speed = this.#perMinute();
    const left = speed === 0 ? "?" : duration(((this.#total - done) / speed) * 60_000);
    const found = this.#mismatches === 0 ? "" : `, ${this.#mismatches} mismatches`;
    return `${done} of ${this.#total} programs, ${Math.round(speed)} a minute, ${left} left${found}`;
  }
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}
