/** The last events, in a ring: the next one takes the place of the oldest. */
import { Columns } from "../format/columns.ts";
import {
  ACQUIRED,
  A_RESOURCE,
  CREATED,
  DONE,
  type EventType,
  GOT,
  NAMED,
  PUT,
  RELEASED,
  REPORT,
  WAITS,
} from "../format/schema.ts";
import { Tables } from "../format/writer.ts";
import type { EventLog } from "./event-log.ts";

const ROWS_BEFORE_SORTING_OUT = 50_000; // in the tables, beside as many as there are events

export class Ring implements EventLog {
  readonly tables: Tables = new Tables();
  written = 0;
  readonly #columns: Columns;
  #at = 0; // where the next event goes
  #rowsAllowed: number;

  constructor(size: number) {
    this.#columns = new Columns(size);
    this.#rowsAllowed = ROWS_BEFORE_SORTING_OUT + size;
  }

  write(type: EventType, time: number, task: number, a: number, b: number): number {
    const columns = this.#columns;
    const at = this.#at++;
    columns.type[at] = type;
    columns.time[at] = time;
    columns.task[at] = task;
    columns.a[at] = a;
    columns.b[at] = b;
    if (this.#at === columns.capacity) this.#goRound();
    return this.written++;
  }

  /** Whether the event is there. */
  holds(event: number): boolean {
    return event >= this.overwritten && event < this.written;
  }

  setTook(event: number, took: number): void {
    if (this.holds(event)) this.#columns.a[event % this.#columns.capacity] = took;
  }

  setPlace(event: number, place: number): void {
    if (this.holds(event)) this.#columns.b[event % this.#columns.capacity] = place;
  }

  /** The chunks of what there is, oldest first. */
  *chunks(): Generator<Uint8Array, void> {
    const { capacity } = this.#columns;
    if (this.written >= capacity) yield* this.#columns.chunks(this.#at, capacity);
    yield* this.#columns.chunks(0, this.#at);
  }

  /** Events that were there, and are no more. */
  get overwritten(): number {
    return Math.max(0, this.written - this.#columns.capacity);
  }

  /** The time of the oldest event that is there. */
  get oldest(): number {
    return this.#columns.time[this.overwritten > 0 ? this.#at : 0] ?? 0;
  }

  #goRound(): void {
    this.#at = 0;
    if (this.tables.strings.size + this.tables.resources.size > this.#rowsAllowed) this.#sortOut();
  }

  /** Forgets the texts and resources that no event in the ring names. */
  #sortOut(): void {
    const strings = new Set<number>();
    const resources = new Set<number>();
    const { type, a, b } = this.#columns;
    const count = Math.min(this.written + 1, this.#columns.capacity);
    for (let i = 0; i < count; i++) {
      const [kind, first, second] = [type[i] as EventType, a[i] as number, b[i] as number];
      if (kind === CREATED || kind === DONE) strings.add(second);
      else if (kind === NAMED) strings.add(first);
      else if (kind === REPORT) strings.add(first).add(second);
      else if (kind === ACQUIRED || kind === RELEASED || kind === PUT || kind === GOT) resources.add(first);
      else if (kind === WAITS && second === A_RESOURCE) resources.add(first);
    }
    this.tables.keep(strings, resources);
    this.#rowsAllowed = this.tables.strings.size + this.tables.resources.size + ROWS_BEFORE_SORTING_OUT + count;
  }
}
