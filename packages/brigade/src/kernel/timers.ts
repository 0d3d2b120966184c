/** Timers by deadline: a binary heap ordered by (time, creation). Invariant: the root is the earliest. */

/** Something that the loop runs, once for each time it stands in the ready queue. It must not throw. */
export interface Runnable {
  run(): void;
}

/** Something that runs at a time. One entry is in the heap at most once. */
export interface TimerEntry extends Runnable {
  /** Which setting of the timer counts; `UNSET` when none does. Set by the heap alone. */
  sequence: number;
}

export const UNSET = -1;

export class Timers {
  // Three columns of one heap. A slot is dead when its sequence is not its entry's: cancelled, or set again.
  readonly #whens: number[] = [];
  readonly #sequences: number[] = [];
  readonly #entries: TimerEntry[] = [];
  #created = 0;
  #dead = 0; // at most half of the slots and 64: a cancelled timer costs no memory for long

  /** Timers that are set. */
  get size(): number {
    return this.#entries.length - this.#dead;
  }

  set(entry: TimerEntry, when: number): void {
    if (entry.sequence !== UNSET) this.clear(entry);
    entry.sequence = ++this.#created;
    this.#place(this.#entries.length, when, entry.sequence, entry);
    this.#up(this.#entries.length - 1);
  }

  /** The entry will not run. Nothing happens if it is not set. */
  clear(entry: TimerEntry): void {
    if (entry.sequence === UNSET) return;
    entry.sequence = UNSET;
    this.#dead++;
    if (this.#dead > 64 && this.#dead * 2 > this.#entries.length) this.#compact();
  }

  clearAll(): void {
    for (const entry of this.#entries) entry.sequence = UNSET;
    this.#whens.length = this.#sequences.length = this.#entries.length = this.#dead = 0;
  }

  /** When the earliest is due; `Infinity` if none is set. */
  get earliest(): number {
    while (this.#entries.length > 0 && this.#isDead(0)) {
      this.#dead--;
      this.#remove();
    }
    return this.#whens[0] ?? Infinity;
  }

  /** Takes the earliest if it is due. */
  takeDue(now: number): TimerEntry | undefined {
    if (this.earliest > now) return undefined;
    const entry = this.#entries[0] as TimerEntry;
    this.#remove();
    entry.sequence = UNSET;
    return entry;
  }

  #isDead(slot: number): boolean {
    return (this.#entries[slot] as TimerEntry).sequence !== this.#sequences[slot];
  }

  #place(slot: number, when: number, sequence: number, entry: TimerEntry): void {
    this.#whens[slot] = when;
    this.#sequences[slot] = sequence;
    this.#entries[slot] = entry;
  }

  #move(from: number, to: number): void {
    this.#place(to, this.#whens[from] as number, this.#sequences[from] as number, this.#entries[from] as TimerEntry);
  }

  #before(a: number, when: number, sequence: number): boolean {
    const other = this.#whens[a] as number;
    return other < when || (other === when && (this.#sequences[a] as number) < sequence);
  }

  #up(start: number): void {
    const when = this.#whens[start] as number;
    const sequence = this.#sequences[start] as number;
    const entry = this.#entries[start] as TimerEntry;
    let slot = start;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (this.#before(parent, when, sequence)) break;
      this.#move(parent, slot);
      slot = parent;
    }
    if (slot !== start) this.#place(slot, when, sequence, entry);
  }

  #down(start: number): void {
    const length = this.#entries.length;
    const when = this.#whens[start] as number;
    const sequence = this.#sequences[start] as number;
    const entry = this.#entries[start] as TimerEntry;
    let slot = start;
    for (;;) {
      let child = slot * 2 + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && this.#before(right, this.#whens[child] as number, this.#sequences[child] as number))
        child = right;
      if (!this.#before(child, when, sequence)) break;
      this.#move(child, slot);
      slot = child;
    }
    if (slot !== start) this.#place(slot, when, sequence, entry);
  }

  /** Removes the root. */
  #remove(): void {
    const last = this.#entries.length - 1;
    this.#move(last, 0);
    this.#whens.pop();
    this.#sequences.pop();
    this.#entries.pop();
    if (last > 0) this.#down(0);
  }

  #truncate(length: number): void {
    this.#whens.length = this.#sequences.length = this.#entries.length = length;
  }

  #compact(): void {
    let kept = 0;
    for (let slot = 0; slot < this.#entries.length; slot++) {
      if (!this.#isDead(slot)) this.#move(slot, kept++);
    }
    this.#truncate(kept);
    this.#dead = 0;
    for (let slot = (kept >> 1) - 1; slot >= 0; slot--) this.#down(slot);
  }
}
