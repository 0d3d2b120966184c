/** What is known of each task while its events are read: how it waits, and who ends that. */
import type { Trace } from "../format/reader.ts";

/** Which number each task of the trace has in the replay: 1, 2, … as they appear. */
export class Numbers {
  readonly ids: Uint32Array;
  readonly #direct: Uint32Array | undefined;
  readonly #map: Map<number, number> = new Map();

  constructor({ task, count }: Trace) {
    let highest = 0;
    for (let i = 0; i < count; i++) if ((task[i] as number) > highest) highest = task[i] as number;
    // Numbers of a recorder are dense. Those of a foreign file may be anything.
    this.#direct = highest <= count * 4 + 1024 ? new Uint32Array(highest + 1) : undefined;
    const ids = [0];
    for (let i = 0; i < count; i++) {
      const id = task[i] as number;
      if (id === 0 || this.of(id) !== 0) continue;
      if (this.#direct) this.#direct[id] = ids.length;
      else this.#map.set(id, ids.length);
      ids.push(id);
    }
    this.ids = Uint32Array.from(ids);
  }

  /** 0 for what is no task of the trace. */
  of(id: number): number {
    if (this.#direct) return this.#direct[id] ?? 0;
    return this.#map.get(id) ?? 0;
  }
}

// How far the cancellation of a task has come.
export const ASKED = 1; // it was asked to end, and the replay knows by whom
export const BROKEN = 2; // that has ended its wait
export const GOES_ON = 3; // its next step is the one with which it unwinds
export const KNOWN = 4; // that step is known

/** Columns by task. */
export class TaskStates {
  readonly parent: Uint32Array;
  /** 1: it was made, as far as the trace has come. */
  readonly known: Uint8Array;
  /** Its last operation so far, and its first. */
  readonly tail: Uint32Array;
  readonly first: Uint32Array;
  /** The event and the tick at which its last step ended; -1: it has not run. */
  readonly stepEvent: Int32Array;
  readonly stepEnd: Float64Array;
  /** Where it waits. */
  readonly place: Uint32Array;
  /** What WAITS said of that. */
  readonly waitsFor: Uint32Array;
  readonly waitsKind: Uint8Array;
  /** When it was made ready; -1: it is not. By whom, and the signal that it was given. */
  readonly readyAt: Float64Array;
  readonly wokenBy: Uint32Array;
  readonly signal: Uint32Array;
  /** It got what it waits for outside of its own steps. */
  readonly granted: Uint8Array;
  /** `ASKED` to `KNOWN`, or 0; the event of the request; the operation with which it goes on. */
  readonly cancel: Uint8Array;
  readonly cancelEvent: Uint32Array;
  readonly cancelled: Uint32Array;
  /** The event with which it ended; 0: it has not. */
  readonly done: Uint32Array;
  readonly activation: Uint32Array;
  readonly depth: Uint32Array;
  /** What eager tasks took of its step. */
  readonly nested: Float64Array;
  /** Tasks it made in its last step, or has since. */
  readonly made: Uint32Array;
  /** 1: one of its tasks has ended since its last step. */
  readonly freed: Uint8Array;

  constructor(size: number) {
    this.parent = new Uint32Array(size);
    this.known = new Uint8Array(size);
    this.tail = new Uint32Array(size);
    this.first = new Uint32Array(size);
    this.stepEvent = new Int32Array(size).fill(-1);
    this.stepEnd = new Float64Array(size).fill(-1);
    this.place = new Uint32Array(size);
    this.waitsFor = new Uint32Array(size);
    this.waitsKind = new Uint8Array(size);
    this.readyAt = new Float64Array(size).fill(-1);
    this.wokenBy = new Uint32Array(size);
    this.signal = new Uint32Array(size);
    this.granted = new Uint8Array(size);
    this.cancel = new Uint8Array(size);
    this.cancelEvent = new Uint32Array(size);
    this.cancelled = new Uint32Array(size);
    this.done = new Uint32Array(size);
    this.activation = new Uint32Array(size);
    this.depth = new Uint32Array(size);
    this.nested = new Float64Array(size);
    this.made = new Uint32Array(size);
    this.freed = new Uint8Array(size);
  }
}

/** The tasks that each task made and that it may still wait for. */
export class Children {
  readonly #of = new Map<number, number[]>();

  add(parent: number, child: number): void {
    const children = this.#of.get(parent);
    if (children) children.push(child);
    else this.#of.set(parent, [child]);
  }

  /** Those that have ended since the event; they, and those that had ended before, are forgotten. */
  endedSince(parent: number, event: number, done: Uint32Array): number[] {
    const children = this.#of.get(parent);
    if (children === undefined) return [];
    const ended = children.filter((child) => (done[child] as number) > event);
    this.#of.set(
      parent,
      children.filter((child) => done[child] === 0),
    );
    return ended;
  }
}
