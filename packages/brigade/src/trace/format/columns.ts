/** Events in columns, and the parts of a file that they make. */
import { CHUNK_HEADER_BYTES, checksum, COLUMNS_AT, EVENTS, padded, TICKS } from "./schema.ts";

export const BYTES_PER_EVENT = 17;
/** The longest time from a chunk's base that its ticks can tell, in milliseconds. */
export const LONGEST_CHUNK: number = 0xffff_ffff / TICKS;

/** Room for `capacity` events; a list, or a ring where whoever writes it goes round. */
export class Columns {
  readonly capacity: number;
  readonly time: Float64Array; // milliseconds
  readonly task: Uint32Array;
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly type: Uint8Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.time = new Float64Array(capacity);
    this.task = new Uint32Array(capacity);
    this.a = new Uint32Array(capacity);
    this.b = new Uint32Array(capacity);
    this.type = new Uint8Array(capacity);
  }

  /** Chunks of the events that stand at `from` up to `to`, header and all: more than one where times lie far apart. */
  *chunks(from: number, to: number): Generator<Uint8Array, void> {
    for (let first = from; first < to; ) {
      const { end, base } = this.#stretch(first, to);
      yield this.#chunk(first, end, base);
      first = end;
    }
  }

  /** How far the events go from this one on whose times one chunk can tell. */
  #stretch(from: number, to: number): { end: number; base: number } {
    const { time } = this;
    let earliest = time[from] as number;
    let latest = earliest;
    for (let i = from + 1; i < to; i++) {
      const at = time[i] as number;
      if (at >= earliest && at <= latest) continue;
      if (Math.max(at, latest) - Math.min(at, earliest) >= LONGEST_CHUNK) return { end: i, base: earliest };
      if (at < earliest) earliest = at;
      else latest = at;
    }
    return { end: to, base: earliest };
  }

  #chunk(from: number, to: number, base: number): Uint8Array {
    const count = to - from;
    const length = padded(COLUMNS_AT + count * BYTES_PER_EVENT);
    const bytes = new Uint8Array(CHUNK_HEADER_BYTES + length);
    let offset = CHUNK_HEADER_BYTES + COLUMNS_AT;
    const ticks = new Uint32Array(bytes.buffer, offset, count);
    for (let i = 0; i < count; i++) ticks[i] = ((this.time[from + i] as number) - base) * TICKS + 0.5;
    for (const column of [this.task, this.a, this.b]) {
      offset += count * 4;
      new Uint32Array(bytes.buffer, offset, count).set(column.subarray(from, to));
    }
    bytes.set(this.type.subarray(from, to), offset + count * 4);
    finishEvents(bytes, count, base);
    return bytes;
  }
}

/** Completes a chunk of events whose columns stand in their places. */
export function finishEvents(bytes: Uint8Array, count: number, base: number): void {
  const view = new DataView(bytes.buffer);
  view.setUint32(CHUNK_HEADER_BYTES, count, true);
  view.setFloat64(CHUNK_HEADER_BYTES + 8, base, true);
  finishChunk(bytes, EVENTS);
}

/** Writes the header of a chunk whose payload stands in its place. */
export function finishChunk(bytes: Uint8Array, tag: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(0, tag, true);
  view.setUint32(8, bytes.byteLength - CHUNK_HEADER_BYTES, true);
  view.setUint32(12, checksum(bytes.subarray(CHUNK_HEADER_BYTES)), true);
}
