/** The calls of coroutines, as far as a full trace tells of them: each call that was ever seen suspended. */
import { FRAME, STACK, STEP } from "../format/schema.ts";
import type { Timeline } from "../timeline/timeline.ts";

export interface Activation {
  readonly task: number;
  /** An index of the activations; −1: the task's root coroutine. */
  readonly caller: number;
  readonly depth: number;
  name: string;
  /** The start of the step in which it was called. */
  readonly start: number;
  /** The start of the step in which it returned: its caller goes on from there. */
  end: number;
}

export interface Activations {
  /** Callers stand before those whom they called. */
  readonly list: readonly Activation[];
  /** By event: for a STEP, one more than the index of the innermost activation that it left suspended; else 0. */
  readonly innermost: Uint32Array;
}

export function activationsOf(timeline: Timeline): Activations {
  const walk = new Walk(timeline);
  walk.events();
  return { list: walk.list, innermost: walk.innermost };
}

const NONE = -1;

class Walk {
  readonly list: Activation[] = [];
  readonly innermost: Uint32Array;
  readonly #timeline: Timeline;
  readonly #byId = new Map<number, number>();
  readonly #top: Int32Array; // by task, its innermost activation

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.innermost = new Uint32Array(timeline.trace.count);
    this.#top = new Int32Array(timeline.taskCount + 1).fill(NONE);
  }

  events(): void {
    const { count, type, task } = this.#timeline.trace;
    for (let i = 0; i < count; i++) {
      const kind = type[i];
      if (kind !== FRAME && kind !== STACK && kind !== STEP) continue;
      const row = this.#timeline.taskWithId(task[i] as number);
      if (kind === FRAME) this.#called(i, row);
      else if (kind === STACK) this.#changed(i, row);
      else this.#stepped(i, row);
    }
  }

  #called(i: number, task: number): void {
    const { a, b, time } = this.#timeline.trace;
    const caller = this.#known(b[i] as number, task);
    const depth = caller === NONE ? 0 : (this.list[caller] as Activation).depth + 1;
    const end = Math.min(this.#timeline.ended[task] as number, this.#timeline.end);
    this.#byId.set(a[i] as number, this.list.length);
    this.list.push({ task, caller, depth, name: "", start: time[i] as number, end });
  }

  /** What the stack had and has no more has returned. */
  #changed(i: number, task: number): void {
    const { a, time } = this.#timeline.trace;
    const now = this.#known(a[i] as number, task);
    let kept = now;
    let before = this.#top[task] as number;
    while (before !== NONE && before !== kept) {
      const old = this.list[before] as Activation;
      if (kept !== NONE && (this.list[kept] as Activation).depth > old.depth)
        kept = (this.list[kept] as Activation).caller;
      else {
        old.end = time[i] as number;
        before = old.caller;
      }
    }
    this.#top[task] = now;
  }

  #stepped(i: number, task: number): void {
    const { b } = this.#timeline.trace;
    const top = this.#top[task] as number;
    if (b[i] === 0 || top === NONE) return;
    this.innermost[i] = top + 1;
    const { frames } = this.#timeline.place(b[i] as number);
    let at = top;
    for (const { name } of frames) {
      const activation = this.list[at];
      if (activation === undefined || activation.name !== "") return;
      activation.name = name;
      at = activation.caller;
    }
  }

  /** A foreign file may name an activation of another task. */
  #known(id: number, task: number): number {
    const index = this.#byId.get(id);
    return index === undefined || (this.list[index] as Activation).task !== task ? NONE : index;
  }
}
