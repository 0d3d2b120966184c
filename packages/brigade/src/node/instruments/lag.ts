/** How long due timers are kept waiting. Measured only while somebody watches. */
const LOOK_EVERY = 50; // ms

export class Lag {
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #longest = 0;

  /** Keeps no process alive. */
  start(): void {
    this.#longest = 0;
    this.#due = performance.now() + LOOK_EVERY;
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#due);
    this.#due = now + LOOK_EVERY;
  }

  /** The longest in milliseconds, since this was last asked. */
  take(): number {
    const longest = Math.max(this.#longest, performance.now() - this.#due, 0);
    this.#longest = 0;
    return longest;
  }
}
