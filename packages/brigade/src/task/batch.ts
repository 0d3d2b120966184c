/**
 * Children that start together. Each becomes a task only when it has to: when its first step does not end it, when that
 * step ends badly, or when somebody learns of it. Most children of a `gather` that never wait cost no task at all.
 */
import { type Values, values } from "../kernel/context.ts";
import type { Runnable } from "../kernel/timers.ts";
import { forgetLearnt, type Frame, type RunningTask, wasLearnt } from "./frame.ts";
import type { Listed, TaskHome } from "./home.ts";
import { TaskImpl } from "./task.ts";

/** Whose children they are. */
export interface BatchOwner {
  /** The child has given its value in its first step. Its end is still to be told through the ready queue. */
  returned(index: number, value: unknown): void;
  /** The child is a task now. */
  adopted(index: number, task: TaskImpl<unknown>): void;
}

/** A task object that nobody knows, for the next child. */
let spare: TaskImpl<unknown> | undefined;

export class Batch implements Runnable, Listed {
  previous: Listed | undefined = undefined;
  following: Listed | undefined = undefined;
  readonly #home: TaskHome;
  readonly #owner: BatchOwner;
  readonly #maker: RunningTask | undefined; // the task that the children are made for
  readonly #children: (Frame | TaskImpl<unknown> | undefined)[]; // undefined once started
  readonly #firstNumber: number; // of the names that the children have or would have
  readonly #context: Values = values;
  #next = 0; // the child whose turn is next
  #stepping: TaskImpl<unknown> | undefined; // a child in its first step that nobody knows yet

  /** The frames have been claimed, and the array is the batch's now. Stands in the ready queue once for each. */
  constructor(home: TaskHome, frames: Frame[], owner: BatchOwner, maker: RunningTask | undefined) {
    this.#home = home;
    this.#owner = owner;
    this.#maker = maker;
    this.#children = frames;
    this.#firstNumber = home.takeNumbers(frames.length);
    home.add(this);
    for (let i = frames.length; i > 0; i--) home.schedule(this);
  }

  /** The turn of the next child. */
  run(): void {
    const index = this.#next++;
    const child = this.#children[index] as Frame | TaskImpl<unknown>;
    this.#children[index] = undefined;
    if (child instanceof TaskImpl) child.run();
    else this.#start(index, child);
    if (this.#next === this.#children.length) this.#home.remove(this);
  }

  #start(index: number, frame: Frame): void {
    const task = spare?.loop === this.#home ? spare : new TaskImpl<unknown>(this.#home, undefined, "");
    spare = undefined;
    this.#stepping = task;
    forgetLearnt();
    task.startUnknown(frame, this.#firstNumber + index, this.#context, this.#maker);
    const known = this.#stepping === undefined;
    this.#stepping = undefined;
    if (!known && !wasLearnt() && task.finished) {
      this.#owner.returned(index, task.reset());
      if (this.#home.observer === undefined) spare = task;
      return;
    }
    if (!known) this.#adopt(index, task);
    task.makeKnown();
  }

  #adopt(index: number, task: TaskImpl<unknown>): void {
    this.#home.addBefore(task, this);
    this.#owner.adopted(index, task);
  }

  /** Makes a task of every child that has not ended. */
  expand(): void {
    if (this.#stepping) {
      this.#adopt(this.#next - 1, this.#stepping);
      this.#stepping = undefined;
    }
    for (let index = this.#next; index < this.#children.length; index++) {
      const child = this.#children[index];
      if (child instanceof TaskImpl || child === undefined) continue;
      const task = new TaskImpl<unknown>(this.#home, child, this.#firstNumber + index, this.#context);
      this.#home.observer?.taskCreated(task, this.#maker as TaskImpl<unknown> | undefined);
      this.#children[index] = task;
      this.#adopt(index, task);
    }
  }
}
