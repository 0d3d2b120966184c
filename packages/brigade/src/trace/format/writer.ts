/** Writes a trace: what its tables have got, then events, chunk after chunk, so that what was written can be read whatever comes. */
import { Columns, finishChunk } from "./columns.ts";
import {
  CHUNK_HEADER_BYTES,
  END,
  type EventType,
  HEADER_BYTES,
  MAGIC,
  META,
  padded,
  type Place,
  type Resource,
  TABLE,
  type TableChunk,
  type TraceMeta,
  VERSION,
} from "./schema.ts";

/** Takes the bytes of a trace, in order. Called synchronously. */
export interface TraceSink {
  (bytes: Uint8Array): void;
  /** It keeps nothing of the bytes: their memory is used again once it has returned. Else they are its own. */
  readonly copies?: boolean;
}

const CHUNK_EVENTS = 65_536;

/** Rows by number, from 1 on. Only those that no chunk has told of are kept. */
export class Table<T> {
  #fresh: [number, T][] = [];
  #next = 1;

  /** How many rows there are. */
  get size(): number {
    return this.#next - 1;
  }

  add(row: T): number {
    this.#fresh.push([this.#next, row]);
    return this.#next++;
  }

  /** The rows that no chunk has told of. */
  get fresh(): readonly [number, T][] {
    return this.#fresh;
  }

  told(): void {
    this.#fresh = [];
  }

  keep(numbers: ReadonlySet<number>): void {
    this.#fresh = this.#fresh.filter(([number]) => numbers.has(number));
  }
}

/** Characters of a name, a label or a message that are kept. */
export const LONGEST_TEXT = 500;
const MOST_TEXTS = 100_000; // that are known again; a program may give each of its tasks a name of its own

/** The tables of one trace. */
export class Tables {
  readonly strings: Table<string> = new Table<string>();
  readonly places: Table<Place> = new Table<Place>();
  readonly resources: Table<Resource> = new Table<Resource>();
  #numbers = new Map<string, number>();
  /** How often rows were forgotten: numbers that somebody kept from before may mean nothing any more. */
  generation = 0;

  /** Keeps only the texts and resources that are still named. */
  keep(strings: ReadonlySet<number>, resources: ReadonlySet<number>): void {
    this.strings.keep(strings);
    this.resources.keep(resources);
    this.#numbers = new Map(this.strings.fresh.map(([number, text]) => [text, number]));
    this.generation++;
  }

  /** The number of the text; mostly the same one for the same text. 0 for the empty text. */
  string(given: string): number {
    if (given === "") return 0;
    const text = given.length > LONGEST_TEXT ? `${given.slice(0, LONGEST_TEXT)}…` : given;
    let number = this.#numbers.get(text);
    if (number !== undefined) return number;
    if (this.#numbers.size >= MOST_TEXTS) this.#numbers.clear();
    this.#numbers.set(text, (number = this.strings.add(text)));
    return number;
  }

  /** A chunk of the rows that no chunk has told of; undefined where there are none. */
  chunk(): Uint8Array | undefined {
    const [strings, places, resources] = [this.strings.fresh, this.places.fresh, this.resources.fresh];
    if (strings.length + places.length + resources.length === 0) return undefined;
    return jsonChunk(TABLE, { strings, places, resources } satisfies TableChunk);
  }

  told(): void {
    for (const table of [this.strings, this.places, this.resources]) table.told();
  }
}

/** The first bytes of a trace: its header, and what it says about itself. */
export function opening(meta: TraceMeta): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC);
  header[8] = VERSION;
  return joined([header, jsonChunk(META, meta)]);
}

/** The last bytes of a trace. */
export function ending(): Uint8Array {
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES);
  finishChunk(bytes, END);
  return bytes;
}

function jsonChunk(tag: number, value: object): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(value));
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES + padded(text.length)).fill(0x20, CHUNK_HEADER_BYTES);
  bytes.set(text, CHUNK_HEADER_BYTES);
  finishChunk(bytes, tag);
  return bytes;
}

/** The parts, one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/**
 * Writes a trace event by event: for tools and tests. A program is recorded by `recorder`.
 *
 * @example
 * ```ts
 * import { CREATED, readTrace, TraceWriter } from "brigade/trace";
 *
 * const parts: Uint8Array[] = [];
 * const writer = new TraceWriter((bytes) => parts.push(bytes), { startedAt: Date.now() });
 * writer.event(CREATED, 0, 1, 0, writer.string("main"));
 * writer.close();
 * console.log(readTrace(new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer())).count);
 * ```
 */
export class TraceWriter {
  readonly #sink: TraceSink;
  readonly #tables = new Tables();
  readonly #columns = new Columns(CHUNK_EVENTS);
  #count = 0; // events in the columns that no chunk has told of
  #closed = false;

  constructor(sink: TraceSink, meta: TraceMeta) {
    this.#sink = sink;
    sink(opening(meta));
  }

  /** The number of the text in the trace's table. */
  string(text: string): number {
    return this.#tables.string(text);
  }

  /** The number of a place, which is a row of its own each time this is called. */
  place(place: Place): number {
    return this.#tables.places.add(place);
  }

  /** The number of a resource. */
  resource(resource: Resource): number {
    return this.#tables.resources.add(resource);
  }

  /** Writes an event; `time` in milliseconds. */
  event(type: EventType, time: number, task: number, a: number, b: number): void {
    const columns = this.#columns;
    const i = this.#count++;
    columns.type[i] = type;
    columns.time[i] = time;
    columns.task[i] = task;
    columns.a[i] = a;
    columns.b[i] = b;
    if (this.#count === columns.capacity) this.flush();
  }

  /** Hands what was written to the sink. What that throws is thrown; the events that it was given are not given again. */
  flush(): void {
    const count = this.#count;
    this.#count = 0;
    const table = this.#tables.chunk();
    if (table) this.#sink(table);
    this.#tables.told();
    for (const chunk of this.#columns.chunks(0, count)) this.#sink(chunk);
  }

  /** Hands over the rest, and that this was all. A second time it does nothing. */
  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#sink(ending());
  }
}
