/** Every event, chunk by chunk, handed on as it stands in memory: the columns are laid out as a file has them. */
import { host } from "../../kernel/host.ts";
import { BYTES_PER_EVENT, finishEvents, LONGEST_CHUNK } from "../format/columns.ts";
import { CHUNK_HEADER_BYTES, COLUMNS_AT, type EventType, padded, TICKS } from "../format/schema.ts";
import { Tables, type TraceSink } from "../format/writer.ts";
import type { EventLog } from "./event-log.ts";

const CAPACITY = 8_192; // events of a chunk: as many as a processor's cache holds
const LAST = CAPACITY - 1;
const SLACK = LONGEST_CHUNK / 4; // how far times may go back in a chunk, in milliseconds

export class StreamLog implements EventLog {
  readonly tables: Tables = new Tables();
  written = 0;
  /** Events that the sink could not take. */
  refused = 0;
  readonly #sink: TraceSink;
  #bytes!: Uint8Array; // of the chunk that is being filled; the columns are views of it
  #time!: Uint32Array; // ticks from #base
  #task!: Uint32Array;
  #a!: Uint32Array;
  #b!: Uint32Array;
  #type!: Uint8Array;
  #at = 0; // events in it
  #base = Infinity; // what its times count from
  #broken = false; // the sink has thrown

  constructor(sink: TraceSink) {
    this.#sink = sink;
    this.#makeRoom();
  }

  write(type: EventType, time: number, task: number, a: number, b: number): number {
    let ticks = (time - this.#base) * TICKS;
    if (!(ticks >= 0 && ticks < 0xffff_ffff)) ticks = this.#rebase(time);
    const at = this.#at++;
    this.#type[at] = type;
    this.#time[at] = ticks + 0.5;
    this.#task[at] = task;
    this.#a[at] = a;
    this.#b[at] = b;
    this.written++;
    if (at === LAST) this.flush();
    return this.written - 1;
  }

  /** The chunk can't tell of this time: the next one begins. Gives the time in it. */
  #rebase(time: number): number {
    this.flush();
    this.#base = Math.floor(Math.max(0, time - SLACK));
    return (time - this.#base) * TICKS;
  }

  setTook(event: number, took: number): void {
    const at = event - (this.written - this.#at);
    if (at >= 0) this.#a[at] = took;
  }

  setPlace(event: number, place: number): void {
    const at = event - (this.written - this.#at);
    if (at >= 0) this.#b[at] = place;
  }

  get unflushed(): boolean {
    return this.#at > 0;
  }

  /** Hands on what was written. */
  flush(): void {
    const count = this.#at;
    this.#at = 0;
    const table = this.tables.chunk();
    if (table) this.hand(table);
    this.tables.told();
    if (count === CAPACITY) this.#handOn();
    else if (count > 0) this.hand(this.#partOf(count));
    if (this.#broken) this.refused += count;
  }

  #handOn(): void {
    finishEvents(this.#bytes, CAPACITY, this.#base);
    this.hand(this.#bytes);
    if (this.#sink.copies !== true) this.#makeRoom();
  }

  /** A chunk of the events that are there, when they do not fill it. */
  #partOf(count: number): Uint8Array {
    const bytes = new Uint8Array(CHUNK_HEADER_BYTES + padded(COLUMNS_AT + count * BYTES_PER_EVENT));
    let offset = CHUNK_HEADER_BYTES + COLUMNS_AT;
    for (const column of [this.#time, this.#task, this.#a, this.#b]) {
      new Uint32Array(bytes.buffer, offset, count).set(column.subarray(0, count));
      offset += count * 4;
    }
    bytes.set(this.#type.subarray(0, count), offset);
    finishEvents(bytes, count, this.#base);
    return bytes;
  }

  #makeRoom(): void {
    const at = CHUNK_HEADER_BYTES + COLUMNS_AT;
    this.#bytes = new Uint8Array(CHUNK_HEADER_BYTES + padded(COLUMNS_AT + CAPACITY * BYTES_PER_EVENT));
    const { buffer } = this.#bytes;
    this.#time = new Uint32Array(buffer, at, CAPACITY);
    this.#task = new Uint32Array(buffer, at + CAPACITY * 4, CAPACITY);
    this.#a = new Uint32Array(buffer, at + CAPACITY * 8, CAPACITY);
    this.#b = new Uint32Array(buffer, at + CAPACITY * 12, CAPACITY);
    this.#type = new Uint8Array(buffer, at + CAPACITY * 16, CAPACITY);
  }

  /** Hands on bytes as they are. After the sink has thrown, nothing. */
  hand(bytes: Uint8Array): void {
    if (this.#broken) return;
    try {
      this.#sink(bytes);
    } catch (error) {
      this.#broken = true;
      host.warn(`brigade: the trace ends here: what takes it has thrown: ${String(error)}`);
    }
  }
}
