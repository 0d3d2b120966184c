/** How many a second, over the last seconds. Constant memory, a few nanoseconds an event. */

const slotLength = 500; // milliseconds

export class RecentRate {
  readonly #slots: number[];
  #newest = -1; // the number of the slot that counts now, since the run began; -1: nothing happened yet
  #oldest = 0; // the number of the first slot that ever counted: nothing was before it
  #first = 0; // when the first event happened

  /** `span`: the longest time, in milliseconds, that will be asked for. */
  constructor(span: number) {
    this.#slots = new Array<number>(Math.ceil(span / slotLength) + 1).fill(0);
  }

  add(now: number): void {
    if (this.#newest === -1) {
      this.#newest = this.#oldest = Math.floor(now / slotLength);
      this.#first = now;
    }
    this.#advance(now);
    const slot = this.#newest % this.#slots.length;
    this.#slots[slot] = (this.#slots[slot] ?? 0) + 1;
  }

  /** Events a second in the last `span` milliseconds, or since the first event where that is less. */
  at(now: number, span: number): number {
    if (this.#newest === -1) return 0;
    this.#advance(now);
    const whole = Math.min(Math.ceil(span / slotLength), this.#slots.length - 1, this.#newest - this.#oldest);
    let events = 0;
    for (let back = 0; back <= whole; back++) events += this.#slots[(this.#newest - back) % this.#slots.length] ?? 0;
    const from = Math.max((this.#newest - whole) * slotLength, this.#first);
    // One event an instant ago is not a million a second.
    return (events * 1_000) / Math.max(now - from, slotLength);
  }

  #advance(now: number): void {
    const slot = Math.floor(now / slotLength);
    if (slot <= this.#newest) return;
    const passed = Math.min(slot - this.#newest, this.#slots.length);
    for (let ahead = 0; ahead < passed; ahead++) this.#slots[(slot - ahead) % this.#slots.length] = 0;
    this.#newest = slot;
  }
}
