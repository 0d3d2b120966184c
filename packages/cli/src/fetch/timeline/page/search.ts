/** Which bars' URLs, statuses or errors contain what was typed, and the way from one to the next. */
import type { PageBar } from "./model.ts";

export class Search {
  readonly #bars: readonly PageBar[];
  readonly #texts: readonly string[];
  #found: PageBar[] = [];
  #at = -1;

  constructor(bars: readonly PageBar[]) {
    this.#bars = bars;
    this.#texts = bars.map(({ url, status, error }) => `${url} ${status || ""} ${error}`.toLowerCase());
  }

  /** How many match; undefined: nothing is searched for. */
  find(text: string): number | undefined {
    const wanted = text.trim().toLowerCase();
    this.#at = -1;
    this.#found = [];
    this.#bars.forEach((bar, index) => {
      bar.matches = this.#texts[index]?.includes(wanted) === true;
      if (bar.matches && wanted !== "") this.#found.push(bar);
    });
    return wanted === "" ? undefined : this.#found.length;
  }

  next(step: 1 | -1): PageBar | undefined {
    const { length } = this.#found;
    if (length === 0) return undefined;
    this.#at = this.#at === -1 && step === -1 ? length - 1 : (this.#at + step + length) % length;
    return this.#found[this.#at];
  }
}
