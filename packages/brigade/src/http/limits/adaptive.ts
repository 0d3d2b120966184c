/**
 * Finds how many requests at once a host can take: additive increase, multiplicative decrease (AIMD), as TCP finds its
 * window (Chiu and Jain 1989; RFC 5681).
 */
import type { AdaptiveSettings } from "./settings.ts";

/** What the end of a request says of the server's load. */
export type Signal =
  | "fine"
  | "overloaded" // 429, 503, or a timeout
  | "unknown"; // it says nothing: cancelled, refused, broken

export class Adaptive {
  readonly #settings: AdaptiveSettings;
  #limit: number;
  #started = 0; // requests, counted: each has its number
  #cutAt = 0; // the number of the last one that was let in before the last cut
  #answers = 0; // in the window that is on
  #used = false; // the limit was reached in that window

  constructor(settings: AdaptiveSettings, limit: number = settings.start) {
    this.#settings = settings;
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** A request starts, as one of so many in flight. Gives its number. */
  started(inFlight: number): number {
    if (inFlight >= this.#limit) this.#used = true;
    this.#started++;
    if (inFlight > this.#limit) this.#cutAt = this.#started; // it was let in just before the cut
    return this.#started;
  }

  /** The request with that number has ended. */
  ended(number: number, signal: Signal): void {
    // What was let in before the last cut says nothing of the limit as it is now: one overload gives many bad answers.
    if (number <= this.#cutAt) return;
    if (signal === "overloaded") this.#cut();
    else if (signal === "fine") this.#answered();
  }

  #cut(): void {
    const { min, decrease } = this.#settings;
    this.#limit = Math.max(min, Math.floor(this.#limit * decrease));
    this.#cutAt = this.#started;
    this.#answers = 0;
    this.#used = false;
  }

  /** A window is as many answers as the limit. A limit that nobody reached says nothing of a higher one. */
  #answered(): void {
    if (++this.#answers < this.#limit) return;
    this.#answers = 0;
    if (this.#used) this.#limit = Math.min(this.#settings.max, this.#limit + 1);
    this.#used = false;
  }
}
