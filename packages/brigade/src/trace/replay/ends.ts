/** Who waits in a replay for tasks to end: tasks, and pools whose next task starts then. */
import { type Agenda, NEXT } from "./agenda.ts";
import type { Pool, Program } from "./program.ts";
import { BLOCKED, OVER } from "./strands.ts";

export class Ends {
  readonly #agenda: Agenda;
  readonly #program: Program;
  readonly #more: ReadonlyMap<number, number> | undefined;
  readonly #start: (task: number) => void;
  readonly #started: Uint32Array; // of each pool: how many of its late tasks
  // Who waits for what, as lists in columns: a strand and its epoch, or -1 - the number of a pool; 0 ends a list.
  readonly #who: number[] = [0];
  readonly #epoch: number[] = [0];
  readonly #next: number[] = [0];

  constructor(
    agenda: Agenda,
    program: Program,
    more: ReadonlyMap<number, number> | undefined,
    start: (task: number) => void,
  ) {
    this.#agenda = agenda;
    this.#program = program;
    this.#more = more;
    this.#start = start;
    this.#started = new Uint32Array(program.pools.length);
  }

  /** Whether all tasks of the list have ended. Otherwise the strand is told when they have. */
  join(strand: number, list: number, told: number): boolean {
    const { strands } = this.#agenda;
    let left = 0;
    for (const task of this.#program.joins[list] as readonly number[]) {
      if (strands.state[task] === OVER) continue;
      left++;
      this.#watch(task, strand, strands.epoch[strand] as number);
    }
    strands.ends[strand] = left;
    strands.told[strand] = told;
    return left === 0;
  }

  #watch(task: number, who: number, epoch: number): void {
    const { watchers } = this.#agenda.strands;
    this.#who.push(who);
    this.#epoch.push(epoch);
    watchers[task] = this.#next.push(watchers[task] as number) - 1;
  }

  openPool(number: number): void {
    const { first, resource } = this.#program.pools[number] as Pool;
    for (const task of first) this.#watchForPool(task, number);
    for (let i = this.#more?.get(resource) ?? 0; i > 0; i--) this.startLate(number);
  }

  #watchForPool(task: number, pool: number): void {
    if (this.#agenda.strands.state[task] === OVER) this.#agenda.ready.push(NEXT, pool);
    else this.#watch(task, -1 - pool, 0);
  }

  /** A place of the pool is free. */
  startLate(number: number): void {
    const { late } = this.#program.pools[number] as Pool;
    const task = late[this.#started[number] as number];
    if (task === undefined) return;
    this.#started[number] = (this.#started[number] as number) + 1;
    this.#start(task);
    this.#watchForPool(task, number);
  }

  /** The task has ended: those who wait for that are told, in the order in which they began. */
  tell(task: number): void {
    const { strands, ready } = this.#agenda;
    const told: number[] = [];
    for (let at = strands.watchers[task] as number; at !== 0; at = this.#next[at] as number) told.push(at);
    for (const at of told.reverse()) {
      const watcher = this.#who[at] as number;
      if (watcher < 0) ready.push(NEXT, -1 - watcher);
      else if (strands.epoch[watcher] === this.#epoch[at] && strands.state[watcher] === BLOCKED) this.#seen(watcher);
    }
  }

  #seen(watcher: number): void {
    const { strands } = this.#agenda;
    const left = (strands.ends[watcher] as number) - 1;
    strands.ends[watcher] = left;
    if (left > 0) return;
    const operation = strands.at[watcher] as number;
    const handler = this.#program.cancelled[watcher] ?? 0;
    if (strands.interrupted[watcher] === 1 && handler > operation) this.#agenda.goTo(watcher, handler);
    else this.#agenda.goOn(watcher, operation);
    if (strands.told[watcher] === 0) this.#agenda.wake(watcher);
    else this.#agenda.wakeByCallback(watcher);
  }
}
