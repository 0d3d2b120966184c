/** A line on stderr that says how far the work is; where stderr is no terminal, nothing. */
export class Progress {
  readonly #total: number;
  readonly #shown: boolean = process.stderr.isTTY;
  #done = 0;

  constructor(total: number) {
    this.#total = total;
  }

  advance(found: number): void {
    this.#done++;
    if (!this.#shown) return;
    const filled = Math.round((30 * this.#done) / this.#total);
    const bar = "█".repeat(filled).padEnd(30, "·");
    process.stderr.write(`\r${bar} ${this.#done} of ${this.#total} blocks, ${found} pairs`);
  }

  end(): void {
    if (this.#shown && this.#done > 0) process.stderr.write("\n");
  }
}
