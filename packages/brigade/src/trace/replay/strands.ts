/** What runs in a replay: the recorded tasks, and the parts that a change lets run beside each other. */

/** Where a strand is. */
export const IDLE = 0; // it has not begun
export const READY = 1;
export const BLOCKED = 2;
export const OVER = 3;

/** Columns by strand: the tasks by their numbers, then the parts in the order in which they begin. */
export class Strands {
  count: number;
  state: Uint8Array;
  /** The next operation. */
  at: Uint32Array;
  /** The operation before which a part ends; 0: a task's own end. */
  stop: Uint32Array;
  /** The group that a part belongs to, or -1. */
  group: Int32Array;
  /** How many of the hooks at its next operation have been heeded. */
  heeded: Uint8Array;
  /** How often it was woken: what wakes it for an older wait is void. */
  epoch: Int32Array;
  /** How many ends it still waits for, and whether a callback tells it of the last. */
  ends: Int32Array;
  told: Uint8Array;
  /** 1: it was cancelled while it waits for others to end. */
  interrupted: Uint8Array;
  /** The operation that it runs or waits in. */
  current: Uint32Array;
  /** The first of those who wait for its end, as `Ends` numbers them; 0: nobody. */
  watchers: Uint32Array;

  constructor(tasks: number) {
    const size = tasks + 1;
    this.count = size;
    this.state = new Uint8Array(size);
    this.at = new Uint32Array(size);
    this.stop = new Uint32Array(size);
    this.group = new Int32Array(size).fill(-1);
    this.heeded = new Uint8Array(size);
    this.epoch = new Int32Array(size);
    this.ends = new Int32Array(size);
    this.told = new Uint8Array(size);
    this.interrupted = new Uint8Array(size);
    this.current = new Uint32Array(size);
    this.watchers = new Uint32Array(size);
  }

  /** A part that runs from `at` up to `stop`. */
  addPart(at: number, stop: number, group: number, heeded: number): number {
    const strand = this.count++;
    if (strand >= this.state.length) this.#grow();
    this.state[strand] = IDLE;
    this.at[strand] = at;
    this.stop[strand] = stop;
    this.group[strand] = group;
    this.heeded[strand] = heeded;
    return strand;
  }

  #grow(): void {
    const size = this.state.length * 2 + 16;
    this.state = wider(this.state, new Uint8Array(size));
    this.at = wider(this.at, new Uint32Array(size));
    this.stop = wider(this.stop, new Uint32Array(size));
    this.group = wider(this.group, new Int32Array(size));
    this.heeded = wider(this.heeded, new Uint8Array(size));
    this.epoch = wider(this.epoch, new Int32Array(size));
    this.ends = wider(this.ends, new Int32Array(size));
    this.told = wider(this.told, new Uint8Array(size));
    this.interrupted = wider(this.interrupted, new Uint8Array(size));
    this.current = wider(this.current, new Uint32Array(size));
    this.watchers = wider(this.watchers, new Uint32Array(size));
  }
}

function wider<T extends Uint8Array | Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
