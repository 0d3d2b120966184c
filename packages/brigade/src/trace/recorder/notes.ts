/**
 * What a recorder knows of the tasks that live, in columns: an object for each would cost more than all the rest of the
 * recording. A task keeps the number of its row.
 */
import type { Frame } from "../../task/frame.ts";
import type { PlaceFrame } from "../format/schema.ts";
import type { Path, Spot } from "./paths.ts";

// What a task keeps. From 0 on: its row. Of a task that has ended, and of one that was not told of, a number in the trace.
const NOTHING = -1; // as every task begins
const ENDED = -2; // -2, -4, …: the task's own number, twice
const UNTOLD = -3; // -3, -5, …: the number of its maker, twice

export function endedAs(id: number): number {
  return ENDED * id;
}

export function isEnded(kept: number): boolean {
  return kept < NOTHING && (kept & 1) === 0;
}

export function idOfEnded(kept: number): number {
  return kept / ENDED;
}

/** Of a task that is not told of yet; `maker` is 0 where it has none. */
export function untoldOf(maker: number): number {
  return UNTOLD - 2 * maker;
}

/** The number of the maker of a task that has no row yet; 0 when nobody saw it made. */
export function makerOf(kept: number): number {
  return kept === NOTHING ? 0 : (UNTOLD - kept) / 2;
}

/** A frame of a task, as it stood at the end of a step, and those below. */
export interface Seen {
  readonly frame: Frame;
  /** The number of the call. */
  readonly activation: number;
  readonly path: Path;
  readonly depth: number;
  readonly below: Seen | undefined;
  /** Where it waits for the one above, once somebody has read that. */
  calls: readonly PlaceFrame[] | undefined;
  /** While it is on top: where the task waits, */
  spot: Spot | undefined;
  /** and the number of that place. */
  place: number;
  /** The number of its task. */
  readonly task: number;
}

/** What is known of a task. */
export interface TaskFacts {
  /** Its number in the trace. */
  readonly id: number;
  /** The number of the task that made it; 0 when that was none, or nobody saw it. */
  readonly parent: number;
  /** When it was made, or first seen, on its loop's clock. */
  readonly created: number;
  /** When its last step ended; when it was made, if it has taken none. */
  readonly since: number;
  /** The number of the place where it waits. */
  readonly place: number;
}

// A row: numbers that stand together, so that a step finds them in one place of memory.
const NUMBERS = 8;
const ID = 0;
const PLACE = 1;
const SINCE = 2;
const STEPPED = 3;
const PARENT = 4;
const MADE = 5;
const BIRTH = 6;
const WOKEN = 7; // 1: since its last step

const FIRST_ROWS = 1_024;

export class TaskTable {
  #numbers = new Float64Array(FIRST_ROWS * NUMBERS);
  readonly #stacks: (Seen | undefined)[] = [];
  readonly #roots: (Path | undefined)[] = [];
  #used = 0; // rows that were ever used
  readonly #free: number[] = [];

  /** A row for a new task; `birth` is the event that tells of its making. */
  take(id: number, parent: number, made: number, birth: number, root: Path): number {
    const row = this.#free.pop() ?? this.#used++;
    if ((row + 1) * NUMBERS > this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    const at = row * NUMBERS;
    numbers[at + ID] = id;
    numbers[at + PLACE] = 0;
    numbers[at + SINCE] = made;
    numbers[at + STEPPED] = birth;
    numbers[at + PARENT] = parent;
    numbers[at + MADE] = made;
    numbers[at + BIRTH] = birth;
    numbers[at + WOKEN] = 0;
    this.#stacks[row] = undefined;
    this.#roots[row] = root;
    return row;
  }

  /** The task has ended. */
  give(row: number): void {
    this.#stacks[row] = undefined;
    this.#free.push(row);
  }

  #grow(): void {
    const larger = new Float64Array(this.#numbers.length * 2);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }

  id(row: number): number {
    return this.#numbers[row * NUMBERS + ID] as number;
  }

  place(row: number): number {
    return this.#numbers[row * NUMBERS + PLACE] as number;
  }

  /** The event of its last step; that of its making, if it has taken none. */
  step(row: number): number {
    return this.#numbers[row * NUMBERS + STEPPED] as number;
  }

  birth(row: number): number {
    return this.#numbers[row * NUMBERS + BIRTH] as number;
  }

  /** The path of its root coroutine. */
  root(row: number): Path | undefined {
    return this.#roots[row];
  }

  stack(row: number): Seen | undefined {
    return this.#stacks[row];
  }

  setStack(row: number, stack: Seen | undefined): void {
    this.#stacks[row] = stack;
  }

  /** The task has taken a step. */
  stepped(row: number, event: number, ended: number): void {
    this.#numbers[row * NUMBERS + SINCE] = ended;
    this.#numbers[row * NUMBERS + STEPPED] = event;
    this.#numbers[row * NUMBERS + WOKEN] = 0;
  }

  /** The task is woken. Whether it was already. */
  wokenAgain(row: number): boolean {
    const at = row * NUMBERS + WOKEN;
    const again = this.#numbers[at] === 1;
    this.#numbers[at] = 1;
    return again;
  }

  setPlace(row: number, place: number): void {
    this.#numbers[row * NUMBERS + PLACE] = place;
  }

  facts(row: number): TaskFacts {
    const numbers = this.#numbers;
    const at = row * NUMBERS;
    return {
      id: numbers[at + ID] as number,
      parent: numbers[at + PARENT] as number,
      created: numbers[at + MADE] as number,
      since: numbers[at + SINCE] as number,
      place: numbers[at + PLACE] as number,
    };
  }
}
