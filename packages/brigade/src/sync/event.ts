/** Something that has happened, or not yet. */
import type { Awaitable } from "../types.ts";
import { Line, Waiter } from "./line.ts";

/** A flag that tasks wait for (asyncio.Event). */
export class Event {
  #isSet = false;
  readonly #line = new Line();

  /** How messages, traces and dumps call it. */
  readonly name: string | undefined;

  constructor(options: { readonly name?: string } = {}) {
    this.name = options.name;
  }

  get isSet(): boolean {
    return this.#isSet;
  }

  /** Wakes everybody who waits; later waits do not wait. */
  set(): void {
    if (this.#isSet) return;
    this.#isSet = true;
    this.#line.admitAll();
  }

  /** Later waits wait again. Who was woken goes on. */
  clear(): void {
    this.#isSet = false;
  }

  /** Waits until the event is set; not at all when it is. Cancellation leaves at once. */
  wait(): Awaitable<true> {
    return new EventWait(this, this.#line);
  }
}

class EventWait extends Waiter<true> {
  readonly #event: Event;
  readonly #line: Line;

  constructor(event: Event, line: Line) {
    super();
    this.#event = event;
    this.#line = line;
  }

  get kind(): string {
    return "Event.wait";
  }

  override get label(): string | undefined {
    return this.#event.name;
  }

  override get subject(): Event {
    return this.#event;
  }

  protected start(): boolean {
    if (this.#event.isSet) return true;
    this.#line.add(this);
    return false;
  }

  protected finish(): true {
    this.#line.remove(this);
    return true;
  }

  protected unwind(): void {
    this.#line.remove(this);
  }
}
