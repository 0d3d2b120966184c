/** The loop as tasks know it: it holds every unfinished one, in the order they were made. */
import { Loop } from "../kernel/loop.ts";
import type { Awaitable } from "../types.ts";

/** What stands in the list. */
export interface Listed {
  previous: Listed | undefined;
  following: Listed | undefined;
  /** Puts before itself the tasks that it stands for. What has this is no task. */
  expand?(): void;
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
    return this.takeNumbers(1);
  }

  /** The first of the numbers of the next `count` tasks without names. */
  takeNumbers(count: number): number {
    const first = this.#unnamed + 1;
    this.#unnamed += count;
    return first;
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

  addBefore(task: Listed, place: Listed): void {
    task.previous = place.previous;
    task.following = place;
    if (place.previous) place.previous.following = task;
    else this.#first = task;
    place.previous = task;
  }

  *unfinished(): Generator<Listed, void> {
    for (let task = this.#first; task; task = task.following) {
      if (task.expand === undefined) yield task;
    }
  }

  /** Makes tasks of all that stand in the list for tasks to be. */
  protected expandAll(): void {
    for (let task = this.#first; task; task = task.following) task.expand?.();
  }
}
