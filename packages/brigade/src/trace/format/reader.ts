/** Reads a trace back, as far as it goes: what is wrong is said with the byte where it is wrong. */
import { BYTES_PER_EVENT } from "./columns.ts";
import { TraceError } from "./error.ts";
import { isMeta, isTableChunk } from "./tables-read.ts";
import {
  CHUNK_HEADER_BYTES,
  checksum,
  COLUMNS_AT,
  END,
  EVENTS,
  HEADER_BYTES,
  MAGIC,
  META,
  type Place,
  type Resource,
  TABLE,
  LOST,
  TICKS,
  type TraceMeta,
  VERSION,
} from "./schema.ts";

/** A trace that was read: event `i` is `type[i]`, `time[i]`, `task[i]`, `a[i]`, `b[i]`. */
export interface Trace {
  readonly meta: TraceMeta;
  /** How many events there are. */
  readonly count: number;
  readonly type: Uint8Array;
  /** Milliseconds on the clock of the program's loop. */
  readonly time: Float64Array;
  readonly task: Uint32Array;
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly strings: readonly string[];
  readonly places: readonly Place[];
  readonly resources: readonly Resource[];
  /** Events that are missing: of a ring that went round, or that a sink could not take. */
  readonly lost: number;
  /** "open": the program was ended in the middle, or runs still. An error: the bytes are broken off at its `offset`. */
  readonly end: "complete" | "open" | TraceError;
}

const SPARSE = 10_000_000; // rows that a flight recorder may have forgotten

interface Chunk {
  readonly tag: number;
  readonly at: number; // of the payload
  readonly length: number;
}

/**
 * Reads the bytes of a trace. One that is broken off is read up to there: see `end`. Throws `TraceError` for what is no
 * trace, is one of another version, or is damaged in the middle; `name` is how the message calls it.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { readTrace, recorder } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(sleep("5ms"), { observer });
 * console.log(readTrace(observer.bytes()).count > 0);
 * ```
 */
export function readTrace(bytes: Uint8Array, options: { readonly name?: string } = {}): Trace {
  const { name = "the trace" } = options;
  checkHeader(bytes, name);
  const { chunks, end } = chunksOf(bytes, name);
  const meta: { -readonly [K in keyof TraceMeta]: TraceMeta[K] } = { startedAt: 0 };
  const strings: string[] = [""];
  const places: Place[] = [{ kind: "", frames: [], exact: false }];
  const resources: Resource[] = [{ kind: "" }];
  for (const chunk of chunks) {
    if (chunk.tag === META) Object.assign(meta, json(bytes, chunk, name, isMeta));
    if (chunk.tag !== TABLE) continue;
    const news = json(bytes, chunk, name, isTableChunk);
    const most = chunk.length + strings.length + places.length + resources.length + SPARSE;
    for (const [id, text] of news.strings ?? []) put(strings, id, text, most, chunk, name);
    for (const [id, place] of news.places ?? []) put(places, id, place, most, chunk, name);
    for (const [id, resource] of news.resources ?? []) put(resources, id, resource, most, chunk, name);
  }
  const columns = columnsOf(
    bytes,
    chunks.filter(({ tag }) => tag === EVENTS),
    name,
  );
  return { meta, ...columns, strings, places, resources, lost: lostOf(columns), end };
}

function checkHeader(bytes: Uint8Array, name: string): void {
  for (let i = 0; i < MAGIC.length; i++) {
    if (bytes[i] === MAGIC[i]) continue;
    if (i >= bytes.length && i > 0) throw new TraceError(`${name} is broken off at byte ${i}, in its header`, i);
    const what = bytes.length === 0 ? "it is empty" : `byte ${i} is not that of a trace`;
    throw new TraceError(`${name} is no trace of Brigade: ${what}`, i);
  }
  if (bytes.length < HEADER_BYTES) {
    throw new TraceError(`${name} is broken off at byte ${bytes.length}, in its header`, bytes.length);
  }
  if (bytes[8] !== VERSION) {
    throw new TraceError(`${name} is of version ${bytes[8]} (byte 8); this reads version ${VERSION}`, 8);
  }
}

