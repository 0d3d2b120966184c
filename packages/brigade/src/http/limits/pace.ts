/** Starts evenly spread in time: the generic cell rate algorithm, with a burst of one. */

/**
 * How late, in milliseconds, a start may count as if it had been in time. A host's timer comes up to a few milliseconds
 * late: without this 5,000 starts a second are out of its reach. With more, a loop that was blocked would let a burst out.
 */
const LATENESS = 20;

export class Pace {
  readonly interval: number;
  /** The earliest moment of the next start, on the loop's clock. */
  next: number;

  constructor(interval: number, next: number = -Infinity) {
    this.interval = interval;
    this.next = next;
  }

  /** When the one that has been next in line since `ready` may start. What is before `now` is owed to a late timer. */
  due(ready: number, now: number): number {
    return Math.max(this.next, ready, now - LATENESS);
  }

  /** One started, in its own time at `due`. */
  started(due: number): void {
    this.next = due + this.interval;
  }
}
