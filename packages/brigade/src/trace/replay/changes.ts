/** What a replay does otherwise than the recording: operations at which it leaves the recorded way. */

/** Parts of a task's work that run beside each other: part `i` goes from `starts[i]` to the next start, the last one to `end`. */
export interface Together {
  readonly task: number;
  readonly starts: readonly number[];
  /** Where the task goes on when all have ended. */
  readonly end: number;
  /** How many run at once. */
  readonly limit: number;
}

/** Instead of looking again and again, the task waits until another one has done what it looked for. */
export interface Notified {
  /** Where it begins to look. */
  readonly start: number;
  /** The operation of the other task after which it finds what it looked for. */
  readonly cause: number;
  /** Where the task goes on then. */
  readonly end: number;
}

/** All that a replay changes. */
export interface Changes {
  readonly together?: readonly Together[];
  readonly notified?: readonly Notified[];
  /** Operations that take the loop, and are done elsewhere instead: their task waits as long. */
  readonly elsewhere?: readonly number[];
  /** More permits, places or room, by resource. */
  readonly more?: ReadonlyMap<number, number>;
  /** How long waits at a place take, as a part of what they took. */
  readonly factor?: ReadonlyMap<number, number>;
  /** Tasks that are not started. */
  readonly without?: ReadonlySet<number>;
}

/** What happens at one operation instead. */
export type Hook =
  | { readonly kind: "together"; readonly change: Together }
  | { readonly kind: "notified"; readonly change: Notified; readonly signal: number }
  | { readonly kind: "notify"; readonly signal: number };

/** The changes by operation; of several at one, that with the longest way first. */
export class Hooks {
  /** 1: there is a hook. 2: it is done elsewhere. */
  readonly flags: Uint8Array;
  readonly at: Map<number, Hook[]> = new Map();
  /** How many signals there are beside those of the program. */
  readonly signals: number;

  constructor(operations: number, { together = [], notified = [], elsewhere = [] }: Changes) {
    this.flags = new Uint8Array(operations);
    const byLength = [...together].sort((one, other) => length(other) - length(one));
    for (const change of byLength) this.#add(change.starts[0] as number, { kind: "together", change });
    for (const [signal, change] of notified.entries()) {
      this.#add(change.start, { kind: "notified", change, signal });
      this.#add(change.cause, { kind: "notify", signal });
    }
    for (const operation of elsewhere) this.flags[operation] = (this.flags[operation] as number) | 2;
    this.signals = notified.length;
  }

  #add(operation: number, hook: Hook): void {
    this.flags[operation] = (this.flags[operation] as number) | 1;
    const there = this.at.get(operation);
    if (there) there.push(hook);
    else this.at.set(operation, [hook]);
  }
}

function length({ starts, end }: Together): number {
  return end - (starts[0] as number);
}
