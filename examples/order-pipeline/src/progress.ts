/** How far the work is: a bar that is redrawn on a terminal, and a line at each quarter anywhere else. */
import { styleText } from "node:util";
import { type Coroutine, coroutine, sleep } from "brigade";

const widestBar = 24;
const quarters = 4;

export class Progress {
  readonly #title: string;
  readonly #total: number;
  readonly #stream: NodeJS.WriteStream;
  readonly #start = performance.now();
  #done = 0;

  constructor(title: string, total: number, stream: NodeJS.WriteStream) {
    this.#title = title;
    this.#total = total;
    this.#stream = stream;
  }

  advance(): void {
    const quarter = this.#quarter();
    this.#done += 1;
    if (!this.#stream.isTTY && this.#quarter() > quarter) this.#stream.write(`${this.#title}: ${this.#counts()}\n`);
  }

  /** Redraws the bar until it is cancelled, and then leaves an empty line behind. Runs beside the work. */
  readonly shown: () => Coroutine<never> = coroutine(function* (this: Progress) {
    try {
      for (;;) {
        if (this.#stream.isTTY) this.#stream.write(`\r${this.#bar()}\u001B[K`);
        yield* sleep("50ms");
      }
    } finally {
      if (this.#stream.isTTY) this.#stream.write("\r\u001B[K");
    }
  });

  #quarter(): number {
    return Math.floor((quarters * this.#done) / this.#total);
  }

  #bar(): string {
    const where = { stream: this.#stream };
    const text = ` ${this.#counts()} · ${this.#title}`;
    const width = Math.max(0, Math.min(widestBar, this.#stream.columns - text.length - 1));
    const filled = Math.round((width * this.#done) / this.#total);
    return styleText("cyan", "█".repeat(filled), where) + styleText("dim", "░".repeat(width - filled), where) + text;
  }

  #counts(): string {
    const seconds = (performance.now() - this.#start) / 1_000;
    return `${String(this.#done).padStart(String(this.#total).length)} of ${this.#total} orders, ${seconds.toFixed(1)} s`;
  }
}