/** Where the chunks stand, and how the bytes end. */
function chunksOf(bytes: Uint8Array, name: string): { chunks: Chunk[]; end: Trace["end"] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  let at = HEADER_BYTES;
  while (at < bytes.length) {
    if (at + CHUNK_HEADER_BYTES > bytes.length) return { chunks, end: brokenOff(name, bytes.length, at) };
    const tag = view.getUint32(at, true);
    const length = view.getUint32(at + 8, true);
    const payload = at + CHUNK_HEADER_BYTES;
    if (![META, TABLE, EVENTS, END].includes(tag)) {
      throw new TraceError(`${name} is damaged at byte ${at}: no part of a trace begins like this`, at);
    }
    if (payload + length > bytes.length) return { chunks, end: brokenOff(name, bytes.length, at) };
    // A copy where the bytes stand at an odd address: columns are read as words.
    const sum = checksum(aligned(bytes, payload, length));
    if (sum !== view.getUint32(at + 12, true)) {
      throw new TraceError(`${name} is damaged between byte ${payload} and byte ${payload + length}`, payload);
    }
    if (tag === END) return { chunks, end: endedAt(payload + length, bytes.length, name) };
    chunks.push({ tag, at: payload, length });
    at = payload + length;
  }
  return { chunks, end: "open" };
}

function endedAt(at: number, length: number, name: string): Trace["end"] {
  if (at === length) return "complete";
  return new TraceError(`${name} has ended at byte ${at}, and ${length - at} bytes follow that are not read`, at);
}

function brokenOff(name: string, length: number, at: number): TraceError {
  return new TraceError(`${name} is broken off at byte ${length}, in the part that begins at byte ${at}`, length);
}

function aligned(bytes: Uint8Array, at: number, length: number): Uint8Array {
  const part = bytes.subarray(at, at + length);
  return part.byteOffset % 8 === 0 ? part : new Uint8Array(part);
}

function json<T>(bytes: Uint8Array, { at, length }: Chunk, name: string, fits: (value: unknown) => value is T): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes.subarray(at, at + length)));
  } catch (error) {
    throw new TraceError(`${name} is damaged at byte ${at}: ${String(error)}`, at);
  }
  if (fits(value)) return value;
  throw new TraceError(`${name} is damaged at byte ${at}: this part does not say what it should`, at);
}

/** A flight recorder forgets rows: numbers have gaps, but no such gaps that a table would fill the memory. */
function put<T>(table: T[], id: number, row: T, most: number, { at }: Chunk, name: string): void {
  if (id > most) throw new TraceError(`${name} is damaged at byte ${at}: a table has no row ${id}`, at);
  for (let gap = table.length; gap < id; gap++) table.push(table[0] as T);
  table[id] = row;
}

type EventColumns = Pick<Trace, "count" | "type" | "time" | "task" | "a" | "b">;

function columnsOf(bytes: Uint8Array, chunks: readonly Chunk[], name: string): EventColumns {
  const parts = chunks.map(({ at, length }) => {
    const part = aligned(bytes, at, length);
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
    const count = length >= COLUMNS_AT ? view.getUint32(0, true) : Infinity;
    if (COLUMNS_AT + count * BYTES_PER_EVENT > length) {
      throw new TraceError(`${name} is damaged at byte ${at}: there is no room for as many events as it says`, at);
    }
    const base = view.getFloat64(8, true);
    if (!Number.isFinite(base))
      throw new TraceError(`${name} is damaged at byte ${at + 8}: ${base} is no time`, at + 8);
    return { part, count, base };
  });
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const columns: EventColumns = {
    count,
    type: new Uint8Array(count),
    time: new Float64Array(count),
    task: new Uint32Array(count),
    a: new Uint32Array(count),
    b: new Uint32Array(count),
  };
  let from = 0;
  for (const { part, count: events, base } of parts) {
    const at = part.byteOffset + COLUMNS_AT;
    const words = (column: number): Uint32Array => new Uint32Array(part.buffer, at + column * events * 4, events);
    const ticks = words(0);
    for (let i = 0; i < events; i++) columns.time[from + i] = base + (ticks[i] as number) / TICKS;
    columns.task.set(words(1), from);
    columns.a.set(words(2), from);
    columns.b.set(words(3), from);
    columns.type.set(new Uint8Array(part.buffer, at + events * 16, events), from);
    from += events;
  }
  return columns;
}

function lostOf({ type, a }: EventColumns): number {
  let lost = 0;
  for (let i = 0; i < type.length; i++) if (type[i] === LOST) lost += a[i] as number;
  return lost;
}
