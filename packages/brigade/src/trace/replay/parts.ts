/** Parts of a strand that run beside each other in a replay, while the strand waits for all of them. */
import type { Agenda } from "./agenda.ts";
import type { Together } from "./changes.ts";

interface Group {
  readonly owner: number;
  readonly change: Together;
  left: number;
  next: number; // the next part to start
}

export class Parts {
  readonly #agenda: Agenda;
  readonly #groups: Group[] = [];
  /** Strands whose parts run. */
  readonly split: Set<number> = new Set<number>();

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  /** The strand has come to where its parts begin. The first part begins there too, with the hooks heeded that led here. */
  begin(owner: number, change: Together): false {
    const { starts, end, limit } = change;
    const heeded = this.#agenda.strands.heeded[owner] as number;
    const group = this.#groups.push({ owner, change, left: starts.length, next: 0 }) - 1;
    this.split.add(owner);
    this.#agenda.goTo(owner, end);
    for (let i = 0; i < Math.min(limit, starts.length); i++) this.#start(group, i === 0 ? heeded : 0);
    return false;
  }

  #start(number: number, heeded: number): void {
    const group = this.#groups[number] as Group;
    const { starts, end } = group.change;
    const start = starts[group.next] as number;
    const part = this.#agenda.strands.addPart(start, starts[group.next + 1] ?? end, number, heeded);
    group.next++;
    this.#agenda.wake(part);
  }

  ended(number: number): void {
    const group = this.#groups[number] as Group;
    group.left--;
    if (group.next < group.change.starts.length) this.#start(number, 0);
    if (group.left > 0) return;
    this.split.delete(group.owner);
    this.#agenda.wakeByCallback(group.owner);
  }

  /** The task that the strand is, or is a part of. */
  taskOf(strand: number): number {
    const { group } = this.#agenda.strands;
    let at = strand;
    for (let number = group[at] as number; number >= 0; number = group[at] as number) {
      at = (this.#groups[number] as Group).owner;
    }
    return at;
  }
}
