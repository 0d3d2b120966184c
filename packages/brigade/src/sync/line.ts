/** Tasks that wait in a line, first come, first served. Leaving it costs the same at every place. */
import type { RunningTask } from "../task/frame.ts";
import { Leaf } from "../task/leaf.ts";

export type WaiterState =
  | "waiting"
  | "woken" // its turn has come; its task resumes in the next iteration, and stands in the line until then
  | "leaving"; // its task is being unwound, in the next iteration

/** One task's place in a line. */
export abstract class Waiter<T> extends Leaf<T> {
  state: WaiterState = "waiting";
  ahead: Waiter<unknown> | undefined = undefined;
  behind: Waiter<unknown> | undefined = undefined;

  /** Lets it go on. Only called when it waits. */
  admit(): void {
    this.state = "woken";
    this.task?.wake();
  }

  askToEnd(): boolean {
    if (this.state !== "waiting") return false;
    this.state = "leaving";
    this.task?.wake();
    return true;
  }
}

export class Line {
  first: Waiter<unknown> | undefined;
  #last: Waiter<unknown> | undefined;
  #candidate: Waiter<unknown> | undefined; // nobody before it is waiting: they were woken, or are leaving

  add(waiter: Waiter<unknown>): void {
    waiter.state = "waiting";
    waiter.ahead = this.#last;
    if (this.#last) this.#last.behind = waiter;
    else this.first = waiter;
    this.#last = waiter;
    this.#candidate ??= waiter;
  }

  /** Nothing happens if it has left already. */
  remove(waiter: Waiter<unknown>): void {
    if (this.#candidate === waiter) this.#candidate = waiter.behind;
    if (waiter.ahead) waiter.ahead.behind = waiter.behind;
    else if (this.first === waiter) this.first = waiter.behind;
    else return;
    if (waiter.behind) waiter.behind.ahead = waiter.ahead;
    else this.#last = waiter.ahead;
    waiter.ahead = waiter.behind = undefined;
  }

  /** The first that waits and was not woken. */
  firstWaiting(): Waiter<unknown> | undefined {
    let waiter = this.#candidate;
    while (waiter && waiter.state !== "waiting") waiter = waiter.behind;
    this.#candidate = waiter;
    return waiter;
  }

  /** Whether somebody stands in it who will not leave. */
  get occupied(): boolean {
    let waiter = this.first;
    while (waiter?.state === "leaving") waiter = waiter.behind;
    return waiter !== undefined;
  }

  /** Wakes everybody who waits. */
  admitAll(): void {
    for (let waiter = this.first; waiter; waiter = waiter.behind) if (waiter.state === "waiting") waiter.admit();
  }

  /** Takes the first that waits out of the line, and wakes it. */
  release(): void {
    while (this.first) {
      const { first } = this;
      this.remove(first);
      if (first.state === "waiting") return first.admit();
    }
  }
}

/** What may have a name by which messages call it. */
export interface Named {
  readonly name: string | undefined;
}

/** Waits in a line, for no more than its turn. */
export class Turn extends Waiter<void> {
  readonly kind: string;
  readonly #line: Line;
  readonly #subject: Named;

  constructor(line: Line, kind: string, subject: Named) {
    super();
    this.#line = line;
    this.kind = kind;
    this.#subject = subject;
  }

  override get label(): string | undefined {
    return this.#subject.name;
  }

  override get subject(): Named {
    return this.#subject;
  }

  protected start(_task: RunningTask): boolean {
    this.#line.add(this);
    return false;
  }

  protected finish(): void {
    this.#line.remove(this);
  }

  protected unwind(): void {
    this.#line.remove(this);
  }
}
