/** Trace files made by hand, byte by byte after the layout in schema.ts and not by its writer: what a reader must take, or refuse. */
import { type EventType, type TraceMeta, TraceWriter } from "brigade/trace";

export const HEADER = 16;
export const CHUNK_HEADER = 16;

export interface Part {
  readonly tag: string;
  readonly payload: Uint8Array;
  /** What the part's header says, where it is not the truth. */
  readonly length?: number;
  readonly checksum?: number;
}

export interface Row {
  readonly type: EventType;
  readonly time: number;
  readonly task: number;
  readonly a: number;
  readonly b: number;
}

/** A header of the version, then the parts. */
export function file(parts: readonly Part[], version = 1): Uint8Array {
  const header = new Uint8Array(HEADER);
  header.set([0x89, 0x42, 0x52, 0x47, 0x44, 0x0d, 0x0a, 0x1a, version]);
  return together([header, ...parts.map(bytesOf)]);
}

function bytesOf({ tag, payload, length = payload.length, checksum = sum(payload) }: Part): Uint8Array {
  const bytes = new Uint8Array(CHUNK_HEADER + payload.length);
  bytes.set(new TextEncoder().encode(tag));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, length, true);
  view.setUint32(12, checksum, true);
  bytes.set(payload, CHUNK_HEADER);
  return bytes;
}

/** Two sums in the manner of FNV-1a, of every other word each, turned by 13 bits at every step. */
function sum(payload: Uint8Array): number {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const sums: [even: number, odd: number] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at + 8 <= payload.length; at += 8) {
    for (const which of [0, 1] as const) {
      const mixed = Math.imul(sums[which] ^ view.getUint32(at + which * 4, true), 0x01000193);
      sums[which] = (mixed << 13) | (mixed >>> 19);
    }
  }
  return (sums[0] ^ Math.imul(sums[1], 0x9e3779b1)) >>> 0;
}

/** A part of JSON, padded with spaces. */
export function json(tag: string, value: unknown): Part {
  return raw(tag, JSON.stringify(value));
}

/** A part of text, padded with spaces. */
export function raw(tag: string, text: string): Part {
  const bytes = new TextEncoder().encode(text);
  const payload = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0x20);
  payload.set(bytes);
  return { tag, payload };
}

/** A part of events; `count` is what it says of their number. */
export function events(rows: readonly Row[], count: number = rows.length): Part {
  const payload = new Uint8Array(Math.ceil((16 + rows.length * 17) / 8) * 8);
  const view = new DataView(payload.buffer);
  const base = rows.reduce((least, { time }) => Math.min(least, time), Infinity);
  view.setUint32(0, count, true);
  view.setFloat64(8, rows.length === 0 ? 0 : base, true);
  rows.forEach(({ type, time, task, a, b }, i) => {
    [Math.round((time - base) * 10_000), task, a, b].forEach((word, column) =>
      view.setUint32(16 + (column * rows.length + i) * 4, word, true),
    );
    view.setUint8(16 + rows.length * 16 + i, type);
  });
  return { tag: "EVTS", payload };
}

export const END: Part = { tag: "END.", payload: new Uint8Array() };

/** A sink, and what it was given. */
export class Collected {
  readonly parts: Uint8Array[] = [];
  readonly sink = (bytes: Uint8Array): void => {
    this.parts.push(bytes);
  };

  get bytes(): Uint8Array {
    return together(this.parts);
  }
}

/** What the writer makes of this. */
export function written(write: (writer: TraceWriter) => void, meta: TraceMeta = { startedAt: 0 }): Uint8Array {
  const collected = new Collected();
  const writer = new TraceWriter(collected.sink, meta);
  write(writer);
  return collected.bytes;
}

export function together(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
