/** Events as they come, in columns: handed on chunk by chunk, or, of a flight recorder, the last ones kept in a ring. */
import { host } from "../../kernel/host.ts";
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
  TICKS,
  WAITS,
} from "../format/schema.ts";
import { Tables, type TraceSink } from "../format/writer.ts";

const CHUNK_EVENTS = 8_192; // as many as a processor's cache holds, before and after
const ROWS_BEFORE_SORTING_OUT = 50_000; // in the tables of a ring, beside as many as it has events

export class EventLog {
  readonly tables: Tables = new Tables();
  /** How many events were written; the number of the next one. */
  written = 0;
  /** Events that a sink could not take. */
  refused = 0;
  readonly #columns: Columns;
  // The columns themselves, for whoever is in a hurry.
  readonly #type: Uint8Array;
  readonly #time: Float64Array;
  readonly #task: Uint32Array;
  readonly #a: Uint32Array;
  readonly #b: Uint32Array;
  readonly #lastPlace: number;
  readonly #ring: boolean;
  readonly #sink: TraceSink;
  #at = 0; // where in the columns the next event goes
  #broken = false; // the sink has thrown
  #rowsAllowed: number;

  /** With `last`, a ring of so many; then the sink is given nothing. */
  constructor(last: number | undefined, sink: TraceSink, sinkCopies: boolean) {
    this.#ring = last !== undefined;
    this.#columns = new Columns(last ?? CHUNK_EVENTS, sinkCopies);
    const { type, time, task, a, b, capacity } = this.#columns;
    this.#type = type;
    this.#time = time;
    this.#task = task;
    this.#a = a;
    this.#b = b;
    this.#lastPlace = capacity - 1;
    this.#sink = sink;
    this.#rowsAllowed = ROWS_BEFORE_SORTING_OUT + (last ?? 0);
  }

  /** Gives the event's number. */
  write(type: EventType, time: number, task: number, a: number, b: number): number {
    const at = this.#at++;
    this.#type[at] = type;
    this.#time[at] = time;
    this.#task[at] = task;
    this.#a[at] = a;
    this.#b[at] = b;
    if (at === this.#lastPlace) this.#full();
    return this.written++;
  }

  /** Whether the event can still be changed. */
  holds(event: number): boolean {
    return event >= this.written - (this.#ring ? this.#columns.capacity : this.#at);
  }

  /** Says how long a STEP ran, in ticks. */
  setTook(event: number, took: number): void {
    if (this.holds(event)) this.#columns.a[this.#place(event)] = took;
  }

  setB(event: number, b: number): void {
    if (this.holds(event)) this.#columns.b[this.#place(event)] = b;
  }

  #place(event: number): number {
    const at = this.#at - (this.written - event);
    return at < 0 ? at + this.#columns.capacity : at;
  }

  #full(): void {
    if (this.#ring) this.#at = 0;
    else {
      this.written++; // the event that filled it counts as written already
      this.flush();
      this.written--;
    }
    if (this.#ring && this.tables.strings.size + this.tables.resources.size > this.#rowsAllowed) this.#sortOut();
  }

  get unflushed(): boolean {
    return !this.#ring && this.#at > 0;
  }

  /** Hands on what was written. */
  flush(): void {
    if (this.#ring) return;
    const count = this.#at;
    this.#at = 0;
    if (this.#broken) {
      this.refused += count;
      return;
    }
    const table = this.tables.chunk();
    if (table) this.hand(table);
    for (const chunk of this.#columns.chunks(0, count)) this.hand(chunk);
    if (this.#broken) this.refused += count;
    this.tables.told();
  }

  /** The chunks of what a ring holds, oldest first. */
  *chunks(): Generator<Uint8Array, void> {
    const { capacity } = this.#columns;
    if (this.written >= capacity) yield* this.#columns.chunks(this.#at, capacity);
    yield* this.#columns.chunks(0, this.#at);
  }

  /** The time of the oldest event that is there. */
  get oldest(): number {
    return this.#columns.time[this.overwritten > 0 ? this.#at : 0] ?? 0;
  }

  /** Events that the ring has held, and holds no more. */
  get overwritten(): number {
    return this.#ring ? Math.max(0, this.written - this.#columns.capacity) : 0;
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

  /** Hands on bytes that are no events. */
  hand(bytes: Uint8Array): void {
    if (this.#broken) return;
    try {
      this.#sink(bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#broken = true;
    host.warn(`brigade: the trace ends here: what takes it has thrown: ${String(error)}`);
  }
}

/** Milliseconds as ticks, as long as they can be told. */
export function ticks(duration: number): number {
  return Math.min(0xffff_ffff, Math.max(0, duration * TICKS));
}
