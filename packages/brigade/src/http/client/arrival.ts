/** Waiting for what an exchange brings. */
import type { Loop } from "../../kernel/loop.ts";
import type { RunningTask } from "../../task/frame.ts";
import { Leaf } from "../../task/leaf.ts";
import type { RequestInfo } from "../types.ts";

/** The head of the response, something of its body, or all of it (as much as is wanted). */
export type Wanted = "head" | "some" | "rest";

/** What can be waited for, by one task at a time. */
export interface Arriving {
  readonly request: RequestInfo;
  readonly loop: Loop;
  /** Whether it comes from outside the event loop. */
  readonly foreign: boolean;
  /** The wait in progress. Whoever brings what it wants calls `come`. */
  wait: Arrival | undefined;
  /** Whether it need not be waited for: it is there, or nothing more will come. */
  has(wanted: Wanted): boolean;
}

/** Waits until something has come, or nothing more can. */
export class Arrival extends Leaf<void> {
  readonly wanted: Wanted;
  readonly #from: Arriving;

  constructor(from: Arriving, wanted: Wanted) {
    super();
    this.#from = from;
    this.wanted = wanted;
  }

  get kind(): string {
    return this.wanted === "head" ? "HTTP response" : "HTTP body";
  }

  override get label(): string {
    return `${this.#from.request.method} ${this.#from.request.url}`;
  }

  protected start(task: RunningTask): boolean {
    const from = this.#from;
    if (from.has(this.wanted)) return true;
    from.wait = this;
    if (from.foreign) task.loop.foreign++;
    return false;
  }

  /** It has come. */
  come(): void {
    this.#leave();
    this.task?.wake();
  }

  #leave(): void {
    this.#from.wait = undefined;
    if (this.#from.foreign) this.#from.loop.foreign--;
  }

  protected finish(): void {}

  protected unwind(): void {
    if (this.#from.wait === this) this.#leave();
  }
}
