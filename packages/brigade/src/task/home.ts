/** The loop as tasks know it: it holds every unfinished one, in the order they were made. */
import { Loop } from "../kernel/loop.ts";
import type { Awaitable } from "../types.ts";

/** What stands in the list. */
export interface Listed {
  previous: Listed | undefined;
  following: Listed | undefined;
}

/** Something that has to be closed before the loop is. */
export interface Closer {
  close(): Awaitable<unknown>;
}

export class TaskHome extends Loop {
  /** What is still open. */
  readonly closers: Set<Closer> = new Set<Closer>();
  #first: Listed | undefined;
  #last: Listed | undefined;
  #unnamed = 0; // tasks that were made without a name

  /** The number of the next task without a name. */
  nextNumber(): number {
    return ++this.#unnamed;
  }

  add(task: Listed): void {
    task.previous = this.#last;
    if (this.#last) this.#last.following = task;
    else this.#first = task;
    this.#last = task;
  }

  remove(task: Listed): void {
    if (task.previous) task.previous.following = task.following;
    else this.#first = task.following;
    if (task.following) task.following.previous = task.previous;
    else this.#last = task.previous;
    task.previous = task.following = undefined;
  }

  *unfinished(): Generator<Listed, void> {
    for (let task = this.#first; task; task = task.following) yield task;
  }
}
