/**
 * Which statements may share a connection: those that read, wait for no lock, and were answered at once the last time. All others
 * have a connection for themselves, so that nobody waits behind a statement that takes its time.
 */

const READS = /^\s*select\b/i;
const LOCKS = /\bfor\s+(?:no\s+key\s+update|update|share|key\s+share)\b|\bpg_(?:try_)?advisory|\bpg_sleep|\bdblink|;/i;
const MOST_TEXTS = 1_000;
const QUICK = 10; // milliseconds above what the quickest one took

type Habit = "quick" | "slow" | "alone";

export class Texts {
  readonly #habits = new Map<string, Habit>();
  #quickest = Infinity;

  mayShare(text: string): boolean {
    return this.#habits.get(text) === "quick";
  }

  /** It took so long, alone on its connection. */
  took(text: string, duration: number): void {
    const habit = this.#habits.get(text);
    if (duration < this.#quickest) this.#quickest = duration;
    if (habit === "alone") return;
    if (habit === undefined && this.#habits.size >= MOST_TEXTS) return;
    const may = habit !== undefined || (READS.test(text) && !LOCKS.test(text));
    this.#habits.set(text, may ? (duration < QUICK + 2 * this.#quickest ? "quick" : "slow") : "alone");
  }

  /** Others had to wait behind it. */
  wasSlow(text: string): void {
    this.#habits.set(text, "slow");
  }
}
