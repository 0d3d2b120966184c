/** Waits that have an end in real time, whatever the loop's clock: processes know no other. */
import { Reply } from "../../border/reply.ts";

const LONGEST_TIMER = 2 ** 31 - 1; // what setTimeout can take

/** Calls back when it has happened, at once if it has already. Gives what undoes that. */
type Watch = (happened: () => void) => () => void;

/** Gives true when it has happened, false when the time has passed before. */
export class Timed extends Reply<boolean> {
  readonly #watch: Watch;
  readonly #delay: number;
  #timer: NodeJS.Timeout | undefined; // set ⇒ pending
  #unwatch: (() => void) | undefined;

  constructor(kind: string, label: string, delay: number, watch: Watch = never) {
    super(kind, label);
    this.#delay = delay;
    this.#watch = watch;
  }

  protected override begin(): void {
    if (this.#delay < Infinity) {
      this.#timer = setTimeout(() => this.#end(false), Math.min(Math.max(0, this.#delay), LONGEST_TIMER));
    }
    this.#unwatch = this.#watch(() => this.#end(true));
    if (!this.pending) this.#unwatch();
  }

  #end(happened: boolean): void {
    this.abandoned();
    this.succeed(happened);
  }

  protected override abandoned(): void {
    clearTimeout(this.#timer);
    this.#unwatch?.();
  }
}

const never: Watch = () => () => {};
